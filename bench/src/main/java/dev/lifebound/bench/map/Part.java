package dev.lifebound.bench.map;

import dev.lifebound.bench.Plots;

/** Some rows of the comparison. Prints its tables, and adds its figures. */
@FunctionalInterface
interface Part {
  void run(Plan plan, Figures figures, Plots plots) throws Exception;

  /**
   * How long to measure.
   *
   * @param quick within four minutes for all parts together
   */
  record Plan(boolean quick) {
    /** Rounds or fills: the smaller number when quick. */
    int rounds(int quickly, int fully) {
      return quick ? quickly : fully;
    }
  }
}
