package dev.lifebound.memory.ledger;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The protocol of machine code, spoken by Java over the same raw addresses. */
class NativeStripesTest {
  private static final VarHandle LONGS = JAVA_LONG.varHandle();
  private static final LedgerSettings SETTINGS = LedgerSettings.defaults().withSize(2, 256);

  @TempDir private Path folder;

  /** What docs/formats/ledger.md tells a writer in C to do. */
  private static void put(
      NativeStripes stripes, int stripe, long type, long flags, long tid, long... words) {
    long stride = stripe * stripes.strideBytes();
    long n = (long) LONGS.getAndAdd(at(stripes.head() + stride), 0L, 1L);
    MemorySegment record = at(stripes.records() + stride + ((n & stripes.mask()) << 6));
    long commit = (type << 56) | (flags << 48) | (n + 1);
    record.set(JAVA_LONG, 0, 0);
    VarHandle.releaseFence();
    long mixed = commit;
    for (int i = 0; i < 6; i++) {
      record.set(JAVA_LONG, 8 + i * 8L, words[i]);
      mixed ^= Long.rotateLeft(words[i], 8 + i * 8);
    }
    mixed ^= Long.rotateLeft(tid, 56);
    record.set(JAVA_LONG, 56, (((mixed * 0x9E3779B97F4A7C15L) >>> 48) << 48) | tid);
    LONGS.setRelease(record, 0L, commit);
  }

  @SuppressWarnings("restricted") // tests have native access
  private static MemorySegment at(long address) {
    // SAFETY: the ledger says that its stripes lie there, and keeps them mapped.
    return MemorySegment.ofAddress(address).reinterpret(64);
  }

  @Test
  void whatMachineCodeWritesIsReadWithTheRest() throws Exception {
    Path file = folder.resolve("ledger");
    try (Ledger ledger = Ledger.create(file, SETTINGS)) {
      int library = ledger.nameId(LedgerName.of("librocksdbjni.so"));
      NativeStripes faults = requireNonNull(ledger.faultStripe());
      NativeStripes stripes = requireNonNull(ledger.nativeStripes());
      assertThat(faults.count()).isEqualTo(1);
      assertThat(stripes.count()).isEqualTo(SETTINGS.nativeStripes());
      long now = System.nanoTime();
      put(stripes, 7, 3, 0x80, 4711, now, 0x7000, 64, 0x10, 0x401000, (long) library << 32);
      put(faults, 0, 10, 0x80 | 0x40 | 0x08 | 1, 4712, now + 1, 0x7008, 64, 9, 0x402000, 0);
    }
    List<LedgerEvent> events = LedgerFile.read(file).events();
    assertThat(events).hasSize(2);
    LedgerEvent free = events.getFirst();
    assertThat(free.type()).isEqualTo(EventType.FREE_BY_C);
    assertThat(free.nativeThread()).isTrue();
    assertThat(free.thread()).isEqualTo(4711);
    assertThat(free.pc()).isEqualTo(0x401000);
    assertThat(free.name()).isEqualTo("librocksdbjni.so");
    LedgerEvent fault = events.getLast();
    assertThat(fault.fault()).isEqualTo("use after free");
    assertThat(fault.delivered()).isTrue();
    assertThat(fault.guardBlock()).isTrue();
    assertThat(fault.block()).isEqualTo(9);
    assertThat(fault.address()).isEqualTo(0x7008);
  }

  @Test
  void manyWritersOfOneStripeLoseNothing() throws Exception {
    Path file = folder.resolve("ledger");
    try (Ledger ledger = Ledger.create(file, SETTINGS)) {
      NativeStripes stripes = requireNonNull(ledger.nativeStripes());
      List<Thread> threads = new ArrayList<>();
      for (int t = 1; t <= 4; t++) {
        int tid = t;
        threads.add(
            Thread.ofPlatform()
                .start(() -> {
                  for (int i = 0; i < 64; i++) {
                    put(stripes, 0, 3, 0, tid, 1, i, 0, 0, 0, 0);
                  }
                }));
      }
      for (Thread thread : threads) {
        thread.join();
      }
    }
    LedgerFile read = LedgerFile.read(file);
    assertThat(read.events()).hasSize(256);
    assertThat(read.damaged() + read.missing() + read.unfinished()).isZero();
  }

  @Test
  void theMemoryStaysWhenTheLedgerIsClosed() throws Exception {
    NativeStripes stripes;
    try (Ledger ledger = Ledger.create(folder.resolve("ledger"), SETTINGS)) {
      stripes = requireNonNull(ledger.nativeStripes());
    }
    System.gc();
    put(stripes, 0, 3, 0, 1, 1, 2, 0, 0, 0, 0);
    assertThat((long) LONGS.getAcquire(at(stripes.head()), 0L)).isEqualTo(1);
  }
}
