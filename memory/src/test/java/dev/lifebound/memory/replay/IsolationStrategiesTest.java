package dev.lifebound.memory.replay;

import static dev.lifebound.memory.replay.FakeLibrary.POISON;
import static dev.lifebound.memory.replay.FakeLibrary.USE_AFTER_FREE;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifebound.memory.arena.MapArena;
import dev.lifebound.memory.handle.BoundKeyMap;
import dev.lifebound.memory.handle.DoubleReleaseException;
import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.StaleHandleException;
import dev.lifebound.memory.handle.Tracking;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * One test for each strategy of {@code docs/design/isolation.md}: what it protects, and what it
 * does not.
 */
class IsolationStrategiesTest {
  private static final Cleaner CLEANER = Cleaner.create();

  private final FakeLibrary library = new FakeLibrary();
  private final Registry registry = Registry.create(Tracking.OFF);

  @AfterEach
  void close() {
    registry.close();
    library.close();
  }

  private static <V> V valueOf(Map<?, V> map, Object key) {
    return Objects.requireNonNull(map.get(key), "the entry must be there");
  }

  /** Collects until the condition holds; each turn waits for the collection's own notice. */
  private static void awaitCollection(BooleanSupplier done) throws InterruptedException {
    ReferenceQueue<Object> queue = new ReferenceQueue<>();
    for (int turn = 0; !done.getAsBoolean() && turn < 600; turn++) {
      PhantomReference<Object> notice = new PhantomReference<>(new Object(), queue);
      System.gc();
      Reference<?> collected = queue.remove(TimeUnit.SECONDS.toMillis(10));
      assertThat(collected).as("turn %d", turn).isSameAs(notice);
    }
    assertThat(done.getAsBoolean()).as("collected").isTrue();
  }

  @Test
  void integerHandleAsKey() {
    Map<Long, String> names = new HashMap<>();
    long old = registry.allocate(64, "session");
    names.put(old, "anna");
    registry.release(old);
    long young = registry.allocate(64, "session"); // takes the slot and the memory of the old one
    names.put(young, "berta");
    assertThat(names).hasSize(2);
    assertThatThrownBy(() -> registry.lease(old)).isInstanceOf(StaleHandleException.class);
    assertThat(registry.isLive(young)).isTrue();

    // Not protected: an address that C keeps for itself.
    MemorySegment address = library.open(1);
    registry.release(registry.adopt(address, library::free, "session"));
    assertThat(library.read(address)).isEqualTo(POISON);
    assertThat(library.damage()).containsExactly(USE_AFTER_FREE);
  }

  /** A native object whose accessors keep it alive themselves. */
  private static final class KeptAlive {
    private final FakeLibrary library;
    private final MemorySegment pointer;

    KeptAlive(FakeLibrary library, MemorySegment pointer, AtomicBoolean freed) {
      this.library = library;
      this.pointer = pointer;
      CLEANER.register(
          this,
          () -> {
            library.free(pointer);
            freed.set(true);
          });
    }

    long readAround(Runnable meanwhile) {
      try {
        return library.readAround(pointer, meanwhile);
      } finally {
        Reference.reachabilityFence(this);
      }
    }

    /** What must not be offered: the pointer does not keep the object alive. */
    MemorySegment leak() {
      return pointer;
    }
  }

  @Test
  void keepAlive() throws InterruptedException {
    AtomicBoolean freed = new AtomicBoolean();
    long value =
        new KeptAlive(library, library.open(7), freed)
            .readAround(() -> {
              WeakReference<Object> canary = new WeakReference<>(new Object());
              while (!canary.refersTo(null)) {
                System.gc(); // a whole collection happens inside the accessor
              }
            });
    assertThat(value).isEqualTo(7);
    assertThat(library.damage()).isEmpty();
    awaitCollection(freed::get);

    // Not protected: a pointer that has left its object.
    AtomicBoolean second = new AtomicBoolean();
    MemorySegment leaked = new KeptAlive(library, library.open(8), second).leak();
    awaitCollection(second::get);
    assertThat(library.read(leaked)).isEqualTo(POISON);
  }

  /** A native object that is closed, or collected, and freed once in either case. */
  private static final class Owner implements AutoCloseable {
    private final Registry registry;
    private final long handle;
    private final Cleaner.Cleanable cleanable;

    Owner(Registry registry, long handle) {
      this.registry = registry;
      this.handle = handle;
      this.cleanable = CLEANER.register(this, () -> registry.release(handle));
    }

    long value() {
      try (Lease lease = registry.lease(handle)) {
        return lease.getLong(0);
      } finally {
        Reference.reachabilityFence(this);
      }
    }

    @Override
    public void close() {
      cleanable.clean();
    }
  }

