package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.StaleHandleException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;

/** Handles in a concurrent map: entries and blocks share one life. */
class ConcurrentHandleMapTest {
  record Session(@Owned long block, long opened) {}

  private static ConcurrentNativeMap<String, Long> sessions(Registry registry) {
    return ConcurrentNativeMap.builder()
        .name("sessions")
        .build(Codecs.of(String.class), Codecs.handle(registry));
  }

  @Test
  void whateverEndsAnEntryReleasesItsBlock() {
    try (Registry registry = Registry.create();
        ConcurrentNativeMap<String, Long> map = sessions(registry)) {
      long first = registry.allocate(64, "session");
      long second = registry.allocate(64, "session");
      assertThat(map.put("a", first)).isNull();
      assertThat(map.put("a", second)).isEqualTo(first);
      assertThat(registry.isLive(first)).isFalse();
      assertThat(map.remove("a")).isEqualTo(second);
      assertThat(registry.blocks()).isZero();

      long third = registry.allocate(64, "session");
      map.put("a", third);
      assertThat(map.replace("a", third, registry.allocate(64, "session"))).isTrue();
      assertThat(registry.blocks()).isEqualTo(1);
      assertThat(map.compute("a", (_, _) -> registry.allocate(64, "session"))).isNotNull();
      assertThat(registry.blocks()).isEqualTo(1);
      assertThat(map.compute("a", (_, _) -> null)).isNull();
      assertThat(registry.blocks()).isZero();

      for (int i = 0; i < 500; i++) {
        map.put("key " + i, registry.allocate(16, "session"));
      }
      var keys = map.asConcurrentMap().keySet().iterator();
      keys.next();
      keys.remove();
      assertThat(registry.blocks()).isEqualTo(499);
      map.clear();
      assertThat(registry.blocks()).isZero();
      map.checkInvariants();
    }
  }

  @Test
  void whatDoesNotComeIntoTheMapStaysTheCallers() {
    try (Registry registry = Registry.create();
        ConcurrentNativeMap<String, Long> map = sessions(registry)) {
      long first = registry.allocate(64, "session");
      long second = registry.allocate(64, "session");
      map.put("a", first);
      assertThat(map.putIfAbsent("a", second)).isEqualTo(first);
      assertThat(map.replace("b", second)).isNull();
      assertThat(map.replace("a", second, second)).isFalse();
      assertThat(registry.isLive(second)).isTrue();
      // What is given to merge is the map's in any case.
      assertThat(map.merge("a", second, (present, _) -> present)).isEqualTo(first);
      assertThat(registry.isLive(second)).isFalse();
      assertThat(registry.isLive(first)).isTrue();
      assertThatThrownBy(() -> map.put("c", second)).isInstanceOf(StaleHandleException.class);
      assertThat(map.size()).isEqualTo(1);
      map.checkInvariants();
    }
  }

  @Test
  void aBlocksDeathRemovesItsEntry() {
    try (Registry registry = Registry.create();
        ConcurrentNativeMap<String, Long> map = sessions(registry)) {
      long parent = registry.allocate(64, "parent");
      for (int i = 0; i < 1_000; i++) {
        long handle =
            i % 2 == 0 ? registry.allocateChild(parent, 16, "child") : registry.allocate(16, "own");
        map.put("key " + i, handle);
      }
      registry.release(parent);
      assertThat(map.size()).isEqualTo(500);
      assertThat(map.get("key 0")).isNull();
      assertThat(map.containsKey("key 0")).isFalse();
      assertThat(map.get("key 1")).isNotNull();
      assertThat(map.asConcurrentMap()).hasSize(500).doesNotContainKey("key 2");
      assertThat(map.asConcurrentMap().keySet().stream().count()).isEqualTo(500);
      long again = registry.allocate(16, "own");
      assertThat(map.putIfAbsent("key 0", again)).isNull();
      assertThat(map.get("key 0")).isEqualTo(again);
      // The slots of the dead are used again.
      for (int i = 0; i < 1_000; i++) {
        map.put("other " + i, registry.allocate(16, "own"));
      }
      assertThat(map.size()).isEqualTo(1_501);
      map.checkInvariants();
      map.clear();
      assertThat(map.size()).isZero();
      assertThat(registry.blocks()).isZero();
    }
  }

