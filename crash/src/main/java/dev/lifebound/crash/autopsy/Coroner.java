package dev.lifebound.crash.autopsy;

import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.LedgerEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Decides what a crash was of which HotSpot wrote a log, by these rules of evidence, the first that
 * holds:
 *
 * <ol>
 *   <li><b>Own causes.</b> A stack overflow and exhausted memory are what they are, whatever the
 *       ledger has.
 *   <li><b>The guard's record.</b> A fault that the guard recorded for the same address, or the
 *       same instruction and thread, tells the block and the kind itself.
 *   <li><b>A dead block.</b> The address lies in a block that was freed before the crash. If the
 *       thread was in {@code free}, that is a second free; otherwise a use after free. Of several
 *       that had the address, the one freed last is meant; the others are named beside it.
 *   <li><b>A living block whose memory is gone.</b> The address lies in a block that lives by the
 *       ledger, and nothing is mapped there: it was freed by code that the ledger does not see.
 *   <li><b>In {@code free} of a dead block.</b> The thread was in {@code free} and the address lies
 *       in the allocator's words before a dead block, or a register holds exactly its address and
 *       no other one holds what the address was before.
 *   <li><b>The JVM itself.</b> A failed assertion of the JVM, or a crash of one of its own threads,
 *       at an address of no block.
 *   <li><b>Out of a living block.</b> The access began at a block that lives beside the address, as
 *       {@link Vicinity} has it.
 *   <li><b>No block.</b> The process has a ledger, and the address is in none of its blocks. One
 *       that is near is mentioned, and not blamed.
 * </ol>
 *
 * <p>An event counts when it happened before the crash, as {@link CrashTime} has it. No block is
 * named that the rule does not prove. One instance judges one crash; deaths without a log are
 * {@link SilentDeath}'s.
 */
final class Coroner {
  /** An allocator keeps its own words right before a block. */
  private static final long CHUNK_HEADER_BYTES = 16;

  /** Linux maps nothing below this: addresses there are null and an offset. */
  private static final long NULL_AREA_BYTES = 64 << 10;

  /** Addresses of programs on x86-64 and aarch64 have the upper bits zero. */
  private static final int ADDRESS_BITS = 56;

  /**
   * Threads that run no code of the program: those that are no {@code JavaThread}, and of these the
   * JVM's own, which a program's thread might be named like in part, but hardly as a whole.
   */
  private static final Pattern VM_THREAD =
      Pattern.compile(
          "Current thread \\(0x[0-9a-fA-F]+\\): (?:"
              + "(?!JavaThread\\b|AttachedThread\\b)\\w*Thread \".*"
              + "|JavaThread \"(?:C[12] CompilerThread\\d+|Service Thread|Monitor Deflation Thread)\".*)");

  private final BlockHistory history;
  private final CrashTime crash;
  private final boolean lossy;

  /**
   * @param history of the blocks
   * @param crash when it was
   * @param lossy whether the ledger has overwritten or lost events
   */
  Coroner(BlockHistory history, CrashTime crash, boolean lossy) {
    this.history = history;
    this.crash = crash;
    this.lossy = lossy;
  }

  /** What the log tells without a ledger of the process. */
  static Optional<Decision> withoutLedger(HsErr log) {
    if (log.isStackOverflow()) {
      return Optional.of(
          Decision.of(
              FailureKind.NOT_OURS,
              "the thread's stack overflowed",
              List.of(
                  "the address "
                      + Words.hex(log.faultAddress())
                      + " lies at the end of the thread's own stack, which begins at "
                      + Words.hex(log.thread().stackLow()))));
    }
    return switch (log.kind()) {
      case OUT_OF_MEMORY ->
          Optional.of(
              Decision.of(
                  FailureKind.NOT_OURS,
                  "memory was exhausted",
                  List.of("the JVM stopped itself: " + said(log))));
      case INTERNAL_ERROR ->
          Optional.of(
              Decision.of(
                  FailureKind.NOT_OURS,
                  "the JVM found a defect of its own",
                  List.of("the JVM stopped itself: " + said(log))));
      case SIGNAL, UNKNOWN -> Optional.empty();
    };
  }

  private static String said(HsErr log) {
    return log.message() == null ? log.error() : log.message();
  }

