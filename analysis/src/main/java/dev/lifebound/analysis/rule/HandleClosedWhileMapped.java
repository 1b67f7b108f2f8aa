package dev.lifebound.analysis.rule;

import dev.lifebound.analysis.lifetime.Facts;
import dev.lifebound.analysis.lifetime.Hazard;
import dev.lifebound.analysis.lifetime.Place;
import dev.lifebound.finding.Colour;
import dev.lifebound.finding.Rule;
import java.util.ArrayList;
import java.util.List;

/** LBJ003: a native handle is closed before it leaves the map that holds it. */
public final class HandleClosedWhileMapped implements LifetimeRule {
  private static final Rule RULE =
      new Rule(
          "LBJ003",
          "native handle closed before leaving the map",
          Colour.RED,
          "java",
          "A handle that a map still holds is freed. Whoever looks it up next gets an object whose "
              + "native memory is gone: a crash, or the memory of somebody else.",
          "Remove the entry first, then close what remove returned; where threads share the handle, "
              + "count references and let the last one free.",
          "0.1.0");

  @Override
  public Rule rule() {
    return RULE;
  }

  @Override
  public List<Hazard> judge(Facts facts) {
    ClosedWhileMapped verdicts = new ClosedWhileMapped(facts);
    List<Hazard> hazards = new ArrayList<>();
    for (Facts.Outlived fact : facts.outlived()) {
      if (isOurs(fact.free(), fact.part())) {
        ClosedWhileMapped.Verdict verdict = verdicts.outlived(fact);
        if (verdict != null) {
          String message =
              "%s frees %s, but the entry stays in %s"
                  .formatted(
                      fact.free().freeing().function(), fact.free().text(), fact.map().text());
          hazards.add(
              hazard(verdict, message, fact.free(), fact.map(), ClosedWhileMapped.path(fact)));
        }
      }
    }
    for (Facts.Inversion fact : facts.inversions()) {
      if (isOurs(fact.free(), fact.part())) {
        ClosedWhileMapped.Verdict verdict = verdicts.inverted(fact);
        if (verdict != null) {
          String message =
              "%s frees %s before it is removed from %s"
                  .formatted(
                      fact.free().freeing().function(), fact.free().text(), fact.map().text());
          hazards.add(
              hazard(verdict, message, fact.free(), fact.map(), ClosedWhileMapped.path(fact)));
        }
      }
    }
    return hazards;
  }

  private static boolean isOurs(Facts.Free free, Facts.Part part) {
    return switch (free.freeing().effect()) {
      case FREE -> true;
      case RELEASE -> false;
      case GROUP_FREE -> part == Facts.Part.VALUE || part == Facts.Part.KEY;
    };
  }

  private static Hazard hazard(
      ClosedWhileMapped.Verdict verdict,
      String message,
      Facts.Free free,
      Place map,
      List<Hazard.Mark> path) {
    return new Hazard(
        RULE.id(),
        verdict.colour(),
        verdict.reason(),
        message,
        RULE.remedy(),
        free.point(),
        map,
        free.text(),
        free.freeing().function(),
        path,
        List.of(Words.path("the entry was read or made before the free"), Words.free(free)));
  }
}
