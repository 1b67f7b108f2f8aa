package dev.lifebound.memory.handle;

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
     */
    void settle(long handle);

    /** The block in messages. */
    String describe(long handle);
  }

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
