package dev.lifebound.memory.agent;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Heap dumps on request of a report, which show who holds the address. At most one in ten minutes:
 * each stops the program while it is written.
 */
final class HeapDumps {
  private static final long INTERVAL_NANOS = 600_000_000_000L;
  private static final boolean PRESENT =
      ModuleLayer.boot().findModule("jdk.management").isPresent();

  private final Path folder;
  private final @Nullable Path ledger;
  private int dumps;
  private long lastNanos;

  private HeapDumps(Path folder, @Nullable Path ledger) {
    this.folder = folder;
    this.ledger = ledger;
  }

  /**
   * None where no folder is given.
   *
   * @param ledger the file that has the report's addresses, if there is one
   */
  static @Nullable HeapDumps of(@Nullable Path folder, @Nullable Path ledger) {
    return folder == null ? null : new HeapDumps(folder, ledger);
  }

  /**
   * Writes a dump, unless there was one shortly before.
   *
   * @return one line that says what came of it; empty when there was one shortly before
   */
  synchronized String dump() {
    long now = System.nanoTime();
    if (dumps > 0 && now - lastNanos < INTERVAL_NANOS) {
      return "";
    }
    dumps++;
    lastNanos = now;
    if (!PRESENT) {
      return "no heap dump: the module jdk.management is not in this Java; add it";
    }
    Path file =
        folder.resolve("lifebound-" + ProcessHandle.current().pid() + "-" + dumps + ".hprof");
    try {
      Files.createDirectories(folder);
      Diagnostics.dump(file);
      return "heap dump: " + file.toAbsolutePath() + whoHolds(file);
    } catch (IOException | RuntimeException e) {
      return "no heap dump: file=" + file.toAbsolutePath() + ", reason=" + e.getMessage();
    }
  }

  /** The command that finds the maps and fields of the dump that hold the address. */
  private String whoHolds(Path file) {
    return ledger == null
        ? ""
        : "; who holds the address: lifebound autopsy --ledger "
            + quoted(ledger)
            + " --heap "
            + quoted(file);
  }

  /** As a shell takes it. */
  private static String quoted(Path path) {
    String text = path.toAbsolutePath().toString();
    return text.matches("[\\w./+:@%-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }

  /** Loaded only where the module is there. */
  private static final class Diagnostics {
    static void dump(Path file) throws IOException {
      ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
          .dumpHeap(file.toAbsolutePath().toString(), false);
    }
  }
}
