package dev.lifebound.analysis.java;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.Trees;
import dev.lifebound.analysis.lifetime.OutOfMemory;
import dev.lifebound.analysis.lifetime.SourceFile;
import dev.lifebound.finding.Location;
import dev.lifebound.finding.Notice;
import dev.lifebound.finding.Region;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import javax.tools.Diagnostic;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Texts to trees, by javac's parser alone. */
final class JavaParser {
  /* Only the parser runs: no attribution, no annotation processing, no class file is read or
   * written. Diagnostics are taken by a listener and javac's own writer goes nowhere.
   */
  private static final String LEVEL = Integer.toString(Runtime.version().feature());
  private static final List<String> OPTIONS =
      List.of("-proc:none", "-implicit:none", "-Xlint:none", "-source", LEVEL, "--enable-preview");

  private final JavaCompiler compiler;

  private JavaParser(JavaCompiler compiler) {
    this.compiler = compiler;
  }

  /** The parser, unless the running Java has no compiler. */
  static java.util.Optional<JavaParser> ofRunningJava() {
    return java.util.Optional.ofNullable(ToolProvider.getSystemJavaCompiler()).map(JavaParser::new);
  }

  /** Parses files; one with syntax errors is named in a notice and left out. */
  List<ParsedFile> parse(List<SourceFile> files, Consumer<Notice> notices) {
    try {
      return parseTogether(files, notices);
    } catch (StackOverflowError | RuntimeException | AssertionError e) {
      OutOfMemory.rethrow(e);
      // javac's parser recurses; one file must not take the others with it.
      if (files.size() == 1) {
        notices.accept(
            new Notice(
                "file-does-not-parse",
                "the Java parser gave up: file=%s, cause=%s; split the file or leave it out"
                    .formatted(files.getFirst().path(), e.getClass().getSimpleName()),
                Location.ofFile(files.getFirst().path())));
        return List.of();
      }
      List<ParsedFile> parsed = new ArrayList<>();
      files.forEach(file -> parsed.addAll(parse(List.of(file), notices)));
      return parsed;
    }
  }

  private List<ParsedFile> parseTogether(List<SourceFile> files, Consumer<Notice> notices) {
    Map<URI, SourceFile> sources = new HashMap<>();
    List<Text> texts = new ArrayList<>();
    for (SourceFile file : files) {
      Text text = new Text(file, texts.size());
      texts.add(text);
      sources.put(text.toUri(), file);
    }
    Map<URI, Notice> broken = new LinkedHashMap<>();
    List<ParsedFile> parsed = new ArrayList<>();
    try (StandardJavaFileManager manager =
        compiler.getStandardFileManager(d -> {}, Locale.ROOT, StandardCharsets.UTF_8)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  Writer.nullWriter(),
                  manager,
                  d -> note(d, sources, broken),
                  OPTIONS,
                  null,
                  texts);
      SourcePositions positions = Trees.instance(task).getSourcePositions();
      for (CompilationUnitTree tree : task.parse()) {
        // javac wraps the objects it is given; the address is what stays.
        URI address = tree.getSourceFile().toUri();
        SourceFile source = sources.get(address);
        if (source != null && !broken.containsKey(address)) {
          parsed.add(new ParsedFile(source, tree, positions));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("texts in memory must be readable: files=" + files.size(), e);
    }
    broken.values().forEach(notices);
    return parsed;
  }

  private static void note(
      Diagnostic<? extends JavaFileObject> diagnostic,
      Map<URI, SourceFile> sources,
      Map<URI, Notice> broken) {
    if (diagnostic.getKind() != Diagnostic.Kind.ERROR || diagnostic.getSource() == null) {
      return;
    }
    URI address = diagnostic.getSource().toUri();
    SourceFile file = sources.get(address);
    if (file != null) {
      int line = Math.clamp(diagnostic.getLineNumber(), 1, file.lines());
      int column = (int) Math.max(1, diagnostic.getColumnNumber());
      String why = diagnostic.getMessage(Locale.ROOT).lines().findFirst().orElse("syntax error");
      broken.putIfAbsent(
          address,
          new Notice(
              "file-does-not-parse",
              "a Java file must parse to be analysed: file=%s, line=%d, error=%s; it was left out"
                  .formatted(file.path(), line, why),
              new Location(file.path(), new Region(line, column, line, column), null, null)));
    }
  }

  /** A file in memory under a made-up address; only identity matters. */
  private static final class Text extends SimpleJavaFileObject {
    private final SourceFile file;

    Text(SourceFile file, int number) {
      super(URI.create("memory:///" + number + "/Text.java"), Kind.SOURCE);
      this.file = file;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return file.text();
    }

    @Override
    public boolean isNameCompatible(String simpleName, Kind kind) {
      return kind == Kind.SOURCE;
    }
  }
}
