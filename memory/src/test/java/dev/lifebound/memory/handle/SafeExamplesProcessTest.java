package dev.lifebound.memory.handle;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * The programs of {@code examples/safe/java} compile, run without any flag, and say what they do.
 */
class SafeExamplesProcessTest {
  @Test
  void cachedRowsAreEvictedButNeverUnderAReader() throws Exception {
    assertThat(run("CachedRows.java"))
        .containsExactly(
            "still readable: 100", "row 0 cached: false", "blocks as cached rows: true");
  }

  @Test
  void sessionsRefuseWhatWasReleased() throws Exception {
    assertThat(run("Sessions.java"))
        .first()
        .asString()
        .startsWith("refused: ")
        .contains("tag=session");
  }

  @Test
  void placesAreKeptInNativeMaps() throws Exception {
    assertThat(run("Places.java"))
        .containsExactly("Position[latitude=48.4, longitude=9.99]", "[Ulm]", "live: false");
  }

  @Test
  void aMapShowsWhatItLooksLikeInside() throws Exception {
    assertThat(run("Inside.java"))
        .anyMatch(line -> line.matches("map sessions: 100,000 entries in [0-9,]+ tables, load 0.*"))
        .anyMatch(line -> line.matches(" {2}[▁▂▃▄▅▆▇█]{64}"));
  }

  private static List<String> run(String example) throws Exception {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                examples().resolve(example).toString())
            .start();
    String out = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(child.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(err).isEmpty();
    assertThat(child.exitValue()).isZero();
    return out.lines().toList();
  }

  private static Path examples() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(folder.resolve("examples/safe/java"))) {
      Path parent = folder.getParent();
      assertThat(parent).as("the examples must be above the working folder").isNotNull();
      folder = Objects.requireNonNull(parent);
    }
    return folder.resolve("examples/safe/java");
  }
}
