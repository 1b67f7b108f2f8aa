package dev.lifebound.memory.handle;

import org.jspecify.annotations.Nullable;

/**
 * Hears of adopted blocks, so that a free by C is recognised. Internal: for the watch; see {@link
 * CFrees}.
 *
 * <p>Called by whichever thread adopts or ends a block; must be quick and must not call the
 * registry.
 */
public interface AdoptedBlocks {
  /** A registry, as the watch sees it. */
  interface Source {
    /**
     * Ends a block whose state word native code has moved to freed-by-C: names, children and bound
     * maps hear of it, and the lease that native code has added is given back.
     *
     * @param freer the call by C; null when that is not known any more
     */
    void settle(long handle, @Nullable Freer freer);

    /** The block in messages. */
    String describe(long handle);
  }

  /**
   * A call of {@code free} by C.
   *
   * @param caller its return address
   * @param library the file's name of the library that called
   * @param thread the system's number of the thread
   * @param threadName its name
   * @param nanoTime when
   */
  record Freer(long caller, String library, int thread, String threadName, long nanoTime) {}

  /**
   * A block becomes live. May be called twice for the same block.
   *
   * @param stateWord address of its state word, which is never unmapped
   */
  void entered(Source source, long handle, long address, long byteSize, long stateWord);

  /** The address means nothing any more, unless a free of it is owed. */
  void left(long handle, long address);

  /** Nobody leases a block any more that C has freed: if its free was kept back, it is due now. */
  void freeOwed(long handle, long address, long byteSize);
}
