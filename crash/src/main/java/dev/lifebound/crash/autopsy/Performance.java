package dev.lifebound.crash.autopsy;

import dev.lifebound.crash.autopsy.heap.HeapSearch;
import dev.lifebound.crash.autopsy.heap.UnreadableDumpException;
import dev.lifebound.finding.Notice;
import dev.lifebound.memory.ledger.LedgerEvent;
import dev.lifebound.memory.ledger.LedgerException;
import dev.lifebound.memory.ledger.LedgerFile;
import dev.lifebound.memory.ledger.LedgerHeader;
import dev.lifebound.memory.ledger.LedgerNotice;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One autopsy: reads, joins, judges, and asks the heap dump who holds the address. */
final class Performance {
  private static final String NEWER = "ledger-newer-version";

  /** Blocks this near are drawn around the address. */
  private static final long AROUND_BYTES = 8 << 10;

  private static final int MOST_NEIGHBOURS = 24;
  private static final long PAGE_MASK = ~4095L;

  private final AutopsyRequest request;
  private final List<Notice> notices = new ArrayList<>();

  Performance(AutopsyRequest request) {
    this.request = request;
  }

  Autopsy perform() throws AutopsyException {
    Path logFile = request.crashLog();
    List<? extends CrashLog> logs = logFile == null ? List.of() : CrashLogs.readAll(logFile);
    Path ledgerFile = request.ledger();
    LedgerFile ledger = ledgerFile == null ? null : read(ledgerFile);
    CrashLog log = chosen(logs, ledger);
    if (log instanceof HsErr report && !report.whole()) {
      note("log-cut", "the crash log does not come to its end; what is behind the cut is missing");
    }
    BlockHistory history = new BlockHistory(ledger);
    SameProcess joined = ledger == null ? null : joined(log, ledger, history);
    boolean own = joined != null && joined.same();
    LedgerHeader process = ledger != null && own ? ledger.header() : null;
    Instant time = process == null ? null : time(log, process, history);
    Decision decision = decide(log, ledger, joined, history, time);
    return result(log, process, own ? history : new BlockHistory(null), time, decision);
  }

  /** Of several crashes in one file the last one of the ledger's process, or the last of all. */
  private @Nullable CrashLog chosen(List<? extends CrashLog> logs, @Nullable LedgerFile ledger) {
    if (logs.size() < 2) {
      return logs.isEmpty() ? null : logs.getFirst();
    }
    CrashLog chosen = logs.getLast();
    for (CrashLog log : logs) {
      if (ledger != null
          && log instanceof HsErr report
          && report.process().pid() == ledger.header().pid()) {
        chosen = log;
      }
    }
    note(
        "log-several",
        "the file tells of "
            + logs.size()
            + " crashes; explained is that of process "
            + (chosen instanceof HsErr report ? report.process().pid() : 0));
    return chosen;
  }

  private LedgerFile read(Path file) throws AutopsyException {
    LedgerFile ledger;
    try {
      ledger = LedgerFile.read(file);
    } catch (LedgerException e) {
      throw new AutopsyException(AutopsyException.Input.LEDGER, String.valueOf(e.getMessage()), e);
    }
    for (LedgerNotice notice : ledger.notices()) {
      if (notice.code().equals(NEWER)) {
        throw new AutopsyException(
            AutopsyException.Input.LEDGER,
            "the ledger must be of a version that this program knows: file="
                + file
                + ", version="
                + ledger.header().version()
                + "; take the Lifebound that wrote it, or a later one",
            null);
      }
      note(notice.code(), notice.message());
    }
    if (ledger.isLive()) {
      note(
          "process-running",
          "the process that writes the ledger is running; this is not its end yet");
    }
    return ledger;
  }

  private void note(String code, String message) {
    notices.add(new Notice(code, message, null));
  }

  private SameProcess joined(@Nullable CrashLog log, LedgerFile ledger, BlockHistory history) {
    SameProcess joined =
        switch (log) {
          case HsErr report ->
              SameProcess.of(report, ledger.header(), history.living(SameProcess.SAMPLE));
          case AbortMessage _ -> {
            note(
                "process-not-checked",
                "what the C library wrote names no process; that it is that of the ledger is taken"
                    + " on trust");
            yield SameProcess.onTrust();
          }
          case null -> SameProcess.onTrust();
        };
    if (!joined.same()) {
      note("other-process", joined.reason());
    } else if (joined.byNumber()) {
      note("process-by-number", joined.reason());
    }
    return joined;
  }

  /** Of the crash by the log, at least that of the last thing its thread did; or the last event. */
  private static @Nullable Instant time(
      @Nullable CrashLog log, LedgerHeader process, BlockHistory history) {
    Instant started = process.jvmStarted();
    if (log instanceof HsErr report && started != null && report.process().elapsed() != null) {
      Instant computed = started.plus(report.process().elapsed());
      String thread = report.thread().name();
      return Optional.ofNullable(thread)
          .flatMap(history::lastOf)
          .map(LedgerEvent::time)
          .filter(computed::isBefore)
          .orElse(computed);
    }
    return history.last().map(LedgerEvent::time).orElse(null);
  }

