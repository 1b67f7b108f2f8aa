package dev.lifebound.crash.autopsy;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.lifebound.memory.guard.Armed;
import dev.lifebound.memory.guard.Guard;
import dev.lifebound.memory.guard.GuardOptions;
import dev.lifebound.memory.guard.Mode;
import dev.lifebound.memory.handle.BoundMap;
import dev.lifebound.memory.handle.DoubleReleaseException;
import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.Tracking;
import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerSettings;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A program with Lifebound that dies in the way it is told to. What an autopsy should find is
 * written to a file right before; the seed chooses sizes, offsets, names, keys, and what else goes
 * on.
 */
public final class CrashVictim {
  /** Exit code of one that is still there after its crash. */
  static final int SURVIVED = 3;

  private static final List<String> MAPS = List.of("sessions", "tiles", "cursors", "frames");
  private static final List<String> TAGS = List.of("session", "tile", "cursor", "frame");
  private static final long LARGE_BYTES = 40L << 20;

  /** A key that the ledger keeps as a hash only, and a heap dump as a whole. */
  record Seat(String hall, int row) {}

  /** A plain map, of which the ledger knows nothing. */
  static final Map<Object, Object> PLAIN = new HashMap<>();

  private final Random random;
  private final Path folder;
  private final Properties truth = new Properties();
  private final Registry registry = Registry.create(Tracking.FULL);
  private final String mapName;
  private final BoundMap<Object> map;
  private final String tag;
  private final Object key;

  private CrashVictim(long seed, Path folder) {
    this.random = new Random(seed);
    this.folder = folder;
    this.mapName = MAPS.get(random.nextInt(MAPS.size()));
    this.map = BoundMap.over(registry, new ConcurrentHashMap<>(), mapName);
    this.tag = TAGS.get(random.nextInt(TAGS.size()));
    this.key = key(0);
  }

  public static void main(String[] arguments) throws Exception {
    CrashKind kind = CrashKind.valueOf(arguments[0]);
    Path folder = Path.of(arguments[2]);
    Ledger _ =
        Ledger.create(folder.resolve("ledger"), LedgerSettings.defaults().withStacks(1, 8))
            .install();
    CrashVictim victim = new CrashVictim(Long.parseLong(arguments[1]), folder);
    victim.live();
    victim.die(kind);
    Runtime.getRuntime().halt(SURVIVED);
  }

  private Object key(int number) {
    return switch (random.nextInt(4)) {
      case 0 -> "key-" + number + "-" + random.nextInt(1000);
      case 1 -> random.nextLong(1L << 40) + number;
      case 2 -> new UUID(random.nextLong(), number);
      default -> TAGS.get(random.nextInt(TAGS.size())) + "/" + random.nextInt(100) + "/" + number;
    };
  }

  /** What an ordinary program does before its end. */
  private void live() throws InterruptedException {
    BoundMap<Object> others = BoundMap.over(registry, new ConcurrentHashMap<>(), "others");
    Thread worker =
        new Thread(
            () -> {
              for (int i = 0; i < 200; i++) {
                others.put("other-" + i, registry.allocate(64L + i, "other"));
                if (i % 3 == 0) {
                  others.remove("other-" + i / 2);
                }
              }
            },
            "worker");
    worker.start();
    worker.join();
    int before = random.nextInt(40);
    for (int i = 0; i < before; i++) {
      map.put("warm-" + i, registry.allocate(16L + random.nextInt(5000), tag));
    }
  }

  private void die(CrashKind kind) throws Exception {
    switch (kind) {
      case READ_AFTER_FREE -> readAfterFree();
      case WRITE_AFTER_FREE -> {
        Mapped block = mapped();
        inThread("evictor", () -> map.remove(key));
        RawMemory.write(block.stale(this));
      }
      case C_AFTER_FREE -> {
        Mapped block = mapped();
        map.remove(key);
        long _ = RawMemory.strlen(block.stale(this));
      }
      case FREED_BY_C -> {
        Mapped block = mapped();
        registry.markFreedByC(block.handle);
        RawMemory.unmap(block.address, block.bytes);
        byte _ = RawMemory.read(block.stale(this));
      }
      case FREED_UNSEEN -> {
        Mapped block = mapped();
        RawMemory.unmap(block.address, block.bytes);
        long address = block.stale(this);
        Lease lease = map.lease(key).orElseThrow();
        byte _ = lease.getByte(address - block.address);
      }
      case ADDRESS_REUSE -> addressReuse();
      case GUARD_FAULT -> guardFault();
      case DOUBLE_FREE -> doubleFree(LARGE_BYTES + random.nextInt(1 << 20));
      case DOUBLE_FREE_ABORT -> doubleFreeOfSmall(random.nextBoolean());
      case OVERFLOW, OVERFLOW_BY_C -> overflow(kind);
      case WILD_ADDRESS -> {
        long address = 0x1000_0000_0000L + (random.nextLong(1L << 40) & ~7L);
        tell(null, address, null, null);
        byte _ = RawMemory.read(address);
      }
    }
  }

  /** A block of whole pages of its own, in the map. */
  private final class Mapped {
    final long bytes = (1 + random.nextInt(32)) * RawMemory.PAGE_BYTES;
    final long address;
    final long handle;
    final long offset = random.nextLong(bytes);

    Mapped(long at, Object under) {
      address = RawMemory.map(at, bytes);
      handle =
          registry.adopt(
              RawMemory.at(address, bytes),
              segment -> RawMemory.unmap(segment.address(), segment.byteSize()),
              tag);
      map.put(under, handle);
    }

