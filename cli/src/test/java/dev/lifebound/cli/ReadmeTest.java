package dev.lifebound.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the README shows is what there is. */
class ReadmeTest {
  private static final Path ROOT = Path.of("..");

  private static String readme() throws IOException {
    return Files.readString(ROOT.resolve("README.md"));
  }

  @Test
  void theLibraryExampleIsThePrintedFileAndItsOutput() throws Exception {
    Matcher block =
        Pattern.compile("<!-- (examples/\\S+) -->\n```java\n(.*?)```", Pattern.DOTALL)
            .matcher(readme());
    assertThat(block.find()).isTrue();
    Path example = ROOT.resolve(block.group(1));
    assertThat(stripped(Files.readString(example))).contains(stripped(block.group(2)));
    // The others are printed as they are in their files.
    while (block.find()) {
      Path other = ROOT.resolve(block.group(1));
      assertThat(stripped(Files.readString(other))).contains(stripped(block.group(2)));
    }

    Process run =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                example.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(run.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(run.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(output).startsWith("refused: ");
    assertThat(readme()).contains("```\n" + output + "```");
  }

  /**
   * The pictures are of runs whose whole texts lie beside them; only what "…" stands for is left
   * out.
   */
  @ParameterizedTest
  @ValueSource(strings = {"rocksdb-plain", "rocksdb-guarded"})
  void thePicturesOfTheCrashAreOfTheTextsBesideThem(String run) throws IOException {
    assertThat(readme()).contains("docs/agent/" + run + ".svg");
    Path folder = ROOT.resolve("docs/agent");
    List<String> shown = new ArrayList<>();
    Matcher line =
        Pattern.compile("<text [^>]*xml:space[^>]*>([^<]*)</text>")
            .matcher(Files.readString(folder.resolve(run + ".svg")));
    while (line.find()) {
      shown.add(line.group(1).replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"));
    }
    assertThat(shown).hasSizeGreaterThan(8);
    // The picture's lines are broken at its width.
    String text = Files.readString(folder.resolve(run + ".txt")).replaceAll("\\s+", "");
    int at = 0;
    for (String part : String.join("", shown).replaceAll("\\s+", "").split("#?…", -1)) {
      assertThat(text.indexOf(part, at)).as("in the text, in its order: %s", part).isNotNegative();
      at = text.indexOf(part, at) + part.length();
    }
    assertThat(at).isEqualTo(text.length());
  }

  /** Lines without indentation, so that the page may leave the surrounding method out. */
  private static String stripped(String text) {
    return text.lines().map(String::strip).reduce("", (a, b) -> a + "\n" + b).strip();
  }

  @Test
  void everyLocalLinkOfTheRootPagesLeadsSomewhere() throws IOException {
    Pattern link = Pattern.compile("\\]\\(([^)#:]+)\\)");
    List<Path> pages;
    try (Stream<Path> files = Files.list(ROOT)) {
      pages = files.filter(file -> file.toString().endsWith(".md")).sorted().toList();
    }
    assertThat(pages).hasSizeGreaterThan(3);
    for (Path page : pages) {
      Matcher links = link.matcher(Files.readString(page));
      while (links.find()) {
        assertThat(ROOT.resolve(links.group(1))).as("link in %s", page.getFileName()).exists();
      }
    }
  }
}
