package dev.lifebound.memory.handle;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The state machine behind a registry: every change of a block's state word, and what follows it.
 *
 * <p>The end of a block, in order: its state word leaves LIVE (from here every handle operation
 * refuses it); names go, children become stale, bound maps drop their entries; when the last lease,
 * child and read section that pin it are gone, its memory is freed and its slot gets a new
 * generation.
 */
class BlockTable {
  // Longer than the house's files: the transitions are read together or not understood at all.

  final int number;
  final SlotTable slots = new SlotTable();
  final BlockPool pool = new BlockPool();
  final Tags tags;
  final Lives lives;
  final Leaks leaks;
  final Refusals refusals = new Refusals(this);
  final Attachments attachments = new Attachments(this);
  final Addresses addresses;
  final Sections sections;
  final BoundKeys boundKeys = new BoundKeys();
  final AdoptedSource adopted = new AdoptedSource(this);
  final Counters counters = new Counters();

  private final Runnable whenEmpty;

  /** Blocks whose memory is not freed yet. */
  private final LongAdder undead = new LongAdder();

  /** Takes the registry's MXBean away. */
  volatile @Nullable Runnable whenClosing;

  private final AtomicBoolean closing = new AtomicBoolean();
  private final AtomicBoolean poolClosed = new AtomicBoolean();
  private volatile boolean closed;

  /** {@code whenEmpty} runs once, when the closed table has freed its last block. */
  BlockTable(int number, RegistryBuilder settings, Runnable whenEmpty) {
    this.number = number;
    this.tags = new Tags(settings.byteLimit, settings.tagLimits);
    this.lives = new Lives(settings.tracking);
    this.leaks = new Leaks(this, settings.leakListener);
    this.addresses = settings.checked ? new CheckedAddresses(this) : new Addresses(this);
    this.sections = new Sections(settings.sectionWarningNanos, settings.sectionWarning);
    this.whenEmpty = whenEmpty;
  }

  static BlockTable of(int number, RegistryBuilder settings, Runnable whenEmpty) {
    return settings.checked || settings.tracking == Tracking.FULL
        ? new WatchedTable(number, settings, whenEmpty)
        : new BlockTable(number, settings, whenEmpty);
  }

  boolean isClosed() {
    return closed;
  }

  long undead() {
    return undead.sum();
  }

  /**
   * Enters a block of our own ({@code held} is null) or one that {@code held} holds, as a key of
   * the bound map with the number {@code owner}, or 0. When it throws, {@code held} is still the
   * caller's. No memory is allocated for a block that a limit refuses.
   */
  long enter(@Nullable HeldBlock held, long byteSize, Tags.Account account, int owner) {
    undead.increment();
    try {
      checkOpen();
      tags.enter(account, byteSize);
    } catch (Throwable e) {
      leaveUndead();
      throw e;
    }
    long handle;
    try {
      handle =
          held == null && byteSize > BlockPool.MAX_BLOCK_BYTES
              ? occupyLarge(byteSize, account, owner)
              : occupy(held, byteSize, account, owner);
    } catch (Throwable e) {
      tags.leave(account, byteSize);
      leaveUndead();
      throw e;
    }
    counters.allocated(handle, byteSize, account.tag);
    // close() may have walked past the slot before it was published; otherwise it has freed the
    // block.
    if (closed && held == null) {
      kill(handle);
      checkOpen();
    } else if (closed && withdraw(handle)) {
      checkOpen();
    }
    return handle;
  }

  private long occupyLarge(long byteSize, Tags.Account account, int owner) {
    HeldBlock own = HeldBlock.allocate(byteSize);
    try {
      return occupy(own, byteSize, account, owner);
    } catch (Throwable e) {
      own.deallocator().free(own.segment());
      throw e;
    }
  }

