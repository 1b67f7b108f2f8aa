package dev.lifebound.analysis.lifetime;

import java.util.List;

/**
 * Steps without a branch.
 *
 * @param ops in order
 * @param firstSite the site number of the first op; the others follow
 * @param end how it ends
 */
public record Block(List<Op> ops, int firstSite, Terminator end) {
  public Block {
    ops = List.copyOf(ops);
  }
}
