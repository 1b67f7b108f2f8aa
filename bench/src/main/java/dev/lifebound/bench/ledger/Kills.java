package dev.lifebound.bench.ledger;

import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.LedgerEvent;
import dev.lifebound.memory.ledger.LedgerFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Starts writers, kills them in mid-write, and looks at what they left. */
final class Kills {
  private static final int MOST_EVENTS = 300_000;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final List<String> MODES =
      List.of("-XX:TieredStopAtLevel=1", "-Xint", "-XX:+TieredCompilation");

  private final Path ledger;
  private final Path witness;
  private final Random random = new Random(11);
  private long torn;
  private long lost;
  private long events;
  private long unfinished;

  Kills(Path folder) {
    this.ledger = folder.resolve("killed");
    this.witness = folder.resolve("witness");
  }

  /**
   * How they ended.
   *
   * @param kills processes killed
   * @param torn records that are not whole, or hold what nobody wrote
   * @param lost events that their writer had ended and that are missing
   */
  record Result(int kills, long torn, long lost) {}

  Result run(int kills) throws IOException, InterruptedException {
    for (int kill = 0; kill < kills; kill++) {
      one(MODES.get(kill % MODES.size()));
    }
    System.out.printf(
        Locale.ROOT,
        "%nkill -9 in mid-write: %d processes, %d events read, %d begun and not committed, %d torn,"
            + " %d lost%n",
        kills,
        events,
        unfinished,
        torn,
        lost);
    return new Result(kills, torn, lost);
  }

  private void one(String mode) throws IOException, InterruptedException {
    Files.write(witness, new byte[KillVictim.WITNESS_BYTES]);
    Process victim =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                mode,
                "-XX:+UseSerialGC",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                KillVictim.class.getName(),
                ledger.toString(),
                witness.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(victim.getInputStream(), StandardCharsets.UTF_8))) {
      String line = out.readLine();
      if (!"started".equals(line)) {
        throw new IllegalStateException("a victim must start: line=" + line + "; see above");
      }
      await(random.nextInt(mode.equals("-Xint") ? MOST_EVENTS / 10 : MOST_EVENTS));
    } finally {
      victim.destroyForcibly().waitFor();
    }
    judge();
  }

  private void await(long count) throws IOException {
    long until = System.nanoTime() + PATIENCE_NANOS;
    ByteBuffer numbers =
        ByteBuffer.allocate(KillVictim.WITNESS_BYTES).order(ByteOrder.nativeOrder());
    try (FileChannel channel = FileChannel.open(witness, StandardOpenOption.READ)) {
      do {
        if (System.nanoTime() - until > 0) {
          throw new IllegalStateException("a victim must write: events=" + numbers.getLong(0));
        }
        numbers.clear();
        int _ = channel.read(numbers, 0);
      } while (numbers.getLong(0) < count);
    }
  }

  private void judge() throws IOException {
    LedgerFile read = LedgerFile.read(ledger);
    ByteBuffer ended = ByteBuffer.wrap(Files.readAllBytes(witness)).order(ByteOrder.nativeOrder());
    torn += read.damaged();
    lost += read.missing();
    unfinished += read.unfinished();
    Map<Long, Set<Long>> byWriter = new HashMap<>();
    for (LedgerEvent event : read.events()) {
      if (event.type() != EventType.THREAD) {
        events++;
        long number = event.block() & KillVictim.NUMBER_MASK;
        byWriter
            .computeIfAbsent(event.block() >>> KillVictim.WRITER_SHIFT, _ -> new HashSet<>())
            .add(number);
        boolean whole =
            event.address() == 3 * number
                && event.size() == 5 * number
                && KillVictim.tag(number).text().equals(event.name());
        torn += whole ? 0 : 1;
      }
    }
    for (long writer = 0; writer < KillVictim.WRITERS; writer++) {
      long last = ended.getLong((int) writer * KillVictim.WITNESS_STRIDE);
      Set<Long> there = byWriter.getOrDefault(writer, Set.of());
      // One place of the ring may be that of the event that was being written.
      for (long n = Math.max(1, last - KillVictim.RECORDS + 3); n <= last; n++) {
        lost += there.contains(n) ? 0 : 1;
      }
    }
  }
}
