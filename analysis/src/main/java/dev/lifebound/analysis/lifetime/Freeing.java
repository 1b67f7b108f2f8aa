package dev.lifebound.analysis.lifetime;

/**
 * How a free is known to be one.
 *
 * @param function the freeing function as messages name it, for instance {@code C.free}
 * @param knowledge where the knowledge comes from
 * @param effect what it does to the block
 */
public record Freeing(String function, Knowledge knowledge, Effect effect) {

  /** Where the knowledge of a free comes from, surest first. */
  public enum Knowledge {
    /** The language's or C's own definition: {@code free}, {@code Arena.close}. */
    STANDARD,
    /** The function's body was read and frees its argument. */
    BODY,
    /** The project's configuration says so. */
    DECLARED,
    /** The shipped table of well-known names says so; a finding drops one step. */
    NAME_TABLE
  }

  /** What a freeing function does. */
  public enum Effect {
    /** The block is gone afterwards. */
    FREE,
    /** One reference is given up; the block is gone when it was the last. */
    RELEASE,
    /** Every block derived from the value is gone afterwards. */
    GROUP_FREE
  }
}
