package dev.lifebound.analysis.go;

import dev.lifebound.analysis.lifetime.Span;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.treesitter.TSInputEncoding;
import org.treesitter.TSLanguage;
import org.treesitter.TSNode;
import org.treesitter.TSParser;
import org.treesitter.TSSymbolType;
import org.treesitter.TSTree;
import org.treesitter.TSTreeCursor;
import org.treesitter.TreeSitterC;
import org.treesitter.TreeSitterGo;

/**
 * Parses text into {@link Syntax}. The only class that knows the parser; a tree is copied out at
 * once and its native memory released.
 *
 * <p>The binding unpacks its native library into the JVM's temporary folder and deletes it when the
 * JVM ends in order.
 */
final class TreeSitter {
  /* The cost of a parse is the copying: each question to a node passes JNI and looks fields up by
   * name, about a microsecond. So a node is asked for its symbol first, and unnamed tokens are asked
   * no more; a first child starts where its parent starts; literals are not descended into.
   */

  /** The grammars. */
  enum Language {
    GO,
    C
  }

  /**
   * A parsed text.
   *
   * @param root the tree
   * @param errors whether the parser met text that it could not read
   * @param tooDeep whether some of the tree was cut
   */
  record Parsed(Syntax root, boolean errors, boolean tooDeep) {}

  /** Deeper nesting is cut: the translators recurse along the tree. */
  static final int DEEPEST = 400;

  private static final Set<String> LEAVES =
      Set.of("interpreted_string_literal", "raw_string_literal", "string_literal", "comment");

  private final TSParser parser = new TSParser();
  private final @Nullable String[] kinds;
  private final boolean[] named;
  private final @Nullable String[] fields;

  private TreeSitter(TSLanguage language) {
    if (!parser.setLanguage(language)) {
      throw new IllegalStateException(
          "the parser must accept its grammar: grammar="
              + language.getClass().getSimpleName()
              + "; check the tree-sitter versions");
    }
    kinds = new @Nullable String[language.symbolCount()];
    named = new boolean[kinds.length];
    for (int i = 0; i < kinds.length; i++) {
      kinds[i] = language.symbolName(i);
      named[i] = language.symbolType(i) == TSSymbolType.TSSymbolTypeRegular;
    }
    fields = new @Nullable String[language.fieldCount() + 1];
    for (int i = 1; i < fields.length; i++) {
      fields[i] = language.fieldNameForId(i);
    }
  }

  /** A parser; confined to one thread. */
  static TreeSitter of(Language language) {
    return new TreeSitter(
        switch (language) {
          case GO -> new TreeSitterGo();
          case C -> new TreeSitterC();
        });
  }

  Parsed parse(String text) {
    // Both grammars want a line end after the last statement.
    byte[] bytes = (text + "\n").getBytes(StandardCharsets.UTF_8);
    Offsets offsets = Offsets.of(text, bytes);
    byte[] buffer = new byte[Math.min(bytes.length, 1 << 16)];
    try (TSTree tree =
        parser.parse(
            buffer,
            null,
            (target, offset, position) -> {
              int count = Math.min(target.length, bytes.length - offset);
              if (count <= 0) {
                return 0;
              }
              System.arraycopy(bytes, offset, target, 0, count);
              return count;
            },
            TSInputEncoding.TSInputEncodingUTF8)) {
      return new Copier(tree, offsets).copy();
    }
  }

  /** Copies one tree, without recursion. */
  private final class Copier {
    private final TSTree tree;
    private final Offsets offsets;
    private final boolean errors;
    private boolean tooDeep;

    Copier(TSTree tree, Offsets offsets) {
      this.tree = tree;
      this.offsets = offsets;
      this.errors = tree.getRootNode().hasError();
    }

    Parsed copy() {
      Deque<Draft> open = new ArrayDeque<>();
      try (TSTreeCursor cursor = new TSTreeCursor(tree.getRootNode())) {
        open.push(draft(cursor.currentNode(), 0, null, 0, 0));
        boolean down = cursor.gotoFirstChild();
        while (true) {
          if (down) {
            Draft parent = open.element();
            Draft child = next(cursor, parent, open.size());
            if (child != null) {
              open.push(child);
              if (child.descends && cursor.gotoFirstChild()) {
                continue;
              }
              parent.children.add(open.pop().finish(offsets));
            }
          }
          if (cursor.gotoNextSibling()) {
            down = true;
            continue;
          }
          Draft done = open.pop();
          Syntax syntax = done.finish(offsets);
          if (open.isEmpty()) {
            return new Parsed(syntax, errors, tooDeep);
          }
          open.element().children.add(syntax);
          cursor.gotoParent();
          down = false;
        }
      }
    }

    private @Nullable Draft next(TSTreeCursor cursor, Draft parent, int depth) {
      TSNode node = cursor.currentNode();
      int symbol = node.getSymbol();
      int field = cursor.currentFieldId();
      boolean first = !parent.asked;
      parent.asked = true;
      boolean unnamed = symbol < named.length && !named[symbol];
      if (unnamed && field == 0) {
        return null;
      }
      return draft(node, symbol, fields[field], depth, first ? parent.start : node.getStartByte());
    }

    private Draft draft(TSNode node, int symbol, @Nullable String field, int depth, int start) {
      String kind = depth == 0 ? node.getType() : kind(symbol);
      boolean broken = errors && (depth == 1 ? node.hasError() : kind.equals(Syntax.ERROR));
      boolean cut = depth > DEEPEST;
      tooDeep |= cut;
      return new Draft(
          cut ? Syntax.TOO_DEEP : kind,
          field,
          start,
          node.getEndByte(),
          broken,
          !cut && !LEAVES.contains(kind));
    }

    private String kind(int symbol) {
      String kind = symbol < kinds.length ? kinds[symbol] : null;
      return kind == null ? Syntax.ERROR : kind;
    }
  }

  /** A node whose children are still being read. */
  private static final class Draft {
    final String kind;
    final @Nullable String field;
    final int start;
    final int end;
    final boolean broken;
    final boolean descends;
    final List<Syntax> children = new ArrayList<>(4);
    boolean asked;

    Draft(
        String kind, @Nullable String field, int start, int end, boolean broken, boolean descends) {
      this.kind = kind;
      this.field = field;
      this.start = start;
      this.end = end;
      this.broken = broken;
      this.descends = descends;
    }

    Syntax finish(Offsets offsets) {
      Span span = new Span(offsets.toChar(start), offsets.toChar(end));
      return new Syntax(kind, field, span, List.copyOf(children), broken);
    }
  }

  /** From the parser's byte offsets to the text's UTF-16 offsets. */
  private static final class Offsets {
    private final int chars;
    private final int @Nullable [] table;

    private Offsets(int chars, int @Nullable [] table) {
      this.chars = chars;
      this.table = table;
    }

    static Offsets of(String text, byte[] bytes) {
      if (bytes.length == text.length() + 1) {
        return new Offsets(text.length(), null);
      }
      int[] table = new int[bytes.length + 1];
      int at = 0;
      for (int i = 0; i < text.length(); ) {
        int point = text.codePointAt(i);
        int width = utf8Width(point);
        for (int k = 0; k < width; k++) {
          table[at++] = i;
        }
        i += Character.charCount(point);
      }
      while (at < table.length) {
        table[at++] = text.length();
      }
      return new Offsets(text.length(), table);
    }

    private static int utf8Width(int point) {
      if (point < 0x80 || (point >= 0xD800 && point < 0xE000)) {
        return 1;
      }
      return point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    }

    int toChar(int offset) {
      return table == null ? Math.min(offset, chars) : table[offset];
    }
  }
}
