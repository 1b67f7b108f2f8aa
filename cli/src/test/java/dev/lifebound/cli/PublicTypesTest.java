package dev.lifebound.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A public type is a promise, so it says which. */
class PublicTypesTest {
  private static final Pattern PUBLIC_TYPE =
      Pattern.compile(
          "^public (?:(?:final|abstract|sealed|non-sealed|strictfp) )*"
              + "(?:class|record|interface|enum|@interface) (\\w+)",
          Pattern.MULTILINE);

  /** A Javadoc comment, then nothing but annotations. */
  private static final Pattern DOCUMENTED =
      Pattern.compile("\\*/\\s*(?:@[\\w.]+(?:\\([^;]*?\\))?\\s*)*$");

  @Test
  void everyPublicTypeHasItsContract() throws IOException {
    List<String> undocumented = new ArrayList<>();
    int types = 0;
    for (Path source : sources()) {
      String text = Files.readString(source);
      Matcher type = PUBLIC_TYPE.matcher(text);
      while (type.find()) {
        types++;
        if (!DOCUMENTED.matcher(text.substring(0, type.start())).find()) {
          undocumented.add(source + ": " + type.group(1));
        }
      }
    }
    assertThat(types).as("public types found").isGreaterThanOrEqualTo(15);
    assertThat(undocumented).as("public types without Javadoc").isEmpty();
  }

  private static List<Path> sources() throws IOException {
    List<Path> sources = new ArrayList<>();
    try (Stream<Path> modules = Files.list(Path.of(".."))) {
      for (Path module : modules.sorted().toList()) {
        Path main = module.resolve("src/main/java");
        if (Files.isDirectory(main)) {
          try (Stream<Path> files = Files.walk(main)) {
            files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
          }
        }
      }
    }
    return sources;
  }
}
