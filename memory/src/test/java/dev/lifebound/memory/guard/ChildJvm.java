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
    // Into a file: a child that hangs must not hold whoever reads, nor must a child of its own.
    Path output = Files.createTempFile("child", ".txt");
    try {
      Process child =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      boolean ended = child.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (!ended) {
        child.descendants().forEach(ProcessHandle::destroyForcibly);
        child.destroyForcibly();
      }
      String out = Files.readString(output);
      if (!ended) {
        throw new IllegalStateException(
            "the child must end: main=" + main.getName() + ", out=" + out);
      }
      return new ChildJvm(child.exitValue(), out);
    } finally {
      Files.delete(output);
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
