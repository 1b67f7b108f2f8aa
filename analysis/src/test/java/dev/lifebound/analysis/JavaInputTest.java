package dev.lifebound.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.finding.Notice;
import dev.lifebound.finding.Report;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever Java files hold, they are judged or named, and nothing is left behind. */
final class JavaInputTest {
  private static final String HAZARD =
      """
      import java.lang.foreign.*;
      import java.util.*;

      class Hazard {
        private final Map<String, MemorySegment> blocks = new HashMap<>();

        void load(String name) {
          try (Arena arena = Arena.ofConfined()) {
            blocks.put(name, arena.allocate(8));
          }
        }
      }
      """;

  @TempDir Path folder;

  private Path write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(Objects.requireNonNull(file.getParent(), name));
    return Files.writeString(file, text);
  }

  private static Notice only(Report report) {
    assertThat(report.notices()).hasSize(1);
    return report.notices().getFirst();
  }

  @Test
  void aFileThatDoesNotParseIsNamedAndTheRestIsJudged() throws IOException {
    write("Hazard.java", HAZARD);
    write("Broken.java", "class Broken { native void f( { } // MemorySegment\n");
    Report report = Scans.report(folder);
    assertThat(report.findings()).hasSize(1);
    assertThat(only(report).code()).isEqualTo("file-does-not-parse");
    assertThat(only(report).message())
        .startsWith("a Java file must parse to be analysed: file=Broken.java, line=1, error=");
  }

  @Test
  void deepNestingEndsInANoticeAndNotInAFailure() throws IOException {
    write("Hazard.java", HAZARD);
    write("Deep.java", "class Deep { native void f(); int x = " + "(".repeat(200_000) + "1; }");
    Report report = Scans.report(folder);
    assertThat(report.findings()).hasSize(1);
    assertThat(only(report).code()).isEqualTo("file-does-not-parse");
    assertThat(only(report).message()).contains("Deep.java");
  }

  @Test
  void longChainsOfOperatorsAreTranslated() throws IOException {
    String sum = IntStream.range(0, 20_000).mapToObj(i -> "\"a\"").collect(Collectors.joining("+"));
    String text = HAZARD.replace("void load(", "String s = " + sum + ";\n  void load(");
    assertThat(Scans.report(write("Long.java", text)).findings()).hasSize(1);
  }

  @Test
  void textThatIsNotUtf8IsSaidSoAndJudged() throws IOException {
    Path file = folder.resolve("Latin.java");
    Files.write(file, ("// caf\u00e9\n" + HAZARD).getBytes(StandardCharsets.ISO_8859_1));
    Report report = Scans.report(file);
    assertThat(report.findings()).hasSize(1);
    assertThat(only(report).code()).isEqualTo("file-is-not-utf-8");
  }

  @Test
  void aHugeGeneratedFileIsNamedAndLeftOut() throws IOException {
    write("Hazard.java", HAZARD);
    String line = "  static final String X = \"" + "x".repeat(1000) + "\"; // native\n";
    write("Huge.java", "class Huge {\n" + line.repeat(5000) + "}\n");
    Report report = Scans.report(folder);
    assertThat(report.findings()).hasSize(1);
    assertThat(only(report).code()).isEqualTo("file-too-large");
  }

  @Test
  void aLongMethodIsJudgedInBoundedTime() throws IOException {
    StringBuilder body = new StringBuilder();
    for (int i = 0; i < 3000; i++) {
      body.append("    if (name.length() > %d) { blocks.get(name + %d); }\n".formatted(i, i));
    }
    String text = HAZARD.replace("    try (Arena", body + "    try (Arena");
    Scanner.Outcome.Scanned scan = Scans.scan(folder, write("Generated.java", text));
    assertThat(scan.counts().analysed()).isEqualTo(1);
    assertThat(scan.report().notices())
        .allSatisfy(notice -> assertThat(notice.code()).isEqualTo("function-too-large"));
  }

  @Test
  void anEmptyFileAndOneWithoutNativeWordsAreIrrelevant() throws IOException {
    write("Empty.java", "");
    write("package-info.java", "/** Words. */\npackage words;\n");
    write("Plain.java", "import java.util.*; class Plain { Map<String, String> m; }\n");
    Scanner.Outcome.Scanned scan = Scans.scan(folder, folder);
    assertThat(scan.counts()).isEqualTo(new Scanner.Counts(3, 0, 3, 0));
    assertThat(scan.report().notices()).isEmpty();
  }

  @Test
  void typesOfUnknownLibrariesDoNotDisturb() throws IOException {
    String text =
        HAZARD
            .replace("import java.util.*;", "import java.util.*;\nimport no.such.Library;")
            .replace("void load(", "Library<Unknown> library = Library.make();\n  void load(")
            .replace("arena.allocate(8)", "library.wrap(x -> x.y()).or(arena.allocate(8))");
    assertThat(Scans.report(write("Unknown.java", text)).findings()).isEmpty();
    assertThat(Scans.report(write("Known.java", HAZARD)).findings()).hasSize(1);
  }

  @Test
  void handleMapAndRemovalMayStandInDifferentFiles() throws IOException {
    write(
        "lib/Blob.java",
        """
        package lib;
        public class Blob implements AutoCloseable {
          private long address;
          public void close() { Natives.release(address); }
        }
        """);
    write(
        "lib/Natives.java",
        "package lib; class Natives { static native void release(long address); }");
    write(
        "app/Store.java",
        """
        package app;
        import java.util.*;
        import lib.*;
        class Store {
          final Map<String, Blob> blobs = new HashMap<>();
          void drop(String name) { blobs.get(name).close(); }
        }
        """);
    assertThat(Scans.report(folder).findings())
        .extracting(Scans::text)
        .containsExactly(
            "LBJ003 red: Blob.close frees blobs.get(name), but the entry stays in app.Store.blobs");
    write(
        "app/Caller.java",
        """
        package app;
        class Caller {
          void drop(Store store, String name) { store.drop(name); store.blobs.remove(name); }
        }
        """);
    assertThat(Scans.report(folder).findings())
        .extracting(Scans::text)
        .containsExactly(
            "LBJ003 yellow: Blob.close frees blobs.get(name) before it is removed from"
                + " app.Store.blobs");
  }

  @Test
  void twoClassesOfOneNameAreBothJudged() throws IOException {
    write("a/Hazard.java", HAZARD);
    write("b/Hazard.java", HAZARD);
    assertThat(Scans.report(folder).findings()).hasSize(2);
  }

  @Test
  void anOwnerCommentSuppressesAndIsCounted() throws IOException {
    String marked =
        HAZARD.replace("    try (", "    // lifebound:owner the caller clears\n    try (");
    Scanner.Outcome.Scanned scan = Scans.scan(folder, write("Marked.java", marked));
    assertThat(scan.report().findings()).isEmpty();
    assertThat(scan.counts().suppressed()).isEqualTo(1);
  }

  @Test
  void anAnnotationSuppressesItsRuleOnly() throws IOException {
    String own =
        HAZARD.replace("  void", "  @SuppressWarnings({\"x\", \"lifebound:LBJ001\"}) void");
    assertThat(Scans.report(write("Own.java", own)).findings()).isEmpty();
    String map = HAZARD.replace("  private", "  @SuppressWarnings(\"lifebound\") private");
    assertThat(Scans.report(write("Map.java", map)).findings()).isEmpty();
    String other = HAZARD.replace("  void", "  @SuppressWarnings(\"lifebound:LBJ009\") void");
    assertThat(Scans.report(write("Other.java", other)).findings()).hasSize(1);
  }

  @Test
  void nothingIsPrintedAndNothingIsWritten() throws IOException {
    write("Hazard.java", HAZARD);
    write("Broken.java", "class Broken { native void f( { }\n");
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (PrintStream sink = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
      System.setOut(sink);
      System.setErr(sink);
      Scans.report(folder);
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
    assertThat(printed.toString(StandardCharsets.UTF_8)).isEmpty();
    assertThat(Scans.files(folder, "").stream().filter(Files::isRegularFile)).hasSize(2);
  }

  @Test
  void theReportDoesNotDependOnTheRun() {
    String first = Scans.report(Scans.TESTDATA.resolve("LBJ003")).toString();
    assertThat(first).contains("LBJ003");
    assertThat(Scans.report(Scans.TESTDATA.resolve("LBJ003")).toString()).isEqualTo(first);
  }
}
