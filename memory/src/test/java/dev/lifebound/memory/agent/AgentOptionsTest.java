package dev.lifebound.memory.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifebound.memory.guard.Align;
import dev.lifebound.memory.guard.Mode;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgentOptionsTest {
  @Test
  void nothingAskedForIsTheDefaults() {
    AgentOptions options = AgentOptions.parse("");
    assertThat(options)
        .isEqualTo(new AgentOptions(List.of(), 1024, 1024, Mode.RECOVER, Align.START, null, null));
    assertThat(options.byteLimit()).isEqualTo(8 << 20);
  }

  @Test
  void whatIsWrittenIsReadBack() {
    AgentOptions options =
        new AgentOptions(
            List.of("librocksdbjni*", "a,b=c\\d", "/lib/x.so"),
            7,
            5,
            Mode.STRICT,
            Align.END,
            Path.of("/tmp/a,b/run.ledger"),
            Path.of("dumps"));
    assertThat(AgentOptions.parse(options.text())).isEqualTo(options);
    assertThat(AgentOptions.parse("sample=1/64,,watch=x").sampleOneIn()).isEqualTo(64);
    assertThat(AgentOptions.parse("sample=64").sampleOneIn()).isEqualTo(64);
  }

  @Test
  void whoGuardsMostBlocksGetsRoomForThem() {
    assertThat(AgentOptions.parse("sample=1").slots()).isEqualTo(16 << 10);
    assertThat(AgentOptions.parse("sample=1,slots=8").slots()).isEqualTo(8);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "watch",
        "watch=",
        "sample=0",
        "sample=-1",
        "sample=1/0",
        "sample=2/3",
        "sample=many",
        "sample=99999999999",
        "slots=0",
        "slots=-3",
        "slots=99999999",
        "mode=loud",
        "mode=STRICT",
        "align=",
        "align=left",
        "align=END",
        "port=80"
      })
  void aWrongOptionIsNamedInOneLine(String options) {
    assertThatThrownBy(() -> AgentOptions.parse(options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching("[^\\n]+: [a-z]+=[^\\n]*")
        .hasMessageContaining(
            options.substring(0, options.indexOf('=') < 0 ? 5 : options.indexOf('=')));
  }
}
