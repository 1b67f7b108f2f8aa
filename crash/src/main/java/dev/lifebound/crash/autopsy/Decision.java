package dev.lifebound.crash.autopsy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was decided of a crash.
 *
 * @param verdict what it was
 * @param address that was touched or freed, or null when none is known
 * @param block the block that is meant, or null: no block is named that nothing proves
 * @param earlier blocks that had the address before it, newest first
 */
record Decision(
    Autopsy.Verdict verdict,
    @Nullable Long address,
    @Nullable BlockLife block,
    List<BlockLife> earlier) {
  Decision {
    earlier = List.copyOf(earlier);
  }

  /** A decision that concerns no address. */
  static Decision of(FailureKind kind, String headline, List<String> reasons) {
    return new Decision(new Autopsy.Verdict(kind, headline, reasons), null, null, List.of());
  }

  /** A decision on a block, under the headline that its kind has. */
  static Decision of(
      FailureKind kind,
      @Nullable Long address,
      @Nullable BlockLife block,
      List<String> reasons,
      List<BlockLife> earlier) {
    return new Decision(
        new Autopsy.Verdict(kind, headline(kind, block, address == null ? 0 : address), reasons),
        address,
        block,
        earlier);
  }

  /** {@code use of block 0x12 of 64 bytes (session) after its free}. */
  private static String headline(FailureKind kind, @Nullable BlockLife block, long address) {
    if (block == null) {
      return kind == FailureKind.WILD_ADDRESS
          ? "use of the address " + Words.hex(address) + ", at which no block begins"
          : kind.text() + " of a block that the ledger no longer has";
    }
    long offset = address - block.address();
    String name = block.fullName();
    return switch (kind) {
      case OVERFLOW ->
          offset < 0
              ? "access " + Words.bytes(-offset) + " before " + name
              : "access " + Words.bytes(Math.max(0, offset - block.size())) + " behind " + name;
      case DOUBLE_FREE -> name + " was freed twice";
      case WILD_ADDRESS -> "use of an address that is not the start of " + name;
      case USE_AFTER_FREE, NOT_OURS, UNKNOWN -> "use of " + name + " after its free";
    };
  }
}
