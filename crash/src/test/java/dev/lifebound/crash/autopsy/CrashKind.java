package dev.lifebound.crash.autopsy;

/** The ways in which the generator lets a program with Lifebound die, and what an autopsy owes. */
public enum CrashKind {
  READ_AFTER_FREE(FailureKind.USE_AFTER_FREE),
  WRITE_AFTER_FREE(FailureKind.USE_AFTER_FREE),
  C_AFTER_FREE(FailureKind.USE_AFTER_FREE),
  FREED_BY_C(FailureKind.USE_AFTER_FREE),
  FREED_UNSEEN(FailureKind.USE_AFTER_FREE),
  ADDRESS_REUSE(FailureKind.USE_AFTER_FREE),
  GUARD_FAULT(FailureKind.USE_AFTER_FREE),
  DOUBLE_FREE(FailureKind.DOUBLE_FREE),
  DOUBLE_FREE_ABORT(FailureKind.DOUBLE_FREE),
  OVERFLOW(FailureKind.OVERFLOW),
  OVERFLOW_BY_C(FailureKind.OVERFLOW),
  WILD_ADDRESS(FailureKind.WILD_ADDRESS);

  private final FailureKind expected;

  CrashKind(FailureKind expected) {
    this.expected = expected;
  }

  /** The right verdict. */
  public FailureKind expected() {
    return expected;
  }

  /** Whether the process leaves a log of HotSpot. */
  boolean leavesLog() {
    return this != GUARD_FAULT && this != DOUBLE_FREE_ABORT;
  }
}
