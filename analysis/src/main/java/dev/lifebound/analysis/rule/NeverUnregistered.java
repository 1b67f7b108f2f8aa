package dev.lifebound.analysis.rule;

import dev.lifebound.analysis.lifetime.Facts;
import dev.lifebound.analysis.lifetime.Facts.Insertion;
import dev.lifebound.analysis.lifetime.Function;
import dev.lifebound.analysis.lifetime.Hazard;
import dev.lifebound.analysis.lifetime.MapDeclaration;
import dev.lifebound.analysis.lifetime.Place;
import dev.lifebound.finding.Colour;
import dev.lifebound.finding.Rule;
import dev.lifebound.finding.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** LBG003: a map keyed by C pointers only ever grows. */
public final class NeverUnregistered implements LifetimeRule {
  private static final String REMEDY =
      "delete the entry where the C object dies: in Close, or in its destroy notification";

  private static final Rule RULE =
      new Rule(
          "LBG003",
          "C pointer key never unregistered",
          Colour.YELLOW,
          "go",
          "A map that lives as long as the program is keyed by C pointers and nothing in the"
              + " package ever removes an entry. When C frees the object and reuses its address, a"
              + " lookup answers with the entry of the dead one; until then the map leaks.",
          REMEDY,
          "0.1.0");

  @Override
  public Rule rule() {
    return RULE;
  }

  @Override
  public List<Hazard> judge(Facts facts) {
    List<Hazard> hazards = new ArrayList<>();
    if (!facts.unit().complete()) {
      return hazards;
    }
    for (Map.Entry<Place, MapDeclaration> map : facts.unit().maps().entrySet()) {
      if (grows(facts, map.getKey(), map.getValue())) {
        facts.insertions().stream()
            .filter(insertion -> isGrowth(insertion, map.getKey()))
            .findFirst()
            .ifPresent(insertion -> hazards.add(hazard(facts, insertion, map.getValue())));
      }
    }
    return hazards;
  }

  private static boolean grows(Facts facts, Place map, MapDeclaration declaration) {
    return declaration.key() == MapDeclaration.Kind.NATIVE_POINTER
        && declaration.value() != MapDeclaration.Kind.MARKER
        && declaration.programLifetime()
        && Words.removal(facts, map) == null
        && !facts.escaped().contains(map)
        // The free that leaves the entry behind says the same, and worse.
        && facts.outlived().stream().noneMatch(fact -> fact.map().equals(map));
  }

  private static boolean isGrowth(Insertion insertion, Place map) {
    return insertion.direct()
        && insertion.sighting().map().equals(map)
        && !insertion.sighting().point().function().is(Function.Trait.INITIALIZER);
  }

  private static Hazard hazard(Facts facts, Insertion insertion, MapDeclaration declaration) {
    Facts.Point at = insertion.sighting().point();
    String map = insertion.sighting().map().text();
    List<Hazard.Mark> path = new ArrayList<>();
    path.add(new Hazard.Mark(Step.INSERT, at, "a C pointer becomes a key of " + map));
    Facts.Sighting lookup = Words.lookup(facts, insertion.sighting().map());
    if (lookup != null) {
      path.add(
          new Hazard.Mark(
              Step.USE, lookup.point(), "answers also for a later object at that address"));
    } else {
      path.add(new Hazard.Mark(Step.EXIT, at, "nothing in the package removes the entry"));
    }
    return new Hazard(
        RULE.id(),
        Colour.YELLOW,
        "a leak, and a wrong answer once C reuses the address",
        "map " + map + " is keyed by C pointers and no entry is ever removed",
        REMEDY,
        at,
        insertion.sighting().map(),
        declaration.text(),
        "never-removed",
        path,
        List.of(Words.path("the package holds no delete, clear or new assignment of the map")));
  }
}
