package dev.lifebound.analysis.rule;

import dev.lifebound.analysis.lifetime.Facts;
import dev.lifebound.analysis.lifetime.Freeing;
import dev.lifebound.analysis.lifetime.Hazard;
import dev.lifebound.analysis.lifetime.Place;
import dev.lifebound.finding.Colour;
import dev.lifebound.finding.Rule;
import java.util.ArrayList;
import java.util.List;

/** LBJ001: an arena is closed while a map still holds a segment that was allocated from it. */
public final class ArenaClosedWhileMapped implements LifetimeRule {
  private static final Rule RULE =
      new Rule(
          "LBJ001",
          "arena closed while a map holds its segment",
          Colour.RED,
          "java",
          "Closing an arena frees every segment allocated from it at once. A map that still holds "
              + "one answers with dead memory: the next use throws, and an address that was handed "
              + "to native code before reads or writes freed memory.",
          "Give map and arena one owner that clears the map first and closes the arena then, or "
              + "copy the bytes out before the arena ends.",
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
              "%s closes %s while %s still holds memory allocated from it"
                  .formatted(
                      fact.free().freeing().function(), fact.free().text(), fact.map().text());
          hazards.add(
              hazard(verdict, message, fact.free(), fact.map(), ClosedWhileMapped.path(fact)));
        }
      }
    }
    for (Facts.Inversion fact : facts.inversions()) {
      if (isOurs(fact.free(), fact.part()) && holdsGroup(facts, fact)) {
        ClosedWhileMapped.Verdict verdict = verdicts.inverted(fact);
        if (verdict != null) {
          String message =
              "%s closes %s before %s lets go of the memory allocated from it"
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
    return free.freeing().effect() == Freeing.Effect.GROUP_FREE
        && (part == Facts.Part.OWNER || part == Facts.Part.VALUE_FIELD);
  }

  /** Whether the path or some insertion shows that the map holds what the arena owned. */
  private static boolean holdsGroup(Facts facts, Facts.Inversion fact) {
    return fact.held() != null
        || facts.insertions().stream()
            .anyMatch(insertion ->
                insertion.sighting().map().equals(fact.map())
                    && insertion.ownerFields().contains(fact.free().field()));
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
        List.of(
            Words.path("insertion and close lie on one path, or on one field"), Words.free(free)));
  }
}
