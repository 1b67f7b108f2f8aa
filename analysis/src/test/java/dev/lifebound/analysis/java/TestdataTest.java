package dev.lifebound.analysis.java;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.analysis.lifetime.SourceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every file under testdata is judged alone; {@code // want "..."} stands where a finding must. */
class TestdataTest {
  private static final Path TESTDATA = Path.of("src/test/testdata");
  private static final Pattern WANT = Pattern.compile("// want \"([^\"]*)\"");

  static Stream<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(TESTDATA)) {
      return all.filter(p -> p.toString().endsWith(".java")).sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void saysWhatTheFileWantsAndNothingElse(Path path) throws IOException {
    SourceFile file = new SourceFile(path.toString(), Files.readString(path));
    String rule = path.getParent().getFileName().toString();

    List<String> problems = new ArrayList<>();
    List<Sources.Said> said = new ArrayList<>(Sources.judge(file));
    for (int line = 1; line <= file.lines(); line++) {
      Matcher want = WANT.matcher(file.lineText(line));
      if (want.find()) {
        int at = line;
        boolean met =
            said.removeIf(s ->
                s.line() == at
                    && s.text().startsWith(rule + " ")
                    && s.text().contains(want.group(1)));
        if (!met) {
          problems.add(line + ": missing: " + want.group(1));
        }
      }
    }
    said.forEach(s -> problems.add(s.line() + ": unwanted: " + s.text()));

    assertThat(problems).as("%s", path).isEmpty();
  }
}
