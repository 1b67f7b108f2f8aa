package dev.lifebound.memory.guard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.memory.handle.Registry;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stubs look addresses up and raise flags while the table grows under them. */
class WatchGrowthTest {
  private static final int THREADS = 3;
  private static final int ROUNDS = 1_500;
  private static final int BATCH = 8;
  private static final int GROWTH = 40_000;

  @TempDir private static Path folder;

  /** Every free by C is seen, exactly once, whichever table the stub was reading. */
  @Test
  void noFreeIsLostWhileTheTableGrows() throws Exception {
    TestLibrary victim =
        TestLibrary.load(TestLibrary.compile(folder, "victim.c", "libvictim-growth.so"));
    try (Registry registry = Registry.create();
        Watch watch = Watch.builder().library("libvictim-growth.so").onReport(_ -> {}).start()) {
      long before = watch.adoptedFrees();
      int size = WatchCore.get().table().size();
      List<Callable<List<Long>>> work = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        work.add(() -> churn(registry, victim));
      }
      work.add(() -> grow(registry, victim));
      List<List<Long>> handles = new ArrayList<>();
      try (ExecutorService threads = Executors.newFixedThreadPool(work.size())) {
        for (Future<List<Long>> one : threads.invokeAll(work)) {
          handles.add(one.get());
        }
      }
      watch.drain();
      assertThat(watch.adoptedFrees() - before).isEqualTo((long) THREADS * ROUNDS * BATCH);
      for (List<Long> freed : handles.subList(0, THREADS)) {
        assertThat(freed).noneMatch(registry::isLive);
      }
      List<Long> kept = handles.getLast();
      assertThat(kept).hasSize(GROWTH).allMatch(registry::isLive);
      WatchCore.get().table().checkInvariants();
      assertThat(WatchCore.get().table().size() - size).isGreaterThanOrEqualTo(GROWTH);
      kept.forEach(registry::release);
      handles.subList(0, THREADS).forEach(freed -> freed.forEach(registry::release));
      assertThat(registry.blocks()).isZero();
    }
  }

  private static List<Long> churn(Registry registry, TestLibrary victim) {
    List<Long> freed = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      long[] addresses = new long[BATCH];
      for (int i = 0; i < BATCH; i++) {
        addresses[i] = victim.call("victim_malloc", 64);
        freed.add(adopt(registry, addresses[i], 64));
      }
      for (long address : addresses) {
        victim.call("victim_free", address);
      }
    }
    return freed;
  }

  private static List<Long> grow(Registry registry, TestLibrary victim) {
    List<Long> kept = new ArrayList<>();
    for (int i = 0; i < GROWTH; i++) {
      long address = victim.call("victim_malloc", 16);
      // What Java frees itself: its deallocator calls the library.
      kept.add(
          registry.adopt(
              segment(address, 16), block -> victim.call("victim_free", block.address()), "kept"));
    }
    return kept;
  }

  private static long adopt(Registry registry, long address, long bytes) {
    return registry.adopt(segment(address, bytes), _ -> {}, "churn");
  }

  @SuppressWarnings("restricted") // tests have native access
  private static MemorySegment segment(long address, long bytes) {
    // SAFETY: the library has just allocated it with this size.
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }
}
