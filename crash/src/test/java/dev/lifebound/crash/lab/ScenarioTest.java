package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.memory.guard.UseAfterFreeException;
import dev.lifebound.memory.handle.StaleHandleException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScenarioTest {
  private static final Path PAGES = Path.of("..", "docs", "lab");
  private static final Path GO_SOURCES =
      Path.of("src", "main", "resources", "dev", "lifebound", "crash", "lab", "go");
  private static final Pattern GO_VICTIM = Pattern.compile("\"([a-z]+/[a-z]+)\":");
  private static final Result SILENT = new Result.SilentWrongData("x");
  private static final Result SEGV = new Result.Crash("SIGSEGV", "SIGSEGV", null, null);
  private static final Result BUS = new Result.Crash("SIGBUS", "SIGBUS", null, null);
  private static final Result STALE = new Result.Thrown(StaleHandleException.class.getName(), "x");
  private static final Result DEAD = new Result.Thrown(UseAfterFreeException.class.getName(), "x");

  @Test
  void theNamesAreThoseOfTheCommandLine() {
    assertThat(Laboratory.scenarios())
        .extracting(Scenario::text)
        .containsExactly(
            "small-block",
            "address-reuse",
            "large-block",
            "mmap-threshold",
            "dead-page",
            "double-free",
            "write-after-free",
            "overflow",
            "free-during-iteration",
            "parent-before-child",
            "eviction-under-reader",
            "late-cleaner",
            "go-recipe",
            "go-freed-key",
            "go-map-buckets",
            "go-escape",
            "go-concurrent-map",
            "go-nil-map",
            "go-growth-and-gc",
            "go-beliefs");
    assertThat(Scenario.named("dead-page")).contains(Scenario.DEAD_PAGE);
    assertThat(Scenario.named("DEAD_PAGE")).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Scenario.class)
  void theExplanationIsThePageOfTheRepository(Scenario scenario) throws IOException {
    assertThat(scenario.explanation())
        .isEqualTo(Files.readString(PAGES.resolve(scenario.text() + ".md")))
        .startsWith("# " + scenario.text() + ": " + scenario.summary() + "\n")
        .contains(
            "## What you see",
            "## Why it happens",
            "## What the tools see",
            "## What to do",
            "## What Lifebound gives",
            "## A run");
    assertThat(scenario.explanation().lines()).allMatch(line -> line.length() <= 80);
  }

  /** The run on a page is one of today's cases, each with both modes. */
  @ParameterizedTest
  @EnumSource(Scenario.class)
  void theRunOnThePageHasEveryCaseAndItsUsualOutcome(Scenario scenario) {
    String page = scenario.explanation();
    List<String> run = page.substring(page.indexOf("## A run")).lines().toList();

    for (Case play : scenario.cases()) {
      List<String> rows =
          run.stream().filter(line -> line.startsWith("  " + play.text() + "  ")).toList();
      assertThat(rows).as(play.text()).hasSize(1);
      String row = rows.getFirst().substring(2 + play.text().length()).strip();
      boolean newerGo = play.build() == GoBuild.ARENAS;
      assertThat(newerGo ? List.of("not run") : play.expectation(Mode.UNPROTECTED).outcomes())
          .as(row)
          .anyMatch(row::startsWith);
      assertThat(row).contains(play.expectation(Mode.PROTECTED).outcomes()).doesNotEndWith("NO");
    }
  }

  @Test
  void everyPageBelongsToAScenarioAndStandsInTheIndex() throws IOException {
    List<String> pages =
        new ArrayList<>(
            Laboratory.scenarios().stream().map(scenario -> scenario.text() + ".md").toList());
    String index = Files.readString(PAGES.resolve("README.md"));
    assertThat(pages).allSatisfy(page -> assertThat(index).contains("(" + page + ")"));

    pages.add("README.md");
    // Pictures of the output lie beside the pages.
    assertThat(Folders.names(PAGES).stream().filter(name -> name.endsWith(".md")))
        .containsExactlyInAnyOrderElementsOf(pages);
  }

  @ParameterizedTest
  @EnumSource(Scenario.class)
  void theCasesOfAScenarioHaveNamesThatFitTheTable(Scenario scenario) {
    assertThat(scenario.cases()).isNotEmpty().extracting(Case::text).doesNotHaveDuplicates();
    assertThat(scenario.cases()).extracting(Case::text).allMatch(text -> text.length() <= 16);
  }

  @Test
  void everyGoVictimIsACaseAndEveryGoCaseIsAVictim() throws IOException {
    List<String> victims = new ArrayList<>();
    Matcher matcher = GO_VICTIM.matcher(Files.readString(GO_SOURCES.resolve("main.go")));
    while (matcher.find()) {
      victims.add(matcher.group(1));
    }
    victims.add("arena/arena");
    assertThat(
            Laboratory.scenarios().stream()
                .flatMap(scenario -> scenario.cases().stream())
                .filter(play -> play.language() == Language.GO)
                .map(Case::program)
                .distinct())
        .containsExactlyInAnyOrderElementsOf(victims);
  }

  @Test
  void theListOfGoSourcesIsComplete() throws IOException {
    try (Stream<Path> files = Files.walk(GO_SOURCES)) {
      assertThat(Sources.GO)
          .containsExactlyInAnyOrderElementsOf(
              files
                  .filter(Files::isRegularFile)
                  .map(file -> GO_SOURCES.relativize(file).toString())
                  .toList());
    }
  }

  @Test
  void protectedOnlyItsOwnRefusalIsExpected() {
    Case small = Scenario.SMALL_BLOCK.cases().getFirst();
    Case guarded = Scenario.DEAD_PAGE.cases().getFirst();

    assertThat(small.expects(Mode.PROTECTED, STALE)).isTrue();
    assertThat(small.expects(Mode.PROTECTED, DEAD)).isFalse();
    assertThat(guarded.expects(Mode.PROTECTED, DEAD)).isTrue();
    assertThat(guarded.expects(Mode.PROTECTED, STALE)).isFalse();
    for (Scenario scenario : Laboratory.scenarios()) {
      for (Case play : scenario.cases()) {
        assertThat(play.expects(Mode.PROTECTED, SEGV)).isFalse();
        assertThat(play.expects(Mode.PROTECTED, SILENT)).isFalse();
      }
    }
  }

  @Test
  void aReportAndAFindingMustBeTheRightOnes() {
    Case inC = Scenario.SMALL_BLOCK.cases().getLast();
    Case inGo = Scenario.GO_RECIPE.cases().getFirst();

    assertThat(inC.expects(Mode.PROTECTED, new Result.Reported("use after free", "x"))).isTrue();
    assertThat(inC.expects(Mode.PROTECTED, new Result.Reported("second free", "x"))).isFalse();
    assertThat(inGo.expects(Mode.PROTECTED, new Result.Found("LBG001", "x"))).isTrue();
    assertThat(inGo.expects(Mode.PROTECTED, new Result.Found("LBG003", "x"))).isFalse();
    assertThat(inGo.expects(Mode.PROTECTED, new Result.NotCovered("x"))).isFalse();
  }

  @Test
  void unprotectedOnlyItsOwnHarmIsExpected() {
    Case large = Scenario.LARGE_BLOCK.cases().getFirst();

    assertThat(large.expects(Mode.UNPROTECTED, SEGV)).isTrue();
    assertThat(large.expects(Mode.UNPROTECTED, SILENT)).isFalse();
    for (Scenario scenario : Laboratory.scenarios()) {
      for (Case play : scenario.cases()) {
        assertThat(play.expects(Mode.UNPROTECTED, BUS)).isFalse();
        assertThat(play.expects(Mode.UNPROTECTED, STALE)).isFalse();
      }
    }
  }

  @Test
  void whatDidNotRunIsNeitherExpectedNorUnexpected() {
    Outcome outcome =
        new Outcome(
            Scenario.DEAD_PAGE,
            Scenario.DEAD_PAGE.cases().getFirst(),
            Mode.PROTECTED,
            new Result.NotRun("no library"),
            Optional.empty());

    assertThat(outcome.ran()).isFalse();
    assertThat(outcome.expected()).isFalse();
    assertThat(outcome.unexpected()).isFalse();
    assertThat(Laboratory.share(List.of(outcome))).isZero();
  }

  @Test
  void theShareIsOfWhatRan() {
    Case play = Scenario.SMALL_BLOCK.cases().getFirst();
    Outcome right =
        new Outcome(Scenario.SMALL_BLOCK, play, Mode.UNPROTECTED, SILENT, Optional.empty());
    Outcome wrong =
        new Outcome(Scenario.SMALL_BLOCK, play, Mode.PROTECTED, SILENT, Optional.empty());
    Outcome notRun =
        new Outcome(
            Scenario.SMALL_BLOCK, play, Mode.PROTECTED, new Result.NotRun("x"), Optional.empty());

    assertThat(Laboratory.share(List.of(right, notRun))).isEqualTo(1.0);
    assertThat(Laboratory.share(List.of(right, wrong, notRun))).isEqualTo(0.5);
  }

  @Test
  void onlyAReadOfAHoleHasMoreThanOneTry() {
    for (Scenario scenario : Laboratory.scenarios()) {
      for (Case play : scenario.cases()) {
        assertThat(play.tries(Mode.PROTECTED)).isEqualTo(1);
        assertThat(play.tries(Mode.UNPROTECTED) > 1)
            .as(scenario + " " + play)
            .isEqualTo(
                List.of("40 MB", "first 1 MB").contains(play.text())
                    && play.language() == Language.JAVA);
      }
    }
  }
}
