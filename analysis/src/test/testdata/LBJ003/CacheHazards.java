package testdata;

import com.google.common.cache.Cache;
import java.util.Map;

/** Row A21: an eviction closes the allocation and invalidates the entry after that. */
interface Allocation {
  void close();

  long address();
}

final class IndexAllocation implements Allocation {
  private final long address;

  IndexAllocation(long address) {
    this.address = address;
  }

  @Override
  public void close() {
    Service.free(address);
  }

  @Override
  public long address() {
    return address;
  }
}

final class Service {
  private Service() {}

  static native void free(long address);
}

class CacheHazards {
  private final Cache<String, Allocation> cache;
  private final Cache<String, IndexAllocation> exact;

  CacheHazards(Cache<String, Allocation> cache, Cache<String, IndexAllocation> exact) {
    this.cache = cache;
    this.exact = exact;
  }

  void evict(String key) {
    Allocation allocation = cache.getIfPresent(key);
    if (allocation != null) {
      allocation.close(); // want "LBJ003 yellow: Allocation.close frees allocation before it is removed from testdata.CacheHazards.cache"
      cache.invalidate(key);
    }
  }

  void evictExact(String key) {
    IndexAllocation allocation = exact.getIfPresent(key);
    if (allocation != null) {
      allocation.close(); // want "LBJ003 red: IndexAllocation.close frees allocation before it is removed"
      exact.invalidate(key);
    }
  }

  void evictByView() {
    for (Map.Entry<String, IndexAllocation> entry : exact.asMap().entrySet()) {
      entry.getValue().close(); // want "LBJ003 red: IndexAllocation.close frees"
    }
  }
}
