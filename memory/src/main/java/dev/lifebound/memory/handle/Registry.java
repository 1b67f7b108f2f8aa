package dev.lifebound.memory.handle;

import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The concurrent table of live native blocks: who refers to each, and who frees it.
 *
 * <p>A block enters by {@link #allocate} (memory of the registry) or {@link #adopt} (memory that C
 * or anybody else allocated) and is named by a 64-bit handle from then on. The handle is what a
 * program keeps in its maps. It may outlive the block: every operation on a stale handle throws and
 * touches no memory.
 *
 * <pre>{@code
 * try (Registry registry = Registry.create()) {
 *   Map<String, Long> sessions = new HashMap<>();
 *   sessions.put("anna", registry.allocate(64, "session"));
 *   try (Lease lease = registry.lease(sessions.get("anna"))) {
 *     lease.setLong(0, 42);
 *   }
 *   registry.release(sessions.get("anna"));
 *   registry.lease(sessions.get("anna")); // StaleHandleException, not a crash
 * }
 * }</pre>
 *
 * <p>Any thread may call any method. {@code retain}, {@code release} and {@code lease} are
 * lock-free and take constant time.
 */
public final class Registry implements AutoCloseable {
  private static final AtomicReferenceArray<@Nullable WeakReference<Registry>> NUMBERS =
      new AtomicReferenceArray<>(Handles.MAX_REGISTRIES + 1);

  private final int number;
  private final SlotTable slots = new SlotTable();
  private final BlockPool pool = new BlockPool();
  private final Tags tags = new Tags();
  private final Lives lives;

  /** Adopted blocks by address, for refusing a second adoption. */
  private final ConcurrentMap<Long, Long> adopted = new ConcurrentHashMap<>();

  /** Blocks that are not dead yet: live, or freed while a lease was open. */
  private final LongAdder undead = new LongAdder();

  private final AtomicBoolean poolClosed = new AtomicBoolean();
  private volatile boolean closed;

  private Registry(Tracking tracking) {
    this.lives = new Lives(tracking);
    this.number = claimNumber(this);
  }

  /**
   * A registry whose tracking level is that of the system property {@code lifebound.tracking}.
   *
   * @throws IllegalStateException when 1,023 registries are open
   */
  public static Registry create() {
    return new Registry(Tracking.fromProperty());
  }

  /** A registry with the given tracking level. */
  public static Registry create(Tracking tracking) {
    return new Registry(Objects.requireNonNull(tracking, "tracking must not be null"));
  }

  private static int claimNumber(Registry registry) {
    WeakReference<Registry> mine = new WeakReference<>(registry);
    for (int n = 1; n <= Handles.MAX_REGISTRIES; n++) {
      WeakReference<Registry> owner = NUMBERS.get(n);
      if ((owner == null || owner.refersTo(null)) && NUMBERS.compareAndSet(n, owner, mine)) {
        return n;
      }
    }
    throw new IllegalStateException(
        "the process must not have more open registries: open="
            + Handles.MAX_REGISTRIES
            + "; share one registry, or drop those that are closed");
  }

  /**
   * Allocates a zeroed block, aligned to 16 bytes.
   *
   * @param byteSize at least 1
   * @param tag what the block is for, for messages and counts; use few different ones
   * @return a handle with one reference, which the caller releases
   * @throws RegistryClosedException after {@link #close}
   */
  public long allocate(long byteSize, String tag) {
    checkSize(byteSize);
    int tagNumber = tags.number(tag);
    if (byteSize > BlockPool.MAX_BLOCK_BYTES) {
      return enter(HeldBlock.allocate(byteSize), byteSize, tag, tagNumber);
    }
    return enter(null, byteSize, tag, tagNumber);
  }

