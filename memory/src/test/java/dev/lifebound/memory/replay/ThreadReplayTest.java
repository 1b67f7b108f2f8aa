package dev.lifebound.memory.replay;

import static dev.lifebound.memory.replay.FakeLibrary.DOUBLE_FREE;
import static dev.lifebound.memory.replay.FakeLibrary.INVALID_FREE;
import static dev.lifebound.memory.replay.FakeLibrary.POISON;
import static dev.lifebound.memory.replay.FakeLibrary.USE_AFTER_FREE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import dev.lifebound.memory.arena.ArenaClosedException;
import dev.lifebound.memory.arena.MapArena;
import dev.lifebound.memory.handle.BoundMap;
import dev.lifebound.memory.handle.DoubleReleaseException;
import dev.lifebound.memory.handle.Evictions;
import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.StaleHandleException;
import dev.lifebound.memory.handle.Tracking;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Thirteen reported crashes and leaks of maps that hold native pointers, each replayed twice in the
 * same interleaving: with raw pointers it does the reported damage, with Lifebound it is refused or
 * stays correct. Each test is named after the project and the number of its report.
 */
class ThreadReplayTest {
  /** Used with raw pointers, as the report did. */
  private final FakeLibrary bare = new FakeLibrary();

  /** Used through the registry only. */
  private final FakeLibrary safe = new FakeLibrary();

  private final Registry registry = Registry.create(Tracking.FULL);

  @AfterEach
  void lifeboundNeitherDamagedNorLeaked() {
    assertThat(registry.blocks()).isZero();
    assertThat(safe.damage()).isEmpty();
    assertThat(safe.liveBlocks()).isZero();
    registry.close();
    bare.close();
    safe.close();
  }

  private long adopt(long value, String tag) {
    return registry.adopt(safe.open(value), safe::free, tag);
  }

  private long read(long handle) {
    try (Lease lease = registry.lease(handle)) {
      return safe.read(lease.segment());
    }
  }

  // ---- (i) A lookup, then a use, and nothing that holds the block in between.

  /** besu-eth/besu#11267: a column family is closed between the lookup and the native call. */
  @Test
  void besu11267() {
    AtomicReference<MemorySegment> segment = new AtomicReference<>(bare.open(7));
    MemorySegment lookedUp = segment.get();
    Elsewhere.run("closer", () -> bare.free(segment.get()));
    assertThat(bare.read(lookedUp)).isEqualTo(POISON);
    assertThat(bare.damage()).containsExactly(USE_AFTER_FREE);

    AtomicLong columnFamily = new AtomicLong(adopt(7, "column family"));
    long handle = columnFamily.get();
    try (Lease lease = registry.lease(handle)) {
      Elsewhere.run("closer", () -> registry.release(columnFamily.get()));
      assertThat(safe.read(lease.segment())).isEqualTo(7);
    }
    assertThatThrownBy(() -> read(handle))
        .isInstanceOf(StaleHandleException.class)
        .hasMessageContainingAll("tag=column family", "by thread closer");
  }

  /** chermenin/spark-states#12: a store stays reachable after its close and is asked again. */
  @Test
  void sparkStates12() {
    Map<String, MemorySegment> providers = new HashMap<>(Map.of("query", bare.open(1)));
    bare.free(store(providers, "query"));
    bare.openUnder(store(providers, "query"), 2);
    assertThat(bare.damage()).containsExactly(USE_AFTER_FREE);

    Map<String, Long> handles = new HashMap<>(Map.of("query", adopt(1, "store")));
    registry.release(store(handles, "query"));
    assertThatThrownBy(() -> registry.lease(store(handles, "query")))
        .isInstanceOf(StaleHandleException.class)
        .hasMessageContaining("tag=store");
  }

  private static <V> V store(Map<String, V> stores, String name) {
    V store = stores.get(name);
    assertThat(store).as("the store must still be reachable: name=%s", name).isNotNull();
    return Objects.requireNonNull(store);
  }

