package dev.lifebound.crash.autopsy;

import org.jspecify.annotations.Nullable;

/** The sorts of failure that an autopsy tells apart. */
public enum FailureKind {
  USE_AFTER_FREE(
      "use after free",
      RuntimeRule.LBR001,
      "Memory of a native block was used after the block was freed."),
  DOUBLE_FREE("double free", RuntimeRule.LBR002, "A native block was given back a second time."),
  OVERFLOW("overflow", RuntimeRule.LBR005, "Memory behind or before a native block was touched."),
  WILD_ADDRESS(
      "wild address",
      RuntimeRule.LBR006,
      "An address was used at which the ledger knows no block, living or dead, or was given to free"
          + " though no block begins there."),
  NOT_OURS("not ours", null, "The crash has another cause than the life of a native block."),
  UNKNOWN("unknown", null, "What is there does not prove a cause.");

  private final String text;
  private final @Nullable RuntimeRule rule;
  private final String meaning;

  FailureKind(String text, @Nullable RuntimeRule rule, String meaning) {
    this.text = text;
    this.rule = rule;
    this.meaning = meaning;
  }

  /** The name in every output, such as {@code use after free}. */
  public String text() {
    return text;
  }

  /** What it means, one sentence. */
  public String meaning() {
    return meaning;
  }

  /** Whether the autopsy has a verdict. */
  public boolean isExplained() {
    return this != UNKNOWN;
  }

  /** The kind of what a ledger calls a fault or a report; its page has the words. */
  static FailureKind ofFault(@Nullable String fault) {
    return switch (fault) {
      case "overflow", "underflow", "write behind the block" -> OVERFLOW;
      case "second free" -> DOUBLE_FREE;
      case "access to memory that no block ever had",
          "free of an address that is not a block's first byte" ->
          WILD_ADDRESS;
      case "use after free", "write after free" -> USE_AFTER_FREE;
      // Of a later version, whose words are not known here.
      case null, default -> UNKNOWN;
    };
  }

  @Nullable RuntimeRule rule() {
    return rule;
  }
}