  /** A crash of which HotSpot wrote a log. */
  Decision judge(HsErr log) {
    Optional<Decision> own = withoutLedger(log);
    if (own.isPresent() && log.kind() != HsErr.Kind.INTERNAL_ERROR) {
      return own.get();
    }
    Optional<Decision> recorded = recordedFault(log);
    if (recorded.isPresent()) {
      return recorded.get();
    }
    Long address = log.faultAddress();
    if (log.kind() == HsErr.Kind.INTERNAL_ERROR && own.isPresent()) {
      return own.get();
    }
    if (address == null) {
      return Decision.of(
          FailureKind.UNKNOWN,
          "the log does not tell which address was touched",
          List.of("it was cut, or the signal has no address: " + log.error()));
    }
    if (isNowhere(log, address)) {
      return nowhere(log, address);
    }
    return inBlock(log, address)
        .or(() -> inFree(log, address))
        .or(() -> ofJvm(log))
        .orElseGet(() -> besideBlocks(log, address));
  }

  private Optional<Decision> recordedFault(HsErr log) {
    return history.incidents().reversed().stream()
        .filter(event -> isOfGuard(event) && crash.isAfter(event))
        .filter(event -> crash.time() == null || crash.isJustAfter(event))
        .filter(event -> isSame(event, log))
        .findFirst()
        .map(event -> Incidents.ofGuard(event, history));
  }

  private static boolean isOfGuard(LedgerEvent event) {
    return event.type() == EventType.FAULT || event.type() == EventType.REPORT;
  }

  /** A fault that was survived may come again at the same address; the last one killed. */
  private boolean isSame(LedgerEvent event, HsErr log) {
    long tid = log.process().tid();
    if (event.nativeThread() && tid != 0 && event.thread() != tid) {
      return false;
    }
    Long address = log.faultAddress();
    Long pc = log.pc();
    if (address != null) {
      return address == event.address();
    }
    return (pc != null && pc != 0 && pc == event.pc())
        || (log.kind() == HsErr.Kind.INTERNAL_ERROR && crash.isJustAfter(event));
  }

  private Optional<Decision> inBlock(HsErr log, long address) {
    List<BlockLife> lives =
        history.within(address, address + 1).stream()
            .filter(life -> life.contains(address))
            .toList();
    List<BlockLife> dead = CrashTime.newestFirst(lives.stream().filter(crash::isDead).toList());
    Optional<BlockLife> live =
        lives.stream()
            .filter(life -> !crash.isDead(life) && (dead.isEmpty() || crash.isBorn(life)))
            .findFirst();
    if (live.isPresent()) {
      return inLivingBlock(log, address, live.get(), dead);
    }
    if (dead.isEmpty()) {
      return Optional.empty();
    }
    BlockLife block = dead.getFirst();
    boolean freeing = log.isFreeing();
    FailureKind kind = freeing ? FailureKind.DOUBLE_FREE : FailureKind.USE_AFTER_FREE;
    List<String> reasons = new ArrayList<>();
    reasons.add(
        Words.hex(address)
            + " lies in "
            + block.name()
            + ", which had been freed before the crash");
    if (freeing) {
      reasons.add("the thread was giving memory back to the C library");
    }
    if (dead.size() > 1) {
      reasons.add(
          dead.size()
              - 1
              + " earlier blocks had the same memory; the pointer may be of one of them");
    }
    return Optional.of(Decision.of(kind, address, block, reasons, dead.subList(1, dead.size())));
  }

  private Optional<Decision> inLivingBlock(
      HsErr log, long address, BlockLife live, List<BlockLife> dead) {
    // The list of mappings is of some moments later: something else may lie there by then.
    boolean gone =
        log.signalCode() == null
            ? log.memory().whole() && !log.memory().isMapped(address)
            : "SEGV_MAPERR".equals(log.signalCode());
    if (gone) {
      FailureKind kind = log.isFreeing() ? FailureKind.DOUBLE_FREE : FailureKind.USE_AFTER_FREE;
      return Optional.of(
          Decision.of(
              kind,
              address,
              live,
              List.of(
                  Words.hex(address)
                      + " lies in "
                      + live.name()
                      + ", which lives by the ledger, but no memory is there: code that the"
                      + " ledger does not see has freed it"),
              dead));
    }
    return Optional.of(
        new Decision(
            new Autopsy.Verdict(
                FailureKind.UNKNOWN,
                "a living block could not be accessed",
                List.of(
                    Words.hex(address)
                        + " lies in "
                        + live.name()
                        + ", which lives and is mapped; the access was refused ("
                        + log.signalCode()
                        + "): its pages were protected, or it was written to read-only memory")),
            address,
            live,
            dead));
  }

