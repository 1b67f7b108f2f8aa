package dev.lifebound.memory.map;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An entry that has left a {@link ConcurrentNativeMap}, with its bytes: what is needed to give its
 * references back when no lock is held.
 */
@SuppressWarnings("ArrayRecordComponent") // not compared, not changed
record DroppedEntry(long hash, long keyWord, byte[] keyBytes, long valueWord, byte[] valueBytes) {
  /** Under the lock. */
  static DroppedEntry of(Side<?> keys, Side<?> values, long hash, long keyWord, long valueWord) {
    return new DroppedEntry(hash, keyWord, keys.bytes(keyWord), valueWord, values.bytes(valueWord));
  }

  /**
   * What finds the key's slot under the lock; null when the word does. A cell may have been moved,
   * so its bytes are compared.
   */
  @Nullable Probe probe(Side<?> keys, ConcurrentSlabs slabs) {
    return keys.words
        ? null
        : word -> ConcurrentCells.hash(slabs, word) == hash && keys.same(word, word, keyBytes);
  }

  boolean isDead(Side<?> keys, Side<?> values) {
    return !keys.areLive(keyWord, keyBytes) || !values.areLive(valueWord, valueBytes);
  }

  /** Gives one side's references back; what that throws joins what was thrown before. */
  static @Nullable RuntimeException released(
      HandleSide handles, long word, byte[] bytes, Object key, @Nullable RuntimeException before) {
    try {
      handles.release(word, bytes, key);
      return before;
    } catch (RuntimeException e) {
      return Lives.joined(before, e);
    }
  }

  /** Under no lock: gives all references back, whatever deallocators throw; what they throw. */
  static @Nullable RuntimeException releaseAll(
      Side<?> keys, Side<?> values, List<DroppedEntry> dropped, @Nullable RuntimeException before) {
    RuntimeException failure = before;
    for (DroppedEntry entry : dropped) {
      Object key = keys.decode(entry.keyWord, entry.keyBytes);
      if (values.handles != null) {
        failure = released(values.handles, entry.valueWord, entry.valueBytes, key, failure);
      }
      if (keys.handles != null) {
        failure = released(keys.handles, entry.keyWord, entry.keyBytes, key, failure);
      }
    }
    dropped.clear();
    return failure;
  }
}
