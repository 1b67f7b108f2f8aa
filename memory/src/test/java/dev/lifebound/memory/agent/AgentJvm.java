package dev.lifebound.memory.agent;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/**
 * A JVM with the agent that ran to its end. The library comes to it by the agent's jar alone.
 *
 * @param exit its exit status
 * @param out its standard output
 * @param err its standard error
 */
record AgentJvm(int exit, String out, String err) {
  static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";
  private static final Path CLASSES = Path.of("target", "classes");
  private static final Path TESTS = Path.of("target", "test-classes");
  private static final long PATIENCE_SECONDS = 120;

  /** The JDK that runs this test. */
  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** The module's classes as the build packs them, with the manifest's agent. */
  static Path jar(Path folder) throws IOException {
    Path jar = folder.resolve("lifebound-memory.jar");
    if (Files.exists(jar)) {
      return jar;
    }
    Manifest manifest = new Manifest();
    Attributes attributes = manifest.getMainAttributes();
    attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    attributes.putValue("Premain-Class", "dev.lifebound.memory.agent.Agent");
    attributes.putValue("Agent-Class", "dev.lifebound.memory.agent.Agent");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file, manifest);
        Stream<Path> classes = Files.walk(CLASSES)) {
      for (Path path : classes.filter(Files::isRegularFile).sorted().toList()) {
        String name = CLASSES.relativize(path).toString();
        if (!name.startsWith("META-INF")) {
          out.putNextEntry(new JarEntry(name));
          Files.copy(path, out);
        }
      }
    }
    return jar;
  }

  /** {@code java FLAGS -javaagent:JAR=OPTIONS -cp TESTS MAIN}. */
  static AgentJvm run(Path folder, String options, Class<?> main, String... flags)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of(flags));
    all.add("-javaagent:" + jar(folder) + "=" + options);
    return run(folder, java(), all, List.of(main.getName()));
  }

  static AgentJvm run(Path folder, String java, List<String> flags, List<String> program)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(java));
    command.addAll(flags);
    command.addAll(List.of("-cp", TESTS.toAbsolutePath().toString()));
    command.addAll(program);
    // Into files: a child that hangs must not hold whoever reads, nor must a child of its own.
    Path out = Files.createTempFile(folder, "out", ".txt");
    Path err = Files.createTempFile(folder, "err", ".txt");
    Process child =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    if (!child.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      child.descendants().forEach(ProcessHandle::destroyForcibly);
      child.destroyForcibly();
      throw new IllegalStateException(
          "the child must end: command="
              + command
              + ", out="
              + Files.readString(out)
              + ", err="
              + Files.readString(err));
    }
    return new AgentJvm(child.exitValue(), Files.readString(out), Files.readString(err));
  }

  /** The lines of the agent on standard error. */
  List<String> lines() {
    return err.lines().filter(line -> line.startsWith("lifebound: ")).toList();
  }
}
