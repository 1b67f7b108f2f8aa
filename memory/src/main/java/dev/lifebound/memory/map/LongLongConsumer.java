package dev.lifebound.memory.map;

/** Takes an entry of a primitive map. */
@FunctionalInterface
public interface LongLongConsumer {
  void accept(long key, long value);
}
