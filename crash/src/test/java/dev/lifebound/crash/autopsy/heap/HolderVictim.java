package dev.lifebound.crash.autopsy.heap;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Holds addresses in every way a program might, and dumps its heap. */
@SuppressWarnings("restricted")
final class HolderVictim {
  static final long FIRST = 0x7e00_0000_0000L;
  static final long STEP = 0x10_0000;
  static final UUID ID = UUID.fromString("35628264-c72b-4003-8000-0123456789ab");

  record Seat(String hall, int row, TimeUnit unit) {}

  record Session(long address, String user) {}

  static final class Cursor {
    long position = at(1);
    final Object filler = new Object();
  }

  static final Map<String, Long> BY_TEXT = new HashMap<>();
  static final Map<Long, MemorySegment> BY_NUMBER = new ConcurrentHashMap<>();
  static final Map<TimeUnit, AtomicLong> BY_ENUM = new TreeMap<>();
  static final Map<Seat, Session> BY_RECORD = Collections.synchronizedMap(new LinkedHashMap<>());
  static final Map<Integer, ByteBuffer> BY_INT = new ConcurrentSkipListMap<>();
  static final Map<UUID, Long> BY_UUID = new HashMap<>();
  static final Map<MemorySegment, String> BY_POINTER = new HashMap<>();

  @SuppressWarnings("IdentityHashMapUsage") // one of the kinds of maps to be found
  static final Map<Object, Long> BY_IDENTITY = new IdentityHashMap<>();

  static final Map<String, List<Long>> LISTS = new HashMap<>();
  static final Map<TimeUnit, Long> ENUM_MAP = new EnumMap<>(TimeUnit.class);
  static final Map<String, Long> IMMUTABLE;
  static final Map<String, Long> COLLIDING = new HashMap<>();
  static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  static final MemorySegment REST =
      MemorySegment.ofAddress(0x7000_0000_0000L).reinterpret(Long.MAX_VALUE);
  static final long[] TABLE = new long[100];
  static final List<Cursor> CURSORS = new ArrayList<>();
  static long single;
  static final List<byte[]> BULK = new ArrayList<>();
  static final Map<Object, Object> MANY = new HashMap<>();

  static {
    IMMUTABLE = Map.of("one", at(12), "two", 2L, "three", 3L);
  }

  private HolderVictim() {}

  static long at(int number) {
    return FIRST + number * STEP;
  }

  public static void main(String[] arguments) throws IOException {
    CURSORS.add(new Cursor());
    BY_TEXT.put("anna", at(2));
    BY_NUMBER.put(1L << 40, MemorySegment.ofAddress(at(3)).reinterpret(4096));
    BY_ENUM.put(TimeUnit.DAYS, new AtomicLong(at(4)));
    BY_RECORD.put(new Seat("nördlich", 7, TimeUnit.HOURS), new Session(at(5), "bert"));
    BY_INT.put(42, MemorySegment.ofAddress(at(6)).reinterpret(64).asByteBuffer());
    BY_UUID.put(ID, at(7));
    BY_POINTER.put(MemorySegment.ofAddress(at(8)), "by its pointer");
    BY_IDENTITY.put("identity", at(9));
    LISTS.put("list", new ArrayList<>(List.of(1L, at(10))));
    ENUM_MAP.put(TimeUnit.SECONDS, at(11));
    TABLE[17] = at(13);
    single = at(14);
    // Texts of one hash: the second is behind the first in one bucket.
    COLLIDING.put("AaAa", 1L);
    COLLIDING.put("BBBB", at(15));
    int objects = Integer.parseInt(arguments[1]);
    for (int i = 0; i < objects; i++) {
      MANY.put("key-" + i, new Session(i, "user-" + i));
      if (i % 10 == 0) {
        BULK.add(new byte[1000]);
      }
    }
    ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
        .dumpHeap(arguments[0], false);
  }
}
