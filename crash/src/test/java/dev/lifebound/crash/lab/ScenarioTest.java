package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.memory.guard.UseAfterFreeException;
import dev.lifebound.memory.handle.StaleHandleException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScenarioTest {
  private static final Path PAGES = Path.of("..", "docs", "lab");
  private static final Result SILENT = new Result.SilentWrongData("x");
  private static final Result SEGV = new Result.Crash("SIGSEGV", "SIGSEGV", null, null);
  private static final Result BUS = new Result.Crash("SIGBUS", "SIGBUS", null, null);
  private static final Result STALE = new Result.Thrown(StaleHandleException.class.getName(), "x");
  private static final Result DEAD = new Result.Thrown(UseAfterFreeException.class.getName(), "x");

  @Test
  void theNamesAreThoseOfTheCommandLine() {
    assertThat(Laboratory.scenarios())
        .extracting(Scenario::text)
        .containsExactly("small-block", "address-reuse", "large-block", "dead-page");
    assertThat(Scenario.named("dead-page")).contains(Scenario.DEAD_PAGE);
    assertThat(Scenario.named("DEAD_PAGE")).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Scenario.class)
  void theExplanationIsThePageOfTheRepository(Scenario scenario) throws IOException {
    assertThat(scenario.explanation())
        .isEqualTo(Files.readString(PAGES.resolve(scenario.text() + ".md")))
        .startsWith("# " + scenario.text() + ": " + scenario.summary() + "\n")
        .contains("## What you see", "## Why it happens", "## What to do");
    assertThat(scenario.explanation().lines()).allMatch(line -> line.length() <= 80);
  }

  @Test
  void everyPageBelongsToAScenario() throws IOException {
    // Pictures of the output lie beside the pages.
    assertThat(Folders.names(PAGES).stream().filter(name -> name.endsWith(".md")))
        .containsExactlyInAnyOrderElementsOf(
            Laboratory.scenarios().stream().map(scenario -> scenario.text() + ".md").toList());
  }

  @Test
  void protectedOnlyItsOwnRefusalIsExpected() {
    for (Scenario scenario : Scenario.values()) {
      boolean guarded = scenario == Scenario.DEAD_PAGE;
      assertThat(scenario.expects(Mode.PROTECTED, STALE)).isEqualTo(!guarded);
      assertThat(scenario.expects(Mode.PROTECTED, DEAD)).isEqualTo(guarded);
      assertThat(scenario.expects(Mode.PROTECTED, new Result.NoHarm("x"))).isFalse();
      assertThat(scenario.expects(Mode.PROTECTED, SEGV)).isFalse();
    }
  }

  @Test
  void unprotectedOnlyItsOwnHarmIsExpected() {
    for (Scenario scenario : Scenario.values()) {
      boolean mayCrash = scenario == Scenario.LARGE_BLOCK || scenario == Scenario.DEAD_PAGE;
      assertThat(scenario.expects(Mode.UNPROTECTED, SILENT))
          .isEqualTo(scenario != Scenario.LARGE_BLOCK);
      assertThat(scenario.expects(Mode.UNPROTECTED, SEGV)).isEqualTo(mayCrash);
      assertThat(scenario.expects(Mode.UNPROTECTED, BUS)).isFalse();
      assertThat(scenario.expects(Mode.UNPROTECTED, new Result.NoHarm("x"))).isFalse();
      assertThat(scenario.expects(Mode.UNPROTECTED, STALE)).isFalse();
    }
  }

  @Test
  void whatDidNotRunIsNeitherExpectedNorUnexpected() {
    Outcome outcome =
        new Outcome(Scenario.DEAD_PAGE, Mode.PROTECTED, new Result.NotRun("no library"));

    assertThat(outcome.ran()).isFalse();
    assertThat(outcome.expected()).isFalse();
    assertThat(outcome.unexpected()).isFalse();
  }

  @Test
  void onlyTheLargeBlockHasMoreThanOneTry() {
    assertThat(Scenario.LARGE_BLOCK.tries(Mode.UNPROTECTED)).isEqualTo(5);
    assertThat(Scenario.LARGE_BLOCK.tries(Mode.PROTECTED)).isEqualTo(1);
    assertThat(Scenario.SMALL_BLOCK.tries(Mode.UNPROTECTED)).isEqualTo(1);
  }
}
