package testdata;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.HashMap;
import java.util.Map;

/** Blocks of C, arenas as values, and handles that own an arena. */
class ForeignHazards {
  private static final MethodHandle FREE =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("free"),
              FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));

  private final Map<Integer, MemorySegment> blocks = new HashMap<>();
  private final Map<String, Arena> arenas = new HashMap<>();
  private final Map<String, Buffer> buffers = new HashMap<>();

  void byTheAllocatorOfC(int id) throws Throwable {
    MemorySegment block = blocks.get(id);
    FREE.invokeExact(block); // want "LBJ003 red: free frees block, but the entry stays"
  }

  void anArena(String name) {
    arenas.get(name).close(); // want "LBJ003 red: Arena.close frees arenas.get.name."
  }

  void anOwnerOfAnArena(String name) {
    buffers.get(name).close(); // want "LBJ003 red: Buffer.close frees buffers.get.name."
  }

  static final class Buffer implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final MemorySegment segment = arena.allocate(8);

    @Override
    public void close() {
      arena.close();
    }
  }
}
