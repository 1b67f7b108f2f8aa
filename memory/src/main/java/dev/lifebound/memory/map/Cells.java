package dev.lifebound.memory.map;

/** The sizes of cells. */
final class Cells {
  /** The largest value: what a Java array can hold, with room for a header. */
  static final int MAX_BYTES = Integer.MAX_VALUE - 64;

  private Cells() {}

  static int checkedSize(long bytes) {
    if (bytes > MAX_BYTES) {
      throw new IllegalArgumentException(
          "a key or value must not be larger than a map can hold: bytes="
              + bytes
              + ", most="
              + MAX_BYTES
              + "; keep it in a block and put the handle");
    }
    return (int) bytes;
  }
}
