package dev.lifebound.crash.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Compiles the victims that are not written in Java, each once in a run of the laboratory and when
 * it is first asked for. For one thread.
 */
final class Workshop {
  private static final String NO_COMPILER = "no C compiler was found; install the apt package gcc";
  private static final String NO_GO = "no go was found; install the apt package golang-go";
  private static final String VICTIM = "victim.c";
  private static final int ARENAS_SINCE = 20;
  private static final Pattern GO_VERSION = Pattern.compile(".*\\bgo1\\.(\\d+).*");

  /** Compiling a standard library, as a new Go does at first, takes its time. */
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final Scratch scratch;
  private final Programs programs;
  private final Map<GoBuild, Built> goPrograms = new EnumMap<>(GoBuild.class);
  private @Nullable Built cLibrary;
  private @Nullable Path goModule;
  private @Nullable String goVersion;

  Workshop(Scratch scratch, Programs programs) {
    this.scratch = scratch;
    this.programs = programs;
  }

  /**
   * A compiled file, or why there is none.
   *
   * @param file what can be run or loaded
   * @param obstacle why it cannot; null when there is a file
   */
  record Built(Path file, @Nullable Result obstacle) {
    static Built not(Result obstacle) {
      return new Built(Path.of(""), obstacle);
    }
  }

  /** The C victims as a library. */
  Built cLibrary() throws IOException, InterruptedException {
    if (cLibrary == null) {
      cLibrary = compileC();
    }
    return cLibrary;
  }

  private Built compileC() throws IOException, InterruptedException {
    Optional<Path> compiler = programs.cCompiler();
    if (compiler.isEmpty()) {
      return Built.not(new Result.NotRun(NO_COMPILER));
    }
    Path folder = scratch.newFolder();
    Sources.copy(VICTIM, folder.resolve(VICTIM));
    Path library = folder.resolve("libvictim.so");
    return built(
        library,
        run(
            folder,
            new ProcessBuilder(
                compiler.get().toString(),
                "-shared",
                "-fPIC",
                "-O1",
                "-o",
                library.toString(),
                VICTIM)));
  }

  /** The folder with the sources of the Go victims. */
  Path goModule() throws IOException {
    if (goModule == null) {
      goModule = scratch.newFolder();
      Sources.copyGo(goModule);
    }
    return goModule;
  }

  /** The Go victims as a program. */
  Built goProgram(GoBuild how) throws IOException, InterruptedException {
    GoBuild build = how.program();
    Built built = goPrograms.get(build);
    if (built == null) {
      built = buildGo(build);
      goPrograms.put(build, built);
    }
    return built;
  }

  private Built buildGo(GoBuild build) throws IOException, InterruptedException {
    Optional<Result> obstacle = goObstacle();
    if (obstacle.isPresent()) {
      return Built.not(obstacle.get());
    }
    if (build == GoBuild.ARENAS && minorVersion() < ARENAS_SINCE) {
      return Built.not(
          new Result.NotRun(
              "the installed Go is too old: version="
                  + goVersion()
                  + "; arenas are an experiment since Go 1.20"));
    }
    Path program = scratch.newFolder().resolve("victims");
    List<String> words = new ArrayList<>(List.of("build"));
    words.addAll(build.flags());
    words.addAll(List.of("-o", program.toString(), build.folder()));
    ProcessBuilder go = go(words);
    if (build == GoBuild.ARENAS) {
      go.environment().put("GOEXPERIMENT", "arenas");
    }
    return built(program, run(goModule(), go));
  }

  /** Why no Go victim can be built; empty when they can. */
  private Optional<Result> goObstacle() {
    if (programs.go().isEmpty()) {
      return Optional.of(new Result.NotRun(NO_GO));
    }
    if (programs.cCompiler().isEmpty()) {
      return Optional.of(new Result.NotRun("cgo needs a C compiler: " + NO_COMPILER));
    }
    return Optional.empty();
  }

  /**
   * What {@code go build -gcflags=-m} decides about the variables of one file; one line each.
   *
   * @param file relative to the module, such as {@code escape/number.go}
   */
  List<String> escapes(String file) throws IOException, InterruptedException {
    String folder = "./" + file.substring(0, file.lastIndexOf('/'));
    Ending ending = run(goModule(), go(List.of("build", "-gcflags=-m", folder)));
    return ending.errors().stream()
        .filter(line -> line.startsWith(file + ":") && !line.contains("... argument"))
        .toList();
  }

  private String goVersion() throws IOException, InterruptedException {
    if (goVersion == null) {
      List<String> words = run(goModule(), go(List.of("version"))).output();
      goVersion = words.isEmpty() ? "unknown" : words.getFirst();
    }
    return goVersion;
  }

  private int minorVersion() throws IOException, InterruptedException {
    Matcher version = GO_VERSION.matcher(goVersion());
    // A Go of an unknown version is a new one: they all begin with "go version go1.N".
    return version.matches() ? Integer.parseInt(version.group(1)) : Integer.MAX_VALUE;
  }

  /** A go command that uses no network, no other module and no settings of the user. */
  private ProcessBuilder go(List<String> words) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(programs.go().orElseThrow().toString());
    command.addAll(words);
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment
        .keySet()
        .removeIf(
            name -> (name.startsWith("GO") || name.startsWith("CGO_")) && !name.equals("GOROOT"));
    environment.putAll(
        Map.of(
            "GOFLAGS", "-mod=mod",
            "GOPROXY", "off",
            "GOENV", "off",
            "GOTOOLCHAIN", "local",
            "GOWORK", "off",
            "GO111MODULE", "on",
            "CGO_ENABLED", "1"));
    environment.put("CC", programs.cCompiler().orElseThrow().toString());
    // What go would keep for later (objects, counts of its use) goes with the run: the victims lie
    // in another folder each time, so that the user's cache would only grow.
    environment.put("GOCACHE", goModule().resolveSibling("go-cache").toString());
    environment.put("GOPATH", goModule().resolveSibling("go-path").toString());
    environment.put("XDG_CONFIG_HOME", goModule().resolveSibling("go-config").toString());
    return builder;
  }

  private Ending run(Path folder, ProcessBuilder builder) throws IOException, InterruptedException {
    return VictimProcess.run(scratch, folder, LIMIT, builder);
  }

  private static Built built(Path file, Ending ending) {
    if (ending.exitCode().equals(OptionalInt.of(0)) && Files.exists(file)) {
      return new Built(file, null);
    }
    return Built.not(
        new Result.Failed("the compiler failed: " + String.join("\n", ending.errors())));
  }
}
