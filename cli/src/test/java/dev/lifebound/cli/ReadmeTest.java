package dev.lifebound.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

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
