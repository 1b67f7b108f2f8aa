package dev.lifebound.memory.agent;

import dev.lifebound.memory.guard.GuardReport;
import dev.lifebound.memory.guard.GuardedBlock;
import dev.lifebound.memory.handle.Site;
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

  /** A report's parts; stacks have a line for each frame. */
  record Parts(String headline, String code, String accessed, String freed, String allocated) {
    /** All of them, a line each. */
    String whole() {
      return headline + accessed + freed + allocated;
    }
  }

  private final NativeFrames natives = new NativeFrames();

  Parts parts(GuardReport report) {
    GuardedBlock block = report.block();
    long now = report.access().nanoTime();
    return new Parts(
        report.headline(),
        natives.text(report.pc(), false),
        section("accessed", report.access(), now, report.frames(), report.pc()),
        block == null ? "" : section("freed", block.freed(), now, report.freeFrames(), 0),
        block == null ? "" : section("allocated", block.allocated(), now, report.allocFrames(), 0));
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
    // The main thread's name, once main has returned.
    String thread = site.thread().equals("DestroyJavaVM") ? "main" : site.thread();
    text.append(" by thread ").append(thread);
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
    for (StackTraceElement frame : site.frames()) {
      text.append("\n    at ").append(frame);
    }
    return text.toString();
  }
}
