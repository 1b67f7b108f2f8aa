package testdata;

import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.Reference;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

final class Handle implements AutoCloseable {
  private final long address;

  Handle(long address) {
    this.address = address;
  }

  @Override
  public void close() {
    free0(address);
  }

  private static native void free0(long address);
}

/** Nothing here deserves a word. */
class Safe {
  private final Map<String, Handle> handles = new ConcurrentHashMap<>();
  private final Map<String, InputStream> streams = new HashMap<>();
  private final Map<String, AutoCloseable> anything = new ConcurrentHashMap<>();
  private final Map<String, Handle> locked = new HashMap<>();
  private final ReentrantLock lock = new ReentrantLock();

  void streamsAreNotNative(String name) throws IOException {
    streams.get(name).close();
  }

  void sweepOfStreams() throws IOException {
    for (InputStream stream : streams.values()) {
      stream.close();
    }
  }

  void anythingIsNotNative(String name) throws Exception {
    anything.get(name).close();
  }

  void removedFirst(String name) {
    Handle handle = handles.remove(name);
    if (handle != null) {
      handle.close();
    }
  }

  void removedFirstInOneGo(String name) {
    handles.remove(name).close();
  }

  void lookedUpThenRemovedThenClosed(String name) {
    Handle handle = handles.get(name);
    handles.remove(name); // mutant drop LBJ003, swap LBJ003
    handle.close();
  }

  void removedInsideCompute(String name) {
    handles.computeIfPresent(
        name,
        (key, handle) -> {
          handle.close();
          return null;
        });
  }

  void oldOneClosed(String name, Handle next) {
    Handle old = handles.put(name, next);
    if (old != null) {
      old.close();
    }
  }

  Handle lost(String name, Handle mine) {
    Handle other = handles.putIfAbsent(name, mine);
    if (other != null) {
      mine.close();
      return other;
    }
    return mine;
  }

  void replacedBeforeTheEnd(String name) {
    Handle handle = handles.get(name);
    handles.put(name, new Handle(7)); // mutant drop LBJ003
    handle.close();
  }

  void localMap(String name) {
    Map<String, Handle> local = new HashMap<>();
    local.put(name, new Handle(1));
    local.get(name).close();
  }

  void neverMapped() {
    Handle handle = new Handle(2);
    handle.close();
  }

  void iteratorInTheRightOrder() {
    for (Iterator<Handle> it = handles.values().iterator(); it.hasNext(); ) {
      Handle handle = it.next();
      it.remove(); // mutant drop LBJ003, swap LBJ003
      handle.close();
    }
  }

  void sweptAndCleared() {
    for (Handle handle : handles.values()) {
      handle.close();
    }
    handles.clear(); // mutant drop LBJ003
  }

  void sweptAndReplaced() {
    replaceable.values().forEach(Handle::close);
    replaceable = new HashMap<>(); // mutant drop LBJ003
  }

  private Map<String, Handle> replaceable = new HashMap<>();

  void underTheLockOfAllReaders(String name) {
    lock.lock(); // mutant drop LBJ003
    try {
      Handle handle = locked.get(name);
      if (handle != null) {
        handle.close();
        locked.remove(name); // mutant drop LBJ003
      }
    } finally {
      lock.unlock();
    }
  }

  void conditionRepeated(String name, boolean end) {
    Handle handle = handles.get(name);
    if (end) {
      handles.remove(name);
    }
    if (end) {
      handle.close();
    }
  }

  void byAHelper(String name) {
    Handle handle = handles.get(name);
    forget(name); // mutant drop LBJ003, swap LBJ003
    handle.close();
  }

  private void forget(String name) {
    handles.remove(name); // mutant drop LBJ003
  }

  /** Row A25: the flag first, then all values, then the map. */
  static final class Registry implements AutoCloseable {
    private final ConcurrentMap<String, Handle> held = new ConcurrentHashMap<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    void attach(String id, Handle handle) {
      if (closed.get()) {
        throw new IllegalStateException("closed");
      }
      held.put(id, handle);
    }

    Handle find(String id) {
      return held.get(id);
    }

    @Override
    public void close() {
      if (!closed.getAndSet(true)) {
        for (Handle handle : held.values()) {
          handle.close();
        }
      }
    }
  }

  /** A closed owner that nobody can ask. */
  static final class Owner implements AutoCloseable {
    private final Map<String, Handle> held = new HashMap<>();

    void add(String name) {
      held.put(name, new Handle(3));
    }

    @Override
    public void close() {
      held.values().forEach(Handle::close);
    }
  }

  /** A handle that refuses use after its close: an exception, not a crash. */
  static final class Refusing implements AutoCloseable {
    private long address = 4;

    long read() {
      if (address == 0) {
        throw new IllegalStateException("closed");
      }
      return read0(address);
    }

    @Override
    public void close() {
      free0(address);
      address = 0; // mutant drop LBJ003
    }

    private static native void free0(long address);

    private static native long read0(long address);
  }

  private final Map<String, Refusing> refusing = new HashMap<>();

  void refused(String name) {
    refusing.get(name).close();
  }

  /** Counted: closing gives up one reference. */
  static final class Counted implements AutoCloseable {
    private long address = 5;
    private int count;

    void retain() {
      count++;
    }

    @Override
    public void close() {
      if (--count == 0) {
        free0(address);
      }
    }

    private static native void free0(long address);
  }

  private final Map<String, Counted> counted = new HashMap<>();

  void released(String name) {
    counted.get(name).close();
  }

  /** Row A23: weak values; what the reference yields is not the map's. */
  private static final Map<Long, Reference<Handle>> WEAK = new ConcurrentHashMap<>();

  static void weak() {
    for (Reference<Handle> reference : WEAK.values()) {
      Handle handle = reference.get();
      if (handle != null) {
        handle.close();
      }
    }
  }

  /** Row A24: keyed by an id; removed before the object is deleted. */
  private final Map<Long, Handle> byId = new HashMap<>();

  void deleted(long id) {
    Handle handle = byId.remove(id);
    handle.close();
  }

  @SuppressWarnings("lifebound:LBJ003")
  void suppressedByAnnotation(String name) {
    handles.get(name).close();
  }
}
