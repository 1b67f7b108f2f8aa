package testdata;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import java.io.Closeable;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Row A21 as it stands in life: an interface with the implementations inside, a service between
 * close and the native method, an eviction loop under a lock that readers do not take.
 */
class Eviction implements Closeable {
  interface Loaded {
    void close();

    boolean isClosed();

    long address();

    int kilobytes();

    class Graph implements Loaded {
      private final long address;
      private final String engine;
      private final ReadWriteLock lock = new ReentrantReadWriteLock();
      private volatile boolean closed;

      Graph(long address, String engine) {
        this.address = address;
        this.engine = engine;
      }

      @Override
      public void close() {
        lock.writeLock().lock();
        try {
          cleanup();
        } finally {
          lock.writeLock().unlock();
        }
      }

      private void cleanup() {
        if (closed) {
          return;
        }
        closed = true;
        if (address != 0) {
          Engines.free(address, engine);
        }
      }

      @Override
      public boolean isClosed() {
        return closed;
      }

      @Override
      public long address() {
        return address;
      }

      @Override
      public int kilobytes() {
        return 1;
      }
    }
  }

  static final class Engines {
    static void free(long address, String engine) {
      if (engine.equals("first")) {
        First.release(address);
        return;
      }
      throw new IllegalArgumentException("engine=" + engine);
    }
  }

  static final class First {
    static native void release(long address);
  }

  private Cache<String, Loaded> cache;
  private final Deque<String> recent = new ConcurrentLinkedDeque<>();
  private final long most = 100;

  Eviction() {
    cache = CacheBuilder.newBuilder().recordStats().build();
  }

  long size() {
    return cache.asMap().values().stream().mapToLong(Loaded::kilobytes).sum();
  }

  Loaded get(String key) throws ExecutionException {
    Loaded found = cache.getIfPresent(key);
    if (found != null) {
      recent.remove(key);
      recent.addLast(key);
      return found;
    }
    synchronized (this) {
      Iterator<String> oldest = recent.iterator();
      while (oldest.hasNext() && size() >= most) {
        String old = oldest.next();
        Loaded victim = cache.getIfPresent(old);
        if (victim != null) {
          victim.close(); // want "LBJ003 yellow: Loaded.close frees victim before it is removed from testdata.Eviction.cache"
          cache.invalidate(old);
        }
        oldest.remove();
      }
      found = cache.get(key, () -> new Loaded.Graph(1, "first"));
      recent.addLast(key);
      return found;
    }
  }

  @Override
  public void close() {
    cache.invalidateAll();
  }
}
