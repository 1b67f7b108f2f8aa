package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LabJsonTest {
  private static final Case LARGE = Scenario.LARGE_BLOCK.cases().getFirst();

  private static JsonNode rendered(Mode mode, Result result) throws IOException {
    String json =
        LabJson.render(
            List.of(
                new Outcome(
                    Scenario.LARGE_BLOCK,
                    LARGE,
                    mode,
                    result,
                    Optional.of(Duration.ofNanos(2500)))));
    LabSchema.assertValid(json);
    return JsonMapper.shared().readTree(json).get(0);
  }

  @Test
  void aCrashHasSignalAndFrame() throws IOException {
    JsonNode object =
        rendered(Mode.UNPROTECTED, new Result.Crash("SIGSEGV", "SIGSEGV", "C [a.so+0x1]", "b.C.d"));

    assertThat(object.propertyNames())
        .containsExactly(
            "scenario",
            "case",
            "language",
            "mode",
            "outcome",
            "signal",
            "frame",
            "exception",
            "detail",
            "after_micros",
            "expected",
            "not_run",
            "discarded");
    assertThat(object.toString())
        .isEqualTo(
            """
            {"scenario":"large-block","case":"40 MB","language":"Java","mode":"unprotected",\
            "outcome":"crash (SIGSEGV)","signal":"SIGSEGV","frame":"C [a.so+0x1]",\
            "exception":null,"detail":"in C [a.so+0x1], called from b.C.d","after_micros":2.5,\
            "expected":true,"not_run":null,"discarded":0}\
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
    for (String name : List.of("outcome", "signal", "frame", "exception", "detail", "expected")) {
      assertThat(object.get(name).isNull()).as(name).isTrue();
    }
  }

  @Test
  void everyResultFollowsTheSchema() throws IOException {
    for (Result result :
        List.of(
            new Result.SilentWrongData("x"),
            new Result.Crash("Internal Error", null, null, null),
            new Result.Abort("", null),
            new Result.FatalError("concurrent map writes", "a.b"),
            new Result.Panic("x"),
            new Result.Leak("x"),
            new Result.Refuted("x"),
            new Result.Reported("second free", "x"),
            new Result.Found("LBG001", "x"),
            new Result.NotCovered("x"),
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
    Outcome first =
        new Outcome(
            Scenario.DEAD_PAGE,
            Scenario.DEAD_PAGE.cases().getFirst(),
            Mode.PROTECTED,
            new Result.NoHarm("x"),
            Optional.empty());
    Outcome second =
        new Outcome(
            Scenario.SMALL_BLOCK,
            Scenario.SMALL_BLOCK.cases().getFirst(),
            Mode.UNPROTECTED,
            new Result.NoHarm("x"),
            Optional.empty());

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
        [{"scenario":"other","case":"zlib","language":"Java","mode":"protected",
          "outcome":"exception","signal":null,"frame":null,"exception":"x","detail":"x",
          "after_micros":null,"expected":true,"not_run":null}]\
        """,
        """
        [{"scenario":"dead-page","case":"zlib","language":"Java","mode":"protected",
          "outcome":"exception","signal":null,"frame":null,"exception":"x","detail":"x",
          "after_micros":null,"expected":null,"not_run":null}]\
        """,
        """
        [{"scenario":"dead-page","case":"zlib","language":"Java","mode":"protected",
          "outcome":"exception","signal":null,"frame":null,"exception":"x","detail":"x",
          "after_micros":null,"expected":true,"not_run":"why"}]\
        """,
        """
        [{"scenario":"dead-page","case":"zlib","language":"Java","mode":"protected",
          "outcome":"surprise","signal":null,"frame":null,"exception":null,"detail":"x",
          "after_micros":null,"expected":true,"not_run":null}]\
        """
      })
  void theSchemaRefusesWhatTheDocumentForbids(String json) throws IOException {
    assertThat(LabSchema.validate(json).isValid()).isFalse();
  }
}
