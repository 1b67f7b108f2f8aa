package dev.lifebound.crash.autopsy;

import dev.lifebound.memory.ledger.LedgerEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides what ended a process that left no log of HotSpot: {@code abort()} by the C library leaves
 * none, nor does a kill. There is the ledger, and the library's last words if the console was kept.
 *
 * <ol>
 *   <li><b>An incident at the end.</b> Misuse that the ledger recorded within {@link #LAST} of its
 *       newest event. An older one was survived for long, and is only mentioned. The library's
 *       words must not contradict it.
 *   <li><b>Two frees of one block</b>, with no allocation between, the second one at the end.
 *   <li><b>The library's words alone</b>: what they say, of no block. They name none, and C frees
 *       blocks of its own, so that a free as the last event is mentioned and not blamed. {@code
 *       double free or corruption} is not even a double free: an allocator that finds the words
 *       before a block overwritten says so of its first free, too.
 *   <li><b>Unknown</b>: with what was done last. A free as the last event is no proof: a kill would
 *       look the same.
 * </ol>
 */
final class SilentDeath {
  /** A process that was aborted for an incident does not go on for long. */
  static final Duration LAST = Duration.ofSeconds(10);

  private final BlockHistory history;
  private final @Nullable AbortMessage message;
  private final boolean closed;
  private final Optional<LedgerEvent> last;

  /**
   * @param message what the C library wrote at the end, or null
   * @param closed whether the program closed its ledger, and so ended by itself
   */
  SilentDeath(BlockHistory history, @Nullable AbortMessage message, boolean closed) {
    this.history = history;
    this.message = message;
    this.closed = closed;
    this.last = history.last();
  }

  Decision judge() {
    Optional<LedgerEvent> incident =
        history.incidents().reversed().stream()
            .filter(event -> Incidents.kind(event) != FailureKind.UNKNOWN)
            .findFirst();
    return incident
        .filter(event -> isAtEnd(event) && isMeant(Incidents.kind(event)))
        .map(this::ofIncident)
        .or(this::freedAgain)
        .orElseGet(() -> withoutBlock(incident.orElse(null)));
  }

  /** Of a program that ended by itself nothing was the end, so that the newest incident counts. */
  private boolean isAtEnd(LedgerEvent event) {
    return closed || beforeLast(event).compareTo(LAST) <= 0;
  }

  private Duration beforeLast(LedgerEvent event) {
    return last.map(newest -> Duration.ofNanos(newest.nanoTime() - event.nanoTime()))
        .orElse(Duration.ZERO);
  }

  /** Whether the library's words can be about misuse of this kind. */
  private boolean isMeant(FailureKind kind) {
    return message == null
        || switch (message.problem()) {
          case DOUBLE_FREE, DOUBLE_FREE_OR_CORRUPTION -> kind == FailureKind.DOUBLE_FREE;
          case INVALID_POINTER -> kind == FailureKind.WILD_ADDRESS;
          case CORRUPTION -> false;
        };
  }

  private Decision ofIncident(LedgerEvent event) {
    List<String> reasons = new ArrayList<>();
    reasons.add("the newest incident of the ledger is " + describe(event));
    addWords(reasons);
    if (closed) {
      reasons.add("the program went on, and closed its ledger at its end");
    }
    return Incidents.decision(event, history, reasons);
  }

  private String describe(LedgerEvent event) {
    String what = Incidents.what(event);
    return (what.matches("access.*|.*flow") ? "an " : "a ")
        + what
        + Incidents.outcome(event)
        + (beforeLast(event).isZero()
            ? ", the last event"
            : ", " + Words.span(beforeLast(event)) + " before the last event");
  }

  private void addWords(List<String> reasons) {
    if (message != null) {
      reasons.add("the C library said: " + message.text());
    }
  }

  private Optional<Decision> freedAgain() {
    if (!isMeant(FailureKind.DOUBLE_FREE)) {
      return Optional.empty();
    }
    return history
        .secondFree()
        .filter(this::isAtEnd)
        .flatMap(event -> history.of(event.block(), event.guardBlock()))
        .map(block -> {
          List<String> reasons = new ArrayList<>();
          reasons.add("the ledger has two frees of " + block.name() + " and no allocation between");
          addWords(reasons);
          return Decision.of(FailureKind.DOUBLE_FREE, block.address(), block, reasons, List.of());
        });
  }

  /** The block whose free is the newest event. */
  private Optional<BlockLife> freedLast() {
    return last.filter(event -> BlockLife.isFree(event.type()) && event.block() != 0)
        .flatMap(event -> history.of(event.block(), event.guardBlock()));
  }

  private Decision withoutBlock(@Nullable LedgerEvent incident) {
    List<String> reasons = new ArrayList<>();
    addWords(reasons);
    if (message == null) {
      reasons.add(
          closed
              ? "the program closed its ledger, and no incident is in it"
              : "no incident is at the end of the ledger, and no crash log was given");
    }
    FailureKind kind = FailureKind.UNKNOWN;
    String headline =
        closed ? "the program ended by itself" : "nothing tells why the process ended";
    switch (message == null ? null : message.problem()) {
      case DOUBLE_FREE -> {
        kind = FailureKind.DOUBLE_FREE;
        headline = "the C library was given a block a second time";
        reasons.add("the ledger has no second free, and so does not tell which block it was");
      }
      case DOUBLE_FREE_OR_CORRUPTION -> {
        headline =
            "the C library was given a block a second time, or its bookkeeping was overwritten";
        reasons.add("the ledger has no second free");
      }
      case INVALID_POINTER -> {
        kind = FailureKind.WILD_ADDRESS;
        headline = "the C library was asked to free something that is no block";
      }
      case CORRUPTION -> {
        headline = "the C library's bookkeeping was overwritten, by whom is not known";
        reasons.add("an overflow and a write after free both do that; run with the guard to see");
      }
      case null -> {
        // Nothing was said.
      }
    }
    if (!closed) {
      if (incident != null) {
        reasons.add("an incident that need not have to do with it: " + describe(incident));
      }
      if (message == null || message.problem() != AbortMessage.Problem.INVALID_POINTER) {
        lastDeed().ifPresent(reasons::add);
      }
    }
    return Decision.of(kind, headline, reasons);
  }

  /** What was done last, for whoever has to search on. */
  private Optional<String> lastDeed() {
    return freedLast()
        .map(block ->
            "the last event is the free of "
                + block.fullName()
                + last.map(event -> " by " + Words.thread(event)).orElse("")
                + (message == null
                    ? "; a second free of it by C would end like this, and so would a kill"
                    : message.problem() == AbortMessage.Problem.DOUBLE_FREE
                        ? "; a second free of it by C would end like this, and so would one of a"
                            + " block that C allocated itself"
                        : ""))
        .or(() ->
            last.map(event ->
                "the last event is of type " + event.typeText() + " by " + Words.thread(event)));
  }
}
