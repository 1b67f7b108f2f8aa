package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;

/**
 * A sequence of operations decoded from bytes, run on a map and on a {@link HashMap} at once. Every
 * answer is compared as it comes.
 */
final class MapOperations {
  /** What a primitive map must be able to do to be run. */
  interface Subject {
    boolean put(long key, long value);

    boolean putIfAbsent(long key, long value);

    long addTo(long key, long delta);

    long get(long key, long otherwise);

    boolean remove(long key);

    void clear();

    long size();

    void forEach(LongLongConsumer action);

    void checkInvariants();
  }

  private final Subject subject;
  private final Map<Long, Long> model = new HashMap<>();
  private final String context;
  private final long[] keys;
  private long step;

  /** Keys are chosen from {@code keys}. */
  MapOperations(Subject subject, long[] keys, String context) {
    this.subject = subject;
    this.keys = keys;
    this.context = context;
  }

  /**
   * Each operation takes three bytes: what to do, and which key.
   *
   * @param checkEvery how many operations lie between two recounts of everything
   */
  void run(byte[] bytes, int checkEvery) {
    for (int i = 0; i + 2 < bytes.length; i += 3, step++) {
      int code = bytes[i] & 0xff;
      int number = ((bytes[i + 1] & 0xff) << 8) | (bytes[i + 2] & 0xff);
      step(code, keys[number % keys.length]);
      if (step % checkEvery == 0) {
        checkAll();
      }
    }
    checkAll();
  }

  private void step(int code, long key) {
    if (code < 100) {
      require(subject.put(key, step) == (model.put(key, step) == null), "put", key);
    } else if (code < 170) {
      require(subject.remove(key) == (model.remove(key) != null), "remove", key);
    } else if (code < 220) {
      long otherwise = ~step;
      require(subject.get(key, otherwise) == model.getOrDefault(key, otherwise), "get", key);
    } else if (code < 240) {
      require(subject.addTo(key, code) == model.merge(key, (long) code, Long::sum), "addTo", key);
    } else if (code < 255) {
      require(
          subject.putIfAbsent(key, step) == (model.putIfAbsent(key, step) == null),
          "putIfAbsent",
          key);
    } else if ((key & 0xff) == 0) {
      subject.clear();
      model.clear();
    }
    require(subject.size() == model.size(), "size", key);
  }

  /** Also after an operation that was refused. */
  void checkAll() {
    subject.checkInvariants();
    Map<Long, Long> seen = new HashMap<>();
    subject.forEach((key, value) -> require(seen.put(key, value) == null, "iterated twice", key));
    assertThat(seen).as(context + " step=" + step).isEqualTo(model);
  }

  private void require(boolean holds, String operation, long key) {
    if (!holds) {
      throw new AssertionError(
          "the map must answer as HashMap does: operation="
              + operation
              + ", key="
              + key
              + ", step="
              + step
              + ", "
              + context);
    }
  }

  static Subject of(LongLongMap map) {
    return new Subject() {
      @Override
      public boolean put(long key, long value) {
        return map.put(key, value);
      }

      @Override
      public boolean putIfAbsent(long key, long value) {
        return map.putIfAbsent(key, value);
      }

      @Override
      public long addTo(long key, long delta) {
        return map.addTo(key, delta);
      }

      @Override
      public long get(long key, long otherwise) {
        return map.get(key, otherwise);
      }

      @Override
      public boolean remove(long key) {
        return map.remove(key);
      }

      @Override
      public void clear() {
        map.clear();
      }

      @Override
      public long size() {
        return map.size();
      }

      @Override
      public void forEach(LongLongConsumer action) {
        map.forEach(action);
      }

      @Override
      public void checkInvariants() {
        map.checkInvariants();
      }
    };
  }
}