  /** crawler-commons/url-frontier#17: the store is closed while an operation runs. */
  @Test
  void urlFrontier17() {
    MemorySegment store = bare.open(1);
    AtomicBoolean closed = new AtomicBoolean();
    assertThat(closed).isFalse(); // the operation's own check, which is passed
    Elsewhere.run(
        "closer",
        () -> {
          closed.set(true);
          bare.free(store);
        });
    bare.openUnder(store, 2);
    assertThat(bare.damage()).containsExactly(USE_AFTER_FREE);

    long handle = adopt(1, "store");
    try (Lease operation = registry.lease(handle)) {
      Elsewhere.run("closer", () -> registry.release(handle));
      assertThat(safe.freedBy()).isEmpty();
      MemorySegment iterator = safe.openUnder(operation.segment(), 2);
      assertThatThrownBy(() -> registry.adoptChild(handle, iterator, safe::free, "iterator"))
          .isInstanceOf(StaleHandleException.class);
      safe.freeUnder(operation.segment(), iterator);
    }
    assertThat(safe.liveBlocks()).isZero();
  }

  /** microsoft/onnxruntime#31352: the shutdown hook frees what another thread's call still uses. */
  @Test
  void onnxruntime31352() {
    MemorySegment environment = bare.open(5);
    bare.readAround(environment, () -> Elsewhere.run("hook", () -> bare.free(environment)));
    assertThat(bare.damage()).containsExactly(USE_AFTER_FREE);

    long handle = adopt(5, "environment");
    try (Lease call = registry.lease(handle)) {
      Runnable hook = () -> Elsewhere.run("hook", registry::close);
      assertThat(safe.readAround(call.segment(), hook)).isEqualTo(5);
      assertThat(safe.freedBy()).isEmpty();
    }
    assertThat(safe.freedBy()).containsExactly(Thread.currentThread().getName());
  }

  // ---- (ii) An eviction or a replacement frees the value too early, too often or never.

  /** CorfuDB/CorfuDB#357: the eviction releases a buffer that was released already. */
  @Test
  void corfuDb357() {
    Map<String, MemorySegment> cache = boundedToOne(bare::free);
    cache.put("a", bare.open(1));
    bare.free(store(cache, "a")); // its user is done with it
    cache.put("b", bare.open(2)); // and the cache, too
    assertThat(bare.damage()).containsExactly(DOUBLE_FREE);

    Map<String, Long> handles = boundedToOne(registry::release);
    handles.put("a", adopt(1, "buffer"));
    registry.release(store(handles, "a"));
    assertThatThrownBy(() -> handles.put("b", adopt(2, "buffer")))
        .isInstanceOf(DoubleReleaseException.class)
        .hasMessageContaining("tag=buffer");
    assertThat(safe.freedBy()).hasSize(1);
    registry.release(store(handles, "b"));
  }

