package dev.lifebound.analysis.java;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.analysis.lifetime.Function;
import dev.lifebound.analysis.lifetime.SourceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class JavaSourcesTest {
  private static final Path TESTDATA = Path.of("src/test/testdata");

  private static List<SourceFile> testdata() throws IOException {
    try (Stream<Path> all = Files.walk(TESTDATA)) {
      return all.filter(path -> path.toString().endsWith(".java"))
          .sorted()
          .map(JavaSourcesTest::read)
          .toList();
    }
  }

  private static SourceFile read(Path path) {
    try {
      return new SourceFile(path.toString(), Files.readString(path));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("test data must be readable: path=" + path, e);
    }
  }

  private static JavaSources.Outcome translate(int threads, List<SourceFile> files) {
    JavaSources.Texts texts =
        new JavaSources.Texts() {
          @Override
          public int count() {
            return files.size();
          }

          @Override
          public SourceFile read(int number) {
            return files.get(number);
          }
        };
    return new JavaSources(texts, JavaParser.ofRunningJava().orElseThrow(), threads).translate();
  }

  @Test
  void theUnitDoesNotDependOnTheNumberOfThreads() throws IOException {
    List<SourceFile> files = testdata();
    JavaSources.Outcome one = translate(1, files);
    assertThat(one.unit().functions()).hasSizeGreaterThan(100);
    for (int threads : new int[] {2, 7}) {
      assertThat(translate(threads, files)).isEqualTo(one);
    }
  }

  @Test
  void everyFunctionHasItsOwnIdentifier() throws IOException {
    assertThat(translate(2, testdata()).unit().functions())
        .extracting(Function::id)
        .doesNotHaveDuplicates();
  }

  @Test
  void aWordCountsOnlyAsAWhole() {
    Set<String> words = Set.of("native", "Arena");
    assertThat(Words.mentions("class A { native void f(); }", words)).isTrue();
    assertThat(Words.mentions("x=Arena.ofAuto()", words)).isTrue();
    assertThat(Words.mentions("nativeThing Arenas alternative", words)).isFalse();
    assertThat(Words.mentions("", words)).isFalse();
  }

  @Test
  void aTableLineThatIsNeitherTypeNorStaticIsRefused() {
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> NativeTable.of(List.of("# fine", "tpye com.acme.Handle close")))
        .hasMessage(
            "a line of the native table must begin with type or static: line='tpye com.acme.Handle"
                + " close'");
  }
}
