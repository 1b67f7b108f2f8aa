package dev.lifebound.crash.autopsy;

import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.LedgerEvent;
import java.util.List;
import java.util.Optional;

/** What an incident of the ledger says of the block that it concerns. */
final class Incidents {
  private Incidents() {}

  /** The kind of misuse, or {@link FailureKind#UNKNOWN} for what a later version calls so. */
  static FailureKind kind(LedgerEvent incident) {
    return switch (incident.type()) {
      case DOUBLE_FREE -> FailureKind.DOUBLE_FREE;
      case STALE_USE -> FailureKind.USE_AFTER_FREE;
      default -> FailureKind.ofFault(incident.fault());
    };
  }

  /** The decision that the guard's own record of an access or a free gives. */
  static Decision ofGuard(LedgerEvent incident, BlockHistory history) {
    return decision(
        incident,
        history,
        List.of(
            "the guard recorded this "
                + (what(incident).contains("free of") || kind(incident) == FailureKind.DOUBLE_FREE
                    ? "free"
                    : "access")
                + " itself: "
                + what(incident)
                + (incident.address() == 0 ? "" : " at " + Words.hex(incident.address()))
                + outcome(incident)));
  }

  /** What came of it, where the record tells. */
  static String outcome(LedgerEvent incident) {
    if (incident.type() == EventType.DOUBLE_FREE || incident.type() == EventType.STALE_USE) {
      return ", refused";
    }
    if (incident.delivered()) {
      return ", thrown as an error";
    }
    return switch (String.valueOf(incident.fault())) {
      case "use after free", "overflow", "underflow" -> ", continued on the old bytes";
      case "second free", "free of an address that is not a block's first byte" -> ", refused";
      default -> "";
    };
  }

  static Decision decision(LedgerEvent incident, BlockHistory history, List<String> reasons) {
    Optional<BlockLife> block = history.of(incident);
    return Decision.of(
        kind(incident),
        incident.address() == 0 ? null : incident.address(),
        block.orElse(null),
        reasons,
        List.of());
  }

  /** {@code stale-use (lease)}, {@code use after free}. */
  static String what(LedgerEvent incident) {
    boolean ofGuard = incident.type() == EventType.FAULT || incident.type() == EventType.REPORT;
    return ofGuard
        ? String.valueOf(incident.fault())
        : incident.typeText() + (incident.name() == null ? "" : " (" + incident.name() + ")");
  }
}
