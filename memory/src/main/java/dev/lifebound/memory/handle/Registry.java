package dev.lifebound.memory.handle;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.Objects;
import java.util.OptionalLong;
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
 * <p>Any thread may call any method. {@code retain}, {@code lease} and a {@code release} that is
 * not the last are lock-free and take constant time: one atomic instruction on the block's own
 * word. An allocation takes one more for a stripe of free slots that it has to itself for some
 * nanoseconds. The release that ends a block also frees it, and tells names, children and bound
 * maps first.
 */
public final class Registry implements AutoCloseable {
  private final int number;
  private final BlockTable table;
  private final Cleaner.Cleanable backstop;

  /*
   * A registry that is dropped without a close is closed by the cleaner. So every operation keeps it
   * reachable to its end, or the cleaner could come between.
   *
   * What the table and the cleaner keep must not refer to this object: it is the sign that somebody
   * can still use the handles.
   */
  Registry(RegistryBuilder builder) {
    WeakReference<Registry> mine = new WeakReference<>(this);
    this.number = RegistryNumbers.claim(mine);
    this.table = BlockTable.of(number, builder, new RegistryNumbers.Return(number, mine));
    this.backstop = Leaks.CLEANER.register(this, table.leaks);
  }

  /**
   * A registry without limits whose tracking level is that of the system property {@code
   * lifebound.tracking}.
   *
   * @throws IllegalStateException when 1,023 registries are open
   */
  public static Registry create() {
    return builder().build();
  }

  /** A registry without limits with the given tracking level. */
  public static Registry create(Tracking tracking) {
    return builder().tracking(tracking).build();
  }

  /** A registry with settings of your own. */
  public static RegistryBuilder builder() {
    return new RegistryBuilder();
  }

  BlockTable table() {
    return table;
  }

