package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lifebound.memory.guard.UseAfterFreeException;
import dev.lifebound.memory.handle.StaleHandleException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole laboratory on real victims. */
class LaboratoryProcessTest {
  private static final Pattern SHOWN_BYTES =
      Pattern.compile("at byte (\\d+), wrote ([0-9a-f ]+), read ([0-9a-f ]+)");

  private static final Programs MACHINE = Programs.ofMachine(System.getenv());
  private static final Programs NONE = new Programs(List.of());

  @TempDir static Path temporary;

  private static List<String> workingFolder;
  private static List<Outcome> outcomes;

  @BeforeAll
  static void runEveryCase() throws Exception {
    workingFolder = Folders.names(Path.of(""));
    outcomes = run(Request.of(Laboratory.scenarios()), MACHINE);
  }

  private static List<Outcome> run(Request request, Programs programs)
      throws IOException, InterruptedException {
    return Laboratory.run(request, Laboratory.Listener.SILENT, temporary, programs);
  }

  private static Result result(Scenario scenario, String play, Mode mode) {
    return outcomes.stream()
        .filter(outcome -> outcome.scenario() == scenario && outcome.mode() == mode)
        .filter(outcome -> outcome.play().text().equals(play))
        .map(Outcome::result)
        .findFirst()
        .orElseThrow();
  }

  private static String message(Scenario scenario, String play, Class<?> exception) {
    Result result = result(scenario, play, Mode.PROTECTED);
    assertThat(result).isInstanceOf(Result.Thrown.class);
    assertThat(((Result.Thrown) result).exception()).isEqualTo(exception.getName());
    return ((Result.Thrown) result).message();
  }

  @Test
  void everyRunEndsAsItsCasePredicts() {
    assertThat(outcomes).noneMatch(Outcome::unexpected);
    assertThat(outcomes)
        .filteredOn(outcome -> outcome.play().language() == Language.JAVA)
        .hasSize(36)
        .allMatch(Outcome::ran);
  }

  @Test
  void casesInCRunWhereThereIsACompiler() {
    assumeTrue(MACHINE.cCompiler().isPresent(), "apt package gcc");
    assertThat(outcomes)
        .filteredOn(outcome -> outcome.play().language() == Language.C)
        .hasSize(8)
        .allMatch(Outcome::ran);
  }

  @Test
  void casesInGoRunWhereThereIsAGo() {
    assumeTrue(MACHINE.cCompiler().isPresent(), "apt package gcc");
    assumeTrue(MACHINE.go().isPresent(), "apt package golang-go");
    assertThat(outcomes)
        .filteredOn(outcome -> outcome.play().language() == Language.GO)
        .filteredOn(outcome -> outcome.play().build() != GoBuild.ARENAS)
        .filteredOn(outcome -> outcome.mode() == Mode.UNPROTECTED)
        .hasSize(35)
        .allMatch(Outcome::ran);
    assertThat(result(Scenario.GO_CONCURRENT_MAP, "two writers", Mode.UNPROTECTED))
        .isEqualTo(new Result.FatalError("concurrent map writes", "concurrent.write"));
    assertThat(result(Scenario.GO_ESCAPE, "pointer kept", Mode.UNPROTECTED).detail())
        .contains("go build -gcflags=-m:", "moved to heap: balance");
    assertThat(result(Scenario.GO_ESCAPE, "number kept", Mode.UNPROTECTED).detail())
        .contains("go build -gcflags=-m:")
        .doesNotContain("moved to heap");
  }

  @Test
  void withoutAnAnalyserTheSourcesOfGoAreNotJudged() {
    assertThat(outcomes)
        .filteredOn(outcome -> outcome.play().language() == Language.GO)
        .filteredOn(outcome -> outcome.mode() == Mode.PROTECTED)
        .isNotEmpty()
        .noneMatch(Outcome::ran);
  }

  @Test
  void eachCaseIsUnprotectedFirstThenProtected() {
    assertThat(outcomes)
        .extracting(Outcome::mode)
        .containsExactlyElementsOf(
            Collections.nCopies(outcomes.size() / 2, List.of(Mode.values())).stream()
                .flatMap(List::stream)
                .toList());
    assertThat(outcomes.subList(0, 4))
        .extracting(Outcome::scenario)
        .containsOnly(Scenario.SMALL_BLOCK);
  }

