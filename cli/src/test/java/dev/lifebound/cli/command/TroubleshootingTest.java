package dev.lifebound.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TroubleshootingTest {
  private static final Path REPOSITORY = Path.of("..");

  @Test
  void everyErrorCodeHasAnEntry() throws IOException {
    String launcher = Files.readString(REPOSITORY.resolve("lifebound"));
    List<String> launcherCodes =
        Pattern.compile("\\bfail ([a-z]+(?:-[a-z]+)+) ")
            .matcher(launcher)
            .results()
            .map(result -> result.group(1))
            .distinct()
            .toList();
    assertThat(launcherCodes).hasSizeGreaterThanOrEqualTo(4);
    List<String> codes =
        Stream.concat(Stream.of(Problem.values()).map(Problem::code), launcherCodes.stream())
            .toList();
    assertThat(entries()).containsAll(codes);
  }

  @Test
  void everyEntryBelongsToAnErrorCode() throws IOException {
    String launcher = Files.readString(REPOSITORY.resolve("lifebound"));
    List<String> problems = Stream.of(Problem.values()).map(Problem::code).toList();
    assertThat(entries())
        .allSatisfy(entry ->
            assertThat(problems.contains(entry) || launcher.contains("fail " + entry + " "))
                .as("%s is the code of an error", entry)
                .isTrue());
  }

  private static List<String> entries() throws IOException {
    String page = Files.readString(REPOSITORY.resolve("docs/troubleshooting.md"));
    return Pattern.compile("^### (\\S+)$", Pattern.MULTILINE)
        .matcher(page)
        .results()
        .map((MatchResult result) -> result.group(1))
        .toList();
  }
}
