package dev.lifebound.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A repository with the real launcher, on a machine whose JDKs, Maven and PATH are made up.
 *
 * <p>A made-up {@code java} prints {@code JAVA}, its home, its process and its arguments, one a
 * line. A made-up {@code mvn} notes that it ran and writes what a build writes.
 */
final class FakeMachine {
  static final String BUILT_VERSION = "25.0.3";

  private static final List<String> TOOLS =
      List.of(
          "bash",
          "env",
          "readlink",
          "find",
          "flock",
          "mkdir",
          "cat",
          "grep",
          "tail",
          "nice",
          "mv",
          "touch",
          "sh");

  private final Path folder;
  private final Path repository;
  private final Map<String, String> environment = new HashMap<>();

  FakeMachine(Path folder) throws IOException {
    this.folder = folder;
    repository = folder.resolve("a repository");
    for (String module : List.of("memory", "finding", "cli")) {
      write(repository.resolve(module).resolve("pom.xml"), "<project/>");
      write(repository.resolve(module).resolve("src/main/java/A.java"), "class A {}");
    }
    write(repository.resolve("pom.xml"), "<project/>");
    Files.copy(Path.of("../lifebound"), launcher());
    Path tools = Files.createDirectories(folder.resolve("tools"));
    for (String tool : TOOLS) {
      executable(tools.resolve(tool), "#!/bin/sh\nexec " + find(tool) + " \"$@\"\n");
    }
    environment.put("PATH", tools.toString());
    environment.put("HOME", folder.resolve("home").toString());
    environment.put("LIFEBOUND_JDKS", folder.resolve("no-such-folder").toString());
  }

  Path folder() {
    return folder;
  }

  Path repository() {
    return repository;
  }

  Path launcher() {
    return repository.resolve("lifebound");
  }

  Path dist() {
    return repository.resolve("cli/target/dist");
  }

  FakeMachine with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  FakeMachine without(String variable) {
    environment.remove(variable);
    return this;
  }

  FakeMachine onPath(Path bin) {
    return with("PATH", bin + ":" + environment.get("PATH"));
  }

  /**
   * A JDK of the version, not yet known to anything. Only {@value #BUILT_VERSION} names its runtime
   * version as well: any other would make the launcher train another cache in the background.
   */
  Path jdk(String name, String version) throws IOException {
    Path home = folder.resolve(name);
    write(
        home.resolve("release"),
        "IMPLEMENTOR=\"Fake\"\n"
            + (version.equals(BUILT_VERSION) ? "JAVA_RUNTIME_VERSION=\"25.0.3+9\"\n" : "")
            + "JAVA_VERSION=\""
            + version
            + "\"");
    executable(
        home.resolve("bin/java"),
        """
        #!/bin/bash
        case "$*" in
          *-Dlifebound.training=*)
            touch "$PWD/part.aot"
            [ -z "${TRAINED:-}" ] || printf '%s\\n' "$*" > "$TRAINED"
            exit ;;
        esac
        printf 'JAVA\\n%s\\n%s\\n' "HOME_OF_JAVA" "$$"
        printf 'LC_ALL=%s\\n' "${LC_ALL:-}"
        printf '[%s]\\n' "$@"
        exit "${JAVA_EXIT:-0}"
        """
            .replace("HOME_OF_JAVA", home.toString()));
    executable(home.resolve("bin/javac"), "#!/bin/sh\nexit 1\n");
    return home;
  }

  /** A machine with a JDK 25 and Maven: all that is needed. */
  FakeMachine complete() throws IOException {
    return with("JAVA_HOME", jdk("jdk-25", "25.0.3").toString()).onPath(maven(""));
  }

  /**
   * Maven on the PATH.
   *
   * @param also shell commands that run before the build is written
   */
  Path maven(String also) throws IOException {
    Path bin = folder.resolve("maven/bin");
    executable(
        bin.resolve("mvn"),
        """
        #!/bin/bash
        printf '%s %s\\n' "$JAVA_HOME" "$*" >> "CALLS"
        echo '[INFO] Building Lifebound memory 0.1.0-SNAPSHOT                   [1/2]'
        echo 'Downloaded from central: https://example.org/a.jar'
        ALSO
        echo '[INFO] Building Lifebound cli 0.1.0-SNAPSHOT                      [2/2]'
        mkdir -p cli/target/dist/lib
        touch cli/target/dist/lib/lifebound-cli-0.1.0.jar cli/target/dist/lib/jvm.options
        touch cli/target/dist/lifebound.aot
        printf '%s\\n25.0.3+9\\n' "$JAVA_HOME" > cli/target/dist/built
        """
            .replace("CALLS", calls().toString())
            .replace("ALSO", also));
    return bin;
  }

  /** One line for each start of Maven: its JAVA_HOME and its arguments. */
  List<String> builds() throws IOException {
    return Files.exists(calls()) ? Files.readAllLines(calls()) : List.of();
  }

  private Path calls() {
    return folder.resolve("maven-calls");
  }

  Ran run(String... arguments) throws IOException, InterruptedException {
    return Ran.of(builder(launcher(), arguments));
  }

  Ran runBy(Path launcher, String... arguments) throws IOException, InterruptedException {
    return Ran.of(builder(launcher, arguments));
  }

  ProcessBuilder builder(Path launcher, String... arguments) {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(folder.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder;
  }

  static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.resolveSibling(""));
    Files.writeString(file, text);
  }

  static void executable(Path file, String text) throws IOException {
    write(file, text);
    if (!file.toFile().setExecutable(true)) {
      throw new IOException("the file must become executable: file=" + file);
    }
  }

  private static Path find(String tool) throws IOException {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .map(bin -> Path.of(bin, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new IOException("the test needs a tool: name=" + tool));
  }
}
