package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LabTableTest {
  private static final int WIDE = 100;
  private static final Result SILENT = new Result.SilentWrongData("wrote 1, read 2");
  private static final Result SEGV =
      new Result.Crash("SIGSEGV", "SIGSEGV", "V [libjvm.so+0x1]", "dev.lifebound.crash.lab.A.b");
  private static final Result STALE =
      new Result.Thrown(
          "dev.lifebound.memory.handle.StaleHandleException",
          """
          a block must be live: block=1
            allocated 1 ms ago
              at dev.lifebound.crash.lab.LargeBlock.protectedRun(LargeBlock.java:50)
              at dev.lifebound.crash.lab.VictimMain.main(VictimMain.java:33)\
          """);

  private static Outcome outcome(Mode mode, Result result) {
    return outcome(Scenario.LARGE_BLOCK, mode, result);
  }

  private static Outcome outcome(Scenario scenario, Mode mode, Result result) {
    return new Outcome(
        scenario,
        scenario.cases().getFirst(),
        mode,
        result,
        mode == Mode.UNPROTECTED ? Optional.of(Duration.ofNanos(2_340_000)) : Optional.empty());
  }

  @Test
  void oneScenarioIsShownAsDocumented() {
    assertThat(
            LabTable.render(
                List.of(outcome(Mode.UNPROTECTED, SEGV), outcome(Mode.PROTECTED, STALE)),
                false,
                WIDE))
        .isEqualTo(
            """
            SCENARIO            UNPROTECTED          AFTER  LIFEBOUND      OK
            large-block
              40 MB             crash (SIGSEGV)     2.3 ms  exception      yes
                                in A.b

            large-block: a block of 40 MB is freed, then read
              40 MB
                unprotected  in V [libjvm.so+0x1], called from A.b
                protected    StaleHandleException: a block must be live: block=1
                               allocated 1 ms ago
                                 at LargeBlock.protectedRun(LargeBlock.java:50)

            Unprotected, 1 run lost the whole process. With Lifebound, 1 run stopped at the
            mistake with a Java exception.
            """);
  }

  @Test
  void aNarrowTerminalGetsParagraphsInsteadOfColumns() {
    assertThat(
            LabTable.render(
                List.of(outcome(Mode.UNPROTECTED, SEGV), outcome(Mode.PROTECTED, STALE)),
                false,
                40))
        .isEqualTo(
            """
            large-block, 40 MB
              unprotected:
                crash (SIGSEGV) after 2.3 ms
                in A.b
              protected:
                exception

            large-block: a block of 40 MB is freed,
            then read
              40 MB
              unprotected
                in V [libjvm.so+0x1], called from
                A.b
              protected
                StaleHandleException: a block must
                be live: block=1
                  allocated 1 ms ago
                    at LargeBlock.protectedRun(Large
                    Block.java:50)

            Unprotected, 1 run lost the whole
            process. With Lifebound, 1 run stopped
            at the mistake with a Java exception.
            """);
  }

  @Test
  void runsThatEndedAlikeAreCounted() {
    List<Outcome> outcomes = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      outcomes.add(outcome(Mode.UNPROTECTED, i == 7 ? SILENT : SEGV));
      outcomes.add(outcome(Mode.PROTECTED, STALE));
    }

    assertThat(LabTable.render(outcomes, false, WIDE).lines())
        .contains(
            "SCENARIO            UNPROTECTED       RUNS     AFTER  LIFEBOUND     RUNS   OK",
            "  40 MB             crash (SIGSEGV)   19/20   2.3 ms  exception     20/20  yes",
            "                    silent wrong data 1/20    2.3 ms                       NO",
            "1 run did not end as expected: read the lines marked NO above.");
  }

  @Test
  void theTimeIsTheMedianOfTheRunsThatEndedAlike() {
    List<Outcome> outcomes = new ArrayList<>();
    for (long micros : new long[] {900, 7, 300, 5, 100}) {
      outcomes.add(
          new Outcome(
              Scenario.SMALL_BLOCK,
              Scenario.SMALL_BLOCK.cases().getFirst(),
              Mode.UNPROTECTED,
              SILENT,
              Optional.of(Duration.ofNanos(micros * 1000))));
    }

    assertThat(LabTable.render(outcomes, false, WIDE)).contains(" 100 us ");
  }

  @Test
  void timesHaveTwoDigitsAndTheirUnit() {
    assertThat(LabTable.time(Duration.ofNanos(4_130))).isEqualTo("4.1 us");
    assertThat(LabTable.time(Duration.ofNanos(230_400))).isEqualTo("230 us");
    assertThat(LabTable.time(Duration.ofNanos(12_600_000))).isEqualTo("13 ms");
    assertThat(LabTable.time(Duration.ZERO)).isEqualTo("<4 ms");
  }

  @Test
  void whatDidNotRunStandsWithItsReason() {
    String table =
        LabTable.render(
            List.of(
                outcome(Scenario.DEAD_PAGE, Mode.PROTECTED, new Result.NotRun("no library here"))),
            false,
            WIDE);

    assertThat(table.lines())
        .contains(
            "  zlib" + " ".repeat(42) + "not run        -",
            "    protected    no library here",
            "Nothing could run on this machine: the reasons stand above.");
  }

  @Test
  void theClosingSentenceCountsWhatCouldNotStart() {
    assertThat(
            ClosingSentence.of(
                List.of(
                    outcome(Scenario.SMALL_BLOCK, Mode.UNPROTECTED, SILENT),
                    outcome(Scenario.SMALL_BLOCK, Mode.PROTECTED, STALE),
                    outcome(Scenario.DEAD_PAGE, Mode.PROTECTED, new Result.NotRun("x")))))
        .isEqualTo(
            "Unprotected, 1 run went on with wrong data and said nothing. With Lifebound, 1 run"
                + " stopped at the mistake with a Java exception. 1 run could not start here.");
  }

  @Test
  void ofManyCasesOnlyTheUnexpectedAreToldAtLength() {
    List<Outcome> outcomes = new ArrayList<>();
    for (Scenario scenario : Laboratory.scenarios()) {
      for (Case play : scenario.cases()) {
        Result usual =
            play.expects(Mode.UNPROTECTED, SILENT) ? SILENT : new Result.NotRun("not here");
        outcomes.add(new Outcome(scenario, play, Mode.UNPROTECTED, usual, Optional.empty()));
      }
    }
    outcomes.add(outcome(Scenario.OVERFLOW, Mode.PROTECTED, new Result.NoHarm("all is well")));

    String table = LabTable.render(outcomes, false, WIDE);

    assertThat(table).contains("all is well").doesNotContain("wrote 1, read 2");
    assertThat(table).contains("lifebound lab NAME shows what its victims saw");
  }

  @Test
  void victimsThatWereDiscardedAreCounted() {
    Outcome run =
        new Outcome(
            Scenario.LARGE_BLOCK,
            Scenario.LARGE_BLOCK.cases().getFirst(),
            Mode.UNPROTECTED,
            SEGV,
            Optional.empty(),
            List.of(new Result.NoHarm("filled"), SILENT, new Result.NoHarm("filled")));

    String table = LabTable.render(List.of(run, run), false, WIDE);

    assertThat(table.replaceAll("\\s+", " "))
        .contains(
            "Not counted above: 6 victims of large-block, 40 MB, that ended otherwise before one"
                + " did as expected or the tries were used up: 4 no harm, 2 silent wrong data.");
    assertThat(LabJson.render(List.of(run))).contains("\"discarded\" : 3");
    assertThat(LabTable.render(List.of(outcome(Mode.UNPROTECTED, SEGV)), false, WIDE))
        .doesNotContain("Not counted");
  }

  @Test
  void coloursAreAddedOnlyWhenAskedFor() {
    List<Outcome> outcomes =
        List.of(
            outcome(Mode.UNPROTECTED, SEGV),
            outcome(Mode.PROTECTED, STALE),
            outcome(Mode.PROTECTED, new Result.Failed("x")));

    String coloured = LabTable.render(outcomes, true, WIDE);

    assertThat(coloured).contains("\u001b[31mcrash", "\u001b[32mexception", "\u001b[33mfailed");
    assertThat(coloured.replaceAll("\u001b\\[\\d+m", ""))
        .isEqualTo(LabTable.render(outcomes, false, WIDE));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 30, 31, 50, 79, 80, 81, 200})
  void noLineIsWiderThanTheTerminal(int columns) {
    List<Outcome> outcomes = new ArrayList<>();
    for (Scenario scenario : Scenario.values()) {
      for (Mode mode : Mode.values()) {
        for (Result result :
            List.of(
                SILENT,
                SEGV,
                new Result.Crash("SIGSEGV", "SIGSEGV", "x".repeat(300), "y".repeat(300)),
                new Result.Abort("free(): invalid pointer ".repeat(20), "z".repeat(100)),
                new Result.Thrown("a.b." + "C".repeat(200), "word ".repeat(100)),
                new Result.Timeout(Duration.ofDays(1000)),
                new Result.Failed("z\n" + " ".repeat(70) + "deep"),
                new Result.NotRun("because ".repeat(40)))) {
          for (int i = 0; i < 12; i++) {
            outcomes.add(outcome(scenario, mode, result));
          }
        }
      }
    }

    assertThat(LabTable.render(outcomes, false, columns).lines())
        .hasSizeGreaterThan(100)
        .allMatch(line -> line.length() <= Math.clamp(columns, 30, 80));
  }
}
