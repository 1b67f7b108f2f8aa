package dev.lifebound.crash.autopsy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Logs that JVMs wrote just now: the JDK of the tests, and JDK 17 and 21 where they are. */
class RealLogsProcessTest {
  private static final long ADDRESS = RealCrash.ADDRESS;

  @TempDir private Path folder;

  /** Of the versions whose logs are read those that this machine has; at least one's own. */
  static List<Integer> present() throws IOException {
    List<Integer> present =
        RealCrash.present(Path.of("")).stream().map(RealCrash::version).toList();
    assertThat(present).contains(Runtime.version().feature());
    return present;
  }

  @ParameterizedTest
  @MethodSource("present")
  void everyFieldIsReadAlsoOfACutOrPackedLog(int version) throws Exception {
    RealCrash crash =
        RealCrash.present(folder).stream()
            .filter(one -> one.version() == version)
            .findFirst()
            .orElseThrow();
    String text = crash.log();
    assertThat(crash.isRead(text)).isTrue();
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
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
