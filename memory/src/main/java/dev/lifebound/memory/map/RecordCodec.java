package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.lifebound.memory.handle.Registry;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A record, component by component.
 *
 * <pre>
 *   head: the components in their order; a fixed one is there, a variable one has its size there (4 bytes)
 *   tail: the variable components in their order
 * </pre>
 *
 * <p>No gaps, native byte order. Components are read through their accessors, and a record is made
 * by its canonical constructor: an accessor that is overridden must keep the law of {@link
 * java.lang.Record}.
 */
final class RecordCodec<R> extends TypeCodec<R> {
  // Longer than 400 lines by a few: reading, writing and checking follow the same layout, step by
  // step.
  /**
   * One component.
   *
   * @param accessor takes and returns an Object
   */
  record Column(String path, TypeCodec<Object> codec, MethodHandle accessor, int offset) {
    static final int SIZE_BYTES = Integer.BYTES;

    boolean isVariable() {
      return codec.fixedBytes() == VARIABLE;
    }

    int headBytes() {
      return isVariable() ? SIZE_BYTES : codec.fixedBytes();
    }

    Object of(Object value) {
      Object component;
      try {
        component = (Object) accessor.invokeExact(value);
      } catch (IllegalStateException | IndexOutOfBoundsException e) {
        // What an access that fails in the map's storage throws: not to be taken for one.
        throw failed(e);
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw failed(e);
      }
      return Objects.requireNonNull(component, () -> "a component must not be null: " + path);
    }

    private CodecContractException failed(Throwable cause) {
      return new CodecContractException(
          "an accessor must answer: component=" + path + "; mend the accessor", cause);
    }
  }

  private final Column[] columns;
  private final int headBytes;

  /** Takes an Object[] and returns an Object. */
  private final MethodHandle constructor;

  private final boolean keyUpdated;
  private final boolean ofProgram;
  private final int[] handleOffsets;
  private final @Nullable Registry registry;

  RecordCodec(
      Class<?> type, List<Column> columns, MethodHandle constructor, @Nullable String whyNoKey) {
    super(type, type.getSimpleName(), fixedBytes(columns), whyNoKey);
    this.columns = columns.toArray(Column[]::new);
    this.headBytes = headBytes(columns);
    this.constructor =
        constructor
            .asSpreader(Object[].class, columns.size())
            .asType(MethodType.methodType(Object.class, Object[].class));
    this.keyUpdated = columns.stream().anyMatch(column -> column.codec.isKeyUpdated());
    this.ofProgram = columns.stream().anyMatch(column -> column.codec.isOfProgram());
    this.handleOffsets =
        columns.stream()
            .flatMapToInt(
                column -> IntStream.of(column.codec.handleOffsets()).map(at -> column.offset + at))
            .toArray();
    this.registry =
        columns.stream()
            .map(column -> column.codec.registry())
            .filter(Objects::nonNull)
            .findFirst()
            .orElse(null);
  }

  private static int headBytes(List<Column> columns) {
    return columns.stream().mapToInt(Column::headBytes).reduce(0, Math::addExact);
  }

  private static int fixedBytes(List<Column> columns) {
    return columns.stream().anyMatch(Column::isVariable) ? VARIABLE : headBytes(columns);
  }

  @Override
  public int byteSize(R value) {
    if (fixedBytes() != VARIABLE) {
      return fixedBytes();
    }
    long bytes = headBytes;
    for (Column column : columns) {
      if (column.isVariable()) {
        bytes += column.codec.byteSize(column.of(value));
      }
    }
    return Cells.checkedSize(bytes);
  }

  @Override
  public void write(R value, MemorySegment target, long offset) {
    long _ = write(value, target, offset, Long.MAX_VALUE);
  }

  @Override
  void write(R value, MemorySegment target, long offset, int byteSize) {
    long bytes = write(value, target, offset, offset + byteSize) - offset;
    if (bytes != byteSize) {
      throw changed(bytes, byteSize);
    }
  }

  /** Where it ends, which is not after {@code end}. */
  private long write(R value, MemorySegment target, long offset, long end) {
    long tail = offset + headBytes;
    for (Column column : columns) {
      Object component = column.of(value);
      long head = offset + column.offset;
      if (column.isVariable()) {
        int bytes = column.codec.byteSize(component);
        if (bytes > end - tail) {
          throw changed(tail + bytes - offset, end - offset);
        }
        target.set(JAVA_INT_UNALIGNED, head, bytes);
        write(column.codec, component, target, tail, bytes);
        tail += bytes;
      } else {
        write(column.codec, component, target, head, column.codec.fixedBytes());
      }
    }
    return tail;
  }

  /** Our own codecs by the short way, so that calls are compiled for the types of this record. */
  private void write(
      TypeCodec<Object> codec, Object component, MemorySegment target, long offset, int bytes) {
    if (ofProgram) {
      codec.write(component, target, offset, bytes);
    } else {
      codec.write(component, target, offset);
    }
  }

  private CodecContractException changed(long bytes, long before) {
    return new CodecContractException(
        "a value must have the same size each time it is asked for: byteSize="
            + bytes
            + ", before="
            + before
            + ", record="
            + typeName
            + "; mend byteSize of its components' codecs, or the accessors");
  }

  @Override
  public R read(MemorySegment source, long offset, int byteSize) {
    @Nullable Object[] components = new Object[columns.length];
    long tail = offset + headBytes;
    for (int i = 0; i < columns.length; i++) {
      Column column = columns[i];
      long head = offset + column.offset;
      if (column.isVariable()) {
        int bytes = source.get(JAVA_INT_UNALIGNED, head);
        components[i] = column.codec.read(source, tail, bytes);
        tail += bytes;
      } else {
        components[i] = column.codec.read(source, head, column.codec.fixedBytes());
      }
    }
    return make(components);
  }

