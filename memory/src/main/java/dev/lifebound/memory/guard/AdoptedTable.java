package dev.lifebound.memory.guard;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lifebound.memory.handle.AdoptedBlocks;
import dev.lifebound.memory.handle.CFrees;
import dev.lifebound.memory.os.NativeCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The native table of adopted blocks, in which the stub of {@code free} looks addresses up.
 *
 * <p>Java alone enters and removes, under one lock; stubs read without it and raise flags in an
 * entry's status.
 */
final class AdoptedTable implements AdoptedBlocks {
  // Longer than the house's files: the life of an entry and the table it lies in share every rule
  // about who may change which word when.

  /*
   * Layout: struct lb_table and lb_entry of watch.h. Open addressing, linear probing, at most half full.
   *
   * Removal leaves a mark, since a reader may be on its way to what lies behind. Marks at the end of a
   * run of entries become empty again at once: behind them lies nothing. So marks do not gather.
   *
   * Growth makes a table of twice the size and never gives the old one back: a stub may still be
   * reading it. All old ones together are as large as the present one. A flag that a stub raises in the
   * old table meanwhile is carried over: the stub looks whether the table is still the same after it has
   * raised its flag, and growth looks for flags after it has published the new table.
   *
   * Life of an entry whose block C frees:
   *
   *   entered --C frees--> FREED --told, last lease closed--> QUARANTINED --pushed out--> removed, freed
   *                          `---guarded, not leased--> FREED|DONE --told--> removed
   *
   * SETTLED says that the registry has been told.
   *
   * The quarantine keeps the youngest small blocks a while, so that a second free of them is known for
   * what it is.
   */
  static final long FREED = 1;
  static final long DONE = 2;
  static final long QUARANTINED = 4;
  static final long SETTLED = 8;
  private static final long FLAGS = 0xff;
  private static final int SYMBOL_SHIFT = 8;
  private static final int IMAGE_SHIFT = 16;
  private static final int BYTE_MASK = 0xff;
  private static final int VERSION_SHIFT = 32;

  private static final long EMPTY = 0;
  private static final long REMOVED = 1;
  private static final long HASH = 0x9e3779b97f4a7c15L;
  private static final int FIRST_BITS = 10;
  private static final long CACHE_LINE_BYTES = 64;

  static final int QUARANTINE_BLOCKS = 256;
  static final long QUARANTINE_BYTES = 1 << 20;
  static final long QUARANTINE_BLOCK_BYTES = 1 << 16;

  private static final VarHandle LONGS = JAVA_LONG.varHandle();

  /** Who gives memory back, and hears where the table lies. */
  interface Memory {
    /** By the old value of this symbol in this image. */
    void free(long address, int image, int symbol);

    /** Whether the block is guarded: it needs no quarantine. */
    boolean isGuarded(long address);

    /** Where the table lies from now on. */
    void publish(long table);

    /** Whether there is anything in the table. */
    void used(boolean any);
  }

  private record Quarantined(long address, long byteSize, long status) {}

  private final Memory memory;
  private final long entriesOffset;
  private final long entryBytes;
  private final long maskOffset;
  private final long shiftOffset;
  private final long keyOffset;
  private final long wordOffset;
  private final long handleOffset;
  private final long statusOffset;

  private final Object lock = new Object();
  private final Deque<Quarantined> quarantine = new ArrayDeque<>();
  private long quarantinedBytes;
  private @Nullable MemorySegment table;
  private int bits;
  private int used;
  private int version;
  private long returned;

  /** By registry number, which is the upper bits of a handle. */
  private final @Nullable Source[] sources = new Source[1 << (Long.SIZE - CFrees.REGISTRY_SHIFT)];

  AdoptedTable(NativeCode code, Memory memory) {
    this.memory = memory;
    this.entriesOffset = code.size("lb_table");
    this.entryBytes = code.size("lb_entry");
    this.maskOffset = code.offset("lb_table.mask");
    this.shiftOffset = code.offset("lb_table.shift");
    this.keyOffset = code.offset("lb_entry.key");
    this.wordOffset = code.offset("lb_entry.word");
    this.handleOffset = code.offset("lb_entry.handle");
    this.statusOffset = code.offset("lb_entry.status");
  }

  @Override
  public void entered(Source source, long handle, long address, long byteSize, long stateWord) {
    synchronized (lock) {
      sources[(int) (handle >>> CFrees.REGISTRY_SHIFT)] = source;
      MemorySegment entries = roomForOne();
      int at = find(entries, address);
      if (at < 0) {
        at = free(entries, address);
        if (used++ == 0) {
          memory.used(true);
        }
      } else if (get(entries, at, handleOffset) == handle) {
        return;
      }
      // The version first and the key last: a reader that mixes old and new notices.
      version++;
      set(entries, at, statusOffset, (long) version << VERSION_SHIFT);
      set(entries, at, wordOffset, stateWord);
      set(entries, at, handleOffset, handle);
      set(entries, at, keyOffset, address);
    }
  }

