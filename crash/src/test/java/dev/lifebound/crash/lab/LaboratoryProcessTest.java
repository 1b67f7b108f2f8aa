package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.memory.guard.UseAfterFreeException;
import dev.lifebound.memory.handle.StaleHandleException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole laboratory on real victims. */
class LaboratoryProcessTest {
  private static final Pattern SHOWN_BYTES =
      Pattern.compile("at byte (\\d+), wrote ([0-9a-f ]+), read ([0-9a-f ]+)");

  @TempDir static Path temporary;

  private static List<String> workingFolder;
  private static List<Outcome> outcomes;

  @BeforeAll
  static void runEveryScenarioTwice() throws Exception {
    workingFolder = Folders.names(Path.of(""));
    outcomes = run(Request.of(Laboratory.scenarios()).withRepeat(2));
  }

  private static List<Outcome> run(Request request) throws IOException, InterruptedException {
    return Laboratory.run(request, Laboratory.Listener.SILENT, temporary);
  }

  private static List<Result> results(Scenario scenario, Mode mode) {
    return outcomes.stream()
        .filter(outcome -> outcome.scenario() == scenario && outcome.mode() == mode)
        .map(Outcome::result)
        .toList();
  }

  private static List<String> messages(Scenario scenario, Class<?> exception) {
    List<Result> results = results(scenario, Mode.PROTECTED);
    assertThat(results).hasSize(2).hasOnlyElementsOfType(Result.Thrown.class);
    List<Result.Thrown> thrown = results.stream().map(Result.Thrown.class::cast).toList();
    assertThat(thrown).extracting(Result.Thrown::exception).containsOnly(exception.getName());
    return thrown.stream().map(Result.Thrown::message).toList();
  }

  @Test
  void everyRunEndsAsItsScenarioPredicts() {
    assertThat(outcomes).hasSize(16).allMatch(Outcome::ran).noneMatch(Outcome::unexpected);
  }

  @Test
  void eachRepetitionIsUnprotectedFirstThenProtected() {
    assertThat(outcomes)
        .extracting(Outcome::mode)
        .containsExactlyElementsOf(
            Collections.nCopies(8, List.of(Mode.values())).stream().flatMap(List::stream).toList());
    assertThat(outcomes.subList(0, 4))
        .extracting(Outcome::scenario)
        .containsOnly(Scenario.SMALL_BLOCK);
  }

  @Test
  void theSmallBlockReallyShowsOtherBytesNearItsStart() {
    assertThat(results(Scenario.SMALL_BLOCK, Mode.UNPROTECTED))
        .extracting(Result::detail)
        .allSatisfy(detail -> {
          var bytes = SHOWN_BYTES.matcher(detail);
          assertThat(bytes.matches()).as(detail).isTrue();
          assertThat(Integer.parseInt(bytes.group(1))).isLessThan(16);
          assertThat(bytes.group(2)).isNotEqualTo(bytes.group(3));
        });
  }

  @Test
  void theReusedAddressAnswersForTheWrongBlock() {
    assertThat(results(Scenario.ADDRESS_REUSE, Mode.UNPROTECTED))
        .containsOnly(
            new Result.SilentWrongData(
                "asked for 'session of alice', the map answered 'session of bob'"));
  }

  @Test
  void theCrashNamesSignalAndFrames() {
    assertThat(results(Scenario.LARGE_BLOCK, Mode.UNPROTECTED))
        .allSatisfy(result -> {
          Result.Crash crash = (Result.Crash) result;
          assertThat(crash.signal()).isEqualTo("SIGSEGV");
          assertThat(crash.frame()).isNotBlank();
          assertThat(crash.applicationFrame())
              .isEqualTo("dev.lifebound.crash.lab.LargeBlock.readEveryPage");
        });
  }

  @Test
  void aStaleHandleNamesItsBlockAndBothSites() {
    for (Scenario scenario :
        List.of(Scenario.SMALL_BLOCK, Scenario.ADDRESS_REUSE, Scenario.LARGE_BLOCK)) {
      assertThat(messages(scenario, StaleHandleException.class))
          .allSatisfy(message ->
              assertThat(message)
                  .contains("block=", "size=", "tag=", "allocated", "freed")
                  .contains("protectedRun"));
    }
  }

