package dev.lifebound.memory.map;

import java.lang.foreign.MemorySegment;

/**
 * How values of one type stand in native memory.
 *
 * <p>{@link Codecs} derives codecs for many types. For another type give one of your own, which
 * must keep this contract, the law of codecs:
 *
 * <ul>
 *   <li>{@code read} of what {@code write} wrote gives an equal value;
 *   <li>equal values have the same size and the same bytes, and values that are not equal have not:
 *       a map compares and hashes its keys by their bytes;
 *   <li>{@code write} writes {@code byteSize(value)} bytes, all of them, and no others;
 *   <li>nothing of this depends on anything but the value, and any thread may call it.
 * </ul>
 *
 * <p>A map gives {@code write} and {@code read} a segment of the value's bytes and no others, to
 * {@code read} a read-only one: a codec that goes astray gets a {@link CodecContractException} and
 * reaches no other entry. A codec may use other maps; a {@link ConcurrentNativeMap} calls it under
 * no lock. Each new key of an own codec is checked: its bytes must read back as an equal key with
 * the same hash code and the same bytes. {@link Codecs#check} checks the whole law on samples, for
 * a unit test.
 *
 * <pre>{@code
 * final class LocalDateCodec implements Codec<LocalDate> {
 *   public int fixedBytes() { return Long.BYTES; }
 *   public void write(LocalDate value, MemorySegment target, long offset) {
 *     target.set(JAVA_LONG_UNALIGNED, offset, value.toEpochDay());
 *   }
 *   public LocalDate read(MemorySegment source, long offset, int byteSize) {
 *     return LocalDate.ofEpochDay(source.get(JAVA_LONG_UNALIGNED, offset));
 *   }
 * }
 * }</pre>
 *
 * @param <T> the type of values; null is none
 */
public interface Codec<T> {
  /** Stands for the size of values that differ in size. */
  int VARIABLE = -1;

  /** The size of every value in bytes, from 0 on, or {@link #VARIABLE}. */
  int fixedBytes();

  /** The size of this value in bytes. A codec of variable size must say it. */
  default int byteSize(T value) {
    int bytes = fixedBytes();
    if (bytes == VARIABLE) {
      throw new CodecContractException(
          "a codec of variable size must say the size of a value: codec="
              + getClass().getName()
              + "; override byteSize");
    }
    return bytes;
  }

  /** Writes all bytes of the value to {@code target}, from {@code offset} on. */
  void write(T value, MemorySegment target, long offset);

  /**
   * The value whose bytes stand at {@code offset}. It must not keep the segment, whose memory may
   * be another value's when this has returned.
   */
  T read(MemorySegment source, long offset, int byteSize);
}