  /**
   * Takes over a block that somebody else allocated.
   *
   * <p>The segment must cover the block; one that native code returned has size zero until the
   * program itself gives it a size with {@link MemorySegment#reinterpret}.
   *
   * @param block the whole block
   * @param deallocator called once with {@code block} when the last reference and lease are gone
   * @param tag what the block is for
   * @return a handle with one reference, which the caller releases
   * @throws AlreadyLiveException when a live block was adopted at this address
   * @throws RegistryClosedException after {@link #close}
   */
  public long adopt(MemorySegment block, Deallocator deallocator, String tag) {
    Objects.requireNonNull(deallocator, "deallocator must not be null");
    if (!block.isNative()) {
      throw new IllegalArgumentException(
          "an adopted block must be native memory: block=" + block + "; copy it, or allocate");
    }
    checkSize(block.byteSize());
    return enter(new HeldBlock(block, deallocator, true), block.byteSize(), tag, tags.number(tag));
  }

  private static void checkSize(long byteSize) {
    if (byteSize < 1) {
      throw new IllegalArgumentException(
          "a block must have at least one byte: byteSize="
              + byteSize
              + "; give a segment from native code its size with reinterpret");
    }
  }

  private long enter(@Nullable HeldBlock held, long byteSize, String tag, int tagNumber) {
    undead.increment();
    int slot = -1;
    long handle = 0;
    try {
      checkOpen();
      slot = slots.take();
      int generation = SlotTable.generation(slots.stateAcquire(slot));
      handle = Handles.of(number, generation, slot);
      if (held == null) {
        long position = pool.allocate(byteSize);
        int slab = BlockPool.slabOf(position);
        long address = pool.slab(slab).address() + BlockPool.offset(position);
        slots.fill(slot, address, byteSize, tagNumber, slab + 1);
      } else {
        claimAddress(held, handle);
        slots.fill(slot, held.segment().address(), byteSize, tagNumber, 0);
        slots.setHeld(slot, held);
      }
    } catch (Throwable e) {
      if (slot >= 0) {
        slots.give(slot);
      }
      if (held != null && !held.adopted()) {
        held.deallocator().free(held.segment());
      }
      leaveUndead();
      throw e;
    }
    lives.allocated(handle, byteSize, tag);
    slots.setStateRelease(slot, SlotTable.word(Handles.generation(handle), SlotTable.LIVE, 0, 1));
    if (closed) {
      // close() may have walked past this slot before it was published.
      kill(handle);
      checkOpen();
    }
    return handle;
  }

  private void claimAddress(HeldBlock held, long handle) {
    if (!held.adopted()) {
      return;
    }
    long address = held.segment().address();
    Long live = adopted.putIfAbsent(address, handle);
    if (live != null) {
      throw new AlreadyLiveException(
          "an adopted address must not be live already: address=0x"
              + Long.toHexString(address)
              + ", block="
              + Handles.block(live)
              + ", "
              + describe(live)
              + ", registry="
              + number
              + "; retain the first handle instead"
              + lives.text(live));
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new RegistryClosedException(
          "the registry must be open: registry=" + number + "; allocate before close()");
    }
  }

  /**
   * Adds a reference to a live block.
   *
   * @throws StaleHandleException when the block is no longer live
   * @throws ForeignHandleException when another registry issued the handle
   */
  public void retain(long handle) {
    int slot = slot(handle);
    while (true) {
      long word = slots.stateAcquire(slot);
      if (!isLive(word, handle)) {
        throw stale(handle, word, "retain");
      }
      if (SlotTable.references(word) == SlotTable.MAX_REFERENCES) {
        throw new IllegalStateException(
            "a block must not have more references: block="
                + Handles.block(handle)
                + ", references="
                + SlotTable.MAX_REFERENCES
                + "; look for retains without release");
      }
      if (slots.casState(slot, word, word + SlotTable.ONE_REFERENCE)) {
        return;
      }
    }
  }

  /**
   * Gives one reference back. With the last one the block is stale, and is freed at once or, while
   * leases are open, by the last of them.
   *
   * @throws DoubleReleaseException when no reference is left to give back
   * @throws DeallocationFailedException when the deallocator threw; the block counts as freed
   * @throws ForeignHandleException when another registry issued the handle
   */
  public void release(long handle) {
    int slot = slot(handle);
    while (true) {
      long word = slots.stateAcquire(slot);
      if (SlotTable.generation(word) != Handles.generation(handle)
          || SlotTable.references(word) == 0) {
        throw new DoubleReleaseException(
            staleText("a release must give back a reference that is held", handle, word));
      }
      long next = word - SlotTable.ONE_REFERENCE;
      if (SlotTable.references(next) == 0 && SlotTable.state(word) == SlotTable.LIVE) {
        next = SlotTable.withState(next, SlotTable.DYING);
      }
      if (slots.casState(slot, word, next)) {
        if (SlotTable.references(next) == 0) {
          lives.freed(handle);
          finishIfUnused(handle, next);
        }
        return;
      }
    }
  }

