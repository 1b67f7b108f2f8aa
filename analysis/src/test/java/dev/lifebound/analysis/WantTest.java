package dev.lifebound.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.analysis.rule.Rules;
import dev.lifebound.finding.Finding;
import dev.lifebound.finding.Region;
import dev.lifebound.finding.Rule;
import dev.lifebound.finding.Step;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every file under {@code testdata/RULE} announces its findings with {@code // want "regex"} on the
 * line of the finding, matched against {@code RULE colour: message}. An announced finding that does
 * not come and one that comes unannounced both fail.
 */
final class WantTest {
  private static final Pattern WANT = Pattern.compile("// want ((?:\"[^\"]*\" ?)+)");
  private static final Pattern QUOTED = Pattern.compile("\"([^\"]*)\"");

  static Stream<Path> sources() {
    return Stream.concat(
        Scans.files(Scans.TESTDATA, ".go").stream(), Scans.files(Scans.TESTDATA, ".java").stream());
  }

  static Stream<Rule> rules() {
    return Rules.metadata().stream();
  }

  @ParameterizedTest
  @MethodSource("sources")
  void findingsAreThoseAnnounced(Path source) {
    List<String> problems = new ArrayList<>();
    List<String> lines = Scans.read(source).lines().toList();
    List<Finding> open = new ArrayList<>(Scans.report(source).findings());
    for (int i = 0; i < lines.size(); i++) {
      Matcher wants = WANT.matcher(lines.get(i));
      while (wants.find()) {
        Matcher quoted = QUOTED.matcher(wants.group(1));
        while (quoted.find()) {
          int line = i + 1;
          Pattern wanted = Pattern.compile(quoted.group(1));
          if (!open.removeIf(f -> line(f) == line && wanted.matcher(Scans.text(f)).find())) {
            problems.add(line + ": missing " + wanted);
          }
        }
      }
    }
    open.forEach(f -> problems.add(line(f) + ": unexpected " + Scans.text(f)));
    assertThat(problems).as(source.toString()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("sources")
  void everyFindingShowsWhereItHappensAndHowItEnds(Path source) {
    for (Finding finding : Scans.report(source).findings()) {
      assertThat(finding.path()).hasSizeGreaterThanOrEqualTo(2);
      assertThat(finding.path())
          .allSatisfy(step -> assertThat(step.location().region()).isNotNull());
      if (finding.rule().equals("LBG001")) {
        assertThat(finding.path())
            .extracting(Step::role)
            .startsWith(Step.INSERT, Step.FREE)
            .containsAnyOf(Step.USE, Step.EXIT);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rules")
  void everyRuleHasItsPageAndItsTestSources(Rule rule) {
    assertThat(Path.of("..").resolve(rule.page())).isRegularFile();
    Path folder = Scans.TESTDATA.resolve(rule.id());
    assertThat(folder).isDirectory();
    String all =
        Stream.concat(Scans.files(folder, ".go").stream(), Scans.files(folder, ".java").stream())
            .map(Scans::read)
            .reduce("", String::concat);
    assertThat(all).contains("// want \"" + rule.id());
  }

  @ParameterizedTest
  @MethodSource("rules")
  void everyPageSaysWhatTheRuleSays(Rule rule) {
    String page = Scans.read(Path.of("..").resolve(rule.page()));
    assertThat(page)
        .startsWith("# " + rule.id() + ": " + rule.title())
        .contains("## What", "## Why it crashes", "## Bad", "## Good")
        .contains("## How the tool decides", "## When it stays silent", "## How to suppress");
  }

  @Test
  void everyFolderOfTestSourcesBelongsToARule() throws Exception {
    List<String> ids = Rules.metadata().stream().map(Rule::id).toList();
    try (Stream<Path> folders = Files.list(Scans.TESTDATA)) {
      assertThat(folders.map(folder -> folder.getFileName().toString())).isSubsetOf(ids);
    }
    assertThat(ids).contains("LBG001", "LBG002", "LBG003").doesNotHaveDuplicates();
  }

  private static int line(Finding finding) {
    Region region = Objects.requireNonNull(finding.location().region(), finding.message());
    return region.startLine();
  }
}
