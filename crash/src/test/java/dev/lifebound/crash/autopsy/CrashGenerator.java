package dev.lifebound.crash.autopsy;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes crashes: each of a JVM of its own, by a seed. */
public final class CrashGenerator {
  private static final long MOST_SECONDS = 60;

  /** A memory hole may be filled by the JVM itself before the victim touches it. */
  private static final int MOST_TRIES = 5;

  private final Path java;
  private final Path folder;
  private int victims;

  /**
   * @param java the program that runs the victims
   * @param folder for what they leave; the caller deletes it
   */
  public CrashGenerator(Path java, Path folder) {
    this.java = java;
    this.folder = folder;
  }

  /** The Java that runs this program. */
  public static Path ownJava() {
    return Path.of(System.getProperty("java.home"), "bin", "java");
  }

  /**
   * What a victim left.
   *
   * @param folder where it lies
   * @param exit its exit code
   * @param truth what an autopsy should find
   */
  public record Remains(Path folder, int exit, Properties truth) {
    @Nullable Path file(String name) {
      Path file = folder.resolve(name);
      return Files.exists(file) ? file : null;
    }

    /** The log, or for a process that was aborted its console. */
    @Nullable Path log() {
      Path log = file("hs_err");
      return log != null || exit != 134 ? log : file("console");
    }

    /** What is given to the autopsy. */
    public AutopsyRequest request() {
      return new AutopsyRequest(log(), file("ledger"), file("heap.hprof"));
    }
  }

  /** Lets a program with Lifebound die; another one when the first had survived. */
  public Remains crash(CrashKind kind, long seed) throws IOException, InterruptedException {
    for (int i = 0; i < MOST_TRIES; i++) {
      Remains remains =
          run(CrashVictim.class, List.of(), List.of(kind.name(), Long.toString(seed + i * 1000L)));
      boolean died = kind.leavesLog() ? remains.file("hs_err") != null : remains.exit > 128;
      if (died && remains.file("truth") != null) {
        return remains;
      }
    }
    throw new IllegalStateException(
        "a victim must die: kind=" + kind + ", seed=" + seed + ", folder=" + folder);
  }

  /** Lets a program without Lifebound die; empty when that cause does not kill here. */
  public Optional<Remains> plain(PlainVictim.Cause cause, long seed)
      throws IOException, InterruptedException {
    List<String> flags =
        cause == PlainVictim.Cause.HEAP_EXHAUSTED
            ? List.of("-XX:+CrashOnOutOfMemoryError")
            : List.of();
    Remains remains = run(PlainVictim.class, flags, List.of(cause.name(), Long.toString(seed)));
    return remains.file("hs_err") == null ? Optional.empty() : Optional.of(remains);
  }

  /** Lets a program with Lifebound die of memory that is C's own; empty when it survived. */
  public Optional<Remains> innocent(InnocentVictim.Cause cause, long seed)
      throws IOException, InterruptedException {
    Remains remains =
        run(InnocentVictim.class, List.of(), List.of(cause.name(), Long.toString(seed)));
    boolean died = cause.leavesLog() ? remains.file("hs_err") != null : remains.exit > 128;
    return died ? Optional.of(remains) : Optional.empty();
  }

  Remains run(Class<?> main, List<String> flags, List<String> arguments)
      throws IOException, InterruptedException {
    Path own = Files.createDirectory(folder.resolve("victim-" + victims++));
    List<String> command = new ArrayList<>();
    // No core file, also of abort().
    command.addAll(List.of("sh", "-c", "ulimit -c 0; exec \"$@\"", "victim"));
    command.addAll(
        List.of(
            java.toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx64m",
            "-XX:ErrorFile=" + own.resolve("hs_err"),
            "-XX:ReplayDataFile=" + own.resolve("replay"),
            "-XX:-CreateCoredumpOnCrash",
            "-XX:-UsePerfData",
            "-Djava.io.tmpdir=" + own));
    command.addAll(flags);
    command.addAll(List.of("-cp", classPath(), main.getName()));
    command.addAll(arguments);
    command.add(own.toString());
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(own.toFile())
            .redirectErrorStream(true)
            .redirectOutput(own.resolve("console").toFile());
    builder
        .environment()
        .keySet()
        .removeIf(name ->
            name.startsWith("MALLOC_")
                || Set.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "LD_PRELOAD")
                    .contains(name));
    Process process = builder.start();
    try {
      if (!process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("a victim must end in time: " + arguments);
      }
    } finally {
      process.destroyForcibly();
    }
    return new Remains(own, process.exitValue(), truth(own));
  }

  private static Properties truth(Path own) throws IOException {
    Properties truth = new Properties();
    Path file = own.resolve("truth");
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        int equals = line.indexOf('=');
        truth.setProperty(line.substring(0, equals), line.substring(equals + 1));
      }
    }
    return truth;
  }

  /** Exactly the places from which the victims' classes come. */
  private static String classPath() {
    Set<String> places = new LinkedHashSet<>();
    for (Class<?> type :
        List.of(
            CrashVictim.class,
            Autopsy.class,
            dev.lifebound.memory.ledger.Ledger.class,
            dev.lifebound.finding.Finding.class)) {
      try {
        places.add(
            Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString());
      } catch (URISyntaxException e) {
        throw new IllegalStateException("a class must come from a file: " + type, e);
      }
    }
    return String.join(File.pathSeparator, places);
  }

  /** Whether the verdict is right: kind and block, and of a crash with an address also that. */
  public static boolean isRight(CrashKind kind, Remains remains, Autopsy autopsy) {
    String block = remains.truth.getProperty("block");
    BlockLife found = autopsy.block();
    boolean sameBlock =
        block == null ? found == null : found != null && found.block() == Long.parseLong(block);
    String earlier = remains.truth.getProperty("earlier");
    boolean sameEarlier =
        earlier == null
            || autopsy.earlier().stream().anyMatch(l -> l.block() == Long.parseLong(earlier));
    Long address = autopsy.address();
    boolean sameAddress =
        !kind.leavesLog()
            || kind == CrashKind.DOUBLE_FREE
            || (address != null && address == Long.parseLong(remains.truth.getProperty("address")));
    return autopsy.verdict().kind() == kind.expected() && sameBlock && sameEarlier && sameAddress;
  }

  /** Whether map and key are named first; a crash without either is right when none is named. */
  public static boolean namesHolder(Remains remains, Autopsy autopsy) {
    String map = remains.truth.getProperty("map");
    if (map == null) {
      return autopsy.holders().isEmpty();
    }
    if (autopsy.holders().isEmpty()) {
      return false;
    }
    Holder first = autopsy.holders().getFirst();
    return first.place().equals(map) && sameKey(first.key(), remains.truth.getProperty("key"));
  }

  /** The ledger keeps the first bytes of long keys. */
  private static boolean sameKey(@Nullable String found, String key) {
    if (found == null) {
      return false;
    }
    return found.endsWith("…")
        ? key.startsWith(found.substring(0, found.length() - 1))
        : found.equals(key);
  }

  /** Whatever the victims left in a folder, for a message. */
  static String tail(Path folder) throws IOException {
    Path console = folder.resolve("console");
    try (InputStream in = Files.newInputStream(console);
        Stream<String> lines = new String(in.readNBytes(1 << 16), StandardCharsets.UTF_8).lines()) {
      return String.join("\n", lines.limit(20).toList());
    }
  }
}
