package dev.lifebound.analysis.lifetime;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tests whose outcome the engine understands; every other test is equal only to itself. */
final class Conditions {
  /** The operator of {@code a == b}. */
  static final String EQUAL = "==";

  /** The operator of "the map has the key". */
  static final String FOUND = "found";

  private Conditions() {}

  /** {@code a == b}, with nil on the right. */
  static Value equal(Value a, Value b) {
    return a instanceof Value.Nil
        ? new Value.Computed(EQUAL, List.of(b, a))
        : new Value.Computed(EQUAL, List.of(a, b));
  }

  static Value found(Value map, Value key) {
    return new Value.Computed(FOUND, List.of(map, key));
  }

  /** A computation in its canonical form. */
  static Value computed(String operator, List<Value> operands) {
    return operator.equals(EQUAL) && operands.size() == 2
        ? equal(operands.get(0), operands.get(1))
        : new Value.Computed(operator, operands);
  }

  /** How a test must come out, or null when both ways are open. */
  static @Nullable Boolean outcome(State state, Value test) {
    Boolean known = state.tests.get(test);
    if (known != null) {
      return known;
    }
    return switch (test) {
      case Value.Constant constant when constant.text().equals("true") -> true;
      case Value.Constant constant when constant.text().equals("false") -> false;
      case Value.Computed computed
          when computed.operator().equals(EQUAL) && computed.operands().size() == 2 ->
          equality(computed.operands().get(0), computed.operands().get(1));
      default -> null;
    };
  }

  private static @Nullable Boolean equality(Value a, Value b) {
    if (a.equals(b)) {
      return true;
    }
    if (a instanceof Value.Constant && b instanceof Value.Constant) {
      return false;
    }
    return (isObject(a) && b instanceof Value.Nil) ? Boolean.FALSE : null;
  }

  private static boolean isObject(Value value) {
    return value instanceof Value.Fresh fresh && fresh.origin() == Value.Origin.MANAGED;
  }
}