  @Override
  public void left(long handle, long address) {
    synchronized (lock) {
      MemorySegment entries = table;
      if (entries == null) {
        return;
      }
      int at = find(entries, address);
      if (at < 0 || get(entries, at, handleOffset) != handle) {
        return;
      }
      long flags = get(entries, at, statusOffset) & FLAGS;
      if (flags == 0 || (flags & DONE) != 0) {
        remove(entries, at);
      }
    }
  }

  @Override
  public void freeOwed(long handle, long address, long byteSize) {
    List<Quarantined> due = new ArrayList<>();
    synchronized (lock) {
      MemorySegment entries = table;
      if (entries == null) {
        return;
      }
      int at = find(entries, address);
      if (at < 0 || get(entries, at, handleOffset) != handle) {
        return;
      }
      long status = get(entries, at, statusOffset);
      if ((status & (FREED | DONE | QUARANTINED)) != FREED) {
        return;
      }
      if (byteSize > QUARANTINE_BLOCK_BYTES || memory.isGuarded(address)) {
        remove(entries, at);
        due.add(new Quarantined(address, byteSize, status));
      } else {
        set(entries, at, statusOffset, status | QUARANTINED);
        quarantine.add(new Quarantined(address, byteSize, status));
        quarantinedBytes += byteSize;
      }
      while (quarantine.size() > QUARANTINE_BLOCKS || quarantinedBytes > QUARANTINE_BYTES) {
        leaveQuarantine(entries, due);
      }
    }
    free(due);
  }

  private void leaveQuarantine(MemorySegment entries, List<Quarantined> due) {
    Quarantined block = quarantine.removeFirst();
    quarantinedBytes -= block.byteSize;
    int at = find(entries, block.address);
    // Another version: the address was adopted again, though it was never free. It is the
    // adopter's.
    if (at >= 0
        && get(entries, at, statusOffset) >>> VERSION_SHIFT == block.status >>> VERSION_SHIFT) {
      remove(entries, at);
      due.add(block);
    }
  }

  private void free(List<Quarantined> due) {
    synchronized (lock) {
      returned += due.size();
    }
    for (Quarantined block : due) {
      memory.free(
          block.address,
          (int) (block.status >>> IMAGE_SHIFT) & BYTE_MASK,
          (int) (block.status >>> SYMBOL_SHIFT) & BYTE_MASK);
    }
  }

  /** Frees everything that waits, for the end of the watch. */
  void flush() {
    List<Quarantined> due = new ArrayList<>();
    synchronized (lock) {
      MemorySegment entries = table;
      while (entries != null && !quarantine.isEmpty()) {
        leaveQuarantine(entries, due);
      }
    }
    free(due);
  }

  /** The registry that has issued the handle, if it was ever here. */
  @Nullable Source source(long handle) {
    synchronized (lock) {
      return sources[(int) (handle >>> CFrees.REGISTRY_SHIFT)];
    }
  }

  /** Whether the registry is still to hear that C has freed this block; true once. */
  boolean claim(long handle, long address) {
    synchronized (lock) {
      MemorySegment entries = table;
      if (entries == null) {
        return false;
      }
      int at = find(entries, address);
      return at >= 0 && get(entries, at, handleOffset) == handle && claim(entries, at);
    }
  }

  private boolean claim(MemorySegment entries, int at) {
    long status = get(entries, at, statusOffset);
    if ((status & FREED) == 0 || (status & SETTLED) != 0) {
      return false;
    }
    set(entries, at, statusOffset, status | SETTLED);
    return true;
  }

  /** As {@link #claim}, for all such blocks: after an event found no place. */
  List<Long> unsettled() {
    List<Long> handles = new ArrayList<>();
    synchronized (lock) {
      MemorySegment entries = table;
      for (int at = 0; entries != null && at < 1 << bits; at++) {
        long key = get(entries, at, keyOffset);
        if (key != EMPTY && key != REMOVED && claim(entries, at)) {
          handles.add(get(entries, at, handleOffset));
        }
      }
    }
    return handles;
  }

  /** Blocks that C freed and whose memory was given back since. */
  long returned() {
    synchronized (lock) {
      return returned;
    }
  }