  @Test
  void theSmallBlockReallyShowsOtherBytesNearItsStart() {
    String detail = result(Scenario.SMALL_BLOCK, "48 B", Mode.UNPROTECTED).detail();
    var bytes = SHOWN_BYTES.matcher(detail);
    assertThat(bytes.matches()).as(detail).isTrue();
    assertThat(Integer.parseInt(bytes.group(1))).isLessThan(16);
    assertThat(bytes.group(2)).isNotEqualTo(bytes.group(3));
  }

  @Test
  void theReusedAddressAnswersForTheWrongBlock() {
    assertThat(result(Scenario.ADDRESS_REUSE, "64 B", Mode.UNPROTECTED))
        .isEqualTo(
            new Result.SilentWrongData(
                "asked for 'session of alice', the map answered 'session of bob'"));
  }

  @Test
  void theCrashNamesSignalAndFrames() {
    Result.Crash crash = (Result.Crash) result(Scenario.LARGE_BLOCK, "40 MB", Mode.UNPROTECTED);
    assertThat(crash.signal()).isEqualTo("SIGSEGV");
    assertThat(crash.frame()).isNotBlank();
    assertThat(crash.applicationFrame())
        .isEqualTo("dev.lifebound.crash.lab.LargeBlock.readEveryPage");
  }

  @Test
  void everyHarmIsDated() {
    assertThat(outcomes)
        .filteredOn(outcome -> outcome.mode() == Mode.UNPROTECTED && outcome.ran())
        .filteredOn(outcome ->
            outcome.result() instanceof Result.Crash
                || outcome.result() instanceof Result.Abort
                || outcome.result() instanceof Result.SilentWrongData
                || outcome.result() instanceof Result.Leak)
        .isNotEmpty()
        .allMatch(outcome -> outcome.after().isPresent());
  }

  @Test
  void aStaleHandleNamesItsBlockAndBothSites() {
    for (Scenario scenario :
        List.of(Scenario.SMALL_BLOCK, Scenario.ADDRESS_REUSE, Scenario.LARGE_BLOCK)) {
      assertThat(message(scenario, scenario.cases().getFirst().text(), StaleHandleException.class))
          .contains("block=", "size=", "tag=", "allocated", "freed", "protectedRun");
    }
  }

  @Test
  void aDeadPageNamesItsBlockAndBothSitesInsideTheLibrary() {
    String message = message(Scenario.DEAD_PAGE, "zlib", UseAfterFreeException.class);
    int freed = message.indexOf("freed");
    assertThat(freed).isPositive();
    assertThat(message.substring(0, freed))
        .contains("block=", "size=", "allocated", "BlockHooks.allocate", ".open(");
    assertThat(message.substring(freed)).contains("BlockHooks.release", ".close(");
  }

  @Test
  void theJsonOfRealOutcomesFollowsTheSchema() throws IOException {
    LabSchema.assertValid(LabJson.render(outcomes));
  }

  @Test
  void theTableOfRealOutcomesFitsAndSaysWhatWasSeen() {
    String table = LabTable.render(outcomes, false, 80);

    assertThat(table.lines()).allMatch(line -> line.length() <= 80);
    assertThat(table).contains("silent wrong data", "crash (SIGSEGV)", "exception", "leak");
    assertThat(table.lines()).noneMatch(line -> line.endsWith("  NO"));
  }

  @Test
  void nothingIsLeftBehind() throws Exception {
    List<Outcome> twice = run(Request.of(List.of(Scenario.LARGE_BLOCK)).withRepeat(2), MACHINE);

    assertThat(LabTable.render(twice, false, 80)).contains("2/2");
    assertThat(Folders.names(temporary)).isEmpty();
    assertThat(Folders.names(Path.of(""))).isEqualTo(workingFolder);
  }

  @Test
  void withoutALibraryTheDeadPageIsListedWithItsReason() throws Exception {
    List<Outcome> none =
        run(Request.of(List.of(Scenario.DEAD_PAGE)).withLibrary(LibraryChoice.NONE), MACHINE);

    assertThat(none).hasSize(2).noneMatch(Outcome::ran).noneMatch(Outcome::unexpected);
    assertThat(none)
        .extracting(outcome -> outcome.result().detail())
        .allMatch(reason -> reason.contains("libz.so.1") && reason.contains("compiler"));
    LabSchema.assertValid(LabJson.render(none));
  }