  private Decision decide(
      @Nullable CrashLog log,
      @Nullable LedgerFile ledger,
      @Nullable SameProcess joined,
      BlockHistory history,
      @Nullable Instant time) {
    if (ledger == null || joined == null || !joined.same()) {
      return withoutLedger(log, joined);
    }
    boolean lossy =
        ledger.missing() > 0
            || ledger.damaged() > 0
            || ledger.header().droppedEvents() > 0
            || ledger.isOverwritten();
    boolean closed = ledger.header().closed() != null;
    return switch (log) {
      case HsErr report -> new Coroner(history, new CrashTime(time), lossy).judge(report);
      case AbortMessage message -> new SilentDeath(history, message, closed).judge();
      case null -> new SilentDeath(history, null, closed).judge();
    };
  }

  private static Decision withoutLedger(@Nullable CrashLog log, @Nullable SameProcess joined) {
    String missing =
        joined == null
            ? "no ledger of the process was given, so nothing is known of its blocks"
            : "the ledger is of another process: " + joined.reason();
    return switch (log) {
      case HsErr report ->
          Coroner.withoutLedger(report)
              .orElseGet(() ->
                  new Decision(
                      new Autopsy.Verdict(
                          FailureKind.UNKNOWN,
                          "the log alone does not tell whether a native block was concerned",
                          List.of(missing)),
                      report.faultAddress(),
                      null,
                      List.of()));
      case AbortMessage message ->
          Decision.of(
              FailureKind.UNKNOWN,
              "the C library stopped the process: " + message.text(),
              List.of(missing));
      case null -> throw new IllegalStateException("a request must name a log or a ledger");
    };
  }

  private Autopsy result(
      @Nullable CrashLog log,
      @Nullable LedgerHeader process,
      BlockHistory history,
      @Nullable Instant time,
      Decision decision)
      throws AutopsyException {
    BlockLife block = decision.block();
    Long address = decision.address();
    List<Holder> holders = new ArrayList<>();
    if (request.heap() != null) {
      holders.addAll(inHeap(request.heap(), decision, process));
    }
    if (block != null) {
      holders.addAll(inLedger(block, decision.earlier()));
    }
    // What the verdict takes for earlier than the crash is earlier in all that is shown.
    Instant shown = time;
    if (shown != null
        && block != null
        && block.freed() != null
        && shown.isBefore(block.freed().time())) {
      shown = block.freed().time();
    }
    Advice advice = Advice.of(decision.verdict().kind(), block, holders, log);
    return new Autopsy(
        request,
        decision.verdict(),
        log,
        process,
        shown,
        address,
        block,
        neighbours(history, address, block),
        decision.earlier(),
        holders,
        advice.sentences(),
        advice.rules(),
        notices);
  }

  private static List<BlockLife> neighbours(
      BlockHistory history, @Nullable Long address, @Nullable BlockLife block) {
    if (address == null) {
      return List.of();
    }
    return history.within(address - AROUND_BYTES, address + AROUND_BYTES).stream()
        .filter(life -> block == null || life.block() != block.block())
        .sorted(Comparator.comparingLong((BlockLife life) -> Math.abs(life.address() - address)))
        .limit(MOST_NEIGHBOURS)
        .toList();
  }

  /** What is still held first, then by the time of the entry's end, the latest first. */
  private static List<Holder> inLedger(BlockLife block, List<BlockLife> earlier) {
    List<Holder> holders = new ArrayList<>();
    List<BlockLife> lives = new ArrayList<>();
    lives.add(block);
    lives.addAll(earlier);
    for (BlockLife life : lives) {
      for (BlockLife.Binding binding : life.bindings()) {
        String map = binding.map();
        holders.add(
            new Holder(
                Holder.Source.LEDGER,
                map == null ? "a map" : map,
                binding.key(),
                binding.bound(),
                binding.unbound(),
                life,
                List.of()));
      }
    }
    holders.sort(
        Comparator.comparing((Holder holder) -> !holder.still())
            .thenComparing(holder -> !isOf(holder, block))
            .thenComparing(Performance::end, Comparator.reverseOrder()));
    return holders;
  }

  private static boolean isOf(Holder holder, BlockLife block) {
    return block.equals(holder.block());
  }

  private static long end(Holder holder) {
    LedgerEvent event = holder.unbound() == null ? holder.bound() : holder.unbound();
    return event == null ? 0 : event.nanoTime();
  }

  private List<Holder> inHeap(Path dump, Decision decision, @Nullable LedgerHeader process)
      throws AutopsyException {
    BlockLife block = decision.block();
    Long address = decision.address();
    HeapSearch.Target target;
    if (block != null && block.address() != 0) {
      target = HeapSearch.Target.block(block.address(), block.size());
    } else if (address != null) {
      target = HeapSearch.Target.upTo(address & PAGE_MASK, address);
    } else {
      note("heap-not-searched", "no address is known, so the heap dump was not searched");
      return List.of();
    }
    HeapSearch.Result result;
    try {
      result = HeapSearch.find(dump, target);
    } catch (UnreadableDumpException e) {
      throw new AutopsyException(
          AutopsyException.Input.HEAP_DUMP, String.valueOf(e.getMessage()), e);
    }
    result.notices().forEach((code, message) -> note(code, message));
    Instant started = process == null ? null : process.jvmStarted();
    if (started != null && result.written().isBefore(started.minusSeconds(1))) {
      note(
          "heap-other-process",
          "the heap dump was written before the process started, at "
              + result.written()
              + "; what it holds is left out");
      return List.of();
    }
    if (!result.holders().isEmpty()) {
      note(
          "heap-process-not-checked",
          "a heap dump names no process; that it is that of the crash is taken on trust");
    }
    return result.holders().stream()
        .map(held ->
            new Holder(
                Holder.Source.HEAP, held.place(), held.key(), null, null, block, held.chain()))
        .toList();
  }
}