  /**
   * Allocates a zeroed block, aligned to 16 bytes.
   *
   * @param byteSize at least 1
   * @param tag what the block is for, for messages, counts and limits; use few different ones
   * @return a handle with one reference, which the caller releases
   * @throws LimitExceededException when a byte limit would be passed
   * @throws RegistryClosedException after {@link #close}
   */
  public long allocate(long byteSize, String tag) {
    checkSize(byteSize);
    Tags.Account account = table.tags.account(tag);
    try {
      return table.enter(null, byteSize, account, 0);
    } finally {
      Reference.reachabilityFence(this);
    }
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
   * @throws LimitExceededException when a byte limit would be passed; the caller still owns the
   *     block
   * @throws RegistryClosedException after {@link #close}; the caller still owns the block
   */
  public long adopt(MemorySegment block, Deallocator deallocator, String tag) {
    Objects.requireNonNull(deallocator, "deallocator must not be null");
    if (!block.isNative()) {
      throw new IllegalArgumentException(
          "an adopted block must be native memory: block=" + block + "; copy it, or allocate");
    }
    checkSize(block.byteSize());
    try {
      return table.enter(
          new HeldBlock(block, deallocator, HeldBlock.Origin.ADOPTED),
          block.byteSize(),
          table.tags.account(tag),
          0);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /**
   * As {@link #adopt}, for a block that must not outlive another, as an iterator its database. When
   * the parent becomes stale, so does the child; the parent's memory is freed after the child's,
   * however long a lease keeps that.
   *
   * @throws StaleHandleException when the parent is no longer live; the caller still owns the block
   */
  public long adoptChild(long parent, MemorySegment block, Deallocator deallocator, String tag) {
    try {
      Objects.requireNonNull(deallocator, "deallocator must not be null");
      ChildDeallocator owned = new ChildDeallocator(deallocator);
      long child = adopt(block, owned, tag);
      try {
        table.attachments.adoptChild(parent, child);
      } catch (RuntimeException e) {
        table.withdraw(child);
        throw e;
      }
      if (!owned.take()) {
        throw table.refuse(parent, SlotTable.stateAcquire(table.slot(parent)), "adoptChild");
      }
      return child;
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** As {@link #allocate}, for a block that must not outlive another. */
  public long allocateChild(long parent, long byteSize, String tag) {
    try {
      long child = allocate(byteSize, tag);
      try {
        table.attachments.adoptChild(parent, child);
        return child;
      } catch (RuntimeException e) {
        table.kill(child);
        throw e;
      }
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  static void checkSize(long byteSize) {
    if (byteSize < 1) {
      throw new IllegalArgumentException(
          "a block must have at least one byte: byteSize="
              + byteSize
              + "; give a segment from native code its size with reinterpret");
    }
  }

  /**
   * Adds a reference to a live block.
   *
   * @throws StaleHandleException when the block is no longer live
   * @throws ForeignHandleException when another registry issued the handle
   */
  public void retain(long handle) {
    try {
      table.retain(handle);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /**
   * Gives one reference back. With the last one the block is stale, and is freed at once or, while
   * leases, children or read sections pin it, by the last of them.
   *
   * @throws DoubleReleaseException when no reference is left to give back
   * @throws DeallocationFailedException when the deallocator threw; the block counts as freed
   * @throws ForeignHandleException when another registry issued the handle
   */
  public void release(long handle) {
    try {
      table.release(handle);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /**
   * An object that owns one reference of the caller's from now on, and gives it back when it is
   * closed or, with a report, when it is dropped.
   *
   * @throws StaleHandleException when the block is no longer live
   */
  public Block own(long handle) {
    try {
      table.checkLive(handle, "own");
      return new Block(this, handle);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /**
   * In checked mode, refuses a pointer that has left its block; otherwise does nothing at all.
   *
   * @param pointer a segment that the program derived from the block; one of size zero stands for
   *     its first byte
   * @return the pointer
   * @throws CheckFailedException when a byte of it is not in the block; the message names the block
   *     that it strayed into
   * @throws StaleHandleException in checked mode, when the block is no longer live
   */
  public MemorySegment check(long handle, MemorySegment pointer) {
    try {
      table.checkInside(handle, pointer.address(), Math.max(pointer.byteSize(), 1));
      return pointer;
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** As above, for the address of one byte. */
  public long check(long handle, long address) {
    try {
      table.checkInside(handle, address, 1);
      return address;
    } finally {
      Reference.reachabilityFence(this);
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
    try {
      table.markFreedByC(handle);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /**
   * Pins a live block for reading and writing until the lease is closed.
   *
   * @throws StaleHandleException when the block is no longer live
   * @throws ForeignHandleException when another registry issued the handle
   */
  public Lease lease(long handle) {
    try {
      return table.lease(handle);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /**
   * Opens a read section: many reads of many blocks under one pin. Blocks that are released
   * meanwhile are refused at once, and freed when the sections that were open then have ended.
   */
  public ReadSection read() {
    try {
      return new ReadSection(this, table.sections.enter());
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Whether the block was live a moment ago; for anything that matters, open a lease. */
  public boolean isLive(long handle) {
    try {
      return SlotTable.isLive(SlotTable.stateAcquire(table.slot(handle)), handle);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /**
   * Gives a live block a name, under which {@link #find(String)} answers until the block is stale.
   *
   * @throws NameTakenException when another live block has the name
   * @throws StaleHandleException when the block is no longer live
   */
  public void name(long handle, String name) {
    try {
      table.attachments.name(handle, Objects.requireNonNull(name, "name must not be null"));
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** As {@link #name(long, String)} with a number. */
  public void name(long handle, long name) {
    try {
      table.attachments.name(handle, name);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** The live block of this name. */
  public OptionalLong find(String name) {
    return found(table.attachments.find(name));
  }

  /** The live block of this number. */
  public OptionalLong find(long name) {
    return found(table.attachments.find(name));
  }

  private static OptionalLong found(@Nullable Long handle) {
    return handle == null ? OptionalLong.empty() : OptionalLong.of(handle);
  }

  /** The number of blocks whose memory is not freed yet, while nobody else works. */
  public long blocks() {
    return table.undead();
  }

  /** What the registry holds now; cheap enough for every second. */
  public Snapshot snapshot() {
    return Snapshot.of(table);
  }

  /**
   * Releases every block. Blocks with open leases are freed by the last lease. At the tracking
   * levels {@code sampled} and {@code full} blocks that were live are reported to the leak
   * listener. Later calls do nothing.
   *
   * <p>A registry that is dropped without a close is closed by a cleaner, and reports them at every
   * level.
   *
   * @throws DeallocationFailedException when deallocators threw; every block counts as freed,
   *     further failures are suppressed ones
   */
  @Override
  public void close() {
    RuntimeException failure = table.close(Leak.Cause.LIVE_AT_CLOSE);
    // Finds the table closed; without this the cleaner would keep it.
    backstop.clean();
    if (failure != null) {
      throw failure;
    }
  }

  /** Recounts everything; for tests, while nobody else works. */
  void checkInvariants() {
    SlotAudit.check(table);
  }

  @Override
  public String toString() {
    return "Registry[number="
        + number
        + ", blocks="
        + blocks()
        + ", closed="
        + table.isClosed()
        + "]";
  }

  /**
   * A handle as messages write it: {@code #slot.generation}. Of one process no two blocks have the
   * same, as long as the library is loaded once.
   */
  public static String blockText(long handle) {
    return Handles.block(handle);
  }
}