  /**
   * Tells the registry that C code has freed an adopted block itself: the handle is stale from now
   * on, and the deallocator never runs. References that are still out may be released as usual.
   *
   * @throws StaleHandleException when the block was no longer live
   * @throws IllegalArgumentException when the block was allocated here, not adopted
   */
  public void markFreedByC(long handle) {
    int slot = slot(handle);
    while (true) {
      long word = slots.stateAcquire(slot);
      if (!isLive(word, handle)) {
        throw stale(handle, word, "markFreedByC");
      }
      HeldBlock held = slots.held(slot);
      if (slots.stateAcquire(slot) != word) {
        continue;
      }
      if (held == null || !held.adopted()) {
        throw new IllegalArgumentException(
            "only an adopted block can be freed by C: block="
                + Handles.block(handle)
                + ", "
                + describe(handle)
                + "; release it");
      }
      if (slots.casState(slot, word, SlotTable.withState(word, SlotTable.FREED_BY_C))) {
        // From here C may hand the same address out again, and it may be adopted again.
        adopted.remove(held.segment().address(), handle);
        lives.freed(handle);
        return;
      }
    }
  }

  /**
   * Pins a live block for reading and writing until the lease is closed.
   *
   * @throws StaleHandleException when the block is no longer live
   * @throws ForeignHandleException when another registry issued the handle
   */
  public Lease lease(long handle) {
    int slot = slot(handle);
    while (true) {
      long word = slots.stateAcquire(slot);
      if (!isLive(word, handle)) {
        throw stale(handle, word, "lease");
      }
      if (SlotTable.leases(word) == SlotTable.MAX_LEASES) {
        throw new IllegalStateException(
            "a block must not have more open leases: block="
                + Handles.block(handle)
                + ", leases="
                + SlotTable.MAX_LEASES
                + "; close leases with try-with-resources");
      }
      if (slots.casState(slot, word, word + SlotTable.ONE_LEASE)) {
        return open(handle, slot);
      }
    }
  }

  private Lease open(long handle, int slot) {
    int home = slots.home(slot);
    long size = slots.size(slot);
    if (home == 0) {
      HeldBlock held = Objects.requireNonNull(slots.held(slot), "a held block must be there");
      return new Lease(this, handle, held.segment(), 0, size);
    }
    MemorySegment slab = pool.slab(home - 1);
    return new Lease(this, handle, slab, slots.address(slot) - slab.address(), size);
  }

