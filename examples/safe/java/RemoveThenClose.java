import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A native handle leaves the map before it is closed: whoever looks it up finds nothing, not a
 * freed buffer.
 *
 * <p>Run it with {@code java RemoveThenClose.java}.
 */
public class RemoveThenClose {
  /** Owns one block of native memory. */
  static final class Buffer implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final MemorySegment block = arena.allocate(ValueLayout.JAVA_LONG);

    long read() {
      return block.get(ValueLayout.JAVA_LONG, 0);
    }

    @Override
    public void close() {
      arena.close();
    }
  }

  private final Map<String, Buffer> buffers = new ConcurrentHashMap<>();

  void open(String name) {
    buffers.put(name, new Buffer());
  }

  void evict(String name) {
    Buffer buffer = buffers.remove(name);
    if (buffer != null) {
      buffer.close();
    }
  }

  public static void main(String[] arguments) {
    RemoveThenClose example = new RemoveThenClose();
    example.open("a");
    System.out.println("a = " + example.buffers.get("a").read());
    example.evict("a");
    System.out.println("a is " + (example.buffers.get("a") == null ? "gone" : "still there"));
  }
}