  @SuppressWarnings("unchecked") // the constructor is that of R
  private R make(@Nullable Object[] components) {
    try {
      return (R) (Object) constructor.invokeExact(components);
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      throw failed(e);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  private CodecContractException failed(Throwable cause) {
    return new CodecContractException(
        "a constructor must take what the accessors answered: record="
            + typeName
            + "; let it depend on the components only",
        cause);
  }

  @Override
  long word(R value) {
    long word = 0;
    for (Column column : columns) {
      if (column.codec.fixedBytes() != 0) {
        word |= column.codec.word(column.of(value)) << (Byte.SIZE * column.offset);
      }
    }
    return word;
  }

  /** The component's part of a word. */
  private static long part(Column column, long word) {
    int bytes = column.codec.fixedBytes();
    return bytes == 0
        ? 0
        : (word >>> (Byte.SIZE * column.offset)) & (-1L >>> (Long.SIZE - Byte.SIZE * bytes));
  }

  @Override
  R ofWord(long word) {
    @Nullable Object[] components = new Object[columns.length];
    for (int i = 0; i < columns.length; i++) {
      components[i] = columns[i].codec.ofWord(part(columns[i], word));
    }
    return make(components);
  }

  @Override
  long canonical(long word) {
    if (!keyUpdated) {
      return word;
    }
    long canonical = 0;
    for (Column column : columns) {
      canonical |= column.codec.canonical(part(column, word)) << shift(column);
    }
    return canonical;
  }

  /** A component without bytes may stand at offset 8; its part is 0, wherever it is shifted. */
  private static int shift(Column column) {
    return Byte.SIZE * column.offset;
  }

  @Override
  long scramble(long word, long random) {
    if (!keyUpdated) {
      return word;
    }
    long scrambled = 0;
    for (Column column : columns) {
      scrambled |= column.codec.scramble(part(column, word), random) << shift(column);
    }
    return scrambled;
  }

  @Override
  boolean isKeyUpdated() {
    return keyUpdated;
  }

  @Override
  boolean isReflexive(R value) {
    if (keyUpdated) {
      for (Column column : columns) {
        if (!column.codec.isReflexive(column.of(value))) {
          return false;
        }
      }
    }
    return true;
  }

  @Override
  boolean isReflexiveWord(long word) {
    if (keyUpdated) {
      for (Column column : columns) {
        if (!column.codec.isReflexiveWord(part(column, word))) {
          return false;
        }
      }
    }
    return true;
  }

  @Override
  long hash(R value, long seed) {
    long hash = seed;
    for (Column column : columns) {
      hash = column.codec.hash(column.of(value), hash);
    }
    return hash;
  }

  @Override
  long hashOf(MemorySegment source, long offset, int byteSize, long seed) {
    long hash = seed;
    long tail = offset + headBytes;
    for (Column column : columns) {
      long head = offset + column.offset;
      if (column.isVariable()) {
        int bytes = source.get(JAVA_INT_UNALIGNED, head);
        hash = column.codec.hashOf(source, tail, bytes, hash);
        tail += bytes;
      } else {
        hash = column.codec.hashOf(source, head, column.codec.fixedBytes(), hash);
      }
    }
    return hash;
  }

  @Override
  boolean matches(R value, MemorySegment source, long offset, int byteSize) {
    long tail = offset + headBytes;
    for (Column column : columns) {
      Object component = column.of(value);
      long head = offset + column.offset;
      if (column.isVariable()) {
        int bytes = source.get(JAVA_INT_UNALIGNED, head);
        if (!column.codec.matches(component, source, tail, bytes)) {
          return false;
        }
        tail += bytes;
      } else if (!column.codec.matches(component, source, head, column.codec.fixedBytes())) {
        return false;
      }
    }
    return true;
  }

  @Override
  boolean isOfProgram() {
    return ofProgram;
  }

  @Override
  boolean matchesBytes(
      MemorySegment key,
      long keyOffset,
      int keyBytes,
      MemorySegment source,
      long offset,
      int byteSize) {
    if (!keyUpdated) {
      return super.matchesBytes(key, keyOffset, keyBytes, source, offset, byteSize);
    }
    long keyTail = keyOffset + headBytes;
    long tail = offset + headBytes;
    for (Column column : columns) {
      long keyHead = keyOffset + column.offset;
      long head = offset + column.offset;
      boolean variable = column.isVariable();
      int own = variable ? key.get(JAVA_INT_UNALIGNED, keyHead) : column.codec.fixedBytes();
      int bytes = variable ? source.get(JAVA_INT_UNALIGNED, head) : own;
      if (!column.codec.matchesBytes(
          key, variable ? keyTail : keyHead, own, source, variable ? tail : head, bytes)) {
        return false;
      }
      if (variable) {
        keyTail += own;
        tail += bytes;
      }
    }
    return true;
  }

  @Override
  int[] handleOffsets() {
    return Arrays.copyOf(handleOffsets, handleOffsets.length);
  }

  @Override
  @Nullable Registry registry() {
    return registry;
  }

  @Override
  void verifyWord(R key, long word) {
    for (Column column : columns) {
      column.codec.verifyWord(column.of(key), part(column, word));
    }
  }

  @Override
  void verifyKey(R key, MemorySegment source, long offset, int byteSize) {
    long tail = offset + headBytes;
    for (Column column : columns) {
      long head = offset + column.offset;
      if (column.isVariable()) {
        int bytes = source.get(JAVA_INT_UNALIGNED, head);
        column.codec.verifyKey(column.of(key), source, tail, bytes);
        tail += bytes;
      } else {
        column.codec.verifyKey(column.of(key), source, head, column.codec.fixedBytes());
      }
    }
  }
}
