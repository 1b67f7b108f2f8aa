package dev.lifebound.finding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifebound.finding.LifeboundConfig.ConfigException;
import dev.lifebound.finding.LifeboundConfig.Effect;
import dev.lifebound.finding.LifeboundConfig.NativeFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LifeboundConfigTest {
  private static LifeboundConfig parse(String text) throws ConfigException {
    return LifeboundConfig.parse(text, ".lifebound.yaml");
  }

  @Test
  void everyKeyIsRead() throws ConfigException {
    LifeboundConfig config =
        parse(
            """
            exclude: ["third_party/**", "gen/*.go"]
            functions:
              - {name: widget_drop, frees: 1}
              - {name: "widget_*_put", releases: 0}
              - {name: widget_new, allocates: true}
              - {name: cache_free, ignore: true}
            """);
    assertThat(config.exclude()).containsExactly("third_party/**", "gen/*.go");
    assertThat(config.functions())
        .containsExactly(
            new NativeFunction("widget_drop", Effect.FREES, 1),
            new NativeFunction("widget_*_put", Effect.RELEASES, 0),
            new NativeFunction("widget_new", Effect.ALLOCATES, 0),
            new NativeFunction("cache_free", Effect.IGNORED, 0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "# nothing\n", "---\n", "{}", "exclude:\n"})
  void aFileThatSaysNothingConfiguresNothing(String text) throws ConfigException {
    assertThat(parse(text)).isEqualTo(LifeboundConfig.EMPTY);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "exclud: [a]                                     | key=exclud",
        "functions: [{name: f, freez: 0}]                | key=freez",
        "functions: [{name: f}]                          | name=f, stated=0",
        "functions: [{name: f, frees: 0, ignore: true}]  | name=f, stated=2",
        "functions: [{frees: 0}]                         | key=name",
        "functions: [{name: f, frees: -1}]               | key=frees, value=-1",
        "functions: [{name: f, frees: first}]            | key=frees, value=first",
        "functions: {name: f}                            | key=functions",
        "exclude: a                                      | key=exclude, value=a",
        "exclude: [3]                                    | key=exclude, value=3",
        "[a]                                             | key=the file",
        "{                                               | a configuration must be YAML"
      })
  void whatCannotBeUsedIsNamed(String text, String named) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(named)
        .hasMessageContaining("file=.lifebound.yaml");
  }
}
