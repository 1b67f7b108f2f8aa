package dev.lifebound.analysis.lifetime;

import java.util.List;

/**
 * What a variable holds, as a symbol. Equal values are the same thing at run time on the path on
 * which they were computed.
 *
 * <p>{@code site} is the {@link Op}'s number within its function and {@code round} counts how often
 * the path has passed it, so that a loop's second allocation differs from its first.
 */
public sealed interface Value {
  /** No object, no address. */
  record Nil() implements Value {}

  /** A literal. */
  record Constant(String text) implements Value {}

  /** The function's parameter, as it was on entry; a receiver is parameter 0. */
  record Parameter(int index) implements Value {}

  /** A package variable or static field, as it was on entry. */
  record Global(String name) implements Value {}

  /** A field of a value, as it was on entry. */
  record FieldOf(Value base, FieldName field) implements Value {}

  /** What a map holds under a key, as it was on entry. */
  record Entry(Value map, Value key) implements Value {}

  /** The key of one round over a map. */
  record RangeKey(Value map, int site, int round) implements Value {}

  /** A new object or block of which nobody else knows. */
  record Fresh(int site, int round, Origin origin) implements Value {}

  /** A block that lives no longer than its owner: a segment of an arena. */
  record Derived(Value owner, int site, int round) implements Value {}

  /** What a call returned. */
  record Result(int site, int round, int index) implements Value {}

  /** In summaries only: what the function returns. */
  record Returned(int index) implements Value {}

  /** The result of a computation on values; equal operands give an equal result. */
  record Computed(String operator, List<Value> operands) implements Value {
    public Computed {
      operands = List.copyOf(operands);
    }
  }

  /** What a fresh value is. */
  enum Origin {
    /** An object of the managed runtime. */
    MANAGED,
    /** A block of native memory. */
    NATIVE
  }

  /** The value itself and everything it was read out of or carved from, nearest first. */
  default List<Value> chain() {
    return switch (this) {
      case FieldOf field -> prepend(field.base());
      case Entry entry -> List.of(this);
      case Derived derived -> prepend(derived.owner());
      default -> List.of(this);
    };
  }

  private List<Value> prepend(Value base) {
    return java.util.stream.Stream.concat(java.util.stream.Stream.of(this), base.chain().stream())
        .toList();
  }
}
