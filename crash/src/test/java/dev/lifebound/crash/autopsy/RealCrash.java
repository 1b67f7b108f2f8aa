package dev.lifebound.crash.autopsy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A JVM of some version that dies by a wild read.
 *
 * @param version of the JDK: 17, 21 or 25
 * @param java its program
 * @param folder for what it leaves; the caller deletes it
 */
public record RealCrash(int version, Path java, Path folder) {
  static final long ADDRESS = 0x1234_5678_0010L;
  private static final int[] VERSIONS = {17, 21, 25};
  private static final long MOST_SECONDS = 60;
  private static final String SOURCE =
      """
      import java.lang.reflect.Field;

      class Peek {
        static long peek(sun.misc.Unsafe unsafe, long address) {
          return unsafe.getLong(address);
        }

        public static void main(String[] arguments) throws Exception {
          Field field = sun.misc.Unsafe.class.getDeclaredField("theUnsafe");
          field.setAccessible(true);
          peek((sun.misc.Unsafe) field.get(null), Long.decode(arguments[0]));
        }
      }
      """;

  /** One for each version whose logs are read and that is here; its own is. */
  public static List<RealCrash> present(Path folder) throws IOException {
    List<RealCrash> present = new ArrayList<>();
    for (int version : VERSIONS) {
      java(version).ifPresent(java -> present.add(new RealCrash(version, java, folder)));
    }
    return present;
  }

  private static Optional<Path> java(int version) throws IOException {
    if (version == Runtime.version().feature()) {
      return Optional.of(CrashGenerator.ownJava());
    }
    Path jvms = Path.of("/usr/lib/jvm");
    if (!Files.isDirectory(jvms)) {
      return Optional.empty();
    }
    try (Stream<Path> all = Files.list(jvms)) {
      return all.filter(jvm -> jvm.getFileName().toString().matches(".*\\b" + version + "\\b.*"))
          .map(jvm -> jvm.resolve("bin/java"))
          .filter(Files::isExecutable)
          .filter(java -> Files.isExecutable(java.resolveSibling("javac")))
          .findFirst();
    }
  }

  /** Dies, and gives the log; each byte is a character. */
  public String log() throws IOException, InterruptedException {
    Path source = Files.writeString(folder.resolve("Peek.java"), SOURCE);
    Path log = folder.resolve("hs_err-" + version + ".log");
    Process process =
        new ProcessBuilder(
                java.toString(),
                "-XX:ErrorFile=" + log,
                "-XX:-CreateCoredumpOnCrash",
                "-Xmx128m",
                source.toString(),
                Long.toString(ADDRESS))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("console").toFile())
            .start();
    try {
      if (!process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("a JVM must die in time: version=" + version);
      }
    } finally {
      process.destroyForcibly();
    }
    return Files.readString(log, StandardCharsets.ISO_8859_1);
  }

  /** Whether every field of a whole log is read. */
  public boolean isRead(String log) {
    HsErr read = HsErr.parse(log).orElse(null);
    return read != null
        && read.whole()
        && isOfThis(read)
        && read.faultAddress() != null
        && "SEGV_MAPERR".equals(read.signalCode())
        && String.valueOf(read.process().jvm()).contains(Integer.toString(version))
        && read.process().localTime() != null
        && read.process().elapsed() != null
        && "main".equals(read.thread().name())
        && String.valueOf(read.problematicFrame()).contains("Unsafe_GetLong")
        && !read.nativeFrames().isEmpty()
        && read.applicationFrame().equals(Optional.of("Peek.peek"))
        && read.registers().containsKey("RSP")
        && read.memory().whole();
  }

  /** Whether of a part of a log nothing wrong is read. */
  public boolean isReadAsFarAs(String cut) {
    HsErr read = HsErr.parse(cut).orElse(null);
    return read != null && !read.whole() && isOfThis(read);
  }

  private static boolean isOfThis(HsErr read) {
    return read.kind() == HsErr.Kind.SIGNAL
        && read.process().pid() > 0
        && (read.faultAddress() == null || read.faultAddress() == ADDRESS);
  }
}