    /** The address to die at, after it was told. */
    long stale(CrashVictim victim) throws IOException {
      victim.tell(handle, address + offset, mapName, key);
      return address + offset;
    }
  }

  private Mapped mapped() {
    return new Mapped(0, key);
  }

  private static void inThread(String name, Runnable work) throws InterruptedException {
    Thread thread = new Thread(work, name);
    thread.start();
    thread.join();
  }

  /** Every third time the pointer is in a plain map, and a heap dump tells. */
  private void readAfterFree() throws Exception {
    Mapped block = mapped();
    if (random.nextInt(3) > 0) {
      map.remove(key);
      byte _ = RawMemory.read(block.stale(this));
      return;
    }
    Object plain =
        switch (random.nextInt(3)) {
          case 0 -> new Seat("north", random.nextInt(50));
          case 1 -> TAGS.get(random.nextInt(4)) + "-" + random.nextInt(50);
          default -> Mode.STRICT;
        };
    for (int i = 0; i < 100; i++) {
      PLAIN.put("filler-" + i, i);
    }
    PLAIN.put(
        plain, random.nextBoolean() ? block.address : RawMemory.at(block.address, block.bytes));
    map.remove(key);
    ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
        .dumpHeap(folder.resolve("heap.hprof").toString(), false);
    tell(block.handle, block.address + block.offset, CrashVictim.class.getName() + ".PLAIN", plain);
    byte _ = RawMemory.read(block.address + block.offset);
  }

  private void addressReuse() throws Exception {
    Mapped first = mapped();
    map.remove(key);
    Object later = key(1);
    Mapped second = new Mapped(first.address, later);
    map.remove(later);
    long address = first.address + Math.min(first.bytes, second.bytes) - 1;
    truth.setProperty("earlier", Long.toString(first.handle));
    tell(second.handle, address, mapName, later);
    byte _ = RawMemory.read(address);
  }

  private void guardFault() throws Exception {
    Armed guard = Guard.arm(GuardOptions.of(Mode.RECOVER));
    long bytes = 16L + random.nextInt(4000);
    MemorySegment block = guard.tryAllocate(bytes).orElseThrow();
    long handle = registry.adopt(block, dead -> guard.free(dead.address()), tag);
    map.put(key, handle);
    map.remove(key);
    long address = block.address() + random.nextLong(bytes);
    tell(handle, address, mapName, key);
    byte _ = RawMemory.read(address);
    Runtime.getRuntime().halt(137);
  }

  private void doubleFree(long bytes) throws Exception {
    MemorySegment block = RawMemory.at(RawMemory.malloc(bytes), bytes);
    long handle = registry.adopt(block, dead -> RawMemory.free(dead.address()), tag);
    map.put(key, handle);
    tell(handle, block.address(), mapName, key);
    map.remove(key);
    RawMemory.free(block.address());
  }

  /**
   * The C library aborts at the second free, and names no block.
   *
   * @param refused whether Java had tried before, and the ledger knows; else no block can be named
   */
  private void doubleFreeOfSmall(boolean refused) throws Exception {
    long bytes = 48;
    MemorySegment block = RawMemory.at(RawMemory.malloc(bytes), bytes);
    long handle = registry.adopt(block, dead -> RawMemory.free(dead.address()), tag);
    map.put(key, handle);
    if (refused) {
      tell(handle, block.address(), mapName, key);
    } else {
      tell(null, block.address(), null, null);
    }
    map.remove(key);
    try {
      if (refused) {
        registry.release(handle);
      }
    } catch (DoubleReleaseException e) {
      truth.setProperty("refused", String.valueOf(e.getMessage()));
    }
    RawMemory.free(block.address());
  }

  private void overflow(CrashKind kind) throws Exception {
    long pages = 1L + random.nextInt(16);
    // A hole of one page on each side.
    long whole = RawMemory.map(0, (pages + 2) * RawMemory.PAGE_BYTES);
    RawMemory.unmap(whole, RawMemory.PAGE_BYTES);
    RawMemory.unmap(whole + (pages + 1) * RawMemory.PAGE_BYTES, RawMemory.PAGE_BYTES);
    long start = whole + RawMemory.PAGE_BYTES;
    long end = start + pages * RawMemory.PAGE_BYTES;
    boolean before = kind == CrashKind.OVERFLOW && random.nextBoolean();
    long slack = before ? 0 : random.nextInt(2000);
    long bytes = end - start - slack;
    long handle = registry.adopt(RawMemory.at(start, bytes), _ -> {}, tag);
    map.put(key, handle);
    if (before) {
      tell(handle, start - 1, mapName, key);
      byte _ = RawMemory.read(start - 1);
    }
    tell(handle, end, mapName, key);
    if (kind == CrashKind.OVERFLOW_BY_C) {
      RawMemory.memset(start, bytes + slack + 8);
    }
    for (long at = start; ; at++) {
      byte _ = RawMemory.read(at);
    }
  }

  private void tell(
      @Nullable Long handle, long address, @Nullable String held, @Nullable Object under)
      throws IOException {
    if (handle != null) {
      truth.setProperty("block", Long.toString(handle));
    }
    truth.setProperty("address", Long.toString(address));
    if (held != null) {
      truth.setProperty("map", held);
      truth.setProperty("key", String.valueOf(under));
    }
    List<String> lines = new ArrayList<>();
    truth.forEach((name, value) -> lines.add(name + "=" + value));
    Files.write(folder.resolve("truth"), lines);
  }
}
