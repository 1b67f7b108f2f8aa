package dev.lifebound.memory.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.List;

/**
 * Puts another program into the place of this one: the process keeps its number, its terminal, its
 * streams and whoever waits for it or sends it signals.
 */
public final class ProgramStart {
  private ProgramStart() {}

  /**
   * {@code execv}. Does not return when it succeeds: nothing of this program runs any more, no
   * shutdown hook either.
   *
   * @param command the name the program sees, and its arguments
   * @throws SystemCallException where the program cannot be started
   */
  @SuppressWarnings("restricted") // this package is where native access is asked for
  public static void replaceBy(Path program, List<String> command) {
    Linker linker = Linker.nativeLinker();
    // SAFETY: int execv(const char *, char *const []); the vector ends with a null pointer.
    MethodHandle execv =
        linker.downcallHandle(
            linker.defaultLookup().find("execv").orElseThrow(),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS),
            Linker.Option.captureCallState("errno"));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      MemorySegment vector = arena.allocate(ADDRESS, command.size() + 1L);
      for (int i = 0; i < command.size(); i++) {
        vector.setAtIndex(ADDRESS, i, arena.allocateFrom(command.get(i)));
      }
      // SAFETY: as above; all strings live until the process is another.
      int _ = (int) execv.invokeExact(state, arena.allocateFrom(program.toString()), vector);
      int errno =
          (int)
              Linker.Option.captureStateLayout()
                  .varHandle(MemoryLayout.PathElement.groupElement("errno"))
                  .get(state, 0L);
      throw new SystemCallException("execv(" + program + ")", errno);
    } catch (Throwable e) {
      throw LibC.failure("execv", e);
    }
  }
}