  private long occupy(@Nullable HeldBlock held, long byteSize, Tags.Account account, int owner) {
    int slot = slots.take();
    long handle = Handles.of(number, SlotTable.generation(slots.stateAcquire(slot)), slot);
    try {
      fill(handle, held, byteSize, account);
      slots.setOwner(slot, owner);
    } catch (Throwable e) {
      slots.give(slot);
      throw e;
    }
    lives.allocated(handle, byteSize, account.tag);
    slots.setStateRelease(slot, SlotTable.word(Handles.generation(handle), SlotTable.LIVE, 0, 1));
    // close() writes that it closes and then looks for blocks; this publishes a block and then
    // looks
    // whether it is closed. Neither look may come first.
    VarHandle.fullFence();
    return handle;
  }

  private void fill(long handle, @Nullable HeldBlock held, long byteSize, Tags.Account account) {
    int slot = Handles.slot(handle);
    if (held == null) {
      long position = pool.allocate(byteSize);
      int slab = BlockPool.slabOf(position);
      long address = pool.slab(slab).address() + BlockPool.offset(position);
      addresses.enter(handle, address, byteSize, HeldBlock.Origin.POOL);
      slots.fill(slot, address, byteSize, account.number, slab + 1);
      return;
    }
    long address = held.segment().address();
    addresses.enter(handle, address, byteSize, held.origin());
    slots.fill(slot, address, byteSize, account.number, 0);
    slots.setHeld(slot, held);
    adopted.entered(handle, held);
  }

  private void checkOpen() {
    if (closed) {
      throw new RegistryClosedException(
          "the registry must be open: registry=" + number + "; allocate before close()");
    }
  }

  /** The slot of a handle that this table may have issued. */
  int slot(long handle) {
    int slot = Handles.slot(handle);
    if (Handles.registry(handle) != number || slot >= slots.capacity()) {
      throw refusals.foreign(handle);
    }
    return slot;
  }

  static boolean isLive(long word, long handle) {
    return SlotTable.generation(word) == Handles.generation(handle)
        && SlotTable.state(word) == SlotTable.LIVE;
  }

  /** The word of a live block; otherwise the refusal, counted. */
  long liveWord(int slot, long handle, String operation) {
    long word = slots.stateAcquire(slot);
    if (!isLive(word, handle)) {
      throw refuse(handle, word, operation);
    }
    return word;
  }

  StaleHandleException refuse(long handle, long word, String operation) {
    StaleHandleException refusal = refusals.stale(handle, word, operation);
    counters.staleUse(handle, operation, refusal);
    return refusal;
  }

  void retain(long handle) {
    int slot = slot(handle);
    while (true) {
      long word = liveWord(slot, handle, "retain");
      if (SlotTable.references(word) == SlotTable.MAX_REFERENCES) {
        throw refusals.tooMany(
            "references", handle, SlotTable.MAX_REFERENCES, "look for retains without release");
      }
      if (slots.casState(slot, word, word + SlotTable.ONE_REFERENCE)) {
        return;
      }
    }
  }

  void release(long handle) {
    int slot = slot(handle);
    while (true) {
      long word = slots.stateAcquire(slot);
      if (!isHeld(word, handle)) {
        DoubleReleaseException refusal = refusals.doubleRelease(handle, word);
        counters.doubleRelease(handle, refusal);
        throw refusal;
      }
      long next = word - SlotTable.ONE_REFERENCE;
      if (SlotTable.references(next) != 0
          ? slots.casState(slot, word, next)
          : end(handle, word, next, SlotTable.DYING, false)) {
        return;
      }
    }
  }

  /**
   * Gives one reference back if the block still has one, and says whether it had: for a holder
   * whose block may have been killed under it, which takes its reference too.
   *
   * @param keyMapKnows whether the bound map whose key the block is has dropped the entry already
   */
  boolean releaseIfHeld(long handle, boolean keyMapKnows) {
    int slot = Handles.slot(handle);
    while (true) {
      long word = slots.stateAcquire(slot);
      if (!isHeld(word, handle)) {
        return false;
      }
      long next = word - SlotTable.ONE_REFERENCE;
      if (SlotTable.references(next) != 0
          ? slots.casState(slot, word, next)
          : end(handle, word, next, SlotTable.DYING, keyMapKnows)) {
        return true;
      }
    }
  }

