package dev.lifebound.memory.guard;

import java.nio.file.Path;

/** The victim library, for tests of other packages. */
public final class VictimFiles {
  private VictimFiles() {}

  /** Compiles it under this name. */
  public static Path compile(Path folder, String name) throws Exception {
    return TestLibrary.compile(folder, "victim.c", name);
  }
}
