package dev.lifebound.analysis.lifetime;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Questions about values. */
final class Values {
  private Values() {}

  /** How many steps lie between a value and its farthest root. */
  static int depth(Value value) {
    return switch (value) {
      case Value.FieldOf field -> 1 + depth(field.base());
      case Value.Entry entry -> 1 + Math.max(depth(entry.map()), depth(entry.key()));
      case Value.RangeKey key -> 1 + depth(key.map());
      case Value.Derived derived -> 1 + depth(derived.owner());
      case Value.Computed computed ->
          1 + computed.operands().stream().mapToInt(Values::depth).max().orElse(0);
      default -> 0;
    };
  }

  /** The known fields that hold a value at the end of a path. */
  static Set<FieldName> fieldsHolding(Value value, State state) {
    Set<FieldName> fields = new LinkedHashSet<>();
    if (value instanceof Value.Nil || value instanceof Value.Constant) {
      return fields;
    }
    if (value instanceof Value.FieldOf field && field.field().isKnown()) {
      fields.add(field.field());
    }
    for (Map.Entry<Value, Value> cell : state.heap.entrySet()) {
      if (cell.getValue().equals(value)
          && cell.getKey() instanceof Value.FieldOf field
          && field.field().isKnown()) {
        fields.add(field.field());
      }
    }
    return fields;
  }
}
