package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class GoEndingTest {
  private static final List<String> OUTPUT = List.of("lifebound-lab bug\t1000");

  private static Testimony.Told judge(int exitCode, String errors) {
    return GoEnding.judge(
        new Ending(
            Duration.ofSeconds(9),
            OptionalInt.of(exitCode),
            OUTPUT,
            errors.lines().toList(),
            Optional.empty(),
            8000));
  }

  @Test
  void aFaultIsACrashWithTheVictimsFrame() {
    Testimony.Told told =
        judge(
            2,
            """
            unexpected fault address 0x7f87636b8010
            fatal error: fault
            [signal SIGSEGV: segmentation violation code=0x1 addr=0x7f87636b8010 pc=0x4abdf1]

            goroutine 1 [running]:
            runtime.throw({0x4c9d2c?, 0x7f8763687010?})
            \t/usr/lib/go-1.19/src/runtime/panic.go:1047 +0x5d
            lifebound.dev/lab/recipe.check(0x7f8763687010, 0x32000)
            \t/src/recipe/check.go:11 +0x51
            main.main()
            """);

    assertThat(told.result())
        .isEqualTo(new Result.Crash("SIGSEGV", "SIGSEGV", "recipe.check", "recipe.check"));
    assertThat(told.after()).contains(Duration.ofNanos(7000));
  }

  @Test
  void anAbortOfTheCLibraryHasItsWordsAndTheCFunction() {
    Result result =
        judge(
                2,
                """
                free(): double free detected in tcache 2
                SIGABRT: abort
                PC=0x7f49f98f9eec m=0 sigcode=18446744073709551610

                goroutine 1 [syscall]:
                runtime.cgocall(0x4abd30, 0xc00009fe58)
                lifebound.dev/lab/doublefree._Cfunc_free(0x1f0a2a0)
                lifebound.dev/lab/doublefree.twice(0x30)
                """)
            .result();

    assertThat(result)
        .isEqualTo(new Result.Abort("free(): double free detected in tcache 2", "C.free"));
    assertThat(result.signal()).isEqualTo("SIGABRT");
  }

  @Test
  void aFatalErrorHasItsWordsAndItsFrame() {
    assertThat(
            judge(
                    2,
                    """
                    fatal error: concurrent map writes

                    goroutine 21 [running]:
                    runtime.throw({0x4c7a51?, 0x0?})
                    lifebound.dev/lab/concurrent.write()
                    """)
                .result())
        .isEqualTo(new Result.FatalError("concurrent map writes", "concurrent.write"));
  }

  @Test
  void aPanicThatNobodyRecoveredIsAPanic() {
    assertThat(judge(2, "panic: assignment to entry in nil map\n\ngoroutine 1 [running]:").result())
        .isEqualTo(new Result.Panic("assignment to entry in nil map"));
  }

  @Test
  void anythingElseIsAFailureWithItsReason() {
    assertThat(judge(64, "unknown victim").result())
        .isEqualTo(new Result.Failed("the victim failed: exit code 64; unknown victim"));
    assertThat(judge(2, "usage: x").result())
        .isEqualTo(new Result.Failed("the victim failed: exit code 2; usage: x"));
    assertThat(judge(0, "").result()).isInstanceOf(Result.Failed.class);
  }

  @Test
  void aKilledVictimTimedOut() {
    Ending killed =
        new Ending(
            Duration.ofSeconds(9), OptionalInt.empty(), OUTPUT, List.of(), Optional.empty(), 8000);

    assertThat(GoEnding.judge(killed).result())
        .isEqualTo(new Result.Timeout(Duration.ofSeconds(9)));
  }
}
