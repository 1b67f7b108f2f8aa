package dev.lifebound.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TroubleshootingTest {
  private static final Path REPOSITORY = Path.of("..");

  /** The code where a notice is made, also by a helper that takes the file first. */
  private static final Pattern NOTICE =
      Pattern.compile("(?i:notice)\\(\\s*(?:\\w+,\\s*)?\"([a-z]+(?:-[a-z0-9]+)+)\"");

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

  @Test
  void everyNoticeIsExplained() throws IOException {
    String page = Files.readString(REPOSITORY.resolve("docs/troubleshooting.md"));
    TreeSet<String> codes = new TreeSet<>();
    for (String module : List.of("analysis", "finding")) {
      try (Stream<Path> files = Files.walk(REPOSITORY.resolve(module + "/src/main/java"))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
          NOTICE
              .matcher(Files.readString(file))
              .results()
              .forEach(result -> codes.add(result.group(1)));
        }
      }
    }
    assertThat(codes).hasSizeGreaterThanOrEqualTo(12);
    assertThat(codes)
        .allSatisfy(
            code -> assertThat(page).as("row of notice %s", code).contains("| `" + code + "` |"));
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