  @Test
  void closeReleasesEveryEntry() {
    try (Registry registry = Registry.create()) {
      ConcurrentNativeMap<Long, Session> map =
          ConcurrentNativeMap.create(
              Codecs.of(Long.class), Codecs.deriving().registry(registry).of(Session.class));
      for (long key = 0; key < 300; key++) {
        map.put(key, new Session(registry.allocate(16, "session"), key));
      }
      long block = Objects.requireNonNull(map.get(7L)).block();
      registry.retain(block);
      map.close();
      map.close();
      assertThat(registry.blocks()).isEqualTo(1);
      registry.release(block);
      assertThat(registry.blocks()).isZero();
      assertThatThrownBy(() -> map.put(1L, new Session(block, 1)))
          .isInstanceOf(MapClosedException.class);
    }
  }

  @Test
  void handlesAreKeys() {
    try (Registry registry = Registry.create();
        ConcurrentNativeMap<Long, String> map =
            ConcurrentNativeMap.create(Codecs.handle(registry), Codecs.of(String.class))) {
      long handle = registry.allocate(16, "key");
      map.put(handle, "a");
      // The entry has a reference already; that of the second put stays the caller's.
      assertThat(map.put(handle, "b")).isEqualTo("a");
      registry.retain(handle);
      assertThat(map.remove(handle)).isEqualTo("b");
      assertThat(registry.isLive(handle)).isTrue();
      registry.release(handle);
      assertThat(map.get(handle)).isNull();
      assertThatThrownBy(() -> map.put(handle, "c")).isInstanceOf(StaleHandleException.class);
    }
  }

  /** A put that finds a table full drops its dead entries, also when it is refused afterwards. */
  @Test
  void aRefusedPutLosesNoReferenceOfTheDead() {
    try (Registry registry = Registry.create();
        ConcurrentNativeMap<Integer, Two> map =
            ConcurrentNativeMap.create(
                Codecs.of(Integer.class), Codecs.deriving().registry(registry).of(Two.class))) {
      long shared = registry.allocate(16, "shared");
      List<Long> first = new ArrayList<>();
      for (int key = 0; key < 2_000; key++) {
        first.add(registry.allocate(16, "first"));
        registry.retain(shared);
        map.put(key, new Two(first.getLast(), shared));
      }
      for (int key = 0; key < 2_000; key += 2) {
        registry.release(first.get(key));
      }
      long stale = registry.allocate(16, "stale");
      registry.release(stale);
      for (int key = 2_000; key < 10_000; key++) {
        Two refused = new Two(shared, stale);
        int refusedKey = key;
        assertThatThrownBy(() -> map.put(refusedKey, refused))
            .isInstanceOf(StaleHandleException.class);
        assertThatThrownBy(() -> map.compute(refusedKey, (_, _) -> keep(registry, refused)))
            .isInstanceOf(StaleHandleException.class);
      }
      assertThat(map.size()).isEqualTo(1_000);
      assertThat(map.tables.size()).isLessThan(2_000);
      map.checkInvariants();
      map.clear();
      registry.release(shared);
      assertThat(registry.blocks()).isZero();
      assertThat(map.dead()).isZero();
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // what is tested
  record Blob(@Owned long block, byte[] bytes) {}

  /** The references are the entry's as before; the bytes are new. */
  @Test
  void aValueThatWasChangedInPlaceIsStoredBesideHandles() {
    try (Registry registry = Registry.create();
        ConcurrentNativeMap<Long, byte[]> byHandle =
            ConcurrentNativeMap.create(Codecs.handle(registry), Codecs.of(byte[].class));
        ConcurrentNativeMap<Integer, Blob> blobs =
            ConcurrentNativeMap.create(
                Codecs.of(Integer.class), Codecs.deriving().registry(registry).of(Blob.class))) {
      long key = registry.allocate(16, "key");
      byHandle.put(key, new byte[] {1});
      byHandle.computeIfPresent(
          key,
          (_, value) -> {
            value[0] = 9;
            return value;
          });
      assertThat(byHandle.get(key)).isEqualTo(new byte[] {9});
      byHandle
          .asConcurrentMap()
          .replaceAll((_, value) -> {
            value[0] = 7;
            return value;
          });
      assertThat(byHandle.get(key)).isEqualTo(new byte[] {7});

      Blob none = new Blob(0, new byte[0]);
      blobs.put(1, new Blob(registry.allocate(16, "blob"), new byte[] {1}));
      blobs.computeIfPresent(
          1,
          (_, blob) -> {
            blob.bytes[0] = 9;
            return blob;
          });
      assertThat(blobs.getOrDefault(1, none).bytes).isEqualTo(new byte[] {9});
      assertThat(registry.blocks()).isEqualTo(2);
      byHandle.checkInvariants();
      blobs.checkInvariants();
      byHandle.clear();
      blobs.clear();
      assertThat(registry.blocks()).isZero();
    }
  }

  record Two(@Owned long one, @Owned long other) {}

  private static Two keep(Registry registry, Two answer) {
    registry.retain(answer.one);
    return answer;
  }

  @Test
  void replacingEachValueByItselfEndsNoBlock() {
    try (Registry registry = Registry.create();
        ConcurrentNativeMap<String, Long> map = sessions(registry)) {
      for (int i = 0; i < 100; i++) {
        map.put("key " + i, registry.allocate(16, "session"));
      }
      map.asConcurrentMap().replaceAll((_, handle) -> handle);
      assertThat(map.size()).isEqualTo(100);
      map.asConcurrentMap().replaceAll((_, _) -> registry.allocate(16, "next"));
      assertThat(map.size()).isEqualTo(100);
      assertThat(registry.blocks()).isEqualTo(100);
      assertThatThrownBy(() -> map.asConcurrentMap().replaceAll((_, _) -> nothing()))
          .isInstanceOf(NullPointerException.class);
      assertThat(map.size()).isEqualTo(100);
    }
  }

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // what is tested
  private static <T> T nothing() {
    return null;
  }

  /** Threads put, remove and kill: in the end every block was freed once. */
  @Test
  void noReferenceIsLostBetweenThreads() throws Exception {
    try (Registry registry = Registry.create();
        ConcurrentNativeMap<Integer, Long> map =
            ConcurrentNativeMap.create(Codecs.of(Integer.class), Codecs.handle(registry))) {
      try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
        List<Future<?>> workers = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
          SplittableRandom random = new SplittableRandom(t);
          workers.add(pool.submit(() -> work(registry, map, random)));
        }
        for (Future<?> worker : workers) {
          worker.get();
        }
      }
      long live = registry.blocks();
      assertThat(map.size()).isEqualTo(live);
      map.checkInvariants();
      map.clear();
      assertThat(registry.blocks()).isZero();
    }
  }

