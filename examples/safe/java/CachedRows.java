import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import dev.lifebound.memory.handle.BoundMap;
import dev.lifebound.memory.handle.Evictions;
import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.Registry;

/**
 * Rows in native memory under a Caffeine cache: an evicted row is freed, but never under a reader.
 * Run: see the README.
 */
class CachedRows {
  private static final int ROWS = 1_000;
  private static final int CACHED_ROWS = 10;

  public static void main(String[] args) {
    Evictions<Integer> evictions = new Evictions<>();
    Cache<Integer, Long> cache =
        Caffeine.newBuilder()
            .maximumSize(CACHED_ROWS)
            .executor(Runnable::run)
            .evictionListener(
                (Integer row, Long handle, RemovalCause cause) -> evictions.evicted(row, handle))
            .build();
    try (Registry registry = Registry.create();
        BoundMap<Integer> rows = BoundMap.over(registry, cache.asMap(), evictions)) {
      rows.put(0, load(registry, 0));
      try (Lease first = rows.lease(0).orElseThrow()) {
        for (int row = 1; row < ROWS; row++) {
          rows.put(row, load(registry, row));
        }
        rows.remove(0); // evicted or not, it is gone now, but not freed
        System.out.println("still readable: " + first.getLong(0));
      }
      System.out.println("row 0 cached: " + rows.containsKey(0));
      System.out.println("blocks as cached rows: " + (registry.blocks() == rows.size()));
    }
  }

  private static long load(Registry registry, int row) {
    long handle = registry.allocate(64, "row");
    try (Lease lease = registry.lease(handle)) {
      lease.setLong(0, 100 + row);
    }
    return handle;
  }
}
