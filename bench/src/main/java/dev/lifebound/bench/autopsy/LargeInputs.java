package dev.lifebound.bench.autopsy;

import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerName;
import dev.lifebound.memory.ledger.LedgerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A ledger of 64 MB, names and stacks included, whose rings are full, and a crash log of 3 MB that
 * tells of the same process.
 */
final class LargeInputs {
  private static final int STRIPES = 45;
  private static final int RECORDS = 16_384;
  private static final int LOG_BYTES = 3 << 20;
  private static final long FIRST = 0x7f00_0000_0000L;
  private static final long BLOCK_BYTES = 64;
  private static final LedgerName TAG = LedgerName.of("session");
  private static final LedgerName MAP = LedgerName.of("sessions");

  private LargeInputs() {}

  /** Each thread allocates, binds, unbinds and frees until its ring has been full twice. */
  static Path ledger(Path folder) throws IOException, InterruptedException {
    Path file = folder.resolve("large.ledger");
    Ledger ledger =
        Ledger.create(
            file, LedgerSettings.defaults().withSize(STRIPES, RECORDS).withStacks(256, 8));
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < STRIPES; i++) {
      int number = i;
      threads.add(new Thread(() -> fill(ledger, number), "worker-" + i));
    }
    // One after the other would give all of them one ring.
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    Path copy = folder.resolve("copy.ledger");
    Files.copy(file, copy);
    ledger.close();
    return copy;
  }

  private static void fill(Ledger ledger, int number) {
    for (int i = 0; i < RECORDS / 2; i++) {
      long block = 1L + number * (long) RECORDS + i;
      long address = address(number, i);
      ledger.allocate(block, address, BLOCK_BYTES, TAG);
      ledger.bind(block, address, MAP, "key-" + i);
      ledger.unbind(block, address, MAP, "key-" + i);
      ledger.free(block, address, BLOCK_BYTES, TAG);
    }
  }

  private static long address(int thread, int block) {
    return FIRST + (thread * (long) RECORDS + block) * BLOCK_BYTES;
  }

  /** Of a block that was freed among the last. */
  static Path log(Path folder) throws IOException {
    Instant started = ProcessHandle.current().info().startInstant().orElseThrow();
    Instant now = Instant.now();
    StringBuilder text = new StringBuilder();
    text.append(
        """
        #
        # A fatal error has been detected by the Java Runtime Environment:
        #
        #  SIGSEGV (0xb) at pc=0x00007f5280633f9d, pid=%d, tid=14443
        #
        # Problematic frame:
        # V  [libjvm.so+0x1233f9d]  Unsafe_GetLong+0xad

        Time: %s UTC elapsed time: %.6f seconds (0d 0h 0m 0s)

        Current thread (0x00007f527802a9b0):  JavaThread "worker-7" [_thread_in_vm, id=14443]

        siginfo: si_signo: 11 (SIGSEGV), si_code: 1 (SEGV_MAPERR), si_addr: 0x%016x

        Registers:
        RAX=0x0000000000000001, RDI=0x00007f1234000000

        Java Threads: ( => current thread )
        """
            .formatted(
                ProcessHandle.current().pid(),
                DateTimeFormatter.ofPattern("EEE MMM d HH:mm:ss yyyy", Locale.ENGLISH)
                    .withZone(ZoneOffset.UTC)
                    .format(now),
                Duration.between(started, now).toNanos() / 1e9,
                address(7, RECORDS / 2 - 5) + 8));
    for (int i = 0; text.length() < LOG_BYTES / 2; i++) {
      text.append(
          "  0x00007f52780%05x JavaThread \"pool-1-thread-%d\" [_thread_blocked, id=%d]%n"
              .formatted(i, i, 20_000 + i));
    }
    text.append("\nDynamic libraries:\n");
    for (long at = 0x5000_0000_0000L; text.length() < LOG_BYTES; at += 0x10000) {
      text.append(
          "%x-%x rw-p 00000000 00:00 0                          /opt/app/lib/some-library.so%n"
              .formatted(at, at + 0x8000));
    }
    text.append("\n\nEND.\n");
    return Files.writeString(folder.resolve("large.log"), text);
  }
}
