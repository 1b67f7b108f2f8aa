package dev.lifebound.analysis.java;

import dev.lifebound.analysis.lifetime.Variable;
import org.jspecify.annotations.Nullable;

/**
 * A translated expression.
 *
 * @param variable what holds its value
 * @param type its static type as far as known
 * @param view what it shows of a map, where it is a view, an iterator, a stream or an entry
 */
record Operand(Variable variable, TypeName type, @Nullable View view) {

  static Operand of(Variable variable, TypeName type) {
    return new Operand(variable, type, null);
  }

  Operand as(TypeName other) {
    return other.isKnown() ? new Operand(variable, other, view) : this;
  }

  /** What an object shows of a map. */
  sealed interface View {}

  /** Which part of each entry a view shows. */
  enum Part {
    KEYS,
    VALUES,
    ENTRIES
  }

  /** How a view is walked. */
  enum Shape {
    COLLECTION,
    ITERATOR,
    STREAM
  }

  /**
   * A view of all entries, or a copy of one.
   *
   * @param map the map
   * @param part what it shows
   * @param shape how it is walked
   * @param live whether removing from it removes from the map
   * @param cursor for iterators: assigned the key of the entry last shown
   */
  record All(Operand map, Part part, Shape shape, boolean live, Variable cursor) implements View {
    All as(Shape other) {
      return new All(map, part, other, live, cursor);
    }

    All showing(Part other) {
      return new All(map, other, shape, live, cursor);
    }

    All copied() {
      return new All(map, part, Shape.COLLECTION, false, cursor);
    }
  }

  /** One entry. */
  record One(Operand map, Operand key, Operand value) implements View {}
}
