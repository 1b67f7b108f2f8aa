package dev.lifebound.analysis.rule;

import dev.lifebound.analysis.lifetime.Facts;
import dev.lifebound.analysis.lifetime.Facts.Holding;
import dev.lifebound.analysis.lifetime.Facts.Outlived;
import dev.lifebound.analysis.lifetime.Facts.Part;
import dev.lifebound.analysis.lifetime.Hazard;
import dev.lifebound.finding.Colour;
import dev.lifebound.finding.Rule;
import dev.lifebound.finding.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** LBG001: native memory is freed while a map still holds it. */
public final class FreedWhileMapped implements LifetimeRule {
  private static final String REMEDY =
      "delete the entry under the map's lock, then free; in a loop over the map, clear it";

  private static final Rule RULE =
      new Rule(
          "LBG001",
          "freed while a map still holds it",
          Colour.RED,
          "go",
          "C memory is freed, but a map keeps the pointer, or a value that contains it. The next"
              + " lookup hands out a dangling pointer: the process dies of SIGSEGV, or reads what"
              + " the allocator has put there since.",
          REMEDY,
          "0.1.0");

  @Override
  public Rule rule() {
    return RULE;
  }

  @Override
  public List<Hazard> judge(Facts facts) {
    List<Hazard> hazards = new ArrayList<>();
    for (Outlived fact : facts.outlived()) {
      if (isHazard(facts, fact)) {
        hazards.add(hazard(facts, fact));
      }
    }
    return hazards;
  }

  private static boolean isHazard(Facts facts, Outlived fact) {
    boolean told = fact.part() == Part.VALUE_FIELD && fact.free().niledAfter();
    boolean guess = fact.holding() == Holding.INSERTED_ELSEWHERE && !facts.unit().complete();
    return !told && !guess && !Words.isPlain(facts, fact.map(), fact.part());
  }

  private static Hazard hazard(Facts facts, Outlived fact) {
    Optional<String> doubt = doubt(facts, fact);
    String map = fact.map().text();
    String freed = fact.free().text();
    List<Hazard.Mark> path = new ArrayList<>();
    path.add(new Hazard.Mark(Step.INSERT, fact.held(), held(fact)));
    path.add(
        new Hazard.Mark(
            Step.FREE, fact.free().point(), fact.free().freeing().function() + " frees " + freed));
    if (fact.used()) {
      path.add(
          new Hazard.Mark(
              Step.USE, fact.survivor(), map + " is read and may still answer with it"));
    } else {
      path.add(
          new Hazard.Mark(
              Step.EXIT, fact.survivor(), "the function ends and the entry of " + map + " stands"));
      Facts.Sighting lookup = Words.lookup(facts, fact.map());
      if (lookup != null && !lookup.point().equals(fact.held())) {
        path.add(new Hazard.Mark(Step.USE, lookup.point(), "a later reader of " + map));
      }
    }
    return new Hazard(
        RULE.id(),
        doubt.isPresent() ? Colour.YELLOW : Colour.RED,
        doubt
            .map(text -> "yellow, not red: " + text)
            .orElse("a reader of the map reaches freed memory"),
        freed + " is freed while map " + map + " still holds it (" + Words.part(fact.part()) + ")",
        REMEDY,
        fact.free().point(),
        fact.map(),
        freed,
        fact.free().freeing().function(),
        path,
        List.of(
            Words.path("a path from the free to the end neither removes nor replaces the entry"),
            Words.free(fact.free())));
  }

  private static String held(Outlived fact) {
    String map = fact.map().text();
    return switch (fact.holding()) {
      case INSERTED -> "the entry is stored in " + map;
      case LOOKED_UP -> "the entry is read from " + map;
      case SWEPT -> "the entries of " + map + " are visited";
      case INSERTED_ELSEWHERE -> "an entry with this pointer is stored in " + map;
    };
  }

  private static Optional<String> doubt(Facts facts, Outlived fact) {
    Optional<String> shared = Words.doubt(facts, fact.map(), fact.part(), fact.free());
    if (shared.isPresent()) {
      return shared;
    }
    boolean lasting = Words.isLasting(facts, fact.map());
    return switch (fact.holding()) {
      case INSERTED, LOOKED_UP -> Optional.empty();
      case SWEPT ->
          lasting
              ? Optional.empty()
              : Optional.of("the map may die with its owner right after the loop");
      case INSERTED_ELSEWHERE -> elsewhere(facts, fact, lasting);
    };
  }

  private static Optional<String> elsewhere(Facts facts, Outlived fact, boolean lasting) {
    if (!lasting) {
      return Optional.of("the map may die with its owner before anybody reads it");
    }
    if (Words.removal(facts, fact.map()) != null) {
      return Optional.of("another function of the package removes entries, perhaps this one first");
    }
    return fact.used() ? Optional.empty() : Optional.of("no reader of the map was seen");
  }
}
