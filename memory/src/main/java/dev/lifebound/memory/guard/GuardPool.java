package dev.lifebound.memory.guard;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.lifebound.memory.handle.Site;
import dev.lifebound.memory.os.LibC;
import dev.lifebound.memory.os.SystemCallException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A pool of guarded blocks: each on pages of its own, which die when it is freed.
 *
 * <p>Meant to stand behind the allocation callbacks of a C library, or behind sampled allocations
 * of a program, while Java reads through segments that may be stale:
 *
 * <pre>{@code
 * try (GuardPool pool = GuardPool.open()) {
 *   MemorySegment block = pool.allocate(48);
 *   map.put(key, block);
 *   pool.free(block.address());
 *   pool.getLong(map.get(key), 8); // UseAfterFreeException
 * }
 * }</pre>
 *
 * <p>Any thread may call any method. {@code allocate} and {@code free} take one lock and one or two
 * system calls; reads take neither.
 */
public final class GuardPool implements AutoCloseable {
  /** How pages are made dead. */
  public enum Variant {
    /** {@code userfaultfd} with SIGBUS; one memory mapping in all. */
    USERFAULTFD,
    /** Pages mapped onto an empty in-memory file; up to one mapping for every other page. */
    REMAP
  }

  /** Classes whose frames a site leaves out. */
  private static final Set<Class<?>> OURS = Set.of(GuardPool.class);

  /**
   * Never changes. Volatile, so that the loop that reads it is not a counted one, which would lose
   * its poll; more than one, so that the backward branch is taken also after peeling and rotation.
   */
  private static volatile int polls = 4;

  private static final long DEFAULT_BYTES = 16L << 20;
  private static final long ALIGNMENT_BYTES = 16;

  private final DeadPages pages;
  private final long pageBytes;

  /*
   * For each page the block that has it or had it last. Written under the lock; read without it by
   * explain(), which needs no more than one consistent block.
   */
  private final @Nullable GuardedBlock[] owners;

  private int cursor;
  private long blocks;
  private long liveBlocks;
  private boolean closed;

  private GuardPool(DeadPages pages, long pageBytes, int pageCount) {
    this.pages = pages;
    this.pageBytes = pageBytes;
    this.owners = new GuardedBlock[pageCount];
  }

  /**
   * A pool of 16 MiB of address space with the first variant that works here.
   *
   * @throws GuardUnavailableException where none works; the message has the reason of each
   */
  public static GuardPool open() {
    return open(DEFAULT_BYTES, Variant.values());
  }

  /**
   * A pool of this much address space, rounded up to pages, with the first of these variants that
   * works here. Memory is used by live blocks only.
   *
   * @throws GuardUnavailableException where none works; the message has the reason of each
   */
  public static GuardPool open(long byteSize, Variant... variants) {
    Requirements.linux("the guard");
    Requirements.nativeAccess("the guard");
    long pageBytes = LibC.pageBytes();
    int pageCount = Math.toIntExact(Math.ceilDiv(byteSize, pageBytes));
    if (pageCount < 2) {
      throw new IllegalArgumentException(
          "a pool must hold a page and a dead page behind it: byteSize="
              + byteSize
              + ", pageBytes="
              + pageBytes);
    }
    List<String> reasons = new ArrayList<>();
    for (Variant variant : variants) {
      try {
        return new GuardPool(pages(variant, pageCount * pageBytes), pageBytes, pageCount);
      } catch (SystemCallException | UnsupportedOperationException e) {
        reasons.add(variant + ": " + e.getMessage());
      }
    }
    throw new GuardUnavailableException(
        "one way to make dead pages must work here: tried=" + reasons);
  }

  private static DeadPages pages(Variant variant, long bytes) {
    return switch (variant) {
      case USERFAULTFD -> new UserfaultfdPages(bytes);
      case REMAP -> new RemappedPages(bytes);
    };
  }

  /** The variant in use. */
  public Variant variant() {
    return pages.variant();
  }

