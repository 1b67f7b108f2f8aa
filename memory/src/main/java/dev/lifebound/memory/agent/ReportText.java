package dev.lifebound.memory.agent;

import dev.lifebound.memory.guard.GuardReport;
import dev.lifebound.memory.guard.GuardedBlock;
import dev.lifebound.memory.handle.Site;
import dev.lifebound.memory.os.JavaNames;
import dev.lifebound.memory.os.NativeFrames;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A report for people: what, and the stacks of access, free and allocation, native frames first.
 *
 * <pre>{@code
 * use after free: block=#41, size=344, address=0x7f..., offset=80, 1.204 ms after its free, ...
 *   accessed by thread main
 *     librocksdbjni.so: rocksdb::DBIter::Seek+0x230
 *     at org.rocksdb.RocksIterator.seek0(Native Method)
 *   freed 1.2 ms before by thread main
 *   allocated 44.1 ms before by thread main
 * }</pre>
 */
final class ReportText {
  private static final double NANOS_PER_MILLI = 1e6;

  /** How the JDK calls methods for others; nobody looks for a defect there. */
  private static final List<String> PLUMBING =
      List.of(
          "java.lang.invoke.LambdaForm",
          "java.lang.invoke.Invokers",
          "jdk.internal.reflect.",
          "java.lang.reflect.Method",
          "com.sun.tools.javac.launcher.");

  /** A report's parts; stacks have a line for each frame. */
  record Parts(String headline, String code, String accessed, String freed, String allocated) {
    /** All of them, a line each. */
    String whole() {
      return headline + accessed + freed + allocated;
    }
  }

  private final NativeFrames natives = NativeFrames.ofProcess();
  private final @Nullable JavaNames names;

  ReportText(@Nullable JavaNames names) {
    this.names = names;
  }

  Parts parts(GuardReport report) {
    GuardedBlock block = report.block();
    long now = report.access().nanoTime();
    String accessed = section("accessed", report.access(), now, report.frames(), report.pc());
    if (report.access().frames().isEmpty()) {
      accessed += later(report.accessTid(), now);
    }
    return new Parts(
        report.headline(),
        natives.text(report.pc(), false),
        accessed,
        block == null ? "" : section("freed", block.freed(), now, report.freeFrames(), 0),
        block == null ? "" : section("allocated", block.allocated(), now, report.allocFrames(), 0));
  }

  /** Java code cannot be stopped where it accessed; the thread has gone on a little. */
  private String later(int tid, long then) {
    JavaNames.JavaThread thread = names == null ? null : names.thread(tid).orElse(null);
    if (thread == null || thread.frames().isEmpty()) {
      return "";
    }
    StringBuilder text =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                "\n    (the thread's stack %.3f ms later)",
                (System.nanoTime() - then) / NANOS_PER_MILLI));
    appendJava(text, thread.frames());
    return text.toString();
  }

  private String section(String verb, @Nullable Site site, long now, List<Long> pcs, long pc) {
    if (site == null) {
      return "";
    }
    StringBuilder text = new StringBuilder("\n  ").append(verb);
    if (pc == 0) {
      text.append(
          String.format(Locale.ROOT, " %.3f ms before", (now - site.nanoTime()) / NANOS_PER_MILLI));
    }
    text.append(" by thread ").append(site.thread());
    if (pc != 0 && (pcs.isEmpty() || pcs.getFirst() != pc)) {
      text.append("\n    ").append(natives.text(pc, false));
    }
    for (int i = 0; i < pcs.size(); i++) {
      String frame = natives.text(pcs.get(i), pcs.get(i) != pc);
      if (frame.startsWith("(Java")) {
        // From here on the Java stack says it better, where there is one.
        text.append(site.frames().isEmpty() ? "\n    (Java)" : "");
        break;
      }
      text.append("\n    ").append(frame);
    }
    appendJava(text, site.frames());
    return text.toString();
  }

  private static void appendJava(StringBuilder text, List<StackTraceElement> frames) {
    for (StackTraceElement frame : frames) {
      if (PLUMBING.stream().noneMatch(frame.getClassName()::startsWith)) {
        text.append("\n    at ").append(frame);
      }
    }
  }
}
