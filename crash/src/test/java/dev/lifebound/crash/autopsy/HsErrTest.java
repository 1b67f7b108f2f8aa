package dev.lifebound.crash.autopsy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class HsErrTest {
  private static final String SEGV =
      """
      #
      # A fatal error has been detected by the Java Runtime Environment:
      #
      #  SIGSEGV (0xb) at pc=0x00007f748c633f9d, pid=7465, tid=7466
      #
      # Problematic frame:
      # V  [libjvm.so+0x1233f9d]  Unsafe_GetLong+0xad
      #
      Current thread (0x00007f748402a970):  JavaThread "main"  [_thread_in_vm, id=7466]

      Java frames: (J=compiled Java code, j=interpreted, Vv=VM code)
      j  jdk.internal.misc.Unsafe.getLong(Ljava/lang/Object;J)J+0 java.base@25.0.3
      J 1234 c2 java.util.HashMap.get(Ljava/lang/Object;)Ljava/lang/Object; java.base@25.0.3 (13 bytes) @ 0x00007f [0x00007f+0x38]
      J 17% c1 shop.Cache.<init>(I)V (9 bytes) @ 0x00007f [0x00007f+0x38]
      j  shop.Cache$Entry.lambda$read$0(Ljava/util/Map;)J+17
      j  shop.Cache$$Lambda+0x000000004d21d680.call()V+12
      v  ~StubRoutines::call_stub 0x00007f7488200fa6

      siginfo: si_signo: 11 (SIGSEGV), si_code: 1 (SEGV_MAPERR), si_addr: 0x00007f744d801010
      """;

  @TempDir Path folder;

  private static HsErr parsed(String text) {
    return HsErr.parse(text).orElseThrow();
  }

  @Test
  void readsSignalCodeAddressAndFrame() {
    HsErr report = parsed(SEGV);

    assertThat(report.error()).isEqualTo("SIGSEGV");
    assertThat(report.signal()).isEqualTo("SIGSEGV");
    assertThat(report.signalCode()).isEqualTo("SEGV_MAPERR");
    assertThat(report.faultAddress()).isEqualTo(0x7f744d801010L);
    assertThat(report.problematicFrame()).isEqualTo("V [libjvm.so+0x1233f9d] Unsafe_GetLong+0xad");
  }

  @Test
  void readsInterpretedAndCompiledJavaFrames() {
    assertThat(parsed(SEGV).javaFrames())
        .containsExactly(
            "jdk.internal.misc.Unsafe.getLong",
            "java.util.HashMap.get",
            "shop.Cache.<init>",
            "shop.Cache$Entry.lambda$read$0",
            "shop.Cache$$Lambda+0x000000004d21d680.call");
  }

  @Test
  void theApplicationFrameIsTheInnermostOneOutsideTheJdk() {
    assertThat(parsed(SEGV).applicationFrame()).contains("shop.Cache.<init>");
  }

  @Test
  void readsAFailedAssertionOfTheJvm() {
    HsErr report =
        parsed(
            """
            # A fatal error has been detected by the Java Runtime Environment:
            #
            #  Internal Error (assembler_x86.cpp:1175), pid=12, tid=13
            #  Error: ShouldNotReachHere()
            #
            # Problematic frame:
            # J 88 c2 shop.Cache.sum()J (31 bytes) @ 0x00007f [0x00007f+0x5c]
            """);

    assertThat(report.error()).isEqualTo("Internal Error");
    assertThat(report.signal()).isNull();
    assertThat(report.problematicFrame()).startsWith("J 88 c2 shop.Cache.sum()J");
  }

  @Test
  void readsTheReportOfAnExhaustedMachine() {
    HsErr report =
        parsed(
            """
            #
            # There is insufficient memory for the Java Runtime Environment to continue.
            # Native memory allocation (mmap) failed to map 16384 bytes.
            #  Out of Memory Error (os_linux.cpp:2805), pid=12, tid=13
            """);

    assertThat(report.error()).isEqualTo("Out of Memory Error");
    assertThat(report.problematicFrame()).isNull();
  }

  @Test
  void everyPrefixOfAReportIsReadable() {
    for (int length = 0; length <= SEGV.length(); length++) {
      var report = HsErr.parse(SEGV.substring(0, length));
      if (length > SEGV.indexOf("(0xb)")) {
        assertThat(report).as("prefix of %d", length).isPresent();
        assertThat(report.orElseThrow().signal()).as("prefix of %d", length).isEqualTo("SIGSEGV");
      }
    }
  }

  @Test
  void spacingAndLineEndsDoNotMatter() {
    HsErr report = parsed(SEGV.replace("  ", "\t   ").replace("\n", "\r\n"));

    assertThat(report).isEqualTo(parsed(SEGV));
  }

  @Test
  void absentSectionsCostTheirFieldsOnly() {
    HsErr report =
        parsed(
            """
            # A fatal error has been detected by the Java Runtime Environment:
            #  SIGBUS (0x7) at pc=0x01, pid=1, tid=2
            [error occurred during error reporting (printing siginfo), id 0xb]
            """);

    assertThat(report.signal()).isEqualTo("SIGBUS");
    assertThat(report.signalCode()).isNull();
    assertThat(report.faultAddress()).isNull();
    assertThat(report.problematicFrame()).isNull();
    assertThat(report.javaFrames()).isEmpty();
    assertThat(report.applicationFrame()).isEmpty();
  }

  @Test
  void aReportThatNamesNoErrorSaysSo() {
    assertThat(parsed("# A fatal error has been detected by the Java Runtime Environment:").error())
        .isEqualTo("unknown error");
  }

  @Test
  void anAddressInTheUpperHalfIsUnsigned() {
    assertThat(parsed(SEGV.replace("0x00007f744d801010", "0xfffffffffffffff0")).faultAddress())
        .isEqualTo(-16L);
  }

  @Test
  void anyOtherTextIsNotAReport() {
    assertThat(HsErr.parse("")).isEmpty();
    assertThat(HsErr.parse("# Problematic frame:\n# C  [libc.so.6+0x1]\n")).isEmpty();
  }

  @Test
  void bytesThatAreNoTextDoNotDisturb() throws IOException {
    Path file = folder.resolve("hs_err");
    byte[] broken = {(byte) 0xff, (byte) 0xfe, 0, '\n'};
    Files.write(file, broken);
    Files.write(file, SEGV.getBytes(StandardCharsets.UTF_8), StandardOpenOption.APPEND);

    assertThat(HsErr.read(file)).contains(parsed(SEGV));
  }

  @Test
  @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void linesOfAnyLengthAreReadInTime() {
    String longLine = "a.".repeat(1 << 20);
    String text = SEGV.replace("j  shop", "j  " + longLine + "\nj  shop") + " ".repeat(1 << 20);

    assertThat(parsed(text.replace("# V  [", "# V  " + " ".repeat(1 << 20) + "[")))
        .isEqualTo(parsed(SEGV));
  }

  /**
   * On a small stack, so that a pattern that recurses for each word cannot hide behind a large one.
   */
  @Test
  void aTimeWithManyWordsBehindItCostsThemOnly() throws InterruptedException {
    String moment = "Time: Wed Nov 25 12:00:00 2026";
    AtomicReference<HsErr> report = new AtomicReference<>();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread reader =
        new Thread(
            null,
            () ->
                report.set(
                    parsed(
                        SEGV
                            + moment
                            + " w".repeat(20_000)
                            + "\n"
                            + moment
                            + " Central European Standard Time elapsed time: 7 seconds\n")),
            "reader",
            256 << 10);
    reader.setUncaughtExceptionHandler((_, e) -> failure.set(e));
    reader.start();
    reader.join();

    assertThat(failure.get()).isNull();
    assertThat(report.get().process().zone()).isEqualTo("Central European Standard Time");
    assertThat(report.get().process().elapsed()).isEqualTo(Duration.ofSeconds(7));
  }

  @Test
  void aMissingFileIsAnError() {
    assertThatThrownBy(() -> HsErr.read(folder.resolve("none")))
        .isInstanceOf(NoSuchFileException.class);
  }
}