  /** Whether the word is this block's and has references, live or not. */
  static boolean isHeld(long word, long handle) {
    return SlotTable.generation(word) == Handles.generation(handle)
        && SlotTable.references(word) != 0;
  }

  /** Takes all references from a block, if it still has any. */
  void kill(long handle) {
    int slot = Handles.slot(handle);
    while (true) {
      long word = slots.stateAcquire(slot);
      if (!isHeld(word, handle)
          || end(handle, word, word - SlotTable.references(word), SlotTable.DYING, false)) {
        return;
      }
    }
  }

  /** Takes a block back that its owner keeps; false when it is dead already. */
  boolean withdraw(long handle) {
    int slot = Handles.slot(handle);
    while (true) {
      long word = slots.stateAcquire(slot);
      if (!isHeld(word, handle)) {
        return false;
      }
      if (end(handle, word, word - SlotTable.references(word), SlotTable.FREED_BY_C, false)) {
        return true;
      }
    }
  }

  void markFreedByC(long handle) {
    int slot = slot(handle);
    while (true) {
      long word = liveWord(slot, handle, "markFreedByC");
      HeldBlock held = slots.held(slot);
      if (slots.stateAcquire(slot) != word) {
        continue;
      }
      if (held == null || !held.adopted()) {
        throw new IllegalArgumentException(
            "only an adopted block can be freed by C: block="
                + Handles.block(handle)
                + ", "
                + refusals.describe(handle)
                + "; release it");
      }
      if (end(handle, word, word, SlotTable.FREED_BY_C, false)) {
        return;
      }
    }
  }

  /**
   * Follows native code, which has seen C free a block, has moved it to FREED_BY_C and has given it a
   * lease. Once for each such block.
   */
  void settleFreedByC(long handle) {
    int slot = Handles.slot(handle);
    long word = slots.stateAcquire(slot);
    int owner = slots.owner(slot);
    lives.freed(handle);
    forgetAddress(slot, handle);
    RuntimeException failure =
        SlotTable.isAttached(word) || owner != 0 ? tell(handle, owner) : null;
    if (sections.mustWait()) {
      // The memory is kept for them as well, by the lease.
      sections.deferUnpin(this, handle);
    } else {
      failure = unpin(handle, failure);
    }
    if (failure != null) {
      throw failure;
    }
  }

  private @Nullable RuntimeException unpin(long handle, @Nullable RuntimeException before) {
    try {
      unpin(handle);
      return before;
    } catch (RuntimeException e) {
      return Attachments.joined(before, e);
    }
  }

  /**
   * Moves a block out of LIVE, tells who must hear, and frees it if nothing pins it. A block that
   * left LIVE before keeps its state.
   *
   * @param next the word with the new counts, still in the old state
   * @param keyMapKnows whether the bound map whose key the block is need not be told
   * @return false when the word had changed, and nothing was done
   */
  boolean end(long handle, long word, long next, int newState, boolean keyMapKnows) {
    int slot = Handles.slot(handle);
    boolean ends = SlotTable.state(word) == SlotTable.LIVE;
    long target = ends ? SlotTable.withState(next, newState) : next;
    int owner = keyMapKnows ? 0 : slots.owner(slot);
    boolean tell = ends && (SlotTable.isAttached(word) || owner != 0);
    if (tell) {
      // A pin of our own, so that nobody frees the memory before everybody has heard.
      target += SlotTable.ONE_LEASE;
    }
    if (!slots.casState(slot, word, target)) {
      return false;
    }
    RuntimeException failure = null;
    if (ends) {
      lives.freed(handle);
      if (newState == SlotTable.FREED_BY_C) {
        forgetAddress(slot, handle);
      }
    }
    if (tell) {
      failure = tell(handle, owner);
    }
    finish(handle, target, tell, failure);
    if (ends && newState == SlotTable.DYING && SlotTable.leases(word) != 0) {
      counters.leased(this, handle);
    }
    return true;
  }

