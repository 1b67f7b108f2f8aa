package dev.lifebound.memory.guard;

import dev.lifebound.memory.handle.Site;
import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.LedgerReport;
import dev.lifebound.memory.ledger.LedgerSink;
import dev.lifebound.memory.os.NativeFrames;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reports of the guard as records of the ledger: where the block was allocated and freed, then the
 * misuse, so that whoever reads the file of a dead process finds what the agent would have printed.
 *
 * <p>The record of the fault itself was written by the signal handler before; this one adds the
 * sites, by the guard's thread, before anybody hears of the report.
 */
final class ReportRecords {
  private final NativeFrames natives = NativeFrames.ofProcess();

  /**
   * Writes one report, if a ledger is installed.
   *
   * @param allocTid the system's number of the thread that allocated the block; 0 unknown
   * @param freeTid of the one that freed it
   */
  void write(GuardReport report, int allocTid, int freeTid) {
    if (LedgerSink.installed() == null) {
      return;
    }
    GuardedBlock block = report.block();
    if (block != null && allocTid != 0) {
      site(EventType.REPORT_ALLOCATED, block, block.allocated(), report.allocFrames(), allocTid);
    }
    Site freed = block == null ? null : block.freed();
    if (block != null && freed != null && freeTid != 0) {
      site(EventType.REPORT_FREED, block, freed, report.freeFrames(), freeTid);
    }
    LedgerSink.report(
        new LedgerReport(
            EventType.REPORT,
            report.kind().number(),
            report.outcome() == GuardReport.Outcome.DELIVERED,
            report.access().nanoTime(),
            report.address(),
            block == null ? 0 : block.byteSize(),
            block == null ? 0 : block.number(),
            block != null && block.number() != 0,
            report.pc(),
            library(report.pc()),
            lines(report.frames(), report.pc(), report.access()),
            report.accessTid(),
            report.access().thread()));
  }

  private void site(EventType type, GuardedBlock block, Site site, List<Long> pcs, int tid) {
    long pc = pcs.isEmpty() ? 0 : pcs.getFirst();
    LedgerSink.report(
        new LedgerReport(
            type,
            0,
            false,
            site.nanoTime(),
            block.address(),
            block.byteSize(),
            block.number(),
            true,
            pc,
            library(pc - 1),
            lines(pcs, 0, site),
            tid,
            site.thread()));
  }

  /** The file's name; none where the code is Java's or belongs to no file. */
  private String library(long pc) {
    String library = natives.library(pc);
    return library.startsWith("(") ? "" : library;
  }

  /** Native frames up to the first of Java, whose own stack says it better, then that. */
  private List<String> lines(List<Long> pcs, long pc, @Nullable Site site) {
    List<String> lines = new ArrayList<>();
    if (pc != 0 && (pcs.isEmpty() || pcs.getFirst() != pc)) {
      lines.add(natives.text(pc, false));
    }
    for (long frame : pcs) {
      String text = natives.text(frame, frame != pc);
      if (text.startsWith("(Java")) {
        break;
      }
      lines.add(text);
    }
    if (site != null) {
      site.frames().forEach(frame -> lines.add(LedgerReport.line(frame)));
    }
    return lines;
  }
}
