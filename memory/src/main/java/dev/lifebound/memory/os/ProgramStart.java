package dev.lifebound.memory.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Puts another program into the place of this one: the process keeps its number, its terminal, its
 * streams and whoever waits for it or sends it signals.
 */
public final class ProgramStart {
  private static final int LAST_STANDARD_FD = 2;
  private static final int F_SETFD = 2;
  private static final int FD_CLOEXEC = 1;

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
    closeOwnFiles(linker);
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
      throw JvmTables.failure(e);
    }
  }

  /**
   * Sees to it that this program's own jars and modules are closed when the other one starts, which
   * the JDK does not. What else is open was meant for the other one, or is closed already.
   */
  @SuppressWarnings("restricted")
  private static void closeOwnFiles(Linker linker) {
    // SAFETY: int fcntl(int, int, ...); F_SETFD takes an int.
    MethodHandle fcntl =
        linker.downcallHandle(
            linker.defaultLookup().find("fcntl").orElseThrow(),
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT),
            Linker.Option.firstVariadicArg(2));
    try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path link : open) {
        int fd = Integer.parseInt(String.valueOf(link.getFileName()));
        if (fd > LAST_STANDARD_FD && isOwn(link)) {
          // SAFETY: scalars only; a flag of a descriptor of this program.
          int _ = (int) fcntl.invokeExact(fd, F_SETFD, FD_CLOEXEC);
        }
      }
    } catch (IOException e) {
      // Then the other program has some files more open than it needs.
    } catch (Throwable e) {
      throw JvmTables.failure(e);
    }
  }

  private static boolean isOwn(Path link) {
    try {
      String file = Files.readSymbolicLink(link).toString();
      return file.endsWith(".jar") || file.endsWith("/lib/modules");
    } catch (IOException e) {
      return false;
    }
  }
}