  @Test
  void aDeadPageNamesItsBlockAndBothSitesInsideTheLibrary() {
    assertThat(messages(Scenario.DEAD_PAGE, UseAfterFreeException.class))
        .allSatisfy(message -> {
          int freed = message.indexOf("freed");
          assertThat(freed).isPositive();
          assertThat(message.substring(0, freed))
              .contains("block=", "size=", "allocated", "BlockHooks.allocate", ".open(");
          assertThat(message.substring(freed)).contains("BlockHooks.release", ".close(");
        });
  }

  @Test
  void theJsonOfRealOutcomesFollowsTheSchema() throws IOException {
    LabSchema.assertValid(LabJson.render(outcomes));
  }

  @Test
  void theTableOfRealOutcomesFitsAndSaysWhatWasSeen() {
    String table = LabTable.render(outcomes, false);

    assertThat(table.lines()).allMatch(line -> line.length() <= 80);
    assertThat(table).contains("2/2", "silent wrong data", "crash (SIGSEGV)", "exception");
    assertThat(table).doesNotContain("NO\n");
  }

  @Test
  void nothingIsLeftBehind() throws Exception {
    run(Request.of(List.of(Scenario.LARGE_BLOCK)));

    assertThat(Folders.names(temporary)).isEmpty();
    assertThat(Folders.names(Path.of(""))).isEqualTo(workingFolder);
  }

  @Test
  void withoutALibraryTheDeadPageIsListedWithItsReason() throws Exception {
    List<Outcome> none =
        run(Request.of(List.of(Scenario.DEAD_PAGE)).withLibrary(LibraryChoice.NONE));

    assertThat(none).hasSize(2).noneMatch(Outcome::ran).noneMatch(Outcome::unexpected);
    assertThat(none)
        .extracting(outcome -> outcome.result().detail())
        .allMatch(reason -> reason.contains("libz.so.1") && reason.contains("compiler"));
    LabSchema.assertValid(LabJson.render(none));
  }

  @Test
  void onlyLinuxHasVictims() {
    assertThat(Laboratory.obstacle("Linux")).isEmpty();
    assertThat(Laboratory.obstacle("Mac OS X"))
        .contains(new Result.NotRun("the laboratory needs Linux: os.name=Mac OS X"));
  }

  @Test
  void aLibraryCompiledOnTheSpotServesAsWell() throws Exception {
    boolean compilable = CompiledLibrary.compiler().isPresent();

    List<Outcome> compiled =
        run(Request.of(List.of(Scenario.DEAD_PAGE)).withLibrary(LibraryChoice.COMPILED));

    assertThat(compiled)
        .hasSize(2)
        .allSatisfy(outcome -> {
          assertThat(outcome.ran()).isEqualTo(compilable);
          assertThat(outcome.expected()).as(outcome.toString()).isEqualTo(compilable);
        });
  }

  @Test
  void aVictimWithoutTimeIsATimeoutAndUnexpected() throws Exception {
    Duration limit = Duration.ofMillis(1);

    List<Outcome> late = run(Request.of(List.of(Scenario.SMALL_BLOCK)).withVictimLimit(limit));

    assertThat(late)
        .hasSize(2)
        .allMatch(Outcome::unexpected)
        .extracting(Outcome::result)
        .containsOnly(new Result.Timeout(limit));
    assertThat(Folders.names(temporary)).isEmpty();
  }

  @Test
  void theListenerHearsEachRunInOrder() throws Exception {
    List<String> heard = new ArrayList<>();
    Laboratory.Listener listener =
        new Laboratory.Listener() {
          @Override
          public void starting(Scenario scenario, Mode mode, int number) {
            heard.add("start " + scenario.text() + " " + mode.text() + " " + number);
          }

          @Override
          public void finished(Outcome outcome) {
            heard.add("end " + outcome.scenario().text() + " " + outcome.mode().text());
          }
        };
    Request quick =
        Request.of(List.of(Scenario.ADDRESS_REUSE)).withVictimLimit(Duration.ofMillis(1));

    Laboratory.run(quick, listener, temporary);

    assertThat(heard)
        .containsExactly(
            "start address-reuse unprotected 1",
            "end address-reuse unprotected",
            "start address-reuse protected 1",
            "end address-reuse protected");
  }
}
