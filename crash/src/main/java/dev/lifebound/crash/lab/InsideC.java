package dev.lifebound.crash.lab;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lifebound.memory.guard.Align;
import dev.lifebound.memory.guard.Armed;
import dev.lifebound.memory.guard.Guard;
import dev.lifebound.memory.guard.GuardOptions;
import dev.lifebound.memory.guard.GuardReport;
import dev.lifebound.memory.guard.GuardUnavailableException;
import dev.lifebound.memory.guard.Mode;
import dev.lifebound.memory.guard.Watch;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The mistake is made inside a C library, which Java loads and calls. Unprotected the library runs
 * as it is; protected it is the same file, whose allocations the watch gives to the guard.
 */
final class InsideC implements Victim {
  private static final long BLOCK_BYTES = 64;

  private final Path file;
  private final String function;
  private final MethodHandle victim;

  @SuppressWarnings("restricted")
  InsideC(Path file, String function) {
    this.file = file;
    this.function = function;
    // SAFETY: the library has no initialisers; it stays loaded while the victim lives.
    SymbolLookup library = SymbolLookup.libraryLookup(file, Arena.global());
    victim = NativeCalls.function(library, function, FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
  }

  @Override
  public Result unprotected() {
    return call();
  }

  @Override
  public Result protectedRun() {
    Queue<GuardReport> reports = new ConcurrentLinkedQueue<>();
    // Blocks that end a page: all frees of this library pass the watch, and an overflow is seen at
    // once.
    try (Armed guard = Guard.arm(GuardOptions.of(Mode.RECOVER).align(Align.END))) {
      guard.onReport(reports::add);
      try (Watch watch =
          Watch.builder().library(file.getFileName().toString()).sample(guard, 1).start()) {
        Result result = call();
        watch.drain();
        guard.flush();
        GuardReport report = reports.peek();
        if (report == null) {
          return result;
        }
        return result instanceof Result.NoHarm
            ? new Result.Reported(report.kind().text(), report.text())
            : new Result.SilentWrongData(result.detail() + "; reported: " + report.text());
      }
    } catch (GuardUnavailableException e) {
      return new Result.NotRun("the guard cannot arm: " + e.getMessage());
    }
  }

  private Result call() {
    Bug.now();
    long wrong;
    try {
      // SAFETY: long f(size_t), as victim.c declares it.
      wrong = (long) victim.invokeExact(BLOCK_BYTES);
    } catch (Throwable e) {
      throw NativeCalls.failed(function, e);
    }
    return wrong < 0
        ? new Result.NoHarm("C read all bytes as written")
        : new Result.SilentWrongData("C went on; byte " + wrong + " of its table is wrong");
  }
}