  private @Nullable RuntimeException tell(long handle, int owner) {
    RuntimeException failure = attachments.detach(handle);
    if (owner != 0) {
      try {
        boundKeys.stale(owner, handle);
      } catch (RuntimeException e) {
        failure = Attachments.joined(failure, e);
      }
    }
    return failure;
  }

  private void finish(long handle, long word, boolean unpin, @Nullable RuntimeException failure) {
    RuntimeException all = failure;
    try {
      if (unpin) {
        unpin(handle);
      } else {
        finishIfUnused(handle, word);
      }
    } catch (RuntimeException e) {
      all = Attachments.joined(all, e);
    }
    if (all != null) {
      throw all;
    }
  }

  /** From here C may hand the same address out again, and it may be adopted again. */
  void forgetAddress(int slot, long handle) {
    HeldBlock held = slots.held(slot);
    if (held != null) {
      addresses.leave(handle, held.segment().address(), held.origin());
      adopted.left(handle, held);
    }
  }

  /** Adds a pin to a live block. */
  void pin(long handle, String operation) {
    int slot = slot(handle);
    while (true) {
      long word = liveWord(slot, handle, operation);
      if (addLease(slot, handle, word, 0)) {
        return;
      }
    }
  }

  /** Adds a pin to a block that the caller has pinned, also when it is no longer live. */
  void pinAgain(long handle) {
    int slot = Handles.slot(handle);
    while (!addLease(slot, handle, slots.stateAcquire(slot), 0)) {
      Thread.onSpinWait();
    }
  }

  private boolean addLease(int slot, long handle, long word, long flags) {
    if (SlotTable.leases(word) >= SlotTable.MAX_LEASES) {
      throw refusals.tooMany(
          "leases", handle, SlotTable.MAX_LEASES, "close leases with try-with-resources");
    }
    return slots.casState(slot, word, (word + SlotTable.ONE_LEASE) | flags);
  }

  /** Gives a pin back, and frees the block if it was the last and the block is released. */
  void unpin(long handle) {
    int slot = Handles.slot(handle);
    while (true) {
      long word = slots.stateAcquire(slot);
      long next = word - SlotTable.ONE_LEASE;
      if (slots.casState(slot, word, next)) {
        finishIfUnused(handle, next);
        return;
      }
    }
  }

  void checkLive(long handle, String operation) {
    liveWord(slot(handle), handle, operation);
    lives.touched(handle, operation);
  }

  /** In checked mode, refuses borrowed bytes that lie in another block, or only half in one. */
  void checkBorrowed(long handle, long address, long bytes) {}

  /** The refusal of a pointer that has left a pinned block. */
  CheckFailedException strayed(long handle, long address, long bytes) {
    return refusals.strayed(handle, address, bytes, null);
  }

  /** In checked mode, refuses bytes that are not the block's; otherwise does nothing. */
  void checkInside(long handle, long address, long bytes) {}

  /** The refusal of an access that leaves its block. */
  IndexOutOfBoundsException outside(long handle, long at, long bytes) {
    return refusals.outside(handle, at, bytes);
  }

  /** Says in the state word that the block's end must be told. The caller holds a pin. */
  void markAttached(long handle) {
    int slot = Handles.slot(handle);
    while (true) {
      long word = slots.stateAcquire(slot);
      if (SlotTable.isAttached(word) || slots.casState(slot, word, word | SlotTable.ATTACHED)) {
        return;
      }
    }
  }

