package dev.lifebound.memory.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page on the strategies and its diagram name tests, and those tests are there. */
class IsolationPageTest {
  private static final Pattern TEST = Pattern.compile("\\b(\\w+Test)#(\\w+)");

  private static Path design() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(folder.resolve("docs/design"))) {
      Path parent = folder.getParent();
      assertThat(parent).as("docs/design must be above the working folder").isNotNull();
      folder = Objects.requireNonNull(parent);
    }
    return folder.resolve("docs/design");
  }

  private static Set<String> testsOf(Class<?> type) {
    return Arrays.stream(type.getDeclaredMethods())
        .filter(method -> method.isAnnotationPresent(Test.class))
        .map(method -> type.getSimpleName() + "#" + method.getName())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> named(String file) throws IOException {
    Set<String> names = new TreeSet<>();
    Matcher matcher = TEST.matcher(Files.readString(design().resolve(file)));
    while (matcher.find()) {
      names.add(matcher.group());
    }
    return names;
  }

  @ParameterizedTest
  @ValueSource(strings = {"isolation.md", "isolation.svg"})
  void everyStrategysTestIsNamedAndEveryNamedTestIsThere(String file) throws IOException {
    Set<String> strategies = testsOf(IsolationStrategiesTest.class);
    assertThat(strategies).hasSize(8);
    Set<String> known = new TreeSet<>(strategies);
    known.addAll(testsOf(ThreadReplayTest.class));
    assertThat(named(file)).containsAll(strategies).isSubsetOf(known);
  }

  @Test
  void everyReportHasItsReplayOnThePage() throws IOException {
    Set<String> replays = testsOf(ThreadReplayTest.class);
    assertThat(replays).hasSize(13);
    assertThat(named("isolation.md")).containsAll(replays);
  }
}