  @Test
  void withoutCompilersTheirCasesAreListedWithTheAptPackage() throws Exception {
    Request compiled =
        Request.of(Laboratory.scenarios()).withLanguages(Set.of(Language.C, Language.GO));

    List<Outcome> none = run(compiled, NONE);

    assertThat(none).isNotEmpty().noneMatch(Outcome::ran).noneMatch(Outcome::unexpected);
    assertThat(none)
        .filteredOn(outcome -> outcome.play().language() == Language.C)
        .allMatch(outcome -> outcome.result().detail().endsWith("apt package gcc"));
    assertThat(none)
        .filteredOn(outcome -> outcome.play().language() == Language.GO)
        .filteredOn(outcome -> outcome.mode() == Mode.UNPROTECTED)
        .allMatch(outcome -> outcome.result().detail().endsWith("apt package golang-go"));
    LabSchema.assertValid(LabJson.render(none));
  }

  @Test
  void aCompilerThatFailsIsAFailureWithItsWords() throws Exception {
    Path bin = Files.createDirectories(temporary.resolve("bin"));
    Path broken = bin.resolve("cc");
    Files.writeString(broken, "#!/bin/sh\necho no space left >&2\nexit 1\n");
    Files.setPosixFilePermissions(broken, PosixFilePermissions.fromString("rwxr-xr-x"));

    List<Outcome> failed =
        run(
            Request.of(List.of(Scenario.OVERFLOW)).withLanguages(Set.of(Language.C)),
            new Programs(List.of(bin)));
    Files.delete(broken);
    Files.delete(bin);

    assertThat(failed)
        .hasSize(2)
        .allMatch(Outcome::unexpected)
        .extracting(Outcome::result)
        .containsOnly(new Result.Failed("the compiler failed: no space left"));
  }

  @Test
  void onlyLinuxHasVictims() {
    assertThat(Laboratory.obstacle("Linux")).isEmpty();
    assertThat(Laboratory.obstacle("Mac OS X"))
        .contains(new Result.NotRun("the laboratory needs Linux: os.name=Mac OS X"));
  }

  @Test
  void aLibraryCompiledOnTheSpotServesAsWell() throws Exception {
    boolean compilable = MACHINE.cCompiler().isPresent();

    List<Outcome> compiled =
        run(Request.of(List.of(Scenario.DEAD_PAGE)).withLibrary(LibraryChoice.COMPILED), MACHINE);

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

    List<Outcome> late =
        run(Request.of(List.of(Scenario.ADDRESS_REUSE)).withVictimLimit(limit), MACHINE);

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
          public void starting(Scenario scenario, Case play, Mode mode, int number) {
            heard.add("start " + scenario.text() + " " + play + " " + mode.text() + " " + number);
          }

          @Override
          public void finished(Outcome outcome) {
            heard.add("end " + outcome.scenario().text() + " " + outcome.mode().text());
          }
        };
    Request quick =
        Request.of(List.of(Scenario.ADDRESS_REUSE)).withVictimLimit(Duration.ofMillis(1));

    Laboratory.run(quick, listener, temporary, MACHINE);

    assertThat(heard)
        .containsExactly(
            "start address-reuse 64 B unprotected 1",
            "end address-reuse unprotected",
            "start address-reuse 64 B protected 1",
            "end address-reuse protected");
  }

  @Test
  void victimsOfOneRunThatAreNotTheLastAreKept() throws Exception {
    Request hopeless =
        Request.of(List.of(Scenario.LARGE_BLOCK)).withVictimLimit(Duration.ofMillis(1));

    List<Outcome> outcomes =
        Laboratory.run(hopeless, Laboratory.Listener.SILENT, temporary, MACHINE);

    assertThat(outcomes.getFirst().mode()).isEqualTo(Mode.UNPROTECTED);
    assertThat(outcomes.getFirst().discarded())
        .hasSize(4)
        .allMatch(result -> result instanceof Result.Timeout);
    assertThat(outcomes.get(1).discarded()).as("protected there is one try").isEmpty();
  }
}
