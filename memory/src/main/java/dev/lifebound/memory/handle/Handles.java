package dev.lifebound.memory.handle;

/**
 * The bits of a handle.
 *
 * <pre>
 *  63      54 53                       28 27                         0
 * +----------+---------------------------+----------------------------+
 * | registry |        generation         |            slot            |
 * |  10 bits |          26 bits          |          28 bits           |
 * +----------+---------------------------+----------------------------+
 * </pre>
 *
 * <p>Registry numbers begin at 1, so that no handle is zero. A slot whose generation would run out
 * of its 26 bits is retired and never used again, and all registries share the slots: no handle is
 * issued twice in a process. The registry's number only tells which registry was meant; numbers of
 * closed ones come back after 1,022 others, and their handles are stale all the same.
 */
final class Handles {
  static final int SLOT_BITS = 28;
  static final int GENERATION_BITS = 26;
  static final int REGISTRY_BITS = 10;

  static final int SLOT_MASK = (1 << SLOT_BITS) - 1;
  static final int GENERATION_MASK = (1 << GENERATION_BITS) - 1;
  static final int REGISTRY_SHIFT = SLOT_BITS + GENERATION_BITS;
  static final int MAX_REGISTRIES = (1 << REGISTRY_BITS) - 1;

  private Handles() {}

  static long of(int registry, int generation, int slot) {
    return ((long) registry << REGISTRY_SHIFT) | ((long) generation << SLOT_BITS) | slot;
  }

  static int registry(long handle) {
    return (int) (handle >>> REGISTRY_SHIFT);
  }

  static int generation(long handle) {
    return (int) (handle >>> SLOT_BITS) & GENERATION_MASK;
  }

  static int slot(long handle) {
    return (int) handle & SLOT_MASK;
  }

  /** The block's number as every message writes it: slot and generation. */
  static String block(long handle) {
    return "#" + slot(handle) + "." + generation(handle);
  }
}
