package testdata;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Every method here leaves dead memory in a map. */
class Hazards {
  private static final Map<String, MemorySegment> SHARED = new ConcurrentHashMap<>();
  private final Map<String, MemorySegment> byName = new HashMap<>();

  void tryWithResources(String name) {
    try (Arena arena = Arena.ofConfined()) { // want "LBJ001 red: Arena.close closes arena while testdata.Hazards.byName"
      byName.put(name, arena.allocate(64));
    }
  }

  void closedByHand(String name) {
    Arena arena = Arena.ofShared();
    MemorySegment segment = arena.allocate(64);
    byName.put(name, segment);
    arena.close(); // want "LBJ001 red: Arena.close closes arena while testdata.Hazards.byName"
  }

  void aSliceIsEnough(String name) {
    try (Arena arena = Arena.ofConfined()) { // want "LBJ001 .*Hazards.byName"
      MemorySegment whole = arena.allocate(ValueLayout.JAVA_LONG, 8);
      byName.put(name, whole.asSlice(8, 8).asReadOnly());
    }
  }

  static void inAStaticMap(String name) {
    try (Arena arena = Arena.ofShared()) { // want "LBJ001 .*testdata.Hazards.SHARED"
      SHARED.putIfAbsent(name, arena.allocateFrom(name));
    }
  }

  void asKey(Map<MemorySegment, String> names) {
    try (Arena arena = Arena.ofConfined()) { // want "LBJ001 .*Hazards.byAddress"
      byAddress.put(arena.allocate(8), "key");
    }
  }

  private final Map<MemorySegment, String> byAddress = new HashMap<>();

  void throughAHelper(String name) {
    Arena arena = Arena.ofConfined();
    byName.put(name, block(arena));
    arena.close(); // want "LBJ001 .*Hazards.byName"
  }

  private static MemorySegment block(Arena arena) {
    return arena.allocate(16);
  }

  void closedByAHelper(String name) {
    Arena arena = Arena.ofConfined();
    byName.put(name, arena.allocate(8));
    quietly(arena); // want "LBJ001 .*Hazards.byName"
  }

  private static void quietly(Arena arena) {
    try {
      arena.close();
    } catch (IllegalStateException e) {
      System.err.println(e);
    }
  }

  void insertedByAHelper(String name) {
    try (Arena arena = Arena.ofConfined()) { // want "LBJ001 .*Hazards.byName"
      keep(name, arena.allocate(8));
    }
  }

  private void keep(String name, MemorySegment segment) {
    byName.put(name, segment);
  }

  void onlyOneWayOut(String name, boolean drop) {
    try (Arena arena = Arena.ofConfined()) { // want "LBJ001 .*Hazards.byName"
      byName.put(name, arena.allocate(8));
      if (drop) {
        byName.remove(name);
      }
    }
  }

  void computed(String name) {
    try (Arena arena = Arena.ofConfined()) { // want "LBJ001 .*Hazards.byName"
      byName.computeIfAbsent(name, key -> arena.allocate(8));
    }
  }

  void reinterpreted(String name, MemorySegment raw) {
    try (Arena arena = Arena.ofConfined()) { // want "LBJ001 .*Hazards.byName"
      byName.put(name, raw.reinterpret(64, arena, null));
    }
  }

  /** The segment may sit in a record. */
  record Named(String name, MemorySegment memory) {}

  private final Map<String, Named> named = new HashMap<>();

  void insideARecord(String name) {
    try (Arena arena = Arena.ofConfined()) { // want "LBJ001 .*Hazards.named"
      named.put(name, new Named(name, arena.allocate(8)));
    }
  }

  /** Closed and replaced, but the map keeps what the old arena owned. */
  static final class Reset {
    private final Map<String, MemorySegment> blocks = new ConcurrentHashMap<>();
    private Arena arena = Arena.ofShared();

    void add(String name) {
      blocks.put(name, arena.allocate(8));
    }

    MemorySegment find(String name) {
      return blocks.get(name);
    }

    void reset() {
      arena.close(); // want "LBJ001 red: Arena.close closes arena while testdata.Hazards.Reset.blocks"
      arena = Arena.ofShared();
    }
  }

  /** The right two statements in the wrong order, before the eyes of other threads. */
  static final class Swapped {
    private final Map<String, MemorySegment> blocks = new ConcurrentHashMap<>();
    private Arena arena = Arena.ofShared();

    void add(String name) {
      blocks.put(name, arena.allocate(8));
    }

    MemorySegment find(String name) {
      return blocks.get(name);
    }

    void reset() {
      arena.close(); // want "LBJ001 .*before testdata.Hazards.Swapped.blocks lets go"
      blocks.clear();
      arena = Arena.ofShared();
    }
  }

  /** A finished owner whose map others can still read: worth a look, not an alarm. */
  static final class Owner implements AutoCloseable {
    private final Map<String, MemorySegment> blocks = new ConcurrentHashMap<>();
    private final Arena arena = Arena.ofShared();

    void add(String name) {
      blocks.put(name, arena.allocate(8));
    }

    MemorySegment find(String name) {
      return blocks.get(name);
    }

    @Override
    public void close() {
      arena.close(); // want "LBJ001 yellow: Arena.close closes arena while testdata.Hazards.Owner.blocks"
    }
  }
}
