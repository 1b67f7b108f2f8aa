package dev.lifebound.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.crash.lab.Laboratory;
import dev.lifebound.crash.lab.Scenario;
import java.util.List;
import org.junit.jupiter.api.Test;

class LabCommandTest {
  private final Recorder recorder = new Recorder();

  private int lab(String... arguments) {
    return recorder.run(new Lifebound(List.of(LabCommand::new)), arguments);
  }

  @Test
  void aScenarioRunsInBothModesAndExits0() {
    assertThat(lab("lab", "small-block", "--json")).isZero();
    assertThat(recorder.out())
        .startsWith("[")
        .contains("\"unprotected\"", "silent wrong data", "\"protected\"", "StaleHandleException");
    assertThat(recorder.err()).isEmpty();
  }

  @Test
  void theTableSaysWhatWasSeen() {
    assertThat(lab("lab", "address-reuse", "--repeat", "2")).isZero();
    assertThat(recorder.out()).contains("SCENARIO", "address-reuse", "2/2", "session of bob");
    assertThat(recorder.out().lines()).allMatch(line -> line.length() <= 80);
  }

  @Test
  void everyScenarioExplainsItself() {
    for (Scenario scenario : Laboratory.scenarios()) {
      Recorder one = new Recorder();
      assertThat(
              one.run(new Lifebound(List.of(LabCommand::new)), "lab", "--explain", scenario.text()))
          .isZero();
      assertThat(one.out()).isEqualTo(scenario.explanation());
    }
  }

  @Test
  void wrongArgumentsAreExit64AndSayWhatThereIs() {
    assertThat(lab("lab", "small")).isEqualTo(64);
    assertThat(recorder.err()).contains("name=small", "choose from small-block,");
    assertThat(lab("lab", "--explain", "nothing")).isEqualTo(64);
    assertThat(lab("lab", "--repeat", "0")).isEqualTo(64);
    assertThat(lab("lab", "--repeat", "many")).isEqualTo(64);
    assertThat(recorder.out()).isEmpty();
  }
}
