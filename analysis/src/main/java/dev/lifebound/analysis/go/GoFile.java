package dev.lifebound.analysis.go;

import dev.lifebound.analysis.lifetime.SourceFile;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One parsed Go file.
 *
 * @param source its text
 * @param root its tree
 * @param packageName the package clause's name, or {@code ?} where it cannot be read
 * @param imports the path of each import by the name under which the file uses it
 * @param preamble the C text before {@code import "C"}, empty when there is none
 */
record GoFile(
    SourceFile source,
    Syntax root,
    String packageName,
    Map<String, String> imports,
    String preamble) {

  static GoFile of(SourceFile source, Syntax root) {
    String text = source.text();
    String name = "?";
    Map<String, String> imports = new LinkedHashMap<>();
    StringBuilder preamble = new StringBuilder();
    List<Syntax> comments = new ArrayList<>();
    for (Syntax child : root.children()) {
      switch (child.kind()) {
        case "comment" -> comments.add(child);
        case "package_clause" -> {
          Syntax identifier = child.first("package_identifier");
          name = identifier == null ? "?" : identifier.text(text);
          comments.clear();
        }
        case "import_declaration" -> {
          boolean cgo = importsOf(child, text, imports);
          if (cgo) {
            comments.forEach(comment -> preamble.append(uncommented(comment.text(text))));
          }
          comments.clear();
        }
        default -> comments.clear();
      }
    }
    return new GoFile(source, root, name, imports, preamble.toString());
  }

  /** Whether the file imports {@code "C"}. */
  boolean isCgo() {
    return imports.containsKey("C");
  }

  String text(Syntax node) {
    return node.text(source.text());
  }

  /** Reads the imports of one declaration; whether {@code "C"} is among them. */
  private static boolean importsOf(Syntax declaration, String text, Map<String, String> imports) {
    Syntax list = declaration.first("import_spec_list");
    boolean cgo = false;
    for (Syntax spec : (list == null ? declaration : list).children()) {
      Syntax path = spec.is("import_spec") ? spec.get("path") : null;
      if (path == null || path.span().end() - path.span().start() < 2) {
        continue;
      }
      String quoted = path.text(text);
      String target = quoted.substring(1, quoted.length() - 1);
      imports.put(localName(spec.get("name"), target, text), target);
      cgo |= target.equals("C");
    }
    return cgo;
  }

  private static String localName(@Nullable Syntax name, String path, String text) {
    if (name != null) {
      return name.text(text);
    }
    String last = path.substring(path.lastIndexOf('/') + 1);
    if (last.matches("v\\d+") && path.contains("/")) {
      String before = path.substring(0, path.lastIndexOf('/'));
      last = before.substring(before.lastIndexOf('/') + 1);
    }
    int dot = last.indexOf('.');
    return dot > 0 ? last.substring(0, dot) : last;
  }

  private static String uncommented(String comment) {
    if (comment.startsWith("//")) {
      return comment.substring(2) + "\n";
    }
    return comment.length() >= 4 ? comment.substring(2, comment.length() - 2) + "\n" : "\n";
  }
}
