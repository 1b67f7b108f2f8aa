package dev.lifebound.cli;

import dev.lifebound.cli.command.Lifebound;
import dev.lifebound.cli.command.Terminal;
import dev.lifebound.cli.command.Version;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;

/**
 * Loads what the commands use, while the JVM records it for the ahead-of-time cache.
 *
 * <p>Run by the build, and by the launcher for a distribution or another JDK. At the end it writes
 * {@code built} into the distribution: the folder and the version of the JDK the cache belongs to,
 * with the time at which the build began, because the launcher builds again when a source is newer.
 */
final class Training {
  private Training() {}

  /** The folder of the distribution; set when this start is a training. */
  static final String DIST = "lifebound.training";

  private static final String BUILD_START = "lifebound.build-start";

  static void run(Path dist) throws IOException {
    Terminal nowhere =
        new Terminal(
            OutputStream.nullOutputStream(),
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
            false,
            false,
            Terminal.DEFAULT_WIDTH);
    boolean _ = Version.answer(new String[] {"--version"}, nowhere);
    Path go = Files.createTempFile("lifebound-training", ".go");
    Path java = Files.createTempFile("lifebound-training", ".java");
    try {
      Files.writeString(go, GO);
      Files.writeString(java, JAVA);
      for (String[] command : commands(go.toString(), java.toString())) {
        // Exit codes do not matter here: what cannot run on this machine is not learnt.
        int _ = Lifebound.program().run(command, nowhere);
      }
    } finally {
      Files.delete(go);
      Files.delete(java);
    }
    Path built = dist.resolve("built");
    Files.writeString(
        built,
        System.getProperty("java.home") + "\n" + System.getProperty("java.runtime.version") + "\n");
    String buildStart = System.getProperty(BUILD_START);
    if (buildStart != null) {
      Files.setLastModifiedTime(built, FileTime.from(Instant.parse(buildStart)));
    }
  }

  private static String[][] commands(String go, String java) {
    return new String[][] {
      {"--debug", "--version"},
      {"--help"},
      {"--no-such-option"},
      {"lab", "--help"},
      {"lab", "small-block"},
      {"lab", "small-block", "--json"},
      {"ledger", "--help"},
      {"autopsy", "--help"},
      {"scan", "--help"},
      {"scan", go, java},
      {"scan", go, java, "--json"},
      {"scan", go, java, "--format", "sarif"}
    };
  }

  /** A source with findings, so that the rules, the paths and the writers are all used. */
  private static final String GO =
      """
      package cache

      // #include <stdlib.h>
      import "C"
      import "unsafe"

      var held = map[string]unsafe.Pointer{}

      type Entry struct {
      	name string
      	data unsafe.Pointer
      }

      func Open(name string) *Entry {
      	e := &Entry{name, C.malloc(64)}
      	held[name] = e.data
      	return e
      }

      func (e *Entry) Close() {
      	if e.data != nil {
      		C.free(e.data)
      	}
      }

      func Read(name string) byte {
      	return *(*byte)(held[name])
      }
      """;

  private static final String JAVA =
      """
      import java.lang.foreign.Arena;
      import java.lang.foreign.MemorySegment;
      import java.util.HashMap;
      import java.util.Map;

      class Cache implements AutoCloseable {
        private final Arena arena = Arena.ofShared();
        private final Map<String, MemorySegment> held = new HashMap<>();

        void open(String name) {
          held.put(name, arena.allocate(64));
        }

        byte read(String name) {
          return held.get(name).get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0);
        }

        @Override
        public void close() {
          arena.close();
        }
      }
      """;
}
