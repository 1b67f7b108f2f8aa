package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.crash.autopsy.HsErr;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EndingTest {
  private static final Duration LIMIT = Duration.ofSeconds(9);
  private static final HsErr REPORT =
      new HsErr(
          "SIGSEGV", "SIGSEGV", "SEGV_MAPERR", 64L, "C [libc.so.6+0x1]", List.of("shop.Cache.get"));

  private static Result judge(OptionalInt exitCode, List<String> errors, Optional<HsErr> report) {
    return ending(exitCode, errors, report).judge().result();
  }

  private static Ending ending(OptionalInt exitCode, List<String> errors, Optional<HsErr> report) {
    List<String> output = List.of("lifebound-lab bug\t1000", "lifebound-lab no-harm\tfine\t250");
    return new Ending(LIMIT, exitCode, output, errors, report, 5000);
  }

  @Test
  void anOrderlyEndIsWhatTheVictimSays() {
    assertThat(judge(OptionalInt.of(0), List.of("a warning"), Optional.empty()))
        .isEqualTo(new Result.NoHarm("fine"));
  }

  @ParameterizedTest
  @CsvSource({"139, SIGSEGV", "135, SIGBUS", "132, SIGILL", "136, SIGFPE"})
  void aDeathBySignalWithoutReportIsACrash(int exitCode, String signal) {
    assertThat(judge(OptionalInt.of(exitCode), List.of(), Optional.empty()))
        .isEqualTo(new Result.Crash(signal, signal, null, null));
  }

  @Test
  void anAbortKeepsTheLastWords() {
    assertThat(judge(OptionalInt.of(134), List.of("x", "munmap_chunk()", " "), Optional.empty()))
        .isEqualTo(new Result.Abort("munmap_chunk()", null));
  }

  @Test
  void aReportIsACrashWhateverTheExitCode() {
    Result crash = new Result.Crash("SIGSEGV", "SIGSEGV", "C [libc.so.6+0x1]", "shop.Cache.get");

    assertThat(judge(OptionalInt.of(1), List.of(), Optional.of(REPORT))).isEqualTo(crash);
    assertThat(judge(OptionalInt.of(0), List.of(), Optional.of(REPORT))).isEqualTo(crash);
    assertThat(judge(OptionalInt.empty(), List.of(), Optional.of(REPORT))).isEqualTo(crash);
  }

  @Test
  void aKilledVictimTimedOut() {
    assertThat(judge(OptionalInt.empty(), List.of(), Optional.empty()))
        .isEqualTo(new Result.Timeout(LIMIT));
  }

  @Test
  void anyOtherExitCodeIsAFailureWithItsReason() {
    assertThat(judge(OptionalInt.of(137), List.of("no space"), Optional.empty()))
        .isEqualTo(new Result.Failed("the victim failed: exit code 137; no space"));
  }

  @Test
  void aDeathIsDatedFromTheMistakeAndAnOrderlyEndByTheVictim() {
    assertThat(ending(OptionalInt.of(134), List.of(), Optional.empty()).judge().after())
        .contains(Duration.ofNanos(4000));
    assertThat(ending(OptionalInt.of(0), List.of(), Optional.empty()).judge().after())
        .contains(Duration.ofNanos(250));
    assertThat(ending(OptionalInt.empty(), List.of(), Optional.empty()).judge().after()).isEmpty();
  }

  @Test
  void aFileTimeBeforeTheMistakeCountsAsAtOnce() {
    Ending early =
        new Ending(
            LIMIT,
            OptionalInt.of(134),
            List.of("lifebound-lab bug\t9000"),
            List.of(),
            Optional.empty(),
            5000);

    assertThat(early.judge().after()).contains(Duration.ZERO);
  }

  @Test
  void aDeathInCompiledCodeHasItsFrameAmongAllFrames() {
    Optional<HsErr> report =
        HsErr.parse(
            """
            #
            # A fatal error has been detected by the Java Runtime Environment:
            #
            #  SIGSEGV (0xb) at pc=0x00007f8930588258, pid=7, tid=8
            #
            # Problematic frame:
            # J 498 c1 jdk.internal.misc.Unsafe.getLongUnaligned(Ljava/lang/Object;J)J java.base@25.0.3 (173 bytes) @ 0x00007f8930588258 [0x00007f8930588080+0x1d8]
            #

            ---------------  T H R E A D  ---------------

            Current thread (0x00007f0):  JavaThread "main"             [_thread_in_Java, id=8, stack(0x1,0x2) (1020K)]

            Stack: [0x1,0x2],  sp=0x1,  free space=1016k
            Native frames: (J=compiled Java code, j=interpreted, Vv=VM code, C=native code)
            J 498 c1 jdk.internal.misc.Unsafe.getLongUnaligned(Ljava/lang/Object;J)J java.base@25.0.3 (173 bytes) @ 0x00007f8930588258 [0x00007f8930588080+0x1d8]
            j  shop.Tiles.read(Ljava/lang/foreign/MemorySegment;)J+25
            j  shop.Main.main([Ljava/lang/String;)V+5
            """);

    assertThat(judge(OptionalInt.of(134), List.of(), report))
        .isInstanceOfSatisfying(
            Result.Crash.class,
            crash -> assertThat(crash.applicationFrame()).isEqualTo("shop.Tiles.read"));
  }
}
