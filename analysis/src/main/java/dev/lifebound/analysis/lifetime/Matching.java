package dev.lifebound.analysis.lifetime;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which map entries hold what was freed. */
final class Matching {
  /** One entry that holds it. */
  record Match(
      Place map, Value key, Facts.Part part, Facts.Holding holding, Facts.@Nullable Point held) {}

  private Matching() {}

  /** The entries of a path that hold a freed value and still stand. */
  static List<Match> entries(State.FreedMark mark, State state) {
    List<Match> matches = new ArrayList<>();
    for (State.Held held : state.held) {
      Facts.Part part = part(held.key(), held.value(), mark, state);
      if (part != null) {
        matches.add(new Match(held.map(), held.key(), part, Facts.Holding.INSERTED, held.point()));
      }
    }
    List<Value> chain = mark.value.chain();
    for (Value link : chain) {
      if (link instanceof Value.Entry entry) {
        Place place = Place.of(entry.map());
        if (place != null && state.content(entry).equals(entry)) {
          boolean whole = entry.equals(mark.value);
          matches.add(
              new Match(
                  place,
                  entry.key(),
                  whole ? Facts.Part.VALUE : Facts.Part.VALUE_FIELD,
                  holding(entry.key()),
                  state.read.get(entry)));
        }
      }
      if (link instanceof Value.RangeKey key) {
        Place place = Place.of(key.map());
        if (place != null) {
          boolean whole = key.equals(mark.value);
          matches.add(
              new Match(
                  place,
                  key,
                  whole ? Facts.Part.KEY : Facts.Part.VALUE_FIELD,
                  Facts.Holding.SWEPT,
                  state.read.get(new Value.Entry(key.map(), key))));
        }
      }
    }
    return matches;
  }

  private static Facts.Holding holding(Value key) {
    return key instanceof Value.RangeKey ? Facts.Holding.SWEPT : Facts.Holding.LOOKED_UP;
  }

  private static Facts.@Nullable Part part(
      Value key, Value value, State.FreedMark mark, State state) {
    if (mark.freeing.effect() == Freeing.Effect.GROUP_FREE) {
      boolean derived =
          derivedFrom(key, mark.value)
              || derivedFrom(value, mark.value)
              || carries(value, mark.value, state);
      return derived ? Facts.Part.OWNER : null;
    }
    if (key.equals(mark.value)) {
      return Facts.Part.KEY;
    }
    if (value.equals(mark.value)) {
      return Facts.Part.VALUE;
    }
    if (isObject(value) && mark.value.chain().contains(value)) {
      return Facts.Part.VALUE_FIELD;
    }
    for (Map.Entry<Value, Value> cell : state.heap.entrySet()) {
      if (cell.getKey() instanceof Value.FieldOf field
          && isObject(value)
          && field.base().equals(value)
          && cell.getValue().equals(mark.value)) {
        return Facts.Part.VALUE_FIELD;
      }
    }
    return null;
  }

  /** Whether a field of the value is known to hold something derived from the owner. */
  private static boolean carries(Value value, Value owner, State state) {
    return isObject(value)
        && state.heap.entrySet().stream()
            .anyMatch(cell ->
                cell.getKey() instanceof Value.FieldOf field
                    && field.base().equals(value)
                    && derivedFrom(cell.getValue(), owner));
  }

  private static boolean isObject(Value value) {
    return !(value instanceof Value.Nil) && !(value instanceof Value.Constant);
  }

  private static boolean derivedFrom(Value value, Value owner) {
    return value instanceof Value.Derived && value.chain().contains(owner);
  }

  /** Whether an entry under this key holds the freed value. */
  static boolean keyed(State.FreedMark mark, Place map, Value key, State state) {
    return entries(mark, state).stream()
        .anyMatch(match -> match.map().equals(map) && match.key().equals(key));
  }

  /** The entry that a removal takes out, when it certainly holds the freed value; else null. */
  static @Nullable Match removed(
      State.FreedMark mark, Place map, Value key, State state, Context context) {
    for (Match match : entries(mark, state)) {
      if (match.map().equals(map) && match.key().equals(key)) {
        return match;
      }
    }
    if (mark.freeing.effect() == Freeing.Effect.GROUP_FREE) {
      return null;
    }
    if (mark.value.equals(key)) {
      return new Match(map, key, Facts.Part.KEY, Facts.Holding.LOOKED_UP, null);
    }
    if (mark.value instanceof Value.FieldOf freed && freed.field().isKnown()) {
      boolean sameObject = key instanceof Value.FieldOf id && id.base().equals(freed.base());
      if (freed.base().equals(key)
          || (sameObject && freed.field().owner().equals(context.valueType(map)))) {
        return new Match(map, key, Facts.Part.VALUE_FIELD, Facts.Holding.LOOKED_UP, null);
      }
    }
    return null;
  }
}
