package dev.lifebound.analysis.go;

import dev.lifebound.analysis.lifetime.Span;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A node of a syntax tree. Tokens without a name are left out, but for those that fill a field: a
 * binary expression's {@code operator}.
 *
 * @param kind the grammar's name of the node, or the token itself
 * @param field the field it fills in its parent, or null
 * @param span its text
 * @param children in order
 * @param broken whether the parser met an error in it; only told for children of the root
 */
record Syntax(
    String kind, @Nullable String field, Span span, List<Syntax> children, boolean broken) {
  /** The kind of text that the parser could not read. */
  static final String ERROR = "ERROR";

  /** The kind that stands for a tree nested too deeply. */
  static final String TOO_DEEP = "TOO_DEEP";

  boolean is(String name) {
    return kind.equals(name);
  }

  /** The first child that fills a field, or null. */
  @Nullable Syntax get(String fieldName) {
    for (Syntax child : children) {
      if (fieldName.equals(child.field)) {
        return child;
      }
    }
    return null;
  }

  /** All children that fill a field. */
  List<Syntax> all(String fieldName) {
    return children.stream().filter(child -> fieldName.equals(child.field)).toList();
  }

  /** The first child of a kind, or null. */
  @Nullable Syntax first(String kindName) {
    for (Syntax child : children) {
      if (child.kind.equals(kindName)) {
        return child;
      }
    }
    return null;
  }

  /** The children without comments. */
  List<Syntax> parts() {
    return children.stream().filter(child -> !child.is("comment")).toList();
  }

  String text(String source) {
    return source.substring(span.start(), span.end());
  }
}
