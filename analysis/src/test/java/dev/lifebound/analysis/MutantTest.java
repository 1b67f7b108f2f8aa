package dev.lifebound.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.finding.Finding;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Right code made wrong. A line that ends with {@code // mutant drop RULE} is left out, one with
 * {@code swap RULE} changes places with the next; the rule must then speak.
 */
final class MutantTest {
  private static final Pattern MARK = Pattern.compile("// mutant (.*)$");
  private static final Pattern CHANGE = Pattern.compile("(drop|swap) (LB[GJ]\\d{3})");

  @TempDir Path folder;

  /** One change of one file. */
  record Mutant(Path source, int line, String change, String rule) {
    String text() {
      List<String> lines = new ArrayList<>(Scans.read(source).lines().toList());
      String moved = lines.remove(line);
      if (change.equals("swap")) {
        lines.add(line + 1, moved);
      }
      return String.join("\n", lines) + "\n";
    }
  }

  static Stream<Mutant> mutants() {
    List<Mutant> mutants = new ArrayList<>();
    for (Path source : WantTest.sources().toList()) {
      List<String> lines = Scans.read(source).lines().toList();
      for (int i = 0; i < lines.size(); i++) {
        Matcher mark = MARK.matcher(lines.get(i));
        Matcher change = CHANGE.matcher(mark.find() ? mark.group(1) : "");
        while (change.find()) {
          mutants.add(new Mutant(source, i, change.group(1), change.group(2)));
        }
      }
    }
    return mutants.stream();
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void aMutantIsKilled(Mutant mutant) throws Exception {
    Path file = folder.resolve(mutant.source().getFileName());
    Files.writeString(file, mutant.text());
    assertThat(Scans.report(file).findings())
        .as("%s, line %d", mutant.change(), mutant.line() + 1)
        .extracting(Finding::rule)
        .contains(mutant.rule());
  }

  @Test
  void thereAreMutantsOfEveryKind() {
    List<Mutant> all = mutants().toList();
    assertThat(all).hasSizeGreaterThanOrEqualTo(12);
    assertThat(all).extracting(Mutant::change).contains("drop", "swap");
    assertThat(all).extracting(Mutant::rule).contains("LBG001", "LBG002", "LBG003");
  }
}