  /** Called once by each lease. */
  void endLease(long handle) {
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

  /** Whether the block was live a moment ago; for anything that matters, open a lease. */
  public boolean isLive(long handle) {
    return isLive(slots.stateAcquire(slot(handle)), handle);
  }

  /** The number of blocks that are live or wait for a lease, while nobody else works. */
  public long blocks() {
    return undead.sum();
  }

  /**
   * Releases every block. Blocks with open leases are freed by the last lease. Later calls do
   * nothing.
   *
   * @throws DeallocationFailedException when deallocators threw; every block counts as freed,
   *     further failures are suppressed ones
   */
  @Override
  public void close() {
    closed = true;
    DeallocationFailedException failure = null;
    int used = slots.used();
    for (int slot = 0; slot < used; slot++) {
      long word = slots.stateAcquire(slot);
      try {
        kill(Handles.of(number, SlotTable.generation(word), slot));
      } catch (DeallocationFailedException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    closePoolIfEmpty();
    if (failure != null) {
      throw failure;
    }
  }

  /** Takes all references from a block, if it still has any. */
  private void kill(long handle) {
    int slot = Handles.slot(handle);
    while (true) {
      long word = slots.stateAcquire(slot);
      if (SlotTable.generation(word) != Handles.generation(handle)
          || SlotTable.references(word) == 0) {
        return;
      }
      long next = word - SlotTable.references(word);
      if (SlotTable.state(word) == SlotTable.LIVE) {
        next = SlotTable.withState(next, SlotTable.DYING);
      }
      if (slots.casState(slot, word, next)) {
        lives.freed(handle);
        finishIfUnused(handle, next);
        return;
      }
    }
  }

  /** The caller's compare-and-set made this word: with no reference and no lease it frees. */
  private void finishIfUnused(long handle, long word) {
    if (SlotTable.references(word) != 0 || SlotTable.leases(word) != 0) {
      return;
    }
    int slot = Handles.slot(handle);
    int home = slots.home(slot);
    DeallocationFailedException failure = null;
    if (home != 0) {
      pool.free(pool.position(home - 1, slots.address(slot)), slots.size(slot));
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
    leaveUndead();
    if (failure != null) {
      throw failure;
    }
  }

  private @Nullable DeallocationFailedException freeHeld(long handle, boolean freedByC) {
    int slot = Handles.slot(handle);
    HeldBlock held = Objects.requireNonNull(slots.held(slot), "a held block must be there");
    slots.setHeld(slot, null);
    if (freedByC) {
      return null;
    }
    // Before the memory is free: afterwards its address may be adopted again at once.
    adopted.remove(held.segment().address(), handle);
    try {
      held.deallocator().free(held.segment());
      return null;
    } catch (Throwable e) {
      return new DeallocationFailedException(
          "a deallocator must not throw: block="
              + Handles.block(handle)
              + ", "
              + describe(handle)
              + "; the block counts as freed, mend the deallocator",
          e);
    }
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
      NUMBERS.set(number, null);
    }
  }

  /** The slot of a handle that this registry may have issued. */
  private int slot(long handle) {
    int slot = Handles.slot(handle);
    if (Handles.registry(handle) != number || slot >= slots.capacity()) {
      throw new ForeignHandleException(
          "the handle must come from this registry: handle=0x"
              + Long.toHexString(handle)
              + ", itsRegistry="
              + Handles.registry(handle)
              + ", thisRegistry="
              + number
              + (handle == 0
                  ? "; 0 names no block, look for a map that answered null or a default"
                  : "; use the registry that allocated or adopted the block"));
    }
    return slot;
  }

  private static boolean isLive(long word, long handle) {
    return SlotTable.generation(word) == Handles.generation(handle)
        && SlotTable.state(word) == SlotTable.LIVE;
  }

  private StaleHandleException stale(long handle, long word, String operation) {
    return new StaleHandleException(
        staleText(operation + " must be given the handle of a live block", handle, word));
  }

  private String staleText(String rule, long handle, long word) {
    return rule
        + ": block="
        + Handles.block(handle)
        + ", "
        + describe(handle)
        + ", state="
        + stateText(handle, word)
        + lives.text(handle);
  }

  private String stateText(long handle, long word) {
    if (closed) {
      return "registry closed";
    }
    if (SlotTable.generation(word) != Handles.generation(handle)) {
      return "freed";
    }
    return switch (SlotTable.state(word)) {
      case SlotTable.FREED_BY_C -> "freed by C";
      case SlotTable.DYING -> "freed, a lease is still open";
      case SlotTable.LIVE -> "live";
      default -> "never allocated";
    };
  }

  /** Size and tag of a block, as far as its record or its slot still knows them. */
  private String describe(long handle) {
    Lives.Life life = lives.find(handle);
    if (life != null) {
      return "size=" + life.size() + ", tag=" + life.tag();
    }
    int slot = Handles.slot(handle);
    long word = slots.stateAcquire(slot);
    int age = SlotTable.generation(word) - Handles.generation(handle);
    boolean known = age == 0 || (age == 1 && SlotTable.state(word) == SlotTable.DEAD);
    return known
        ? "size=" + slots.size(slot) + ", tag=" + tags.text(slots.tag(slot))
        : "size=unknown, tag=unknown (the slot has a new block)";
  }

  /** Recounts everything; for tests, while nobody else works. */
  void checkInvariants() {
    SlotAudit.check(slots, undead.sum());
  }

  @Override
  public String toString() {
    return "Registry[number=" + number + ", blocks=" + blocks() + ", closed=" + closed + "]";
  }
}
