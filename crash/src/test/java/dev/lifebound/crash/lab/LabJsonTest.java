package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LabJsonTest {
  private static JsonNode rendered(Mode mode, Result result) throws IOException {
    String json = LabJson.render(List.of(new Outcome(Scenario.LARGE_BLOCK, mode, result)));
    LabSchema.assertValid(json);
    return JsonMapper.shared().readTree(json).get(0);
  }

  @Test
  void aCrashHasSignalAndFrame() throws IOException {
    JsonNode object =
        rendered(Mode.UNPROTECTED, new Result.Crash("SIGSEGV", "SIGSEGV", "C [a.so+0x1]", "b.C.d"));

    assertThat(object.propertyNames())
        .containsExactly(
            "scenario", "mode", "outcome", "signal", "frame", "exception", "expected", "not_run");
    assertThat(object.toString())
        .isEqualTo(
            """
            {"scenario":"large-block","mode":"unprotected","outcome":"crash (SIGSEGV)",\
            "signal":"SIGSEGV","frame":"C [a.so+0x1]","exception":null,"expected":true,\
            "not_run":null}\
            """);
  }

  @Test
  void anExceptionHasClassAndMessage() throws IOException {
    JsonNode object = rendered(Mode.PROTECTED, new Result.Thrown("a.B", "line 1\nline \"2\""));

    assertThat(object.get("outcome").stringValue()).isEqualTo("exception");
    assertThat(object.get("exception").stringValue()).isEqualTo("a.B: line 1\nline \"2\"");
    assertThat(object.get("expected").booleanValue()).isFalse();
  }

  @Test
  void whatDidNotRunHasAReasonAndNothingElse() throws IOException {
    JsonNode object = rendered(Mode.PROTECTED, new Result.NotRun("no library"));

    assertThat(object.get("not_run").stringValue()).isEqualTo("no library");
    for (String name : List.of("outcome", "signal", "frame", "exception", "expected")) {
      assertThat(object.get(name).isNull()).as(name).isTrue();
    }
  }

  @Test
  void everyResultFollowsTheSchema() throws IOException {
    for (Result result :
        List.of(
            new Result.SilentWrongData("x"),
            new Result.Crash("Internal Error", null, null, null),
            new Result.Abort(""),
            new Result.Thrown("a.B", ""),
            new Result.NoHarm("x"),
            new Result.Timeout(Duration.ofSeconds(1)),
            new Result.Failed("x"))) {
      JsonNode object = rendered(Mode.UNPROTECTED, result);

      assertThat(object.get("outcome").stringValue()).isEqualTo(result.outcome());
    }
  }

  @Test
  void theOrderOfTheRunsIsKept() {
    Outcome first = new Outcome(Scenario.DEAD_PAGE, Mode.PROTECTED, new Result.NoHarm("x"));
    Outcome second = new Outcome(Scenario.SMALL_BLOCK, Mode.UNPROTECTED, new Result.NoHarm("x"));

    JsonNode array = JsonMapper.shared().readTree(LabJson.render(List.of(first, second, first)));

    assertThat(array.values())
        .extracting(object -> object.get("scenario").stringValue())
        .containsExactly("dead-page", "small-block", "dead-page");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[{}]",
        """
        [{"scenario":"other","mode":"protected","outcome":"exception","signal":null,"frame":null,
          "exception":"x","expected":true,"not_run":null}]\
        """,
        """
        [{"scenario":"dead-page","mode":"protected","outcome":"exception","signal":null,
          "frame":null,"exception":"x","expected":null,"not_run":null}]\
        """,
        """
        [{"scenario":"dead-page","mode":"protected","outcome":"exception","signal":null,
          "frame":null,"exception":"x","expected":true,"not_run":"why"}]\
        """
      })
  void theSchemaRefusesWhatTheDocumentForbids(String json) throws IOException {
    assertThat(LabSchema.validate(json).isValid()).isFalse();
  }
}
