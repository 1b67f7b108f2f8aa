package dev.lifebound.analysis.lifetime;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the {@link Engine} found in one {@link Unit}. Lists are in source order.
 *
 * @param unit the unit
 * @param insertions every insertion into a map that has a place
 * @param lookups every lookup in or loop over such a map
 * @param removals every removal from, clear of or assignment to such a map
 * @param escaped maps that were handed to code outside the unit
 * @param outlived entries that outlive what they hold
 * @param inversions entries that were removed only after the free
 * @param reachedByNative identifiers of the functions that native code may be running at any time
 * @param cut functions whose paths were not all followed
 */
public record Facts(
    Unit unit,
    List<Insertion> insertions,
    List<Sighting> lookups,
    List<Sighting> removals,
    Set<Place> escaped,
    List<Outlived> outlived,
    List<Inversion> inversions,
    Set<String> reachedByNative,
    List<Function> cut) {
  public Facts {
    insertions = List.copyOf(insertions);
    lookups = List.copyOf(lookups);
    removals = List.copyOf(removals);
    escaped = Collections.unmodifiableSet(new LinkedHashSet<>(escaped));
    outlived = List.copyOf(outlived);
    inversions = List.copyOf(inversions);
    reachedByNative = Collections.unmodifiableSet(new LinkedHashSet<>(reachedByNative));
    cut = List.copyOf(cut);
  }

  /** A point in a function. */
  public record Point(Function function, Span span) {}

  /**
   * An operation on a map.
   *
   * @param map the map's place
   * @param point where
   * @param locks what is held there on every path that was followed
   */
  public record Sighting(Place map, Point point, Set<Place> locks) {}

  /**
   * An insertion, with the fields that are known to hold the key, the value or the value's owner.
   *
   * @param sighting where
   * @param keyFields fields that hold the key
   * @param valueFields fields that hold the value, or are fields of the value
   * @param ownerFields fields that hold the owner of a derived value
   * @param direct whether the statement itself inserts, not a function that it calls
   */
  public record Insertion(
      Sighting sighting,
      Set<FieldName> keyFields,
      Set<FieldName> valueFields,
      Set<FieldName> ownerFields,
      boolean direct) {}

  /** How the analysis knows that the map holds what was freed. */
  public enum Holding {
    /** The path inserts the entry. */
    INSERTED,
    /** The path reads the entry. */
    LOOKED_UP,
    /** The path loops over the map. */
    SWEPT,
    /** Another function inserts the entry and stores the same pointer in a field that is freed. */
    INSERTED_ELSEWHERE
  }

  /** What of an entry was freed. */
  public enum Part {
    KEY,
    VALUE,
    /** A field of the value. */
    VALUE_FIELD,
    /** The owner from which key or value were allocated. */
    OWNER
  }

  /**
   * A free.
   *
   * @param point where
   * @param text the freed expression
   * @param freeing how it is known to be a free
   * @param locks what is held there
   * @param field the field whose content was freed, or null
   * @param niledAfter whether the path later stores nil in that field
   */
  public record Free(
      Point point,
      String text,
      Freeing freeing,
      Set<Place> locks,
      @Nullable FieldName field,
      boolean niledAfter) {}

  /**
   * An entry that still stands when its function ends, though what it holds was freed.
   *
   * @param map the map
   * @param holding how the entry is known
   * @param part what of it was freed
   * @param held where it was inserted or read
   * @param free where it was freed
   * @param survivor where it is used later on the path or the package, or where the function ends
   * @param used whether the survivor is a use
   */
  public record Outlived(
      Place map, Holding holding, Part part, Point held, Free free, Point survivor, boolean used) {}

  /**
   * An entry removed only after the free. A map cleared after a group free is one too; where no
   * path shows the entry, {@code held} is null and the insertions tell whether the map holds what
   * the group owned.
   *
   * @param map the map
   * @param part what of it was freed
   * @param held where it was inserted or read, or null when the path only removes it
   * @param free where it was freed
   * @param removal where it was removed
   * @param covered locks held without a break from the free to the removal
   */
  public record Inversion(
      Place map, Part part, @Nullable Point held, Free free, Point removal, Set<Place> covered) {}
}