  /** The handle that was entered with an address; 0 if none is. */
  long handleOf(long address) {
    synchronized (lock) {
      MemorySegment entries = table;
      int at = entries == null ? -1 : find(entries, address);
      return entries == null || at < 0 ? 0 : get(entries, at, handleOffset);
    }
  }

  /** Entries in the table. */
  int size() {
    synchronized (lock) {
      return used;
    }
  }

  private MemorySegment roomForOne() {
    MemorySegment old = table;
    if (old != null && (used + 1) * 2 <= 1 << bits) {
      return old;
    }
    int grown = old == null ? FIRST_BITS : bits + 1;
    MemorySegment fresh =
        Arena.global().allocate(entriesOffset + (entryBytes << grown), CACHE_LINE_BYTES);
    fresh.set(JAVA_LONG, maskOffset, (1L << grown) - 1);
    fresh.set(JAVA_LONG, shiftOffset, Long.SIZE - grown);
    int before = bits;
    bits = grown;
    if (old != null) {
      copy(old, before, fresh);
    }
    table = fresh;
    memory.publish(fresh.address());
    VarHandle.fullFence();
    if (old != null) {
      carryFlags(old, before, fresh);
    }
    return fresh;
  }

  private void copy(MemorySegment old, int oldBits, MemorySegment fresh) {
    for (int i = 0; i < 1 << oldBits; i++) {
      long key = get(old, i, keyOffset);
      if (key != EMPTY && key != REMOVED) {
        int at = free(fresh, key);
        set(fresh, at, statusOffset, get(old, i, statusOffset));
        set(fresh, at, wordOffset, get(old, i, wordOffset));
        set(fresh, at, handleOffset, get(old, i, handleOffset));
        set(fresh, at, keyOffset, key);
      }
    }
  }

  private void carryFlags(MemorySegment old, int oldBits, MemorySegment fresh) {
    for (int i = 0; i < 1 << oldBits; i++) {
      long key = get(old, i, keyOffset);
      long status = get(old, i, statusOffset);
      if (key != EMPTY && key != REMOVED && (status & FLAGS) != 0) {
        long _ =
            (long) LONGS.getAndBitwiseOr(fresh, position(find(fresh, key), statusOffset), status);
      }
    }
  }

  private int index(long address) {
    return (int) ((address * HASH) >>> (Long.SIZE - bits));
  }

  private int next(int at) {
    return (at + 1) & ((1 << bits) - 1);
  }

  /** The entry of an address, or -1. */
  private int find(MemorySegment entries, long address) {
    int at = index(address);
    while (true) {
      long key = get(entries, at, keyOffset);
      if (key == address) {
        return at;
      }
      if (key == EMPTY) {
        return -1;
      }
      at = next(at);
    }
  }

  /** A place for an address that is not in the table. */
  private int free(MemorySegment entries, long address) {
    int at = index(address);
    while (true) {
      long key = get(entries, at, keyOffset);
      if (key == EMPTY || key == REMOVED) {
        return at;
      }
      at = next(at);
    }
  }

  private void remove(MemorySegment entries, int at) {
    set(entries, at, keyOffset, REMOVED);
    if (--used == 0) {
      memory.used(false);
    }
    if (get(entries, next(at), keyOffset) != EMPTY) {
      return;
    }
    int mask = (1 << bits) - 1;
    for (int i = at; get(entries, i, keyOffset) == REMOVED; i = (i - 1) & mask) {
      set(entries, i, keyOffset, EMPTY);
    }
  }

  private long position(int at, long field) {
    return entriesOffset + at * entryBytes + field;
  }

  private long get(MemorySegment entries, int at, long field) {
    return (long) LONGS.getAcquire(entries, position(at, field));
  }

  private void set(MemorySegment entries, int at, long field, long value) {
    LONGS.setRelease(entries, position(at, field), value);
  }

  /** Recounts; for tests, while nobody else works. */
  void checkInvariants() {
    synchronized (lock) {
      MemorySegment entries = table;
      int found = 0;
      for (int at = 0; entries != null && at < 1 << bits; at++) {
        long key = get(entries, at, keyOffset);
        if (key == REMOVED && get(entries, next(at), keyOffset) == EMPTY) {
          throw new AssertionError("a mark must not lie before an empty entry: at=" + at);
        }
        if (key != EMPTY && key != REMOVED) {
          found++;
          if (find(entries, key) != at) {
            throw new AssertionError("an entry must be found: at=" + at + ", key=" + key);
          }
        }
      }
      if (found != used || (used > 0 && used * 2 > 1 << bits)) {
        throw new AssertionError("entries must be counted: found=" + found + ", used=" + used);
      }
    }
  }
}
