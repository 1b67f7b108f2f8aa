package dev.lifebound.crash.autopsy;

import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.LedgerEvent;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to change.
 *
 * @param sentences one each, the most useful first
 * @param rules pages that tell more: of the analyser first, then of the run-time rule
 */
record Advice(List<String> sentences, List<String> rules) {
  private static final String ARENA_CLOSED_WHILE_MAPPED = "LBJ001";
  private static final String HANDLE_CLOSED_WHILE_MAPPED = "LBJ003";

  static Advice of(
      FailureKind kind, @Nullable BlockLife block, List<Holder> holders, @Nullable CrashLog log) {
    List<String> sentences = new ArrayList<>();
    List<String> rules = new ArrayList<>();
    switch (kind) {
      case USE_AFTER_FREE -> useAfterFree(block, holders, sentences, rules);
      case DOUBLE_FREE -> {
        sentences.add(
            "Let one owner free the block: adopt it in a registry, and count further owners with"
                + " retain and release; a second release is then refused.");
        sentences.add("Do not pass the address of an adopted block to a C function that frees it.");
      }
      case OVERFLOW -> {
        sentences.add(
            "Check offsets and lengths against the block's size, or access it through a lease,"
                + " which does.");
        sentences.add("Pass the size along with the address to C code.");
      }
      case WILD_ADDRESS -> {
        sentences.add(
            "Keep handles instead of addresses; where an address must be kept, adopt the block, so"
                + " that its life is recorded.");
        sentences.add(
            "Look at the registers and the frames: an address out of a freed block's bytes looks"
                + " like this too.");
      }
      case NOT_OURS -> notOurs(log, sentences);
      case UNKNOWN ->
          sentences.add(
              "Run with the guard and a ledger to see the next one: lifebound run --watch LIBRARY"
                  + " --ledger FILE -- java ...");
    }
    RuntimeRule rule = kind.rule();
    if (rule != null) {
      rules.add(rule.id());
    }
    return new Advice(List.copyOf(sentences), List.copyOf(rules));
  }

  private static void notOurs(@Nullable CrashLog log, List<String> sentences) {
    if (log instanceof HsErr report && report.isStackOverflow()) {
      sentences.add("Look for endless recursion, or give the thread a larger stack (-Xss).");
    } else if (log instanceof HsErr report && report.kind() == HsErr.Kind.OUT_OF_MEMORY) {
      sentences.add(
          "Give the process more memory (machine, container, ulimit -v), or let it take less (-Xmx,"
              + " fewer threads).");
      sentences.add(
          "If it grows without end, look for what is never freed: start with"
              + " -XX:NativeMemoryTracking=summary, and compare jcmd PID VM.native_memory over"
              + " time.");
    } else {
      sentences.add("Look at what the JVM says of itself; an update may have it fixed.");
    }
  }

  private static void useAfterFree(
      @Nullable BlockLife block, List<Holder> holders, List<String> sentences, List<String> rules) {
    LedgerEvent freed = block == null ? null : block.freed();
    Holder held = holders.isEmpty() ? null : holders.getFirst();
    String where = held == null ? "whatever holds its address" : held.text();
    if (freed != null && freed.type() == EventType.FREE_BY_C) {
      sentences.add(
          "The C library freed the block while Java had its address: remove it from "
              + where
              + " before the call that frees it, or keep it in a bound map, whose entry goes with"
              + " the block.");
    } else if (held != null && held.still()) {
      sentences.add(
          "Remove the entry before the block is freed: "
              + where
              + " still holds its address; a bound map does it by itself.");
    } else {
      sentences.add(
          "The address was kept beyond the block's life. Keep the handle, and open a lease while it"
              + " is read: a stale handle is refused.");
    }
    sentences.add("Search the sources for the pattern: lifebound scan PATH.");
    boolean arena =
        freed != null && freed.stack().stream().anyMatch(frame -> frame.contains("Arena"));
    rules.add(arena ? ARENA_CLOSED_WHILE_MAPPED : HANDLE_CLOSED_WHILE_MAPPED);
  }
}