  /**
   * A zeroed block, aligned to 16 bytes, its end as near as that allows to a dead page.
   *
   * @param byteSize at least 1
   * @return a segment of exactly this size; {@code free} takes its address
   * @throws GuardPoolFullException when no run of free pages is long enough
   */
  public MemorySegment allocate(long byteSize) {
    return tryAllocate(byteSize)
        .orElseThrow(() ->
            new GuardPoolFullException(
                "a guarded block must fit into the pool: "
                    + usage(byteSize)
                    + "; open a larger pool or guard fewer blocks"));
  }

  /** As {@link #allocate}, but empty when no run of free pages is long enough. */
  @SuppressWarnings("restricted") // open() has seen to it that native access is enabled
  public synchronized Optional<MemorySegment> tryAllocate(long byteSize) {
    if (byteSize < 1) {
      throw new IllegalArgumentException(
          "a block must have at least one byte: byteSize=" + byteSize);
    }
    if (closed) {
      throw new IllegalStateException(
          "the guard pool must be open: " + usage(byteSize) + "; allocate before close()");
    }
    if (byteSize > (owners.length - 1) * pageBytes) {
      return Optional.empty();
    }
    int wanted = (int) Math.ceilDiv(byteSize, pageBytes);
    int first = findRun(wanted + 1);
    if (first < 0) {
      return Optional.empty();
    }
    long start = pages.address() + first * pageBytes;
    pages.revive(start, wanted * pageBytes);
    long aligned = Math.ceilDiv(byteSize, ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    long address = start + wanted * pageBytes - aligned;
    GuardedBlock block = new GuardedBlock(++blocks, address, byteSize, Site.capture(OURS), null);
    for (int page = first; page < first + wanted; page++) {
      owners[page] = block;
    }
    liveBlocks++;
    cursor = (first + wanted + 1) % owners.length;
    // SAFETY: the bytes lie within pages that were brought to life for this block; they stay
    // mapped,
    // dead or alive, until the process ends.
    return Optional.of(MemorySegment.ofAddress(address).reinterpret(byteSize));
  }

  /** The first page of a run without live blocks, searched from the cursor on; -1 if none. */
  private int findRun(int wanted) {
    for (int tried = 0, page = cursor; tried < owners.length; ) {
      if (page + wanted > owners.length) {
        tried += owners.length - page;
        page = 0;
        continue;
      }
      int inUse = lastLive(page, wanted);
      if (inUse < 0) {
        return page;
      }
      tried += inUse + 1 - page;
      page = (inUse + 1) % owners.length;
    }
    return -1;
  }

  /** The last page of a run that a live block has, as its own or as its dead page; -1 if none. */
  private int lastLive(int first, int count) {
    for (int page = first + count - 1; page >= first; page--) {
      if (isLive(page) || (page == first && page > 0 && isLive(page - 1))) {
        return page;
      }
    }
    return -1;
  }

  private boolean isLive(int page) {
    GuardedBlock owner = owners[page];
    return owner != null && owner.freed() == null;
  }

  /**
   * Frees a block: its pages are dead from now on.
   *
   * @param address the first byte of the block
   * @throws DoubleFreeException when the block was freed before
   * @throws IllegalArgumentException when no block of this pool begins there
   */
  public synchronized void free(long address) {
    GuardedBlock block = owner(address);
    if (block == null || block.address() != address) {
      throw new IllegalArgumentException(
          "a free must name the first byte of a block of this pool: address=0x"
              + Long.toHexString(address)
              + (block == null ? "" : ", inside " + block.text())
              + "; give foreign addresses to their own deallocator");
    }
    if (block.freed() != null) {
      throw new DoubleFreeException(
          "a block must be freed once: " + block.text() + block.lifeText());
    }
    // The site first: an access that meets the dead page must find it.
    GuardedBlock dead = block.freedAt(Site.capture(OURS));
    int first = page(address);
    int count = (int) Math.ceilDiv(block.byteSize(), pageBytes);
    for (int page = first; page < first + count; page++) {
      owners[page] = dead;
    }
    try {
      pages.kill(pages.address() + first * pageBytes, count * pageBytes);
    } catch (RuntimeException e) {
      // The pages are alive still, and so is the block.
      Arrays.fill(owners, first, first + count, block);
      throw e;
    }
    liveBlocks--;
  }

  /** Whether the address lies in this pool's range, whatever is or was there. */
  public boolean owns(long address) {
    return address >= pages.address() && address < pages.address() + owners.length * pageBytes;
  }

  /**
   * Reads a byte of a segment that may be stale.
   *
   * <p>The typed reads look at the value only after the error of a dead page had its chance: the
   * arbitrary value never reaches the program.
   *
   * @throws UseAfterFreeException when the segment begins in a dead block of this pool
   */
  public byte getByte(MemorySegment segment, long offset) {
    try {
      byte value = segment.get(JAVA_BYTE, offset);
      deliverPendingError();
      return value;
    } catch (InternalError e) {
      throw translate(e, segment);
    }
  }

  /** Reads an {@code int}, which need not be aligned; otherwise as {@link #getByte}. */
  public int getInt(MemorySegment segment, long offset) {
    try {
      int value = segment.get(JAVA_INT_UNALIGNED, offset);
      deliverPendingError();
      return value;
    } catch (InternalError e) {
      throw translate(e, segment);
    }
  }

  /** Reads a {@code long}, which need not be aligned; otherwise as {@link #getByte}. */
  public long getLong(MemorySegment segment, long offset) {
    try {
      long value = segment.get(JAVA_LONG_UNALIGNED, offset);
      deliverPendingError();
      return value;
    } catch (InternalError e) {
      throw translate(e, segment);
    }
  }

  /**
   * Runs any access to a segment that may be stale.
   *
   * <p>Safety: on a dead block the access runs on with arbitrary values until the error arrives. It
   * must do nothing with a value but return it, and must not box a {@code byte} or {@code char}:
   * {@code Byte.valueOf} compiled by C2 indexes its table by the arbitrary value, unchecked, which
   * ends the process. For single values use the typed reads.
   *
   * @param segment a block of this pool or a part of one, or any other segment
   * @param access reads or writes the segment, and does nothing else that matters
   * @return what the access returned
   * @throws UseAfterFreeException when the access met a dead block of this pool
   */
  public <T extends @Nullable Object> T access(
      MemorySegment segment, Function<MemorySegment, T> access) {
    try {
      T result = access.apply(segment);
      deliverPendingError();
      return result;
    } catch (InternalError e) {
      throw translate(e, segment);
    }
  }

  /**
   * Takes the safepoint poll at which HotSpot throws the error of an access before it.
   *
   * <p>Without it the next poll may be the one at the return of {@code access}, and the error
   * appears in the caller, untranslated: seen in every call once {@code access} was compiled.
   */
  static void deliverPendingError() {
    int taken = 0;
    while (taken < polls) {
      taken++;
    }
  }

  /**
   * Explains an error that an access to this segment raised.
   *
   * @return what happened, when the segment begins in a dead block of this pool
   * @throws InternalError the given error itself, when it does not
   */
  public UseAfterFreeException translate(InternalError error, MemorySegment segment) {
    GuardedBlock block = owns(segment.address()) ? owner(segment.address()) : null;
    if (block == null || block.freed() == null || !block.contains(segment.address())) {
      throw error;
    }
    return UseAfterFreeException.of(block, segment.address(), error);
  }

  private @Nullable GuardedBlock owner(long address) {
    return owns(address) ? owners[page(address)] : null;
  }

  private int page(long address) {
    return (int) ((address - pages.address()) / pageBytes);
  }

  private String usage(long byteSize) {
    return "byteSize="
        + byteSize
        + ", liveBlocks="
        + liveBlocks
        + ", poolBytes="
        + owners.length * pageBytes
        + ", variant="
        + variant();
  }

  /**
   * Kills every block. Stale accesses are still caught afterwards; the address space stays reserved
   * until the process ends. Later calls do nothing.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    Site site = Site.capture(OURS);
    for (int page = 0; page < owners.length; page++) {
      GuardedBlock owner = owners[page];
      if (owner != null && owner.freed() == null) {
        owners[page] = owner.freedAt(site);
      }
    }
    liveBlocks = 0;
    pages.close();
  }

  @Override
  public synchronized String toString() {
    return "GuardPool[blocks=" + blocks + ", " + usage(0) + ", closed=" + closed + "]";
  }
}
