package dev.lifebound.analysis.lifetime;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rewrites a summary's values in terms of one call. */
final class Substitution {
  private final List<Value> arguments;
  private final int site;
  private final State state;
  private final int round;

  Substitution(List<Value> arguments, int site, State state) {
    this.arguments = arguments;
    this.site = site;
    this.state = state;
    this.round = state.takings;
  }

  /** The value at the call, or null when the call hides it. */
  @Nullable Value apply(Value value) {
    return switch (value) {
      case Value.Parameter parameter ->
          parameter.index() < arguments.size() ? arguments.get(parameter.index()) : null;
      case Value.Global global -> state.content(global);
      case Value.FieldOf field -> {
        Value base = apply(field.base());
        yield base == null ? null : state.content(new Value.FieldOf(base, field.field()));
      }
      case Value.Entry entry -> {
        Value map = apply(entry.map());
        Value key = apply(entry.key());
        yield map == null || key == null ? null : state.content(new Value.Entry(map, key));
      }
      case Value.RangeKey key -> {
        Value map = apply(key.map());
        yield map == null ? null : new Value.RangeKey(map, -site - 1, key.round());
      }
      case Value.Returned returned -> new Value.Result(site, round, returned.index());
      case Value.Fresh fresh -> new Value.Fresh(site, round, fresh.origin());
      case Value.Nil nil -> nil;
      case Value.Constant constant -> constant;
      case Value.Derived derived -> {
        Value owner = apply(derived.owner());
        yield owner == null ? null : new Value.Derived(owner, site, round);
      }
      case Value.Result result -> null;
      case Value.Computed computed -> null;
    };
  }
}