  /** The caller's compare-and-set made this word: with no reference and no lease it frees. */
  private void finishIfUnused(long handle, long word) {
    if (SlotTable.leases(word) != 0) {
      return;
    }
    if (SlotTable.state(word) == SlotTable.FREED_BY_C) {
      adopted.freeOwed(handle);
    }
    if (SlotTable.references(word) != 0) {
      return;
    }
    if (sections.mustWait()) {
      counters.deferred(this, handle, Counters.BY_SECTION);
      sections.defer(this, handle);
    } else {
      reclaim(handle);
    }
  }

  /** Frees a block that nothing can reach any more. */
  void reclaim(long handle) {
    int slot = Handles.slot(handle);
    long word = slots.stateAcquire(slot);
    int home = slots.home(slot);
    long size = slots.size(slot);
    Tags.Account account = tags.account(slots.tag(slot));
    RuntimeException failure = null;
    if (home != 0) {
      addresses.leave(handle, slots.address(slot), HeldBlock.Origin.POOL);
      pool.free(pool.position(home - 1, slots.address(slot)), size);
    } else {
      failure = freeHeld(handle, SlotTable.state(word) == SlotTable.FREED_BY_C);
    }
    int generation = Handles.generation(handle);
    if (generation < Handles.GENERATION_MASK) {
      slots.setStateRelease(slot, SlotTable.word(generation + 1, SlotTable.DEAD, 0, 0));
      slots.give(slot);
    } else {
      slots.setStateRelease(slot, SlotTable.word(generation, SlotTable.DEAD, 0, 0));
    }
    tags.leave(account, size);
    leaveUndead();
    if (SlotTable.isAttached(word)) {
      failure = Attachments.joined(failure, attachments.freed(handle));
    }
    if (failure != null) {
      throw failure;
    }
  }

  private @Nullable DeallocationFailedException freeHeld(long handle, boolean freedByC) {
    int slot = Handles.slot(handle);
    HeldBlock held = Objects.requireNonNull(slots.held(slot), "a held block must be there");
    slots.setHeld(slot, null);
    // Before the memory is free: afterwards its address may be adopted again at once. Also after a
    // free in C, whose thread may not have come so far yet.
    addresses.leave(handle, held.segment().address(), held.origin());
    adopted.left(handle, held);
    if (freedByC) {
      return null;
    }
    try {
      held.deallocator().free(held.segment());
      return null;
    } catch (Throwable e) {
      return refusals.deallocation(handle, e);
    }
  }

  /** Kills every block, and reports those that were live; what deallocators throw is joined. */
  @Nullable RuntimeException close(Leak.Cause cause) {
    closed = true;
    Runnable unregister = whenClosing;
    if (unregister != null) {
      unregister.run();
    }
    List<Leak> leaked = closing.compareAndSet(false, true) ? leaks.live(cause) : List.of();
    RuntimeException failure = killAll();
    leaks.report(leaked);
    closePoolIfEmpty();
    return failure;
  }

  private @Nullable RuntimeException killAll() {
    RuntimeException failure = null;
    int used = slots.used();
    for (int slot = 0; slot < used; slot++) {
      long word = slots.stateAcquire(slot);
      try {
        kill(Handles.of(number, SlotTable.generation(word), slot));
      } catch (RuntimeException e) {
        failure = Attachments.joined(failure, e);
      }
    }
    return failure;
  }

  private void leaveUndead() {
    undead.decrement();
    if (closed) {
      closePoolIfEmpty();
    }
  }

  /** After close() the sum only falls; whoever comes last sees zero. */
  private void closePoolIfEmpty() {
    if (undead.sum() == 0 && poolClosed.compareAndSet(false, true)) {
      pool.close();
      whenEmpty.run();
    }
  }

  /** The memory of a block that the caller has pinned, or protects by a read section. */
  MemorySegment base(int slot) {
    int home = slots.home(slot);
    if (home != 0) {
      return pool.slab(home - 1);
    }
    return Objects.requireNonNull(slots.held(slot), "a held block must be there").segment();
  }
}
