package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.lifebound.memory.handle.EntryLives;
import dev.lifebound.memory.handle.Registry;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The handles in the keys of a concurrent map, or in its values: takes their references over with
 * an entry, gives them back after it, and says whether their blocks live.
 *
 * <p>An entry with a handle whose block has ended is dead: no longer in the map for whoever asks,
 * though its slot is taken until a write drops it.
 */
final class HandleSide {
  private static final Set<Class<?>> OURS =
      Set.of(HandleSide.class, Side.class, ConcurrentNativeMap.class, ConcurrentMapBuilder.class);

  private final EntryLives lives;
  private final Registry registry;
  private final int[] offsets;
  private final boolean words;

  private HandleSide(EntryLives lives, Registry registry, int[] offsets, boolean words) {
    this.lives = lives;
    this.registry = registry;
    this.offsets = offsets;
    this.words = words;
  }

  /** Null where there are no handles. */
  static @Nullable HandleSide of(TypeCodec<?> codec, String name) {
    Registry registry = codec.registry();
    return registry == null || codec.handleOffsets().length == 0
        ? null
        : new HandleSide(
            EntryLives.ofSeveralWriters(registry, name, OURS),
            registry,
            codec.handleOffsets(),
            codec.isWord());
  }

  boolean isOnePerEntry() {
    return offsets.length == 1;
  }

  /** The handles in entries whose blocks have ended. */
  long dead() {
    return lives.dead();
  }

  private long handle(long word, byte[] bytes, int offset) {
    // A handle fills a word.
    return words ? word : MemorySegment.ofArray(bytes).get(JAVA_LONG_UNALIGNED, offset);
  }

  boolean areLive(long word, byte[] bytes) {
    for (int offset : offsets) {
      if (!lives.isLive(handle(word, bytes, offset))) {
        return false;
      }
    }
    return true;
  }

  /** Takes the references over, or throws and takes none. */
  void bind(long word, byte[] bytes, Object key) {
    int bound = 0;
    try {
      for (int offset : offsets) {
        lives.bind(handle(word, bytes, offset), key);
        bound++;
      }
    } finally {
      if (bound < offsets.length) {
        unbind(word, bytes, key, bound);
      }
    }
  }

  /** The references are the caller's again: there was no room for the entry. */
  void unbind(long word, byte[] bytes, Object key) {
    unbind(word, bytes, key, offsets.length);
  }

  private void unbind(long word, byte[] bytes, Object key, int count) {
    for (int i = 0; i < count; i++) {
      lives.unbind(handle(word, bytes, offsets[i]), key);
    }
  }

  /** Gives the references of what was dropped back; under no lock, since deallocators may run. */
  void release(long word, byte[] bytes, Object key) {
    RuntimeException failure = null;
    for (int offset : offsets) {
      try {
        boolean _ = lives.release(handle(word, bytes, offset), key);
      } catch (RuntimeException e) {
        failure = Lives.joined(failure, e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Gives references back that were never bound, those whose blocks live; as {@link #release}. */
  void giveBack(long word, byte[] bytes) {
    RuntimeException failure = null;
    for (int offset : offsets) {
      long handle = handle(word, bytes, offset);
      if (registry.isLive(handle)) {
        try {
          registry.release(handle);
        } catch (RuntimeException e) {
          failure = Lives.joined(failure, e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** After the last entry was dropped. */
  void close() {
    lives.close();
  }
}
