import dev.lifebound.memory.handle.BoundMap;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerSettings;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tiles in native memory. The renderer keeps an address of its own, and so outlives an eviction.
 */
class TileServer {
  record Place(int zoom, int x, int y) {}

  private static final long TILE_BYTES = 40L << 20;
  private static final Linker C = Linker.nativeLinker();

  private final MethodHandle malloc =
      c("malloc", FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
  private final MethodHandle free = c("free", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
  private final Registry registry = Registry.create();
  private final BoundMap<String> tiles =
      BoundMap.over(registry, new ConcurrentHashMap<>(), "tiles");
  private final Map<Place, MemorySegment> rendering = new HashMap<>();

  private static MethodHandle c(String name, FunctionDescriptor type) {
    return C.downcallHandle(C.defaultLookup().findOrThrow(name), type);
  }

  void load(String name, Place place) throws Throwable {
    MemorySegment tile = ((MemorySegment) malloc.invokeExact(TILE_BYTES)).reinterpret(TILE_BYTES);
    tiles.put(name, registry.adopt(tile, this::give, "tile"));
    rendering.put(place, tile); // the mistake: an address that no handle guards
  }

  private void give(MemorySegment tile) {
    try {
      free.invokeExact(tile);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  void evict(String name) {
    tiles.remove(name);
  }

  int render(Place place) {
    return rendering.get(place).get(ValueLayout.JAVA_INT, 4096 * 17);
  }

  public static void main(String[] arguments) throws Throwable {
    Ledger.create(Path.of("tiles.ledger"), LedgerSettings.defaults().withStacks(1, 6)).install();
    TileServer server = new TileServer();
    Place place = new Place(7, 67, 42);
    server.load("north/7", new Place(7, 67, 41));
    server.load("south/7", place);
    server.render(place);
    if (arguments.length > 0) {
      java.lang.management.ManagementFactory.getPlatformMXBean(
              com.sun.management.HotSpotDiagnosticMXBean.class)
          .dumpHeap(arguments[0], false);
    }
    Thread evictor = new Thread(() -> server.evict("south/7"), "evictor");
    evictor.start();
    evictor.join();
    System.out.println(server.render(place));
  }
}
