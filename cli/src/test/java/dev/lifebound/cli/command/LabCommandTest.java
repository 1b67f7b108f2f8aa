package dev.lifebound.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.crash.lab.Analyser;
import dev.lifebound.crash.lab.Laboratory;
import dev.lifebound.crash.lab.Mode;
import dev.lifebound.crash.lab.Outcome;
import dev.lifebound.crash.lab.Result;
import dev.lifebound.crash.lab.Scenario;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LabCommandTest {
  private static final Outcome EXPECTED =
      outcome(
          Scenario.SMALL_BLOCK, Mode.UNPROTECTED, new Result.SilentWrongData("read 7, wrote 1"));
  private static final Outcome UNEXPECTED =
      outcome(Scenario.SMALL_BLOCK, Mode.PROTECTED, new Result.NoHarm("read 1"));
  private static final Outcome NOT_RUN =
      outcome(Scenario.DEAD_PAGE, Mode.PROTECTED, new Result.NotRun("no zlib here"));

  private static Outcome outcome(Scenario scenario, Mode mode, Result result) {
    return new Outcome(scenario, scenario.cases().getFirst(), mode, result, Optional.empty());
  }

  private final Recorder recorder = new Recorder();
  private final List<String> played = new ArrayList<>();

  @Test
  void theExitCodeIsOneOnlyWhenARunContradictsItsScenario() {
    assertThat(run(List.of(EXPECTED, NOT_RUN))).isZero();
    assertThat(run(List.of(EXPECTED, UNEXPECTED, NOT_RUN))).isEqualTo(1);
  }

  @Test
  void theTableAndTheJsonAreTheResult() {
    run(List.of(EXPECTED, NOT_RUN));
    assertThat(recorder.out()).startsWith("SCENARIO").contains("silent wrong data", "no zlib here");
    Recorder json = new Recorder();
    json.run(lab(List.of(EXPECTED)), "lab", "--json");
    assertThat(json.out()).startsWith("[").contains("\"scenario\" : \"small-block\"");
    assertThat(recorder.err() + json.err()).isEmpty();
  }

  @Test
  void scenariosAreChosenByNameAndRepeated() {
    recorder.run(lab(List.of(EXPECTED)), "lab", "dead-page", "small-block", "--repeat", "20");
    assertThat(played).containsExactly("dead-page", "small-block", "20");
    recorder.run(lab(List.of(EXPECTED)), "lab");
    assertThat(played.subList(3, played.size() - 1))
        .containsExactlyElementsOf(Laboratory.scenarios().stream().map(Scenario::text).toList());
  }

  @Test
  void theHelpNamesEveryScenario() {
    recorder.run(lab(List.of()), "lab", "--help");
    assertThat(recorder.out().replaceAll("\\s+", " "))
        .contains(Laboratory.scenarios().stream().map(Scenario::text).toList());
  }

  @Test
  void wrongNamesAndNumbersAreUsageErrors() {
    for (List<String> arguments :
        List.of(
            List.of("lab", "no-such"),
            List.of("lab", "--explain", "no-such"),
            List.of("lab", "--explain", "dead-page", "--json"),
            List.of("lab", "--repeat", "0"),
            List.of("lab", "--repeat", "many"))) {
      Recorder one = new Recorder();
      assertThat(one.run(lab(List.of()), arguments.toArray(String[]::new))).isEqualTo(64);
      assertThat(one.err()).endsWith("; see lifebound lab --help [usage]\n").hasLineCount(1);
      assertThat(one.out()).isEmpty();
    }
    assertThat(played).isEmpty();
  }

  @Test
  void aNameThatIsNearlyRightIsSuggested() {
    for (List<String> pair :
        List.of(
            List.of("smal-block", "small-block"),
            List.of("double_free", "double-free"),
            List.of("nil-map", "go-nil-map"),
            List.of("eviction", "eviction-under-reader"),
            List.of("finalizers-late", "late-cleaner"))) {
      Recorder one = new Recorder();
      assertThat(one.run(lab(List.of()), "lab", pair.get(0))).isEqualTo(64);
      assertThat(one.err().replaceFirst("; there are .*", "")).contains(", similar=", pair.get(1));
    }
    Recorder other = new Recorder();
    other.run(lab(List.of()), "lab", "xyzzy");
    assertThat(other.err()).doesNotContain("similar=").contains("there are small-block, ");
  }

  @Test
  void theTableFollowsANarrowTerminal() {
    recorder.run(lab(List.of(EXPECTED, NOT_RUN)), "lab");
    assertThat(recorder.out().lines()).anyMatch(line -> line.length() > 40);

    Recorder narrow = new Recorder(40);
    narrow.run(lab(List.of(EXPECTED, NOT_RUN)), "lab");
    assertThat(narrow.out()).contains("silent wrong data");
    assertThat(narrow.out().lines()).allMatch(line -> line.length() <= 40);
  }

  @Test
  void explainPrintsThePageAndPlaysNothing() {
    for (Scenario scenario : Laboratory.scenarios()) {
      Recorder one = new Recorder();
      assertThat(one.run(lab(List.of()), "lab", "--explain", scenario.text())).isZero();
      assertThat(one.out()).startsWith("# " + scenario.text());
    }
    assertThat(played).isEmpty();
  }

  @Test
  void noLineOfAnExplanationIsWiderThanTheTerminal() {
    for (Scenario scenario : Laboratory.scenarios()) {
      String whole = scenario.explanation();
      for (int columns : new int[] {30, 50, 100}) {
        Recorder one = new Recorder(columns);
        assertThat(one.run(lab(List.of()), "lab", "--explain", scenario.text())).isZero();
        assertThat(one.out().lines())
            .allSatisfy(line -> assertThat(line.length()).as(line).isLessThanOrEqualTo(columns));
        assertThat(one.out().replaceAll("\\s", ""))
            .as("no word is lost")
            .isEqualTo(whole.replaceAll("\\s", ""));
      }
    }
  }

  @Test
  void aLaboratoryThatCannotStartIsAnErrorWithAReason() {
    LabCommand.Lab full =
        (request, listener) -> {
          throw new IOException("No space left on device");
        };
    Lifebound program =
        new Lifebound(List.of(terminal -> new LabCommand(full, Analyser.NONE, terminal)));
    assertThat(recorder.run(program, "lab")).isEqualTo(2);
    assertThat(recorder.err()).contains("No space left on device", "[lab-cannot-start]");
  }

  @Test
  void progressTellsWhichRepetitionIsPlayed() {
    Recorder terminal = new Recorder(true);
    terminal.run(lab(List.of(EXPECTED)), "lab", "small-block", "--repeat", "3");
    assertThat(terminal.err())
        .isEqualTo("\r\u001b[Kplaying small-block (48 B), unprotected 1/3\r\u001b[K");
  }

  private int run(List<Outcome> outcomes) {
    return recorder.run(lab(outcomes), "lab");
  }

  private Lifebound lab(List<Outcome> outcomes) {
    LabCommand.Lab lab =
        (request, listener) -> {
          request.scenarios().forEach(scenario -> played.add(scenario.text()));
          played.add(String.valueOf(request.repeat()));
          Scenario first = request.scenarios().getFirst();
          listener.starting(first, first.cases().getFirst(), Mode.UNPROTECTED, 1);
          return outcomes;
        };
    return new Lifebound(List.of(terminal -> new LabCommand(lab, Analyser.NONE, terminal)));
  }
}
