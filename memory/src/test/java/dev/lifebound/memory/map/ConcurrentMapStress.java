package dev.lifebound.memory.map;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Many threads on one map, made so that every answer can be told right from wrong.
 *
 * <p>Keys are of four kinds, by their remainder:
 *
 * <ul>
 *   <li>0: <b>registers</b>, each written by one thread with rising values, which all read. A read
 *       that begins after a write has ended must not answer less, and none may answer more than was
 *       begun: with one writer for each key that is linearizability.
 *   <li>1: <b>counters</b>, raised by all through merge and compute; in the end none is lost.
 *   <li>2: <b>passengers</b>, put and removed without end, so that tables are filled, rebuilt,
 *       split and recycled; a value must be one that its key has had.
 *   <li>3: <b>residents</b>, there all the time: every iteration meets each exactly once.
 * </ul>
 */
final class ConcurrentMapStress<K, V> {
  private static final int KINDS = 4;
  private static final long VALUE_SHIFT = 24;

  private final ConcurrentMap<K, V> map;
  private final LongFunction<K> key;
  private final ToLongFunction<K> number;
  private final LongFunction<V> value;
  private final ToLongFunction<V> read;
  private final int threads;
  private final int keys;
  private final AtomicLong[] begun;
  private final AtomicLong[] ended;
  private final AtomicBoolean stop = new AtomicBoolean();
  private final AtomicLong added = new AtomicLong();

  ConcurrentMapStress(
      ConcurrentMap<K, V> map,
      int threads,
      int keys,
      LongFunction<K> key,
      ToLongFunction<K> number,
      LongFunction<V> value,
      ToLongFunction<V> read) {
    this.map = map;
    this.threads = threads;
    this.keys = keys;
    this.key = key;
    this.number = number;
    this.value = value;
    this.read = read;
    this.begun = new AtomicLong[keys];
    this.ended = new AtomicLong[keys];
    for (int i = 0; i < keys; i++) {
      begun[i] = new AtomicLong();
      ended[i] = new AtomicLong();
    }
  }

  private K key(int index, int kind) {
    return key.apply((long) index * KINDS + kind);
  }

  /** Puts all keys there are. */
  void fill() {
    for (int i = 0; i < keys; i++) {
      map.put(key(i, 0), value.apply(0));
      map.put(key(i, 1), value.apply(0));
      map.put(key(i, 2), value.apply((long) i << VALUE_SHIFT));
      map.put(key(i, 3), value.apply(i));
    }
  }

  /** Runs so many operations in each thread; one more thread iterates. Throws what goes wrong. */
  void run(long operations) throws Exception {
    for (int i = 0; i < keys; i++) {
      map.put(key(i, 3), value.apply(i));
    }
    CyclicBarrier start = new CyclicBarrier(threads + 1);
    try (ExecutorService pool = Executors.newFixedThreadPool(threads + 1)) {
      List<Future<?>> workers = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int me = t;
        workers.add(pool.submit(begin(start, () -> work(me, operations))));
      }
      Future<?> walker = pool.submit(begin(start, this::walk));
      try {
        for (Future<?> worker : workers) {
          worker.get();
        }
      } finally {
        stop.set(true);
      }
      walker.get();
    }
    long sum = 0;
    for (int i = 0; i < keys; i++) {
      V counter = map.get(key(i, 1));
      sum += counter == null ? 0 : read.applyAsLong(counter);
    }
    require(sum == added.get(), "no update may be lost: counted=" + sum + ", added=" + added);
  }

  private interface Work {
    void run() throws Exception;
  }

  private static Callable<@Nullable Void> begin(CyclicBarrier start, Work work) {
    return () -> {
      start.await();
      work.run();
      return null;
    };
  }

  private void work(int me, long operations) {
    SplittableRandom random = new SplittableRandom(me);
    long raised = 0;
    for (long i = 0; i < operations; i++) {
      int index = random.nextInt(keys);
      switch (random.nextInt(8)) {
        case 0 -> writeRegister(index - index % threads + me, random.nextInt(3));
        case 1, 2, 3 -> readRegister(index);
        case 4 -> {
          raise(key(index, 1), random.nextInt(3));
          raised++;
        }
        case 5 -> putPassenger(index, random);
        case 6 -> checkPassenger(index, map.remove(key(index, 2)));
        default -> checkPassenger(index, map.get(key(index, 2)));
      }
    }
    added.addAndGet(raised);
  }

  private void writeRegister(int index, int how) {
    if (index >= keys) {
      return;
    }
    K name = key(index, 0);
    long next = begun[index].incrementAndGet();
    V wanted = value.apply(next);
    if (how == 0) {
      map.compute(name, (_, _) -> wanted);
    } else if (how == 1 && next > 1) {
      require(map.replace(name, value.apply(next - 1), wanted), "a register has one writer");
    } else {
      V before = map.put(name, wanted);
      require(
          (before == null ? 0 : read.applyAsLong(before)) == next - 1,
          "a put must answer the value before");
    }
    ended[index].set(next);
  }

  private void readRegister(int index) {
    long least = ended[index].get();
    V found = map.get(key(index, 0));
    long most = begun[index].get();
    long seen = found == null ? 0 : read.applyAsLong(found);
    require(
        seen >= least && seen <= most,
        "a read must answer a present value: read=" + seen + ", least=" + least + ", most=" + most);
  }

  private void raise(K name, int how) {
    switch (how) {
      case 0 -> map.merge(name, value.apply(1), (a, b) -> sum(a, b));
      case 1 -> map.compute(name, (_, v) -> v == null ? value.apply(1) : sum(v, value.apply(1)));
      default -> {
        if (map.putIfAbsent(name, value.apply(1)) != null) {
          map.computeIfPresent(name, (_, v) -> sum(v, value.apply(1)));
        }
      }
    }
  }

  private V sum(V a, V b) {
    return value.apply(read.applyAsLong(a) + read.applyAsLong(b));
  }

  private void putPassenger(int index, SplittableRandom random) {
    long stamp = (long) index << VALUE_SHIFT | random.nextInt(1 << 20);
    checkPassenger(index, map.put(key(index, 2), value.apply(stamp)));
  }

  private void checkPassenger(int index, @Nullable V found) {
    require(
        found == null || read.applyAsLong(found) >>> VALUE_SHIFT == index,
        "a value must be one of its key's");
  }

  private void walk() {
    do {
      BitSet residents = new BitSet();
      BitSet others = new BitSet();
      map.forEach((k, v) -> {
        long name = number.applyAsLong(k);
        int index = (int) (name / KINDS);
        int kind = (int) (name % KINDS);
        BitSet seen = kind == 3 ? residents : others;
        int bit = kind == 3 ? index : (int) name;
        require(!seen.get(bit), "an iteration must not meet a key twice: key=" + name);
        seen.set(bit);
        if (kind == 3) {
          require(read.applyAsLong(v) == index, "a resident must keep its value: key=" + name);
        } else if (kind == 2) {
          checkPassenger(index, v);
        }
      });
      require(
          residents.cardinality() == keys,
          "an iteration must meet what is there: met=" + residents.cardinality() + " of " + keys);
    } while (!stop.get());
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}
