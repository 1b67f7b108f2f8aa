package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a typed concurrent map, or its values: between objects, and words and cells.
 *
 * @param <T> the type
 */
final class Side<T> {
  private static final byte[] NOTHING = {};

  final TypeCodec<T> codec;
  final boolean words;
  private final ConcurrentSlabs slabs;
  private final int headerBytes;

  /** Whether the codec may be given bytes that were never written by it, as it cannot go astray. */
  private final boolean sturdy;

  /** Whether comparing and writing run code of the program. */
  final boolean ofProgram;

  /** Handles in it; null when there are none. */
  final @Nullable HandleSide handles;

  Side(TypeCodec<T> codec, ConcurrentSlabs slabs, int headerBytes, String name) {
    this.handles = HandleSide.of(codec, name);
    this.codec = codec;
    this.words = codec.isWord();
    this.ofProgram = codec.isOfProgram();
    this.slabs = slabs;
    this.headerBytes = headerBytes;
    this.sturdy = codec instanceof StringCodec || codec instanceof ByteCodecs.OfUuid;
  }

  /** The bytes of a value that is no word; before any lock. */
  byte[] encode(T value) {
    if (words) {
      return NOTHING;
    }
    byte[] bytes = new byte[codec.byteSize(value)];
    if (ofProgram) {
      codec.write(value, MemorySegment.ofArray(bytes), 0, bytes.length);
    } else {
      codec.write(value, MemorySegment.ofArray(bytes), 0);
    }
    return bytes;
  }

  long word(T value) {
    return words ? codec.word(value) : 0;
  }

  /** The value of bytes on the heap, or of a word. */
  T decode(long word, byte[] bytes) {
    return words ? codec.ofWord(word) : codec.read(MemorySegment.ofArray(bytes), 0, bytes.length);
  }

  /** The bytes behind a word; under the lock. */
  byte[] bytes(long word) {
    return words ? NOTHING : ConcurrentCells.read(slabs, word, headerBytes);
  }

  /** Whether a word, or the bytes behind it, are these; under the lock. */
  boolean same(long word, long expectedWord, byte[] expected) {
    return words ? word == expectedWord : Arrays.equals(bytes(word), expected);
  }

  /** What to put into a slot; under the lock. */
  long store(Stripe stripe, long hash, long word, byte[] bytes) {
    return words ? word : ConcurrentCells.write(slabs, stripe, headerBytes, hash, bytes);
  }

  /** A word that was in a slot is not any more; under the lock. */
  void retire(Stripe stripe, long word) {
    if (!words) {
      ConcurrentCells.retire(slabs, stripe, word, headerBytes);
    }
  }

  /** A word that was stored and did not come into a slot; under the lock. */
  void giveBack(Stripe stripe, long word) {
    if (!words) {
      int length = ConcurrentCells.length(slabs, word, headerBytes);
      stripe.state.cells.giveBack(word, ConcurrentCells.cellBytes(length, headerBytes));
    }
  }

  boolean areLive(long word, byte[] bytes) {
    return handles == null || handles.areLive(word, bytes);
  }

  /** Stands for what may have been recycled. */
  enum Recycled {
    RECYCLED
  }

  /**
   * The value of a word that was read without the lock; null when a block of it has ended, {@link
   * Recycled} when it may not be the value's word.
   */
  @Nullable Object read(Stripe stripe, long version, long word) {
    if (words) {
      if (!stripe.isStill(version)) {
        return Recycled.RECYCLED;
      }
      return areLive(word, NOTHING) ? codec.ofWord(word) : null;
    }
    VarHandle.loadLoadFence();
    int length = length(stripe, version, word);
    if (length < 0) {
      return Recycled.RECYCLED;
    }
    MemorySegment slab = slabs.segment(word);
    long offset = ConcurrentCells.bytesOffset(word, headerBytes);
    if (sturdy) {
      T value = codec.read(slab, offset, length);
      return stripe.isStill(version) ? value : Recycled.RECYCLED;
    }
    byte[] bytes = new byte[length];
    MemorySegment.copy(slab, JAVA_BYTE, offset, bytes, 0, length);
    if (!stripe.isStill(version)) {
      return Recycled.RECYCLED;
    }
    return areLive(word, bytes) ? codec.read(MemorySegment.ofArray(bytes), 0, length) : null;
  }

  /**
   * Whether what may be a key cell holds this key.
   *
   * @param encoded the key's bytes, null when they are not needed
   */
  boolean holds(long word, long hash, T key, byte @Nullable [] encoded) {
    // A key's cell may have been moved, to a slab that came after its control byte: what is known
    // of slabs must not be older than the word.
    VarHandle.loadLoadFence();
    if (!ConcurrentCells.isCell(slabs, word, headerBytes)
        || ConcurrentCells.hash(slabs, word) != hash) {
      return false;
    }
    int length = ConcurrentCells.length(slabs, word, headerBytes);
    MemorySegment slab = slabs.segment(word);
    long offset = ConcurrentCells.bytesOffset(word, headerBytes);
    if (length < 0 || length > slab.byteSize() - offset) {
      return false;
    }
    return encoded == null
        ? codec.matches(key, slab, offset, length)
        : codec.matchesBytes(
            MemorySegment.ofArray(encoded), 0, encoded.length, slab, offset, length);
  }

  /** The length of a cell that was read without the lock; -1 when it may have been recycled. */
  int length(Stripe stripe, long version, long word) {
    if (!ConcurrentCells.isCell(slabs, word, headerBytes)) {
      return -1;
    }
    int length = ConcurrentCells.length(slabs, word, headerBytes);
    return stripe.isStill(version) ? length : -1;
  }

  /** Copies the bytes of a cell of this length. */
  void copy(long word, byte[] into, int at, int length) {
    MemorySegment.copy(
        slabs.segment(word),
        JAVA_BYTE,
        ConcurrentCells.bytesOffset(word, headerBytes),
        into,
        at,
        length);
  }

  /** Refuses a new key of an own codec that breaks the law. */
  void verify(T key, byte[] bytes) {
    if (codec instanceof OwnCodec) {
      byte[] own = bytes;
      if (words) {
        own = new byte[codec.fixedBytes()];
        codec.write(key, MemorySegment.ofArray(own), 0);
      }
      codec.verifyKey(key, MemorySegment.ofArray(own), 0, own.length);
    }
  }
}
