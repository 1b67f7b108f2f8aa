package dev.lifebound.memory.guard;

/** What the guard does about an access to a dead block. */
public enum Mode {
  /** Nothing: no page dies. Frees and allocations are seen by whoever watches them. */
  OBSERVE(0),
  /**
   * The access throws where that is known to be safe, and is recovered elsewhere.
   *
   * <p>Delivery is imprecise: statements behind the access may have run, with a zero for a value
   * that was read. Abandon the unit of work.
   */
  STRICT(1),
  /** The access is recorded and runs on the block's old bytes. */
  RECOVER(2);

  /** {@code LB_OBSERVE} and so on, in lifebound.h. */
  final int number;

  Mode(int number) {
    this.number = number;
  }
}