  /** The usual small cache: one entry, and a listener for the one that has to go. */
  private static <V> Map<String, V> boundedToOne(Consumer<V> evicted) {
    return new LinkedHashMap<>() {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
        if (size() <= 1) {
          return false;
        }
        evicted.accept(eldest.getValue());
        return true;
      }
    };
  }

  /** ben-manes/caffeine#177: a page that get has returned is freed by the removal listener. */
  @Test
  void caffeine177() {
    Cache<String, MemorySegment> pages =
        Caffeine.newBuilder()
            .executor(Runnable::run)
            .removalListener((@Nullable String _, @Nullable MemorySegment page, RemovalCause _) -> {
              if (page != null) {
                bare.free(page);
              }
            })
            .build();
    pages.put("page", bare.open(3));
    MemorySegment page = store(pages.asMap(), "page");
    Elsewhere.run("evictor", () -> pages.invalidate("page"));
    assertThat(bare.read(page)).isEqualTo(POISON);
    assertThat(bare.damage()).containsExactly(USE_AFTER_FREE);

    Policy cache = new Policy(10);
    cache.map.put("page", adopt(3, "page"));
    try (Lease lease = cache.map.lease("page").orElseThrow()) {
      Elsewhere.run("evictor", () -> cache.shrinkTo(0));
      assertThat(cache.map).isEmpty();
      assertThat(safe.read(lease.segment())).isEqualTo(3);
    }
    assertThat(cache.map.lease("page")).isEmpty();
  }

  /** A bound map over a real Caffeine cache whose bound the test can change. */
  private final class Policy {
    final Cache<String, Long> cache;
    final BoundMap<String> map;

    Policy(long maximumSize) {
      Evictions<String> evictions = new Evictions<>();
      cache =
          Caffeine.newBuilder()
              .maximumSize(maximumSize)
              .executor(Runnable::run)
              .evictionListener((@Nullable String key, @Nullable Long handle, RemovalCause _) -> {
                if (key != null && handle != null) {
                  evictions.evicted(key, handle);
                }
              })
              .build();
      map = BoundMap.over(registry, cache.asMap(), evictions);
    }

    void shrinkTo(long size) {
      cache.policy().eviction().orElseThrow().setMaximum(size);
      cache.cleanUp();
    }
  }

  /**
   * ben-manes/caffeine#1776: the removal listener finds the page pinned, cannot close it, and is
   * not called a second time.
   */
  @Test
  void caffeine1776() {
    AtomicInteger pins = new AtomicInteger();
    Cache<String, MemorySegment> pages =
        Caffeine.newBuilder()
            .executor(Runnable::run)
            .removalListener((@Nullable String _, @Nullable MemorySegment page, RemovalCause _) -> {
              if (page != null && pins.get() == 0) {
                bare.free(page);
              }
            })
            .build();
    pages.put("page", bare.open(4));
    pins.incrementAndGet();
    Elsewhere.run("evictor", () -> pages.invalidate("page"));
    pins.decrementAndGet();
    assertThat(bare.liveBlocks()).isEqualTo(1); // for ever

    Policy cache = new Policy(10);
    cache.map.put("page", adopt(4, "page"));
    try (Lease lease = cache.map.lease("page").orElseThrow()) {
      Elsewhere.run("evictor", () -> cache.shrinkTo(0));
      assertThat(safe.read(lease.segment())).isEqualTo(4);
      assertThat(safe.liveBlocks()).isEqualTo(1);
    }
    assertThat(safe.liveBlocks()).isZero();
  }

  /** google/guava#3430: the eviction forgets the buffer; who frees it by hand races its reader. */
  @Test
  void guava3430() {
    Map<String, MemorySegment> forgetful = boundedToOne(_ -> {});
    forgetful.put("a", bare.open(1));
    MemorySegment reader = store(forgetful, "a");
    forgetful.put("b", bare.open(2));
    assertThat(bare.liveBlocks()).isEqualTo(2); // one of them nobody can reach through the cache
    Elsewhere.run("owner", () -> bare.free(reader));
    bare.read(reader);
    assertThat(bare.damage()).containsExactly(USE_AFTER_FREE);

    Policy cache = new Policy(10);
    cache.map.put("a", adopt(1, "buffer"));
    cache.map.put("b", adopt(2, "buffer"));
    Lease lease = cache.map.lease("a").orElseThrow();
    Elsewhere.run("owner", () -> cache.shrinkTo(0));
    assertThat(safe.liveBlocks()).isEqualTo(1);
    assertThat(safe.read(lease.segment())).isEqualTo(1);
    lease.close();
    assertThat(safe.liveBlocks()).isZero();
  }

  /** apache/uniffle PR 899 (#133): the buffer is released before it has left the map. */
  @Test
  void uniffle133() {
    Map<String, MemorySegment> buffers = new ConcurrentHashMap<>(Map.of("shuffle", bare.open(1)));
    bare.free(store(buffers, "shuffle"));
    Elsewhere.run("reader", () -> bare.read(store(buffers, "shuffle")));
    buffers.remove("shuffle");
    assertThat(bare.damage()).containsExactly(USE_AFTER_FREE);

    BoundMap<String> bound = BoundMap.over(registry, new ConcurrentHashMap<>());
    List<Boolean> seenWhileFreeing = new ArrayList<>();
    bound.put(
        "shuffle",
        registry.adopt(
            safe.open(1),
            block -> {
              Elsewhere.run(
                  "reader", () -> seenWhileFreeing.add(bound.lease("shuffle").isPresent()));
              safe.free(block);
            },
            "buffer"));
    bound.remove("shuffle");
    assertThat(seenWhileFreeing).containsExactly(false);
  }

  /**
   * datastax/cassandra PR 2629: what is freed is a narrowed slice, which the pool does not know.
   */
  @Test
  void cassandra2629() {
    MemorySegment chunk = bare.open(1);
    MemorySegment narrowed = chunk.asSlice(8, 16);
    bare.free(narrowed);
    assertThat(bare.damage()).containsExactly(INVALID_FREE);
    assertThat(bare.liveBlocks()).isEqualTo(1);

    BoundMap<String> chunks = BoundMap.over(registry, new ConcurrentHashMap<>());
    chunks.put("chunk", adopt(1, "chunk"));
    try (Lease lease = chunks.lease("chunk").orElseThrow()) {
      MemorySegment slice = lease.segment().asSlice(8, 16);
      assertThat(slice.byteSize()).isEqualTo(16);
      chunks.remove("chunk");
    }
    assertThat(safe.liveBlocks()).isZero();
  }

  // ---- (iii) A parent goes before its children; (iv) a table outlives its owner.

  /**
   * jwplayer/southpaw PR 15: column families left in the registry are closed after the database.
   */
  @Test
  void southpaw15() {
    MemorySegment database = bare.open(1);
    Map<String, MemorySegment> families = Map.of("a", bare.openUnder(database, 2));
    bare.free(database);
    families.values().forEach(family -> bare.freeUnder(database, family));
    assertThat(bare.damage()).containsExactly(USE_AFTER_FREE);

    MemorySegment parent = safe.open(1);
    long handle = registry.adopt(parent, safe::free, "database");
    BoundMap<String> bound = BoundMap.over(registry, new HashMap<>());
    bound.put(
        "a",
        registry.adoptChild(
            handle,
            safe.openUnder(parent, 2),
            family -> safe.freeUnder(parent, family),
            "column family"));
    long lingering = store(bound, "a");
    registry.release(handle);
    assertThat(bound).isEmpty();
    assertThat(safe.liveBlocks()).isZero();
    assertThatThrownBy(() -> registry.lease(lingering)).isInstanceOf(StaleHandleException.class);
  }

  /**
   * datalevin/datalevin#366: each thread's reader keeps its buffer after the database is closed.
   */
  @Test
  void datalevin366() {
    MemorySegment database = bare.open(0);
    Map<String, MemorySegment> readers = new ConcurrentHashMap<>();
    for (String thread : List.of("reader 1", "reader 2", "reader 3")) {
      Elsewhere.run(thread, () -> readers.put(thread, bare.open(1)));
    }
    bare.free(database);
    assertThat(bare.liveBlocks()).isEqualTo(3);

    long handle = adopt(0, "database");
    BoundMap<String> bound = BoundMap.over(registry, new ConcurrentHashMap<>());
    for (String thread : List.of("reader 1", "reader 2", "reader 3")) {
      Elsewhere.run(
          thread,
          () -> {
            long buffer = registry.adoptChild(handle, safe.open(1), safe::free, "reader");
            bound.put(thread, buffer);
          });
    }
    assertThat(safe.liveBlocks()).isEqualTo(4);
    registry.release(handle);
    assertThat(safe.liveBlocks()).isZero();
    assertThat(bound).isEmpty();
  }

  /** OpenHFT/Chronicle-Map#266: a method of a map is called after the map's close. */
  @Test
  void chronicleMap266() {
    MemorySegment map = bare.open(6);
    bare.free(map);
    assertThat(bare.read(map)).isEqualTo(POISON);
    assertThat(bare.damage()).containsExactly(USE_AFTER_FREE);

    MapArena arena = MapArena.shared("map");
    Map<String, Long> positions = new HashMap<>();
    positions.put("key", arena.allocateBlock(Long.BYTES));
    arena.setLong(store(positions, "key"), 6);
    assertThat(arena.getLong(store(positions, "key"))).isEqualTo(6);
    Elsewhere.run("closer", arena::close);
    assertThatThrownBy(() -> arena.getLong(store(positions, "key")))
        .isInstanceOf(ArenaClosedException.class);
    assertThatThrownBy(() -> arena.setLong(store(positions, "key"), 7))
        .isInstanceOf(ArenaClosedException.class);
    assertThatThrownBy(() -> arena.allocateBlock(Long.BYTES))
        .isInstanceOf(ArenaClosedException.class);
  }
}
