package dev.lifebound.analysis.lifetime;

import org.jspecify.annotations.Nullable;

/** Where a map or a lock is declared. Equal places are taken for the same map or lock. */
public sealed interface Place {
  /** How messages and fingerprints write the place. */
  String text();

  /** A variable that lives as long as the program: a Go package variable, a Java static. */
  record Global(String name) implements Place {
    @Override
    public String text() {
      return name;
    }
  }

  /** A field, in whatever instance. */
  record Field(FieldName name) implements Place {
    @Override
    public String text() {
      return name.toString();
    }
  }

  /**
   * The place from which a value was read, or null when that is a local or unknown: such a map dies
   * with its function as far as this analysis can tell.
   */
  static @Nullable Place of(Value value) {
    return switch (value) {
      case Value.Global global -> new Global(global.name());
      case Value.FieldOf field when field.field().isKnown() -> new Field(field.field());
      default -> null;
    };
  }
}
