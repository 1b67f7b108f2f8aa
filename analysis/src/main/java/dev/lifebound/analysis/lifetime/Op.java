package dev.lifebound.analysis.lifetime;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One step of a function. Operands are variables; {@code to} is the variable assigned. */
public sealed interface Op {
  Span span();

  /** {@code to = from}. Conversions that keep the address are copies. */
  record Copy(Span span, Variable to, Variable from) implements Op {}

  /** {@code to = literal}; null text is nil, null or zero. */
  record Literal(Span span, Variable to, @Nullable String text) implements Op {}

  /** {@code to = operator(operands)}; pure, so that equal operands give an equal value. */
  record Compute(Span span, Variable to, String operator, List<Variable> operands) implements Op {
    public Compute {
      operands = List.copyOf(operands);
    }
  }

  /** {@code to = new object} or {@code to = malloc(...)}. */
  record Allocate(Span span, Variable to, Value.Origin origin) implements Op {}

  /** {@code to = owner.allocate(...)}: a block that dies with its owner. */
  record Derive(Span span, Variable to, Variable owner) implements Op {}

  record LoadGlobal(Span span, Variable to, String name) implements Op {}

  /** Also ends a map that was held there: the old one is dropped. */
  record StoreGlobal(Span span, String name, Variable from) implements Op {}

  record LoadField(Span span, Variable to, Variable base, FieldName field) implements Op {}

  /** Also ends a map that was held there: the old one is dropped. */
  record StoreField(Span span, Variable base, FieldName field, Variable from) implements Op {}

  /** {@code map[key] = value}; overwrites. */
  record Insert(Span span, Variable map, Variable key, Variable value) implements Op {}

  /** {@code to, found = map[key]}. */
  record Lookup(Span span, Variable to, @Nullable Variable found, Variable map, Variable key)
      implements Op {}

  /** {@code to = map.remove(key)}; {@code to} is null where the old value is not returned. */
  record Remove(Span span, @Nullable Variable to, Variable map, Variable key) implements Op {}

  /** Removes every entry. */
  record Clear(Span span, Variable map) implements Op {}

  /** One round of a loop over a map; assigns the round's key and value. */
  record Next(Span span, Variable map, @Nullable Variable key, @Nullable Variable value)
      implements Op {}

  /** Frees a block, releases a reference, or ends every block derived from {@code value}. */
  record Free(Span span, Variable value, Freeing freeing) implements Op {}

  /** Reads or writes the memory behind a value. */
  record Use(Span span, Variable value) implements Op {}

  /** Takes a lock, shared or not. */
  record Lock(Span span, Variable lock) implements Op {}

  record Unlock(Span span, Variable lock) implements Op {}

  /**
   * Calls functions of this unit or ones with a known summary.
   *
   * @param results assigned from what the callee returns, in order; may be fewer
   * @param callees the identifiers that may be meant; more than one for a call through an
   *     interface, none for a call of unknown code
   * @param arguments receiver first
   */
  record Call(
      Span span, List<Variable> results, List<String> callees, List<Variable> arguments, Kind kind)
      implements Op {
    public Call {
      results = List.copyOf(results);
      callees = List.copyOf(callees);
      arguments = List.copyOf(arguments);
    }

    /** When the callee runs, and what an unknown one may do. */
    public enum Kind {
      /** Now, by name. An unknown callee is foreign code that cannot reach the unit's maps. */
      DIRECT,
      /** Now, but any of the callees may be meant: what one removes counts, not what it frees. */
      UNCERTAIN,
      /** Now, through a function value: an unknown callee may remove any entry. */
      THROUGH_VALUE,
      /** At some time, in another thread: what it removes counts, what it frees does not. */
      LATER
    }
  }

  /**
   * Registers a block to run when the function ends, last registered first. The block's end is a
   * {@link Terminator.EndDefer}.
   */
  record Defer(Span span, int block) implements Op {}

  /** Hands a value to code outside the unit that may keep it; a map that escapes is not judged. */
  record Escape(Span span, Variable value) implements Op {}
}
