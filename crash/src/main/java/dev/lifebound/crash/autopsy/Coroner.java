package dev.lifebound.crash.autopsy;

import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.LedgerEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Decides what a crash was, by these rules of evidence, the first that holds:
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
 *       in the allocator's words before a dead block, or a register holds exactly its address.
 *   <li><b>Behind or before a living block.</b> The address lies within two pages of a living
 *       block; or farther, with mapped memory all the way and a register that points into it.
 *   <li><b>The JVM itself.</b> A failed assertion of the JVM, or a crash of one of its own threads,
 *       at an address of no block.
 *   <li><b>No block.</b> The process has a ledger, and the address is in none of its blocks.
 * </ol>
 *
 * <p>Without an address only the guard's record, incidents of the ledger and the C library's own
 * words count. An event counts when it happened before the crash; since the log gives the start of
 * the JVM later than the operating system does, events of up to a second after the computed moment
 * count as before. An allocation within that second does not make a block alive.
 *
 * <p>No block is named that the rule does not prove. One instance judges one crash.
 */
final class Coroner {
  private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(1);
  private static final long PAGE_BYTES = 4096;
  private static final long NEAR_BYTES = 2 * PAGE_BYTES;
  private static final long FAR_BYTES = 64L << 20;

  /** An allocator keeps its own words right before a block. */
  private static final long CHUNK_HEADER_BYTES = 16;

  /** Linux maps nothing below this: addresses there are null and an offset. */
  private static final long NULL_AREA_BYTES = 64 << 10;

  /** Addresses of programs on x86-64 and aarch64 have the upper bits zero. */
  private static final int ADDRESS_BITS = 56;

  private static final Pattern VM_THREAD =
      Pattern.compile(
          ".*(?:CompilerThread|GCTaskThread|ConcurrentGCThread|VMThread|WatcherThread|WorkerThread"
              + "|Service Thread|Monitor Deflation).*");

  /** What was decided. */
  record Decision(
      Autopsy.Verdict verdict,
      @Nullable Long address,
      @Nullable BlockLife block,
      List<BlockLife> earlier) {
    static Decision of(FailureKind kind, String headline, List<String> reasons) {
      return new Decision(new Autopsy.Verdict(kind, headline, reasons), null, null, List.of());
    }
  }

  private final BlockHistory history;
  private final @Nullable Instant time;
  private final boolean lossy;

