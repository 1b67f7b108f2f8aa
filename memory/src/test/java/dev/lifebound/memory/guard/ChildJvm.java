package dev.lifebound.memory.guard;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A JVM of its own that ran to its end.
 *
 * @param exit its exit status; more than 128 when a signal ended it
 * @param out what it wrote, to either stream
 */
record ChildJvm(int exit, String out) {
  private static final long PATIENCE_SECONDS = 120;

  /** Runs a class of this class path with these flags of the JVM. */
  static ChildJvm run(Class<?> main, List<String> flags, String... args)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:ErrorFile=/dev/null", "-XX:-CreateCoredumpOnCrash"));
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(args));
    // A file, since a pipe would have to be read to its end, which a child that hangs never comes
    // to.
    Path file = Files.createTempFile("child", ".txt");
    try {
      Process child =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(file.toFile())
              .start();
      boolean ended = child.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
      String out = Files.readString(file);
      if (!ended) {
        child.destroyForcibly();
        throw new IllegalStateException(
            "the child must end: main=" + main.getName() + ", out=" + out);
      }
      return new ChildJvm(child.exitValue(), out);
    } finally {
      Files.delete(file);
    }
  }

  /** As above, with native access and the Vector API. */
  static ChildJvm run(Class<?> main, String flags, String... args)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>();
    all.add("--enable-native-access=ALL-UNNAMED");
    all.add("--add-modules=jdk.incubator.vector");
    all.addAll(flags.isBlank() ? List.of() : List.of(flags.split(" ", -1)));
    return run(main, all, args);
  }
}
