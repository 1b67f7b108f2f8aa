package dev.lifebound.memory.agent;

import dev.lifebound.memory.guard.GuardReport;
import dev.lifebound.memory.guard.WatchReport;
import dev.lifebound.memory.os.HotSpot;
import dev.lifebound.memory.os.JavaNames;
import dev.lifebound.memory.os.NativeCode;
import dev.lifebound.memory.os.SystemCallException;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/**
 * Takes reports to standard error and to the flight recorder, and asks for heap dumps. Called by
 * the guard's own thread, and by the one that ends the program.
 */
final class Reporter {
  /** So many are printed in full; a program with more has one cause, or a few. */
  static final int PRINTED = 20;

  private static final boolean RECORDER = ModuleLayer.boot().findModule("jdk.jfr").isPresent();

  private final @Nullable HeapDumps heapDumps;
  private final ReportText text = new ReportText(names());
  private long reports;

  Reporter(@Nullable HeapDumps heapDumps) {
    this.heapDumps = heapDumps;
  }

  private static @Nullable JavaNames names() {
    try {
      return HotSpot.facts()
          .javaStacks()
          .map(stacks -> new JavaNames(stacks, NativeCode.load().map()))
          .orElse(null);
    } catch (SystemCallException | UnsupportedOperationException e) {
      return null;
    }
  }

  synchronized void report(GuardReport report) {
    reports++;
    ReportText.Parts parts = text.parts(report);
    if (reports <= PRINTED) {
      Console.print(parts.whole());
    } else if (reports == PRINTED + 1) {
      Console.print(
          PRINTED + " reports were printed; further ones are counted, and in the flight recorder");
    }
    if (RECORDER && FlightRecorder.isInitialized()) {
      AgentEvents.misuse(report, parts);
    }
    if (heapDumps != null) {
      String dumped = heapDumps.dump();
      if (!dumped.isEmpty()) {
        Console.print(dumped);
      }
    }
  }

  /** A free by C that concerns a block which a registry has adopted. */
  static void report(WatchReport report) {
    if (report.kind().isDefect()) {
      Console.print(report.text());
    }
    if (RECORDER && FlightRecorder.isInitialized()) {
      AgentEvents.freeByC(report);
    }
  }

  /** One line at the end of a program in which something was found. */
  synchronized void sumUp() {
    if (reports > 0) {
      Console.print(reports + (reports == 1 ? " report" : " reports") + " in all");
    }
  }
}
