package dev.lifebound.crash.autopsy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Logs that JVMs wrote just now: the JDK of the tests, and JDK 17 and 21 where they are. */
class RealLogsProcessTest {
  private static final long ADDRESS = 0x1234_5678_0010L;
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

  @TempDir private Path folder;

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

  /** Of the versions whose logs are read those that this machine has; at least one's own. */
  static List<Integer> present() throws IOException {
    List<Integer> present = new ArrayList<>();
    for (int version : new int[] {17, 21, 25}) {
      if (java(version).isPresent()) {
        present.add(version);
      }
    }
    assertThat(present).contains(Runtime.version().feature());
    return present;
  }

  private byte[] crash(Path java) throws IOException, InterruptedException {
    Path source = Files.writeString(folder.resolve("Peek.java"), SOURCE);
    Path log = folder.resolve("hs_err.log");
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
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return Files.readAllBytes(log);
  }

  @ParameterizedTest
  @MethodSource("present")
  void everyFieldIsReadAlsoOfACutOrPackedLog(int version) throws Exception {
    byte[] bytes = crash(java(version).orElseThrow());
    HsErr log = HsErr.parse(new String(bytes, StandardCharsets.ISO_8859_1)).orElseThrow();

    assertThat(log.kind()).isEqualTo(HsErr.Kind.SIGNAL);
    assertThat(log.signalCode()).isEqualTo("SEGV_MAPERR");
    assertThat(log.faultAddress()).isEqualTo(ADDRESS);
    assertThat(log.process().pid()).isPositive();
    assertThat(log.process().tid()).isPositive();
    assertThat(log.process().jvm()).contains(Integer.toString(version));
    assertThat(log.process().localTime()).isNotNull();
    assertThat(log.process().elapsed()).isPositive();
    assertThat(log.thread().name()).isEqualTo("main");
    assertThat(log.thread().stackPointer())
        .isBetween(log.thread().stackLow(), log.thread().stackHigh());
    assertThat(log.problematicFrame()).contains("Unsafe_GetLong");
    assertThat(log.nativeFrames()).isNotEmpty();
    assertThat(log.applicationFrame()).contains("Peek.peek");
    assertThat(log.registers()).containsKeys("RAX", "RDI", "RSP", "R15", "ERR");
    assertThat(log.isWrite()).contains(false);
    assertThat(log.memory().whole()).isTrue();
    assertThat(log.memory().isMapped(log.thread().stackPointer())).isTrue();
    assertThat(log.memory().isMapped(ADDRESS)).isFalse();
    assertThat(log.whole()).isTrue();

    String crlf = new String(bytes, StandardCharsets.ISO_8859_1).replace("\n", "\r\n");
    assertThat(HsErr.parse(crlf)).contains(log);
    for (int length = 1024; length < bytes.length; length += 1024) {
      HsErr cut =
          HsErr.parse(new String(bytes, 0, length, StandardCharsets.ISO_8859_1)).orElseThrow();
      assertThat(cut.process().pid()).isEqualTo(log.process().pid());
      assertThat(cut.faultAddress()).isIn(null, ADDRESS);
      assertThat(cut.registers().entrySet()).isSubsetOf(log.registers().entrySet());
      // The name of the last one may be cut too.
      assertThat(cut.memory().ranges())
          .extracting(range -> range.start() + "-" + range.end())
          .isSubsetOf(
              log.memory().ranges().stream()
                  .map(range -> range.start() + "-" + range.end())
                  .toList());
      assertThat(cut.whole()).isFalse();
    }
    packed(bytes, log);
  }

  private void packed(byte[] bytes, HsErr log) throws Exception {
    Path packed = folder.resolve("hs_err.log.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
      out.write(bytes);
    }
    assertThat(CrashLogs.read(packed)).isEqualTo(log);
    byte[] half = Files.readAllBytes(packed);
    Files.write(packed, Arrays.copyOf(half, half.length / 2));
    HsErr cut = (HsErr) CrashLogs.read(packed);
    assertThat(cut.process()).isEqualTo(log.process());
    assertThat(cut.whole()).isFalse();
    assertThat(List.of(cut.problematicFrame())).containsExactly(log.problematicFrame());
  }
}