  /**
   * @param history of the blocks
   * @param time of the crash
   * @param lossy whether the ledger has overwritten or lost events
   */
  Coroner(BlockHistory history, @Nullable Instant time, boolean lossy) {
    this.history = history;
    this.time = time;
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
                      + hex(log.faultAddress())
                      + " lies at the end of the thread's own stack, which begins at "
                      + hex(log.thread().stackLow()))));
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
        .or(() -> beside(log, address))
        .orElseGet(() -> noBlock(log, address));
  }

  private Optional<Decision> recordedFault(HsErr log) {
    return history.incidents().reversed().stream()
        .filter(event -> event.type() == EventType.FAULT && isBeforeCrash(event))
        .filter(event -> {
          Long address = log.faultAddress();
          Long pc = log.pc();
          boolean thread =
              !event.nativeThread()
                  || log.process().tid() == 0
                  || event.thread() == log.process().tid();
          return thread
              && (address != null
                  ? address == event.address()
                  : (pc != null && pc == event.pc() && pc != 0)
                      || (log.kind() == HsErr.Kind.INTERNAL_ERROR && isJustBefore(event)));
        })
        .findFirst()
        .map(this::ofFault);
  }

  private Decision ofFault(LedgerEvent event) {
    String fault = String.valueOf(event.fault());
    FailureKind kind = fault.endsWith("flow") ? FailureKind.OVERFLOW : FailureKind.USE_AFTER_FREE;
    BlockLife recorded = history.of(event.block(), event.guardBlock()).orElse(null);
    // The guard's own number tells nothing of maps and sites; a registry may know the same block.
    BlockLife block =
        newestFirst(
                history.within(event.address(), event.address() + 1).stream()
                    .filter(life -> life.contains(event.address()) && isBorn(life, event))
                    .toList())
            .stream()
            .findFirst()
            .orElse(recorded);
    return new Decision(
        new Autopsy.Verdict(
            kind,
            headline(kind, block, event.address()),
            List.of(
                "the guard recorded this access itself: "
                    + fault
                    + " at "
                    + hex(event.address())
                    + (event.delivered()
                        ? ", thrown as an error"
                        : ", continued on the old bytes"))),
        event.address(),
        block,
        List.of());
  }

  private Optional<Decision> inBlock(HsErr log, long address) {
    List<BlockLife> lives =
        history.within(address, address + 1).stream()
            .filter(life -> life.contains(address))
            .toList();
    List<BlockLife> dead = newestFirst(lives.stream().filter(this::isDead).toList());
    Optional<BlockLife> live =
        lives.stream()
            .filter(life -> !isDead(life) && (dead.isEmpty() || isBornBefore(life)))
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
        hex(address) + " lies in " + block.name() + ", which had been freed before the crash");
    if (freeing) {
      reasons.add("the thread was giving memory back to the C library");
    }
    if (dead.size() > 1) {
      reasons.add(
          dead.size()
              - 1
              + " earlier blocks had the same memory; the pointer may be of one of them");
    }
    return Optional.of(
        new Decision(
            new Autopsy.Verdict(kind, headline(kind, block, address), reasons),
            address,
            block,
            dead.subList(1, dead.size())));
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
          new Decision(
              new Autopsy.Verdict(
                  kind,
                  headline(kind, live, address),
                  List.of(
                      hex(address)
                          + " lies in "
                          + live.name()
                          + ", which lives by the ledger, but no memory is there: code that the"
                          + " ledger does not see has freed it")),
              address,
              live,
              dead));
    }
    return Optional.of(
        new Decision(
            new Autopsy.Verdict(
                FailureKind.UNKNOWN,
                "a living block could not be accessed",
                List.of(
                    hex(address)
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
        newestFirst(
            history.within(address, address + CHUNK_HEADER_BYTES + 1).stream()
                .filter(this::isDead)
                .toList());
    if (!near.isEmpty()) {
      return Optional.of(
          secondFree(
              near,
              address,
              hex(address) + " is the allocator's word right before " + near.getFirst().name()));
    }
    for (Map.Entry<String, Long> register : log.registers().entrySet()) {
      long value = register.getValue();
      List<BlockLife> named =
          isNull(value)
              ? List.of()
              : newestFirst(
                  history.within(value, value + 1).stream()
                      .filter(life -> life.address() == value && isDead(life))
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

  private Decision secondFree(List<BlockLife> dead, long address, String reason) {
    BlockLife block = dead.getFirst();
    return new Decision(
        new Autopsy.Verdict(
            FailureKind.DOUBLE_FREE,
            headline(FailureKind.DOUBLE_FREE, block, address),
            List.of(
                reason + ", which had been freed before the crash",
                "the thread was giving memory back to the C library")),
        address,
        block,
        dead.subList(1, dead.size()));
  }

  private Optional<Decision> beside(HsErr log, long address) {
    List<BlockLife> living =
        history.within(address - FAR_BYTES, address + NEAR_BYTES).stream()
            .filter(life -> !isDead(life) && life.size() > 0)
            .toList();
    Optional<BlockLife> behind =
        living.stream()
            .filter(life -> Long.compareUnsigned(life.end(), address) <= 0)
            .max((a, b) -> Long.compareUnsigned(a.end(), b.end()));
    if (behind.isPresent()) {
      BlockLife block = behind.get();
      long distance = address - block.end();
      String register = pointerInto(log, block);
      boolean walked = register != null && isMappedBetween(log, block.end(), address);
      if (distance < NEAR_BYTES || walked) {
        List<String> reasons = new ArrayList<>();
        reasons.add(
            hex(address)
                + " lies "
                + distance
                + " bytes behind the end of "
                + block.name()
                + ", and in no block");
        if (register != null) {
          reasons.add("the register " + register + " points into that block");
        }
        return Optional.of(outside(block, address, reasons));
      }
    }
    return living.stream()
        .filter(life -> Long.compareUnsigned(life.address(), address) > 0)
        .min((a, b) -> Long.compareUnsigned(a.address(), b.address()))
        .filter(life -> life.address() - address <= NEAR_BYTES)
        .map(life ->
            outside(
                life,
                address,
                List.of(
                    hex(address)
                        + " lies "
                        + (life.address() - address)
                        + " bytes before "
                        + life.name()
                        + ", and in no block")));
  }

  private static Decision outside(BlockLife block, long address, List<String> reasons) {
    return new Decision(
        new Autopsy.Verdict(
            FailureKind.OVERFLOW, headline(FailureKind.OVERFLOW, block, address), reasons),
        address,
        block,
        List.of());
  }

  private static @Nullable String pointerInto(HsErr log, BlockLife block) {
    return log.registers().entrySet().stream()
        .filter(
            register -> block.contains(register.getValue()) || register.getValue() == block.end())
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(null);
  }

  /** Whether a pointer that walks from one address to the other meets no hole before it. */
  private static boolean isMappedBetween(HsErr log, long from, long to) {
    if (!log.memory().whole()) {
      return false;
    }
    long at = from;
    for (MemoryMap.Range range : log.memory().within(from, to)) {
      if (Long.compareUnsigned(range.start(), at) > 0 || !range.isReadable()) {
        return false;
      }
      at = range.end();
    }
    return Long.compareUnsigned(at, to) >= 0;
  }

  private Decision noBlock(HsErr log, long address) {
    String description = log.thread().description();
    if (description != null && VM_THREAD.matcher(description).matches()) {
      return Decision.of(
          FailureKind.NOT_OURS,
          "a thread of the JVM itself crashed",
          List.of("the thread runs no code of the program: " + description));
    }
    return wild(
        "the address " + hex(address) + " belongs to no block",
        address,
        "the ledger knows no block, living or dead, at or near " + hex(address));
  }

  private Decision nowhere(HsErr log, long address) {
    String signalCode = log.signalCode();
    String what =
        isNull(address) && !"SI_KERNEL".equals(signalCode)
            ? "null, or null and a small offset: " + hex(address)
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

  /** A death that left no log of HotSpot. */
  Decision judge(@Nullable AbortMessage message, boolean closed) {
    return incident(message)
        .or(() -> freedAgain(message))
        .or(() -> lastFree(message, closed))
        .orElseGet(() -> nothing(message, closed));
  }

  private Optional<Decision> incident(@Nullable AbortMessage message) {
    List<LedgerEvent> incidents = history.incidents();
    if (incidents.isEmpty()) {
      return Optional.empty();
    }
    LedgerEvent last = incidents.getLast();
    if (last.type() == EventType.FAULT) {
      return Optional.of(ofFault(last));
    }
    boolean twice = last.type() == EventType.DOUBLE_FREE;
    FailureKind kind = twice ? FailureKind.DOUBLE_FREE : FailureKind.USE_AFTER_FREE;
    BlockLife block =
        last.block() == 0 ? null : history.of(last.block(), last.guardBlock()).orElse(null);
    List<String> reasons = new ArrayList<>();
    reasons.add(
        "the newest incident of the ledger is a "
            + last.typeText()
            + (last.name() == null ? "" : " (" + last.name() + ")")
            + ", which was refused");
    if (message != null) {
      reasons.add("the C library said: " + message.text());
    }
    return Optional.of(
        new Decision(
            new Autopsy.Verdict(kind, headline(kind, block, last.address()), reasons),
            last.address() == 0 ? null : last.address(),
            block,
            List.of()));
  }

  private Optional<Decision> freedAgain(@Nullable AbortMessage message) {
    return history
        .secondFree()
        .flatMap(event -> history.of(event.block(), event.guardBlock()))
        .map(block -> {
          List<String> reasons = new ArrayList<>();
          reasons.add("the ledger has two frees of " + block.name() + " and no allocation between");
          if (message != null) {
            reasons.add("the C library said: " + message.text());
          }
          return new Decision(
              new Autopsy.Verdict(
                  FailureKind.DOUBLE_FREE,
                  headline(FailureKind.DOUBLE_FREE, block, block.address()),
                  reasons),
              block.address(),
              block,
              List.of());
        });
  }

  /** The C library spoke of a double free, and the last thing that was done was a free. */
  private Optional<Decision> lastFree(@Nullable AbortMessage message, boolean closed) {
    Optional<LedgerEvent> last = history.last();
    if (message == null
        || closed
        || message.problem() != AbortMessage.Problem.DOUBLE_FREE
        || last.isEmpty()
        || !BlockLife.isFree(last.get().type())
        || last.get().block() == 0) {
      return Optional.empty();
    }
    return history
        .of(last.get().block(), last.get().guardBlock())
        .map(block ->
            new Decision(
                new Autopsy.Verdict(
                    FailureKind.DOUBLE_FREE,
                    headline(FailureKind.DOUBLE_FREE, block, block.address()),
                    List.of(
                        "the C library said: " + message.text(),
                        "the last event of the ledger is the free of "
                            + block.name()
                            + ", and the process ended there without closing it")),
                block.address(),
                block,
                List.of()));
  }

  private static Decision nothing(@Nullable AbortMessage message, boolean closed) {
    if (message == null) {
      return Decision.of(
          FailureKind.UNKNOWN,
          closed ? "the program ended by itself" : "nothing tells why the process ended",
          List.of(
              closed
                  ? "the program closed its ledger, and no incident is in it"
                  : "no incident is in the ledger, and no crash log was given"));
    }
    return switch (message.problem()) {
      case DOUBLE_FREE ->
          Decision.of(
              FailureKind.DOUBLE_FREE,
              "the C library was given a block a second time",
              List.of(
                  "the C library said: " + message.text(),
                  "the ledger does not tell which block it was"));
      case INVALID_POINTER ->
          Decision.of(
              FailureKind.WILD_ADDRESS,
              "the C library was asked to free something that is no block",
              List.of("the C library said: " + message.text()));
      case CORRUPTION ->
          Decision.of(
              FailureKind.UNKNOWN,
              "the C library's bookkeeping was overwritten, by whom is not known",
              List.of(
                  "the C library said: " + message.text(),
                  "an overflow and a write after free both do that; run with the guard to see"));
    };
  }

  private static String headline(FailureKind kind, @Nullable BlockLife block, long address) {
    if (block == null) {
      return kind.text() + " of a block that the ledger no longer has";
    }
    String size = block.size() == 0 ? "" : " of " + Words.bytes(block.size());
    String tag = block.tag() == null ? "" : " (" + block.tag() + ")";
    long offset = address - block.address();
    return switch (kind) {
      case OVERFLOW ->
          offset < 0
              ? "access " + Words.bytes(-offset) + " before " + block.name() + size + tag
              : "access "
                  + Words.bytes(offset - block.size())
                  + " behind "
                  + block.name()
                  + size
                  + tag;
      case DOUBLE_FREE -> block.name() + size + tag + " was freed twice";
      case USE_AFTER_FREE, WILD_ADDRESS, NOT_OURS, UNKNOWN ->
          "use of " + block.name() + size + tag + " after its free";
    };
  }

  private boolean isDead(BlockLife life) {
    LedgerEvent freed = life.freed();
    return freed != null && isBeforeCrash(freed);
  }

  private boolean isBeforeCrash(LedgerEvent event) {
    return time == null || !event.time().isAfter(time.plus(CLOCK_TOLERANCE));
  }

  private boolean isJustBefore(LedgerEvent event) {
    return time != null && !event.time().isBefore(time.minus(CLOCK_TOLERANCE));
  }

  /** A block whose allocation is not in the ledger was there before it. */
  private boolean isBornBefore(BlockLife life) {
    LedgerEvent allocated = life.allocated();
    return allocated == null || time == null || !allocated.time().isAfter(time);
  }

  private static boolean isBorn(BlockLife life, LedgerEvent event) {
    LedgerEvent allocated = life.allocated();
    return allocated == null || allocated.nanoTime() - event.nanoTime() <= 0;
  }

  private static List<BlockLife> newestFirst(List<BlockLife> dead) {
    return dead.stream()
        .sorted(
            Comparator.comparingLong((BlockLife life) ->
                    life.freed() == null ? Long.MIN_VALUE : life.freed().nanoTime())
                .reversed()
                .thenComparingLong(BlockLife::size))
        .toList();
  }

  static String hex(@Nullable Long number) {
    return number == null ? "?" : "0x" + Long.toHexString(number).toLowerCase(Locale.ROOT);
  }
}
