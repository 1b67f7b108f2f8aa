package dev.lifebound.memory.agent;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The native library out of the profiler's jar on the test class path. */
final class AsyncProfiler {
  private AsyncProfiler() {}

  static Path extract(Path folder) throws IOException {
    String arch = System.getProperty("os.arch").equals("aarch64") ? "linux-arm64" : "linux-x64";
    Path library = folder.resolve("libasyncProfiler.so");
    try (InputStream in =
        AsyncProfiler.class.getResourceAsStream("/" + arch + "/libasyncProfiler.so")) {
      if (in == null) {
        throw new IOException("the profiler's jar must have the library: arch=" + arch);
      }
      Files.copy(in, library);
    }
    return library;
  }
}
