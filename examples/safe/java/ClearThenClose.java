import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/**
 * Map and arena have one owner and one end: first nobody finds the blocks any more, then they go.
 *
 * <p>Run it with {@code java ClearThenClose.java}.
 */
public class ClearThenClose implements AutoCloseable {
  private final Map<String, MemorySegment> counters = new HashMap<>();
  private final Arena arena = Arena.ofConfined();

  void load(String name, long start) {
    MemorySegment counter = arena.allocate(ValueLayout.JAVA_LONG);
    counter.set(ValueLayout.JAVA_LONG, 0, start);
    counters.put(name, counter);
  }

  long read(String name) {
    MemorySegment counter = counters.get(name);
    if (counter == null) {
      throw new IllegalArgumentException("a counter must be loaded to be read: name=" + name);
    }
    return counter.get(ValueLayout.JAVA_LONG, 0);
  }

  @Override
  public void close() {
    counters.clear();
    arena.close();
  }

  public static void main(String[] arguments) {
    try (ClearThenClose example = new ClearThenClose()) {
      example.load("visits", 42);
      System.out.println("visits = " + example.read("visits"));
    }
  }
}
