package dev.lifebound.bench.map;

/**
 * One map under measurement. The calls below are virtual and of many classes, so that what they
 * call is compiled into them and they are not compiled into the loop around: what ordinary code
 * pays. {@link #tight} has its own loop.
 */
abstract class Subject implements AutoCloseable {
  final String name;

  Subject(String name) {
    this.name = name;
  }

  /** Begins with an empty map that may have to hold so many entries. */
  abstract void open(long entries);

  abstract void put(long key, long value);

  /** The key's value or -1. */
  abstract long get(long key);

  abstract void remove(long key);

  /** The sum of all keys and values. */
  abstract long sum();

  /** The sum of the values of some keys, in a loop that the map's get is compiled into. */
  abstract long tight(long[] keys, int from, int to);

  @Override
  public abstract void close();

  final void fill(long[] keys, int from, int to) {
    for (int i = from; i < to; i++) {
      put(keys[i], i);
    }
  }

  final long called(long[] keys, int from, int to) {
    long sum = 0;
    for (int i = from; i < to; i++) {
      sum += get(keys[i]);
    }
    return sum;
  }

  final void churn(long[] out, long[] in, int from, int to) {
    for (int i = from; i < to; i++) {
      remove(out[i]);
      put(in[i], i);
    }
  }
}