  /**
   * Few blocks under many keys, in all stripes at once, while other threads end them: each binding
   * is given back once, by the map or by the end, and none is counted dead that is not.
   */
  @Test
  void oneBlockMayBeInSeveralStripesAtOnce() throws Exception {
    try (Registry registry = Registry.create();
        ConcurrentNativeMap<Integer, Long> map =
            ConcurrentNativeMap.create(Codecs.of(Integer.class), Codecs.handle(registry))) {
      AtomicLongArray blocks = new AtomicLongArray(3);
      for (int i = 0; i < blocks.length(); i++) {
        blocks.set(i, registry.allocate(16, "shared"));
      }
      try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
        List<Future<?>> workers = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
          SplittableRandom random = new SplittableRandom(t);
          workers.add(pool.submit(() -> share(registry, map, blocks, random)));
        }
        for (Future<?> worker : workers) {
          worker.get();
        }
      }
      map.checkInvariants();
      long yielded = map.asConcurrentMap().keySet().stream().count();
      assertThat(map.size()).isEqualTo(yielded);
      for (int i = 0; i < blocks.length(); i++) {
        registry.release(blocks.get(i));
      }
      map.clear();
      assertThat(map.size()).isZero();
      assertThat(registry.blocks()).isZero();
      long own = registry.allocate(16, "own");
      map.put(1, own);
      // One too many counted as dead would be missing here.
      assertThat(map.size()).isEqualTo(1);
    }
  }

  private static void share(
      Registry registry,
      ConcurrentNativeMap<Integer, Long> map,
      AtomicLongArray blocks,
      SplittableRandom random) {
    for (int i = 0; i < 30_000; i++) {
      int at = random.nextInt(blocks.length());
      int key = random.nextInt(40);
      switch (random.nextInt(8)) {
        case 0 -> {
          // The map's references go on, those of a block that ended by its own end.
          long fresh = registry.allocate(16, "shared");
          registry.release(blocks.getAndSet(at, fresh));
        }
        case 1, 2, 3, 4 -> {
          long handle = blocks.get(at);
          if (retained(registry, handle)) {
            map.put(key, handle);
          }
        }
        default -> map.remove(key);
      }
    }
  }

  private static boolean retained(Registry registry, long handle) {
    try {
      registry.retain(handle);
      return true;
    } catch (StaleHandleException e) {
      // Replaced meanwhile, and no key had it.
      return false;
    }
  }

  private static void work(
      Registry registry, ConcurrentNativeMap<Integer, Long> map, SplittableRandom random) {
    for (int i = 0; i < 20_000; i++) {
      int key = random.nextInt(50);
      switch (random.nextInt(4)) {
        case 0, 1 -> map.put(key, registry.allocate(16, "block"));
        case 2 -> map.remove(key);
        default -> map.compute(key, (_, _) -> registry.allocate(16, "block"));
      }
    }
  }
}
