import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A native handle is closed while a map still hands it out (LBJ003).
 *
 * <p>Run it with {@code java ClosedHandle.java}. With memory of C instead of an arena nothing would
 * throw: the read would return whatever lies there now.
 */
public class ClosedHandle {
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

  /** Frees the buffer and forgets that the map still has it. */
  void evict(String name) {
    Buffer buffer = buffers.get(name);
    if (buffer != null) {
      buffer.close();
    }
  }

  long read(String name) {
    return buffers.get(name).read();
  }

  public static void main(String[] arguments) {
    ClosedHandle example = new ClosedHandle();
    example.open("a");
    example.evict("a");
    try {
      System.out.println("a = " + example.read("a"));
    } catch (IllegalStateException e) {
      System.out.println("the map handed out a closed buffer: " + e.getMessage());
    }
  }
}