  private Optional<Decision> inFree(HsErr log, long address) {
    if (!log.isFreeing()) {
      return Optional.empty();
    }
    List<BlockLife> near =
        CrashTime.newestFirst(
            history.within(address, address + CHUNK_HEADER_BYTES + 1).stream()
                .filter(crash::isDead)
                .toList());
    if (!near.isEmpty()) {
      return Optional.of(
          secondFree(
              near,
              address,
              Words.hex(address)
                  + " is the allocator's word right before "
                  + near.getFirst().name()));
    }
    if (isBeforeRegister(log, address)) {
      return Optional.empty();
    }
    for (Map.Entry<String, Long> register : log.registers().entrySet()) {
      long value = register.getValue();
      List<BlockLife> named =
          isNull(value)
              ? List.of()
              : CrashTime.newestFirst(
                  history.within(value, value + 1).stream()
                      .filter(life -> life.address() == value && crash.isDead(life))
                      .toList());
      if (!named.isEmpty()) {
        return Optional.of(
            secondFree(
                named,
                address,
                "the register "
                    + register.getKey()
                    + " holds the address of "
                    + named.getFirst().name()));
      }
    }
    return Optional.empty();
  }

  /**
   * Whether a register holds what {@code free} was given when it read its own word before that: no
   * dead block's, and so not what another register happens to hold.
   */
  private static boolean isBeforeRegister(HsErr log, long address) {
    return log.registers().values().stream()
        .mapToLong(value -> value - address)
        .anyMatch(distance -> distance > 0 && distance <= CHUNK_HEADER_BYTES);
  }

  private Decision secondFree(List<BlockLife> dead, long address, String reason) {
    return Decision.of(
        FailureKind.DOUBLE_FREE,
        address,
        dead.getFirst(),
        List.of(
            reason + ", which had been freed before the crash",
            "the thread was giving memory back to the C library"),
        dead.subList(1, dead.size()));
  }

  private static Optional<Decision> ofJvm(HsErr log) {
    String description = log.thread().description();
    return description == null || !VM_THREAD.matcher(description).matches()
        ? Optional.empty()
        : Optional.of(
            Decision.of(
                FailureKind.NOT_OURS,
                "a thread of the JVM itself crashed",
                List.of("the thread runs no code of the program: " + description)));
  }

  private Decision besideBlocks(HsErr log, long address) {
    Vicinity vicinity = new Vicinity(log, address, history, crash);
    return vicinity.overflow().orElseGet(() -> noBlock(vicinity, address));
  }

  private Decision noBlock(Vicinity vicinity, long address) {
    String headline = "the address " + Words.hex(address) + " belongs to no block";
    return vicinity
        .nearest()
        .map(near ->
            wild(
                headline + ", near " + near.fullName(),
                address,
                vicinity.distance(near) + " and lives; that the access began there is not shown"))
        .orElseGet(() ->
            wild(
                headline,
                address,
                "the ledger knows no block, living or dead, at or near " + Words.hex(address)));
  }

  private Decision nowhere(HsErr log, long address) {
    String signalCode = log.signalCode();
    String what =
        isNull(address) && !"SI_KERNEL".equals(signalCode)
            ? "null, or null and a small offset: " + Words.hex(address)
            : "no address that this processor has (" + signalCode + ")";
    return wild("the pointer was no address of the program", address, "it was " + what);
  }

  private Decision wild(String headline, long address, String reason) {
    List<String> reasons = new ArrayList<>();
    reasons.add(reason);
    if (lossy) {
      reasons.add("the ledger has overwritten or lost older events, which might have known it");
    }
    return new Decision(
        new Autopsy.Verdict(FailureKind.WILD_ADDRESS, headline, reasons), address, null, List.of());
  }

  private static boolean isNowhere(HsErr log, long address) {
    return isNull(address) || "SI_KERNEL".equals(log.signalCode()) || address >>> ADDRESS_BITS != 0;
  }

  private static boolean isNull(long address) {
    return Long.compareUnsigned(address, NULL_AREA_BYTES) < 0;
  }
}
