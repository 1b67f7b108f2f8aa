package testdata;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;

/** Shapes of public code that another rule owns or that are safe: no word from this rule. */
class Rows {
  /** Row A20: statements by their raw address; the address is another rule's matter. */
  abstract static class Database {
    private final Map<Long, Statement> statements = new HashMap<>();

    synchronized void prepare(Statement statement) {
      statement.pointer = prepare0();
      statements.put(statement.pointer, statement);
    }

    synchronized int finish(Statement statement) {
      if (statement.pointer == 0) {
        return 0;
      }
      try {
        return finalize(statement.pointer);
      } finally {
        statements.remove(statement.pointer);
        statement.pointer = 0;
      }
    }

    native long prepare0();

    native int finalize(long pointer);
  }

  static class Statement {
    long pointer;
  }

  /** Row A24: ids as keys; an object is deleted after it left the map. */
  static class ObjectManager {
    private final HashMap<Long, NativeObject> references = new HashMap<>();

    void deleteAll() {
      for (Iterator<NativeObject> it = references.values().iterator(); it.hasNext(); ) {
        NativeObject object = it.next();
        it.remove(); // mutant drop LBJ003, swap LBJ003
        object.delete();
      }
    }

    void deleteOne(long id) {
      NativeObject object = references.remove(id);
      object.delete();
    }
  }

  static class NativeObject {
    private long handle;

    void delete() {
      delete0(handle);
    }

    static native void delete0(long handle);
  }

  /** Row A26: ids made here, not addresses; nothing is freed. */
  static class ReferenceManager {
    private final ConcurrentMap<Long, Object> references = new ConcurrentHashMap<>();
    private final AtomicLong next = new AtomicLong();

    long add(Object object) {
      long id = next.incrementAndGet();
      references.put(id, object);
      return id;
    }

    boolean remove(long id) {
      return references.remove(id) != null;
    }
  }

  /** Row A25, with the interface that the original has: never native. */
  static class Manager implements AutoCloseable {
    private final ConcurrentHashMap<String, AutoCloseable> resources = new ConcurrentHashMap<>();
    private volatile boolean closed;

    void attach(String id, AutoCloseable resource) {
      if (closed) {
        throw new IllegalStateException("closed");
      }
      resources.put(id, resource);
    }

    @Override
    public void close() {
      closed = true;
      for (AutoCloseable resource : resources.values()) {
        try {
          resource.close();
        } catch (Exception e) {
          System.err.println(e);
        }
      }
      resources.clear();
    }
  }
}
