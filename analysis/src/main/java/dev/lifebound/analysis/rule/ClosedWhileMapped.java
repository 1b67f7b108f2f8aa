package dev.lifebound.analysis.rule;

import dev.lifebound.analysis.lifetime.Facts;
import dev.lifebound.analysis.lifetime.Freeing;
import dev.lifebound.analysis.lifetime.Function;
import dev.lifebound.analysis.lifetime.Hazard;
import dev.lifebound.analysis.lifetime.MapDeclaration;
import dev.lifebound.analysis.lifetime.Place;
import dev.lifebound.finding.Colour;
import dev.lifebound.finding.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the Java rules on closing too early share: the verdict on one fact, and its words. */
final class ClosedWhileMapped {
  /** How much a fact matters, and why. */
  record Verdict(Colour colour, String reason) {
    Verdict milder(String because) {
      return new Verdict(colour.milder(), because);
    }
  }

  private static final String SHOWN =
      "a path from the entry over the free to its survival is shown";

  private final Facts facts;

  ClosedWhileMapped(Facts facts) {
    this.facts = facts;
  }

  /** The verdict on an entry that outlives its free, or null when nobody needs to hear of it. */
  @Nullable Verdict outlived(Facts.Outlived fact) {
    if (fact.free().niledAfter() || !isDeclared(fact.map()) || isOwnClose(fact)) {
      return null;
    }
    Verdict verdict = byKnowledge(fact.map(), fact.part(), fact.free());
    if (isTeardown(fact.free())) {
      // The object is finished; only who keeps it and looks again can meet the freed entry.
      return isRead(fact.map(), fact.free().point().function())
          ? atMost(verdict, "the owner is being closed; only a later lookup meets the entry")
          : null;
    }
    return fact.holding() == Facts.Holding.INSERTED_ELSEWHERE
            && fact.free().freeing().effect() != Freeing.Effect.GROUP_FREE
        ? atMost(verdict, "insertion and free stand in different methods")
        : verdict;
  }

  /** The verdict on an entry removed after its free, or null. */
  @Nullable Verdict inverted(Facts.Inversion fact) {
    if (fact.free().niledAfter()
        || !isDeclared(fact.map())
        || fact.covered().contains(fact.map())
        || outlivesToo(fact)) {
      return null;
    }
    boolean concurrent = isConcurrent(fact.map());
    if (isTeardown(fact.free()) && !concurrent) {
      return null;
    }
    if (!fact.covered().isEmpty() && (!concurrent || allReadersHoldOne(fact))) {
      return null;
    }
    Verdict verdict = byKnowledge(fact.map(), fact.part(), fact.free());
    if (isTeardown(fact.free())) {
      return atMost(verdict, "the owner is being closed; other threads may still look");
    }
    return concurrent
        ? new Verdict(verdict.colour(), "another thread can look the freed entry up in between")
        : atMost(verdict, "an exception in between leaves the freed entry in the map");
  }

  /** A handle's own close method: its callers are judged, for they know the map. */
  private static boolean isOwnClose(Facts.Outlived fact) {
    return fact.holding() == Facts.Holding.INSERTED_ELSEWHERE
        && fact.part() == Facts.Part.VALUE_FIELD
        && isTeardown(fact.free());
  }

  /** Maps whose authors answer for them are not declared. */
  private boolean isDeclared(Place map) {
    return facts.unit().maps().containsKey(map);
  }

  /** Whether another path of the same free says the worse. */
  private boolean outlivesToo(Facts.Inversion fact) {
    return facts.outlived().stream()
        .anyMatch(o -> o.map().equals(fact.map()) && o.free().point().equals(fact.free().point()));
  }

  private Verdict byKnowledge(Place map, Facts.Part part, Facts.Free free) {
    Verdict verdict = new Verdict(Colour.RED, SHOWN);
    MapDeclaration declaration = facts.unit().maps().get(map);
    if (declaration != null
        && part != Facts.Part.KEY
        && declaration.value() == MapDeclaration.Kind.ANY) {
      verdict = verdict.milder("the map's values are an interface, not all of them native");
    }
    if (free.freeing().knowledge() == Freeing.Knowledge.NAME_TABLE) {
      verdict = verdict.milder("the free is known by name only, its body was not read");
    }
    return verdict;
  }

  private static Verdict atMost(Verdict verdict, String because) {
    return verdict.colour() == Colour.RED ? verdict.milder(because) : verdict;
  }

  private static boolean isTeardown(Facts.Free free) {
    return free.point().function().is(Function.Trait.TEARDOWN);
  }

  /** Whether another method than the freeing one and other teardowns reads the map. */
  private boolean isRead(Place map, Function freeing) {
    return facts.lookups().stream()
        .filter(lookup -> lookup.map().equals(map))
        .map(lookup -> lookup.point().function())
        .anyMatch(f -> !f.id().equals(freeing.id()) && !f.is(Function.Trait.TEARDOWN));
  }

  private boolean isConcurrent(Place map) {
    MapDeclaration declaration = facts.unit().maps().get(map);
    return declaration != null && declaration.concurrent();
  }

  private boolean allReadersHoldOne(Facts.Inversion fact) {
    return facts.lookups().stream()
        .filter(lookup -> lookup.map().equals(fact.map()))
        .map(Facts.Sighting::locks)
        .allMatch(locks -> intersects(locks, fact.covered()));
  }

  private static boolean intersects(Set<Place> a, Set<Place> b) {
    return a.stream().anyMatch(b::contains);
  }

  // --- words -------------------------------------------------------------------------------------

  static List<Hazard.Mark> path(Facts.Outlived fact) {
    String map = fact.map().text();
    List<Hazard.Mark> path = new ArrayList<>();
    boolean inserted =
        fact.holding() == Facts.Holding.INSERTED
            || fact.holding() == Facts.Holding.INSERTED_ELSEWHERE;
    path.add(
        new Hazard.Mark(
            inserted ? Step.INSERT : "lookup",
            fact.held(),
            inserted ? "put into " + map : "read from " + map + ", which keeps it"));
    path.add(free(fact.free()));
    path.add(
        new Hazard.Mark(
            fact.used() ? Step.USE : Step.EXIT,
            fact.survivor(),
            fact.used() ? map + " is read again" : "the method ends, the entry stays in " + map));
    return path;
  }

  static List<Hazard.Mark> path(Facts.Inversion fact) {
    String map = fact.map().text();
    List<Hazard.Mark> path = new ArrayList<>();
    if (fact.held() != null) {
      path.add(new Hazard.Mark("lookup", fact.held(), "held by " + map));
    }
    path.add(free(fact.free()));
    path.add(
        new Hazard.Mark(
            "remove",
            fact.removal(),
            "only now removed from " + map + "; until here it was found"));
    return path;
  }

  private static Hazard.Mark free(Facts.Free free) {
    return new Hazard.Mark(
        Step.FREE, free.point(), free.freeing().function() + " ends " + free.text());
  }
}
