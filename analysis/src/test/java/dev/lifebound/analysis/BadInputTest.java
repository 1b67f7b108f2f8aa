package dev.lifebound.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.finding.Notice;
import dev.lifebound.finding.Report;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a path holds, the scan ends with a clear answer. */
final class BadInputTest {
  private static final String HAZARD =
      """
      package hazard

      // #include <stdlib.h>
      import "C"

      import "unsafe"

      var names = map[string]*C.char{}

      func Evict(name string) {
      	C.free(unsafe.Pointer(names[name]))
      }
      """;

  @TempDir Path folder;

  private Path write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(Objects.requireNonNull(file.getParent(), name));
    return Files.writeString(file, text);
  }

  private static Notice only(Report report, String code) {
    List<Notice> notices =
        report.notices().stream().filter(notice -> notice.code().equals(code)).toList();
    assertThat(notices).as(report.notices().toString()).hasSize(1);
    return notices.getFirst();
  }

  @Test
  void aPathThatDoesNotExistIsRefused() {
    Path missing = folder.resolve("missing");
    Scanner.Outcome outcome = Scanner.scan(List.of(folder, missing), Scans.options(folder, 1));
    assertThat(outcome).isInstanceOf(Scanner.Outcome.Refused.class);
    Scanner.Outcome.Refused refused = (Scanner.Outcome.Refused) outcome;
    assertThat(refused.code()).isEqualTo("path-not-found");
    assertThat(refused.message())
        .isEqualTo("a path to scan must exist: path=" + missing + "; check its spelling");
  }

  @Test
  void anUnreadableFileIsNamedAndTheRestIsScanned() throws IOException {
    write("p/hazard.go", HAZARD);
    Files.createSymbolicLink(folder.resolve("p/gone.go"), folder.resolve("nowhere.go"));
    // Reading this file fails also for root, after a successful open.
    Files.createSymbolicLink(folder.resolve("p/mem.go"), Path.of("/proc/self/mem"));
    Report report = Scans.report(folder);
    assertThat(report.findings()).hasSize(1);
    assertThat(only(report, "path-unreadable").message()).contains("path=p/gone.go");
    assertThat(only(report, "file-unreadable").message()).contains("file=p/mem.go");
  }

  @Test
  void aFolderNamedAsAFileIsAFolder() throws IOException {
    write("odd.go/hazard.go", HAZARD);
    assertThat(Scans.report(folder).findings()).hasSize(1);
  }

  @Test
  void aBinaryFileIsNamedAndTheRestIsScanned() throws IOException {
    write("p/hazard.go", HAZARD);
    Files.write(folder.resolve("p/binary.go"), new byte[] {0x7f, 'E', 'L', 'F', 0, 1, 2});
    Report report = Scans.report(folder);
    assertThat(report.findings()).hasSize(1);
    assertThat(only(report, "file-is-binary").message()).contains("file=p/binary.go");
  }

  @Test
  void aLoneBinaryFileIsNamed() throws IOException {
    Path file = folder.resolve("binary.go");
    Files.write(file, new byte[] {0, 1, 2, 3});
    assertThat(only(Scans.report(file), "file-is-binary").message()).contains("binary.go");
  }

  @Test
  void aHugeGeneratedFileIsNamedWithoutBeingRead() throws IOException {
    write("p/hazard.go", HAZARD);
    Path huge = folder.resolve("p/huge.go");
    String line = "var x = []byte{" + "0x00, ".repeat(10_000) + "}\n";
    try (Writer writer = Files.newBufferedWriter(huge)) {
      writer.write("package hazard\nimport \"C\"\n");
      for (int i = 0; i < 50_000_000 / line.length(); i++) {
        writer.write(line);
      }
    }
    Report report = Scans.report(folder);
    assertThat(report.findings()).hasSize(1);
    assertThat(only(report, "file-too-large").message()).contains("file=p/huge.go");
  }

  @Test
  void aLoopOfLinksEndsAndIsNamed() throws IOException {
    write("p/hazard.go", HAZARD);
    Files.createSymbolicLink(folder.resolve("p/again"), folder.resolve("p"));
    Files.createSymbolicLink(folder.resolve("self.go"), folder.resolve("self.go"));
    Report report = Scans.report(folder);
    assertThat(report.findings()).hasSize(1);
    assertThat(only(report, "link-loop").message()).contains("path=p/again");
    assertThat(only(report, "path-unreadable").message()).contains("path=self.go");
  }

  @Test
  void aFileThatTwoLinksLeadToIsJudgedOnce() throws IOException {
    write("p/hazard.go", HAZARD);
    Files.createSymbolicLink(folder.resolve("q"), folder.resolve("p"));
    assertThat(Scans.report(folder).findings()).hasSize(1);
  }

  @Test
  void textThatIsNotUtf8IsSaidSoAndAnalysed() throws IOException {
    Path file = folder.resolve("latin.go");
    String text = HAZARD.replace("package hazard", "package hazard // caf\u00e9");
    Files.write(file, text.getBytes(StandardCharsets.ISO_8859_1));
    Report report = Scans.report(file);
    assertThat(report.findings()).hasSize(1);
    assertThat(only(report, "file-is-not-utf-8").message()).contains("read as Latin-1");
  }

  @Test
  void columnsCountUtf16UnitsBehindWideCharacters() throws IOException {
    String wide = HAZARD.replace("\tC.free", "\t/* \u00e9\ud834\udd1e */ C.free");
    Report report = Scans.report(write("wide.go", wide));
    var region = Objects.requireNonNull(report.findings().getFirst().location().region(), "r");
    assertThat(region.startLine()).isEqualTo(11);
    assertThat(region.startColumn()).isEqualTo("\t/* \u00e9\ud834\udd1e */ ".length() + 1);
  }

  @Test
  void anEmptyFolderIsSaidToBeEmpty() {
    Report report = Scans.report(folder);
    assertThat(report.findings()).isEmpty();
    assertThat(only(report, "nothing-to-scan").message()).contains("files=0");
  }

  @Test
  void anEmptyFileHoldsNothing() throws IOException {
    Scanner.Outcome.Scanned scan = Scans.scan(folder, write("empty.go", ""));
    assertThat(scan.report().findings()).isEmpty();
    assertThat(scan.counts().irrelevant()).isEqualTo(1);
  }

  @Test
  void aFileThatDoesNotParseIsNamedAndItsWholeFunctionsAreJudged() throws IOException {
    Path file = write("broken.go", HAZARD + "\nfunc Broken() { if { ] }\n");
    Report report = Scans.report(file);
    assertThat(report.findings()).hasSize(1);
    assertThat(only(report, "file-does-not-parse").message()).contains("broken.go");
  }

  @Test
  void aFunctionThatDoesNotParseMayRemoveAnything() throws IOException {
    String caller =
        HAZARD
            + """

            func Drop(name string) { Evict(name); forget(name) }

            func forget(name string) { delete(names, name) ] }
            """;
    assertThat(Scans.report(write("broken.go", caller)).findings()).isEmpty();
  }

  @Test
  void deepNestingIsCutAndSaidSo() throws IOException {
    String deep = "func Deep() int { return " + "(".repeat(5000) + "1" + ")".repeat(5000) + " }\n";
    Report report = Scans.report(write("deep.go", HAZARD + deep));
    assertThat(report.findings()).hasSize(1);
    assertThat(only(report, "file-nested-too-deeply").message()).contains("deep.go");
  }

  @Test
  void goWithoutCgoIsCountedAndNotAnalysed() throws IOException {
    write("plain/a.go", "package plain\n\nvar s = []string{\n\t\"C\",\n}\n");
    Scanner.Outcome.Scanned scan = Scans.scan(folder, folder);
    assertThat(scan.counts()).isEqualTo(new Scanner.Counts(1, 0, 1, 0));
    assertThat(scan.report().notices()).isEmpty();
  }

  @Test
  void aConfigurationThatCannotBeUsedIsRefused() throws IOException {
    write(".lifebound.yaml", "exclud: [a]\n");
    Scanner.Outcome outcome = Scanner.scan(List.of(folder), Scans.options(folder, 1));
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Scanner.Outcome.Refused.class,
            refused -> {
              assertThat(refused.code()).isEqualTo("config-invalid");
              assertThat(refused.message()).contains("key=exclud");
            });
  }

  @Test
  void anExcludedFileIsNotScanned() throws IOException {
    write("gen/hazard.go", HAZARD);
    write(".lifebound.yaml", "exclude: ['gen/**']\n");
    assertThat(Scans.report(folder).findings()).isEmpty();
  }

  @Test
  void aDeclaredFunctionFreesWithoutDoubt() throws IOException {
    String widget =
        """
        package widget

        // typedef struct widget widget;
        // void widget_drop(int flags, widget *w);
        import "C"

        var widgets = map[string]*C.widget{}

        func Evict(name string) {
        	C.widget_drop(0, widgets[name])
        }
        """;
    write("widget.go", widget);
    assertThat(Scans.report(folder).findings()).isEmpty();
    write(".lifebound.yaml", "functions: [{name: widget_drop, frees: 1}]\n");
    assertThat(Scans.report(folder).findings())
        .extracting(Scans::text)
        .containsExactly(
            "LBG001 red: widgets[name] is freed while map widgets still holds it (its value)");
  }

  @Test
  void anOwnerWithoutAReasonDoesNotSuppress() throws IOException {
    String marked = HAZARD.replace("\tC.free", "\t//lifebound:owner\n\tC.free");
    Report report = Scans.report(write("marked.go", marked));
    assertThat(report.findings()).hasSize(1);
    assertThat(only(report, "owner-without-reason").message()).contains("rule=LBG001");
  }

  @Test
  void anOwnerWithAReasonSuppressesAndIsCounted() throws IOException {
    String marked = HAZARD.replace("\tC.free", "\t//lifebound:owner the pool\n\tC.free");
    Scanner.Outcome.Scanned scan = Scans.scan(folder, write("marked.go", marked));
    assertThat(scan.report().findings()).isEmpty();
    assertThat(scan.counts().suppressed()).isEqualTo(1);
  }
}
