package dev.lifebound.memory.handle;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;
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
  final Stripes stripes = new Stripes();
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

  /** Takes the registry's MXBean away. */
  volatile @Nullable Runnable whenClosing;

  private final AtomicBoolean closing = new AtomicBoolean();
  private volatile boolean closed;

  /** {@code whenEmpty} runs once, when the closed table has freed its last block. */
  BlockTable(int number, RegistryBuilder settings, Runnable whenEmpty) {
    this.number = number;
    this.tags = new Tags(stripes, settings.byteLimit, settings.tagLimits);
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
    return stripes.undead();
  }

  /**
   * Enters a block of our own ({@code held} is null) or one that {@code held} holds, as a key of
   * the bound map with the number {@code owner}, or 0. When it throws, {@code held} is still the
   * caller's. No memory is allocated for a block that a limit refuses.
   */
  long enter(@Nullable HeldBlock held, long byteSize, Tags.Account account, int owner) {
    if (held != null) {
      return enterHeld(held, byteSize, account, owner);
    }
    return byteSize > SizeClass.MAX_BLOCK_BYTES
        ? enterLarge(byteSize, account, owner)
        : allocate(byteSize, account, owner);
  }

  private long allocate(long byteSize, Tags.Account account, int owner) {
    long handle;
    Stripe stripe = stripes.lock();
    try {
      handle = allocateIn(stripe, byteSize, account, owner);
    } finally {
      stripe.unlock();
    }
    counters.allocated(handle, byteSize, account.tag);
    return handle;
  }

  /**
   * Publishes a zeroed block of our own, by way of a stripe that the caller has locked; the flight
   * recorder must hear of it when it is unlocked.
   */
  long allocateIn(Stripe stripe, long byteSize, Tags.Account account, int owner) {
    // Under the lock: close() passes through every stripe, and so finds what was published.
    checkOpen();
    tags.enter(account, byteSize);
    int slot;
    try {
      slot = stripes.take(stripe, SizeClass.of(byteSize));
    } catch (Throwable e) {
      tags.leave(account, byteSize);
      throw e;
    }
    stripe.count(account.number, 1, byteSize);
    int generation = SlotTable.generation(SlotTable.stateAcquire(slot));
    if (generation != 0) {
      SlotTable.page(slot).zero(slot, byteSize);
    }
    SlotTable.fill(slot, byteSize, account.number, owner);
    long handle = Handles.of(number, generation, slot);
    // Before it is published: whoever finds it may end it at once, which takes all this back.
    try {
      addresses.enterOwn(handle, byteSize);
    } catch (Throwable e) {
      stripes.give(stripe, SizeClass.of(byteSize), slot);
      stripe.count(account.number, -1, -byteSize);
      tags.leave(account, byteSize);
      throw e;
    }
    lives.allocated(handle, byteSize, account.tag);
    Chronicle.allocated(this, handle, byteSize, account);
    SlotTable.setStateRelease(slot, SlotTable.liveWord(handle, 1));
    return handle;
  }

  private long enterLarge(long byteSize, Tags.Account account, int owner) {
    HeldBlock own = null;
    long handle;
    tags.enter(account, byteSize);
    try {
      checkOpen();
      own = HeldBlock.allocate(byteSize);
      handle = publish(own, byteSize, account, owner);
    } catch (Throwable e) {
      tags.leave(account, byteSize);
      if (own != null) {
        own.deallocator().free(own.segment());
      }
      throw e;
    }
    if (closed) {
      kill(handle);
      checkOpen();
    }
    return handle;
  }

  private long enterHeld(HeldBlock held, long byteSize, Tags.Account account, int owner) {
    long handle;
    tags.enter(account, byteSize);
    try {
      handle = publish(held, byteSize, account, owner);
    } catch (Throwable e) {
      tags.leave(account, byteSize);
      throw e;
    }
    if (closed && withdraw(handle)) {
      checkOpen();
    }
    return handle;
  }

  private long publish(HeldBlock held, long byteSize, Tags.Account account, int owner) {
    int slot;
    Stripe stripe = stripes.lock();
    try {
      checkOpen();
      slot = stripes.take(stripe, SizeClass.HELD);
      stripe.count(account.number, 1, byteSize);
    } finally {
      stripe.unlock();
    }
    long handle = Handles.of(number, SlotTable.generation(SlotTable.stateAcquire(slot)), slot);
    try {
      addresses.enter(handle, held.segment().address(), byteSize, held.origin());
    } catch (Throwable e) {
      giveBack(slot, account, byteSize);
      throw e;
    }
    SlotTable.page(slot).setHeld(slot, held);
    SlotTable.fill(slot, byteSize, account.number, owner);
    adopted.entered(handle, held);
    lives.allocated(handle, byteSize, account.tag);
    SlotTable.setStateRelease(slot, SlotTable.liveWord(handle, 1));
    counters.allocated(handle, byteSize, account.tag);
    if (held.origin() == HeldBlock.Origin.OWN) {
      Chronicle.allocated(this, handle, byteSize, account);
    } else {
      Chronicle.adopted(handle, held.segment().address(), byteSize, account);
    }
    // close() writes that it closes and then looks for blocks; this publishes a block, and who
    // calls
    // then looks whether it is closed. Neither look may come first.
    VarHandle.fullFence();
    return handle;
  }

  private void giveBack(int slot, Tags.Account account, long byteSize) {
    Stripe stripe = stripes.lock();
    try {
      stripes.give(stripe, SizeClass.HELD, slot);
      stripe.count(account.number, -1, -byteSize);
    } finally {
      stripe.unlock();
    }
    closeIfOver();
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
    if (Handles.registry(handle) != number || !SlotTable.exists(slot)) {
      throw refusals.foreign(handle);
    }
    return slot;
  }

  /** The word of a live block; otherwise the refusal, counted. */
  long liveWord(int slot, long handle, String operation) {
    long word = SlotTable.stateAcquire(slot);
    if (!SlotTable.isLive(word, handle)) {
      throw refuse(handle, word, operation);
    }
    return word;
  }

  StaleHandleException refuse(long handle, long word, String operation) {
    StaleHandleException refusal = refusals.stale(handle, word, operation);
    counters.staleUse(this, handle, operation, refusal);
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
      if (SlotTable.casState(slot, word, word + SlotTable.ONE_REFERENCE)) {
        return;
      }
    }
  }

  void release(long handle) {
    int slot = slot(handle);
    // A guess instead of a look: somebody retained what another owns, and gives it back. A load
    // right
    // behind the retain would wait for it, and takes as long as the exchange; when the guess is
    // wrong, the exchange has told what is there.
    long word = SlotTable.liveWord(handle, 2);
    while (true) {
      if (!isHeld(word, handle)) {
        DoubleReleaseException refusal = refusals.doubleRelease(handle, word);
        counters.doubleRelease(this, handle, refusal);
        throw refusal;
      }
      long next = word - SlotTable.ONE_REFERENCE;
      if (SlotTable.references(next) != 0) {
        long seen = SlotTable.exchangeState(slot, word, next);
        if (seen == word) {
          return;
        }
        word = seen;
      } else if (end(handle, word, next, SlotTable.DYING, false)) {
        return;
      } else {
        word = SlotTable.stateAcquire(slot);
      }
    }
  }

  /** How {@link #releaseKeyIn} ended. */
  enum KeyRelease {
    /** The block is freed; {@link #closeIfOver} must follow when the stripe is unlocked. */
    FREED,
    /** The reference is given back; {@link #deferKey} must follow when the stripe is unlocked. */
    DEFERRED,
    /** Nothing was done; {@link #releaseIfHeld} must follow when the stripe is unlocked. */
    NOT_PLAIN
  }

  /**
   * Gives the only reference of a key back and frees it, by way of a stripe that the caller has
   * locked, if nobody else must hear of it.
   */
  KeyRelease releaseKeyIn(Stripe stripe, long handle) {
    int slot = Handles.slot(handle);
    long word = SlotTable.liveWord(handle, 1);
    long dying = SlotTable.withState(word, SlotTable.DYING) - SlotTable.ONE_REFERENCE;
    // None when the registry was closed before the entry of a large key was there.
    Page page = SlotTable.pageOrNull(slot);
    if (page == null || page.isHeld() || !SlotTable.casState(slot, word, dying)) {
      return KeyRelease.NOT_PLAIN;
    }
    lives.freed(handle);
    if (sections.mustWait()) {
      return KeyRelease.DEFERRED;
    }
    addresses.leaveOwn(handle);
    long size = SlotTable.size(slot);
    Chronicle.freed(this, handle, size, tags.account(SlotTable.tag(slot)));
    settle(stripe, page, handle, size);
    return KeyRelease.FREED;
  }

  /**
   * Must follow when a block was freed and the stripe is unlocked. Does nothing inside a bound map,
   * which calls this again when it has let go of its stripe.
   */
  void closeIfOver() {
    if (closed && !stripes.isHeldHere()) {
      closePoolIfEmpty();
    }
  }

  void deferKey(long handle) {
    counters.deferred(this, handle, Counters.BY_SECTION);
    sections.defer(this, handle);
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
      long word = SlotTable.stateAcquire(slot);
      if (!isHeld(word, handle)) {
        return false;
      }
      long next = word - SlotTable.ONE_REFERENCE;
      if (SlotTable.references(next) != 0
          ? SlotTable.casState(slot, word, next)
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
      long word = SlotTable.stateAcquire(slot);
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
      long word = SlotTable.stateAcquire(slot);
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
      HeldBlock held = held(slot);
      if (SlotTable.stateAcquire(slot) != word) {
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
   * Follows native code, which has seen C free a block, has moved it to FREED_BY_C and has given it
   * a lease. Once for each such block.
   */
  void settleFreedByC(long handle, AdoptedBlocks.@Nullable Freer freer) {
    int slot = Handles.slot(handle);
    long word = SlotTable.stateAcquire(slot);
    int owner = SlotTable.owner(slot);
    lives.freed(handle);
    Chronicle.freedByC(this, handle, freer);
    forgetAddress(slot, handle);
    RuntimeException failure =
        SlotTable.isAttached(word) || owner != 0 ? tell(handle, owner) : null;
    if (sections.mustWait()) {
      // The memory is kept for them as well, by the lease.
      sections.deferUnpin(this, handle);
      if (failure != null) {
        throw failure;
      }
    } else {
      finish(handle, word, true, failure);
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
    int owner = keyMapKnows ? 0 : SlotTable.owner(slot);
    boolean tell = ends && (SlotTable.isAttached(word) || owner != 0);
    // Without references and leases nobody but us frees the memory. Otherwise a pin of our own, so
    // that
    // nobody does before everybody has heard.
    boolean pin = tell && SlotTable.leases(next) + SlotTable.references(next) != 0;
    if (pin) {
      target += SlotTable.ONE_LEASE;
    }
    if (!SlotTable.casState(slot, word, target)) {
      return false;
    }
    RuntimeException failure = null;
    if (ends) {
      lives.freed(handle);
      if (newState == SlotTable.FREED_BY_C) {
        Chronicle.freedByC(this, handle, null);
        forgetAddress(slot, handle);
      }
    }
    if (tell) {
      // A look again, under our pin: a map may have bound the block since the first one.
      failure = tell(handle, keyMapKnows ? 0 : SlotTable.owner(slot));
    }
    finish(handle, target, pin, failure);
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
    HeldBlock held = held(slot);
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
      if (SlotTable.casState(slot, word, withLease(handle, word))) {
        return;
      }
    }
  }

  /** Adds a pin to a block that the caller has pinned, also when it is no longer live. */
  void pinAgain(long handle) {
    int slot = Handles.slot(handle);
    while (true) {
      long word = SlotTable.stateAcquire(slot);
      if (SlotTable.casState(slot, word, withLease(handle, word))) {
        return;
      }
    }
  }

  /** Pins a live block for a reader. */
  Lease lease(long handle) {
    int slot = slot(handle);
    MemorySegment chunk = SlotTable.chunk(slot);
    Page page = SlotTable.pageOrNull(slot);
    // A guess instead of a look, as in release(): one owner, and nobody reads. Nothing that follows
    // has to wait for a look then, and the processor fetches slot, block and the next slots side by
    // side: a third less when they are not cached (docs/design-decisions.md).
    long guess = SlotTable.liveWord(handle, 1);
    long next = guess + SlotTable.ONE_LEASE;
    if (page == null
        || page.isHeld()
        || SlotTable.exchangeState(chunk, slot, guess, next) != guess) {
      return leaseAsFound(handle, slot, chunk);
    }
    return new Lease(
        this, handle, chunk, next, page.memory, page.offset(slot), SlotTable.size(slot));
  }

  private Lease leaseAsFound(long handle, int slot, MemorySegment chunk) {
    while (true) {
      long word = liveWord(slot, handle, "lease");
      long next = withLease(handle, word);
      if (SlotTable.exchangeState(chunk, slot, word, next) == word) {
        Page page = SlotTable.page(slot);
        return page.isHeld()
            ? heldLease(handle, chunk, next, held(page, slot).segment())
            : new Lease(
                this, handle, chunk, next, page.memory, page.offset(slot), SlotTable.size(slot));
      }
    }
  }

  /** Memory that somebody else has allocated may be guarded, and die under the lease. */
  private Lease heldLease(long handle, MemorySegment chunk, long word, MemorySegment block) {
    Lease lease = new Lease(this, handle, chunk, word, block);
    DeadBlocks dead = CFrees.dead;
    if (dead != null && dead.owns(block.address())) {
      lease.askBeforeAccess();
    }
    return lease;
  }

  private long withLease(long handle, long word) {
    if (SlotTable.leases(word) >= SlotTable.MAX_LEASES) {
      throw refusals.tooMany(
          "leases", handle, SlotTable.MAX_LEASES, "close leases with try-with-resources");
    }
    return word + SlotTable.ONE_LEASE;
  }

  /** Gives a pin back, and frees the block if it was the last and the block is released. */
  void unpin(long handle) {
    int slot = Handles.slot(handle);
    unpin(handle, SlotTable.chunk(slot), SlotTable.stateAcquire(slot));
  }

  /**
   * As above, for who knows what the word was: most likely it still is, and a look at it would only
   * wait for the pin to be written.
   */
  void unpin(long handle, MemorySegment chunk, long lastSeen) {
    int slot = Handles.slot(handle);
    long word = lastSeen;
    while (true) {
      long next = word - SlotTable.ONE_LEASE;
      long seen = SlotTable.exchangeState(chunk, slot, word, next);
      if (seen == word) {
        finishIfUnused(handle, next);
        return;
      }
      word = seen;
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
      long word = SlotTable.stateAcquire(slot);
      if (SlotTable.isAttached(word) || SlotTable.casState(slot, word, word | SlotTable.ATTACHED)) {
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
    Page page = SlotTable.page(Handles.slot(handle));
    if (page.isHeld()) {
      Nesting.run(() -> reclaim(handle, page));
    } else {
      reclaim(handle, page);
    }
  }

  private void reclaim(long handle, Page page) {
    int slot = Handles.slot(handle);
    long word = SlotTable.stateAcquire(slot);
    long size = size(handle);
    RuntimeException failure = null;
    if (SlotTable.state(word) != SlotTable.FREED_BY_C) {
      Chronicle.freed(this, handle, size, tags.account(SlotTable.tag(slot)));
    }
    if (page.isHeld()) {
      failure = freeHeld(handle, page, SlotTable.state(word) == SlotTable.FREED_BY_C);
    } else {
      addresses.leaveOwn(handle);
    }
    Stripe stripe = stripes.lock();
    try {
      settle(stripe, page, handle, size);
    } finally {
      stripe.unlock();
    }
    closeIfOver();
    if (SlotTable.isAttached(word)) {
      failure = Attachments.joined(failure, attachments.freed(handle));
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Gives the slot of a freed block its next generation and takes it back. */
  private void settle(Stripe stripe, Page page, long handle, long size) {
    int slot = Handles.slot(handle);
    Tags.Account account = tags.account(SlotTable.tag(slot));
    int generation = Handles.generation(handle) + 1;
    SlotTable.setStateRelease(slot, SlotTable.word(generation, SlotTable.DEAD, 0, 0));
    // The last generation is no block's, and so tells every registry that the slot is retired.
    if (generation != Handles.GENERATION_MASK) {
      stripes.give(stripe, page.sizeClass, slot);
    }
    stripe.count(account.number, -1, -size);
    tags.leave(account, size);
  }

  private @Nullable DeallocationFailedException freeHeld(long handle, Page page, boolean freedByC) {
    int slot = Handles.slot(handle);
    HeldBlock held = Objects.requireNonNull(page.held(slot), "a held block must be there");
    page.setHeld(slot, null);
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
    stripes.passThrough();
    Runnable unregister = whenClosing;
    if (unregister != null) {
      unregister.run();
    }
    List<Leak> leaked = closing.compareAndSet(false, true) ? leaks.live(cause) : List.of();
    RuntimeException failure = killAll();
    leaks.report(leaked);
    closeIfOver();
    return failure;
  }

  private @Nullable RuntimeException killAll() {
    List<RuntimeException> failures = new ArrayList<>();
    walk(slot -> {
      try {
        long word = SlotTable.stateAcquire(slot);
        kill(Handles.of(number, SlotTable.generation(word), slot));
      } catch (RuntimeException e) {
        failures.add(e);
      }
    });
    RuntimeException failure = null;
    for (RuntimeException next : failures) {
      failure = Attachments.joined(failure, next);
    }
    return failure;
  }

  /** Calls the action for every slot that this table has used, and others that are dead. */
  void walk(IntConsumer action) {
    stripes.walk(action);
    closeIfOver();
  }

  /** After close() the count only falls; whoever comes last sees zero. */
  private void closePoolIfEmpty() {
    if (stripes.closeIfEmpty()) {
      whenEmpty.run();
    }
  }

  /** The bytes of a block that the caller has pinned, or protects by a read section. */
  long size(long handle) {
    int slot = Handles.slot(handle);
    Page page = SlotTable.page(slot);
    return page.isHeld() ? held(page, slot).segment().byteSize() : SlotTable.size(slot);
  }

  /** The address of a block that the caller has pinned, or protects by a read section. */
  long address(long handle) {
    int slot = Handles.slot(handle);
    Page page = SlotTable.page(slot);
    return page.isHeld()
        ? held(page, slot).segment().address()
        : page.memory.address() + page.offset(slot);
  }

  /** The address of a block, for a report; 0 when it is not known any more. */
  long addressIfKnown(long handle) {
    int slot = Handles.slot(handle);
    Page page = SlotTable.pageOrNull(slot);
    if (page == null) {
      return 0;
    }
    HeldBlock held = page.held(slot);
    if (held != null) {
      return held.segment().address();
    }
    return page.isHeld() ? 0 : page.memory.address() + page.offset(slot);
  }

  /** As {@link #addressIfKnown}, of a block that may be dead: 0 once its slot has another one. */
  long addressOnceKnown(long handle) {
    int slot = Handles.slot(handle);
    if (!SlotTable.exists(slot)) {
      return 0;
    }
    long word = SlotTable.stateAcquire(slot);
    int age = SlotTable.generation(word) - Handles.generation(handle);
    boolean last = age == 0 || (age == 1 && SlotTable.state(word) == SlotTable.DEAD);
    return last ? addressIfKnown(handle) : 0;
  }

  /** Who holds the memory of a block; null when it is the registry's, or the block is dead. */
  static @Nullable HeldBlock held(int slot) {
    Page page = SlotTable.pageOrNull(slot);
    return page == null ? null : page.held(slot);
  }

  /** The bytes of a block that was live a moment ago; it may be dead now. */
  static long sizeSeen(int slot) {
    HeldBlock held = held(slot);
    return held == null ? SlotTable.size(slot) : held.segment().byteSize();
  }

  private static HeldBlock held(Page page, int slot) {
    return Objects.requireNonNull(page.held(slot), "a held block must be there");
  }

  /** The memory of a block that the caller has pinned, or protects by a read section. */
  static MemorySegment memory(Page page, int slot) {
    return page.isHeld() ? held(page, slot).segment() : page.memory;
  }
}