  @Test
  void ownerObjectWithACleaner() throws InterruptedException {
    Owner owner = new Owner(registry, registry.adopt(library.open(5), library::free, "session"));
    assertThat(owner.value()).isEqualTo(5);
    owner.close();
    owner.close();
    assertThat(library.liveBlocks()).isZero();
    assertThatThrownBy(owner::value).isInstanceOf(StaleHandleException.class);

    // Forgotten, the block is freed, but not protected is the moment: some collection later.
    long handle = registry.adopt(library.open(6), library::free, "session");
    assertThat(new Owner(registry, handle).value()).isEqualTo(6);
    awaitCollection(() -> library.liveBlocks() == 0);
    assertThat(library.damage()).isEmpty();
  }

  @Test
  void memoryOwnedByTheCollector() throws InterruptedException {
    Map<String, MemorySegment> map = new ConcurrentHashMap<>();
    MemorySegment allocated = Arena.ofAuto().allocate(64);
    allocated.set(JAVA_LONG, 0, 9);
    map.put("row", allocated);
    MemorySegment reader = valueOf(map, "row");
    map.clear();
    System.gc();
    assertThat(reader.get(JAVA_LONG, 0)).isEqualTo(9);

    // Not protected: how much is dead and not yet collected. What nobody reads goes, some time.
    map.put("dropped", Arena.ofAuto().allocate(64));
    WeakReference<MemorySegment> dropped = new WeakReference<>(map.get("dropped"));
    map.clear();
    awaitCollection(() -> dropped.refersTo(null));
  }

  @Test
  void copiedBytes() {
    MemorySegment block = library.open(11);
    Map<String, byte[]> map = new HashMap<>();
    map.put("row", block.toArray(JAVA_BYTE));
    long before = longOf(valueOf(map, "row"));
    block.set(JAVA_LONG, 0, 12);
    library.free(block);
    assertThat(before).isEqualTo(11);
    assertThat(longOf(valueOf(map, "row"))).isEqualTo(11); // also what is not protected: it is old
    assertThat(library.damage()).isEmpty();
  }

  private static long longOf(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getLong(0);
  }

  @Test
  void countedProxyWithAReleaseCallback() {
    long handle = registry.adopt(library.open(3), library::free, "page");
    Map<String, Long> first = new HashMap<>(Map.of("page", handle));
    registry.retain(handle);
    Map<Integer, Long> second = new ConcurrentHashMap<>(Map.of(1, handle));
    registry.release(valueOf(first, "page"));
    assertThat(library.liveBlocks()).isEqualTo(1);
    Elsewhere.run("last", () -> registry.release(valueOf(second, 1)));
    assertThat(library.freedBy()).containsExactly("last");
    assertThatThrownBy(() -> registry.release(handle)).isInstanceOf(DoubleReleaseException.class);
    assertThat(library.freedBy()).hasSize(1);

    // Not protected: a retain that nobody gives back. It is seen, in the count.
    long forgotten = registry.adopt(library.open(4), library::free, "page");
    registry.retain(forgotten);
    registry.release(forgotten);
    assertThat(library.liveBlocks()).isEqualTo(1);
    assertThat(registry.snapshot().tags()).containsOnlyKeys("page");
  }

  @Test
  void keyBoundToItsAllocation() {
    BoundKeyMap<String> sessions = BoundKeyMap.over(registry, new HashMap<>(), "session");
    long anna = sessions.allocate(64, "anna");
    long berta = sessions.allocate(64, "berta");
    registry.release(anna); // by somebody who does not know the map
    assertThat(sessions.get(anna)).isNull();
    assertThat(sessions.remove(berta)).isEqualTo("berta");
    assertThat(registry.isLive(berta)).isFalse();

    // Not protected: a free in C that nobody reports. Reported, the handle is stale.
    MemorySegment block = library.open(2);
    long handle = registry.adopt(block, library::free, "session");
    library.free(block);
    assertThat(registry.isLive(handle)).isTrue();
    registry.markFreedByC(handle);
    assertThatThrownBy(() -> registry.lease(handle)).isInstanceOf(StaleHandleException.class);
    registry.release(handle);
    assertThat(library.damage()).isEmpty();
  }

  @Test
  void arenaForTheWholeMap() {
    Map<String, MemorySegment> map = new HashMap<>();
    MemorySegment kept;
    try (MapArena arena = MapArena.single("rows")) {
      for (int i = 0; i < 1_000; i++) {
        MemorySegment row = arena.allocate(JAVA_LONG);
        row.set(JAVA_LONG, 0, i);
        map.put("row " + i, row);
      }
      kept = valueOf(map, "row 1");
      // Not protected: one entry's memory does not go with the entry, but with all the others'.
      map.remove("row 1");
      assertThat(kept.get(JAVA_LONG, 0)).isEqualTo(1);
    }
    assertThatThrownBy(() -> kept.get(JAVA_LONG, 0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> valueOf(map, "row 2").get(JAVA_LONG, 0))
        .isInstanceOf(IllegalStateException.class);
  }
}
