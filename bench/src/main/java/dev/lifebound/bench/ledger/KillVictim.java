package dev.lifebound.bench.ledger;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerName;
import dev.lifebound.memory.ledger.LedgerSettings;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CountDownLatch;

/**
 * Writes events until it is killed. A second mapped file, the witness, has for each writer the
 * number of the newest event whose method has returned.
 */
final class KillVictim {
  static final int WRITERS = 3;
  static final int RECORDS = 256;
  static final int WRITER_SHIFT = 48;
  static final long NUMBER_MASK = (1L << WRITER_SHIFT) - 1;

  /** Two cache lines, so that writers do not slow each other down. */
  static final int WITNESS_STRIDE = 128;

  static final int WITNESS_BYTES = WRITERS * WITNESS_STRIDE;

  private static final VarHandle LONGS = JAVA_LONG.varHandle();
  private static final LedgerName EVEN = LedgerName.of("even");
  private static final LedgerName ODD = LedgerName.of("odd");

  private KillVictim() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Ledger ledger =
        Ledger.create(Path.of(args[0]), new LedgerSettings(WRITERS, RECORDS, 1, 1 << 16, 256, 8));
    try (FileChannel channel =
        FileChannel.open(Path.of(args[1]), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MemorySegment witness =
          channel.map(FileChannel.MapMode.READ_WRITE, 0, WITNESS_BYTES, Arena.global());
      for (int i = 0; i < WRITERS; i++) {
        long writer = i;
        // The last one is virtual and borrows its stripe.
        Thread.Builder builder = i < WRITERS - 1 ? Thread.ofPlatform() : Thread.ofVirtual();
        var _ = builder.start(() -> write(ledger, witness, writer));
      }
    }
    System.out.println("started");
    new CountDownLatch(1).await();
  }

  static LedgerName tag(long number) {
    return number % 2 == 0 ? EVEN : ODD;
  }

  private static void write(Ledger ledger, MemorySegment witness, long writer) {
    for (long i = 1; ; i++) {
      long block = (writer << WRITER_SHIFT) | i;
      switch ((int) (i % 3)) {
        case 0 -> ledger.allocate(block, 3 * i, 5 * i, tag(i));
        case 1 -> ledger.free(block, 3 * i, 5 * i, tag(i));
        default -> ledger.adopt(block, 3 * i, 5 * i, tag(i));
      }
      LONGS.setRelease(witness, writer * WITNESS_STRIDE, i);
    }
  }
}
