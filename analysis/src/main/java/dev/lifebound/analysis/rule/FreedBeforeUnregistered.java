package dev.lifebound.analysis.rule;

import dev.lifebound.analysis.lifetime.Facts;
import dev.lifebound.analysis.lifetime.Facts.Inversion;
import dev.lifebound.analysis.lifetime.Facts.Part;
import dev.lifebound.analysis.lifetime.Facts.Sighting;
import dev.lifebound.analysis.lifetime.Hazard;
import dev.lifebound.analysis.lifetime.Place;
import dev.lifebound.finding.Colour;
import dev.lifebound.finding.Rule;
import dev.lifebound.finding.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** LBG002: native memory is freed first and its map entry removed afterwards. */
public final class FreedBeforeUnregistered implements LifetimeRule {
  private static final String REMEDY = "swap the two statements: delete the entry, then free";

  private static final Rule RULE =
      new Rule(
          "LBG002",
          "freed before unregistered",
          Colour.YELLOW,
          "go",
          "Between the free and the delete the map answers for memory that is gone. The allocator"
              + " may hand the same address to another goroutine meanwhile: its new entry is then"
              + " the one that the delete removes.",
          REMEDY,
          "0.1.0");

  @Override
  public Rule rule() {
    return RULE;
  }

  @Override
  public List<Hazard> judge(Facts facts) {
    List<Hazard> hazards = new ArrayList<>();
    for (Inversion fact : facts.inversions()) {
      boolean told = fact.part() == Part.VALUE_FIELD && fact.free().niledAfter();
      if (!told && !Words.isPlain(facts, fact.map(), fact.part()) && !isCovered(facts, fact)) {
        hazards.add(hazard(facts, fact));
      }
    }
    return hazards;
  }

  /** One lock that is held from the free to the delete and by all who read or insert. */
  private static boolean isCovered(Facts facts, Inversion fact) {
    return fact.covered().stream()
        .anyMatch(lock ->
            facts.lookups().stream().allMatch(s -> isOther(s, fact.map()) || holds(s, lock))
                && facts.insertions().stream()
                    .map(Facts.Insertion::sighting)
                    .allMatch(s -> isOther(s, fact.map()) || holds(s, lock)));
  }

  private static boolean isOther(Sighting sighting, Place map) {
    return !sighting.map().equals(map);
  }

  private static boolean holds(Sighting sighting, Place lock) {
    return sighting.locks().contains(lock);
  }

  private static Hazard hazard(Facts facts, Inversion fact) {
    Sighting reader = openReader(facts, fact);
    Optional<String> doubt = Words.doubt(facts, fact.map(), fact.part(), fact.free());
    String map = fact.map().text();
    String freed = fact.free().text();
    String function = fact.free().freeing().function();
    List<Hazard.Mark> path = new ArrayList<>();
    if (fact.held() != null) {
      path.add(new Hazard.Mark(Step.INSERT, fact.held(), map + " holds the entry"));
    }
    path.add(new Hazard.Mark(Step.FREE, fact.free().point(), function + " frees " + freed));
    if (reader != null) {
      path.add(new Hazard.Mark(Step.USE, reader.point(), "may read " + map + " in between"));
    }
    path.add(new Hazard.Mark("remove", fact.removal(), "only now the entry leaves " + map));
    boolean red = reader != null && doubt.isEmpty();
    return new Hazard(
        RULE.id(),
        red ? Colour.RED : Colour.YELLOW,
        reason(facts, reader, doubt),
        freed
            + " is freed before its entry leaves map "
            + map
            + "; a lookup in between finds freed memory",
        REMEDY,
        fact.free().point(),
        fact.map(),
        freed,
        function,
        path,
        List.of(
            Words.path("the delete of the same entry follows the free on one path"),
            Words.free(fact.free())));
  }

  private static String reason(Facts facts, @Nullable Sighting reader, Optional<String> doubt) {
    if (reader == null) {
      return "no concurrent reader of the map was seen";
    }
    if (doubt.isPresent()) {
      return "yellow, not red: " + doubt.get();
    }
    return isNative(facts, reader)
        ? "a function that C calls reads the map"
        : "a reader holds no lock in common with the free and the delete";
  }

  private static boolean isNative(Facts facts, Sighting reader) {
    return facts.reachedByNative().contains(reader.point().function().id());
  }

  /** A reader that may come between: a callback, or one without the lock that others take. */
  private static @Nullable Sighting openReader(Facts facts, Inversion fact) {
    Sighting unlocked = null;
    for (Sighting lookup : facts.lookups()) {
      boolean own = lookup.point().function().equals(fact.free().point().function());
      if (isOther(lookup, fact.map()) || own) {
        continue;
      }
      boolean common = lookup.locks().stream().anyMatch(fact.covered()::contains);
      if (isNative(facts, lookup) && !common) {
        return lookup;
      }
      if (!common && unlocked == null && isShared(facts, fact)) {
        unlocked = lookup;
      }
    }
    return unlocked;
  }

  /** Whether the package guards the map at all: then several goroutines use it. */
  private static boolean isShared(Facts facts, Inversion fact) {
    Set<Place> covered = fact.covered();
    return !covered.isEmpty()
        || !fact.free().locks().isEmpty()
        || facts.lookups().stream().anyMatch(s -> !isOther(s, fact.map()) && !s.locks().isEmpty())
        || facts.removals().stream().anyMatch(s -> !isOther(s, fact.map()) && !s.locks().isEmpty());
  }
}
