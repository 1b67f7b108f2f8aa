package dev.lifebound.crash.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;

/** A real C library that takes its memory from hooks and frees its own blocks. */
interface HookedLibrary {
  /** What it is called in outputs. */
  String name();

  /**
   * Opens a session.
   *
   * @return the session, whose state is in a block of the hooks
   */
  Session open(BlockHooks hooks);

  /** One use of the library. */
  interface Session {
    /** The library's own pointer to its state, as a header file would show it. */
    MemorySegment state();

    /** Ends the session; C frees the block of its state. */
    void close();
  }

  /** The library of this choice, or empty when the machine has none. */
  static Optional<HookedLibrary> find(LibraryChoice choice, Path folder) {
    return switch (choice) {
      case ANY -> Zlib.load().or(() -> compiled(folder));
      case SYSTEM -> Zlib.load();
      case COMPILED -> compiled(folder);
      case NONE -> Optional.empty();
    };
  }

  private static Optional<HookedLibrary> compiled(Path folder) {
    try {
      return CompiledLibrary.build(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("the C library must be compilable: folder=" + folder, e);
    }
  }
}
