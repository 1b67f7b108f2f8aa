package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LabTableTest {
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
    return new Outcome(Scenario.LARGE_BLOCK, mode, result);
  }

  @Test
  void oneScenarioIsShownAsDocumented() {
    assertThat(
            LabTable.render(
                List.of(outcome(Mode.UNPROTECTED, SEGV), outcome(Mode.PROTECTED, STALE)), false))
        .isEqualTo(
            """
            SCENARIO        MODE         OUTCOME                 AS EXPECTED
            large-block     unprotected  crash (SIGSEGV)         yes
                            protected    exception               yes

            large-block: a block of 40 MB is freed, then read
              unprotected  in V [libjvm.so+0x1], called from A.b
              protected    StaleHandleException: a block must be live: block=1
                             allocated 1 ms ago
                               at LargeBlock.protectedRun(LargeBlock.java:50)

            C freed a block that a Java map still held: unprotected, 1 run lost the whole
            JVM; protected, 1 run stopped the same read with a Java exception.
            """);
  }

  @Test
  void runsThatEndedAlikeAreCounted() {
    List<Outcome> outcomes = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      outcomes.add(outcome(Mode.UNPROTECTED, i == 7 ? SILENT : SEGV));
    }

    assertThat(LabTable.render(outcomes, false).lines())
        .contains(
            "large-block     unprotected  crash (SIGSEGV)           19/20  yes",
            "                unprotected  silent wrong data          1/20  NO",
            "1 run did not end as expected: read the lines marked NO above.");
  }

  @Test
  void whatDidNotRunStandsWithItsReason() {
    String table =
        LabTable.render(
            List.of(
                new Outcome(
                    Scenario.DEAD_PAGE, Mode.PROTECTED, new Result.NotRun("no library here"))),
            false);

    assertThat(table.lines())
        .contains(
            "dead-page       protected    not run                 -",
            "  protected    no library here",
            "Nothing could run on this machine: the reasons stand above.");
  }

  @Test
  void theClosingSentenceCountsWhatCouldNotStart() {
    assertThat(
            ClosingSentence.of(
                List.of(
                    new Outcome(Scenario.SMALL_BLOCK, Mode.UNPROTECTED, SILENT),
                    new Outcome(Scenario.SMALL_BLOCK, Mode.PROTECTED, STALE),
                    new Outcome(Scenario.DEAD_PAGE, Mode.PROTECTED, new Result.NotRun("x")))))
        .isEqualTo(
            "C freed a block that a Java map still held: unprotected, 1 run went on with wrong data"
                + " and said nothing; protected, 1 run stopped the same read with a Java exception;"
                + " 1 run could not start here.");
  }

  @Test
  void coloursAreAddedOnlyWhenAskedFor() {
    List<Outcome> outcomes =
        List.of(
            outcome(Mode.UNPROTECTED, SEGV),
            outcome(Mode.PROTECTED, STALE),
            outcome(Mode.PROTECTED, new Result.NoHarm("x")));

    String coloured = LabTable.render(outcomes, true);

    assertThat(coloured).contains("\u001b[31mcrash", "\u001b[32mexception", "\u001b[33mno harm");
    assertThat(coloured.replaceAll("\u001b\\[\\d+m", ""))
        .isEqualTo(LabTable.render(outcomes, false));
  }

  @Test
  void noLineIsWiderThanATerminal() {
    List<Outcome> outcomes = new ArrayList<>();
    for (Scenario scenario : Scenario.values()) {
      for (Mode mode : Mode.values()) {
        for (Result result :
            List.of(
                SILENT,
                SEGV,
                new Result.Crash("Out of Memory Error", null, "x".repeat(300), "y".repeat(300)),
                new Result.Abort("free(): invalid pointer ".repeat(20)),
                new Result.Thrown("a.b." + "C".repeat(200), "word ".repeat(100)),
                new Result.Timeout(Duration.ofDays(1000)),
                new Result.Failed("z\n" + " ".repeat(70) + "deep"),
                new Result.NotRun("because ".repeat(40)))) {
          for (int i = 0; i < 12; i++) {
            outcomes.add(new Outcome(scenario, mode, result));
          }
        }
      }
    }

    assertThat(LabTable.render(outcomes, false).lines())
        .hasSizeGreaterThan(100)
        .allMatch(line -> line.length() <= 80);
  }
}
