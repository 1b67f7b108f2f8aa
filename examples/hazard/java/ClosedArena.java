import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/**
 * A map outlives the arena of its values (LBJ001).
 *
 * <p>Run it with {@code java ClosedArena.java}: the map still answers, and what it answers is dead.
 */
public class ClosedArena {
  private final Map<String, MemorySegment> counters = new HashMap<>();

  /** The block dies with the try; the entry does not. */
  void load(String name, long start) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment counter = arena.allocate(ValueLayout.JAVA_LONG);
      counter.set(ValueLayout.JAVA_LONG, 0, start);
      counters.put(name, counter);
    }
  }

  long read(String name) {
    return counters.get(name).get(ValueLayout.JAVA_LONG, 0);
  }

  public static void main(String[] arguments) {
    ClosedArena example = new ClosedArena();
    example.load("visits", 42);
    try {
      System.out.println("visits = " + example.read("visits"));
    } catch (IllegalStateException e) {
      System.out.println("the map answered with freed memory: " + e.getMessage());
    }
  }
}
