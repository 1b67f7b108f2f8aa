package dev.lifebound.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerName;
import dev.lifebound.memory.ledger.LedgerSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class AutopsyCommandTest {
  @TempDir private Path folder;
  private final Recorder recorder = new Recorder();

  private int run(String... arguments) {
    return recorder.run(Lifebound.program(), arguments);
  }

  private String ledger(boolean incident) throws IOException {
    Path file = folder.resolve("app.ledger");
    LedgerName tag = LedgerName.of("session");
    try (Ledger ledger = Ledger.create(file, LedgerSettings.defaults().withStacks(1, 4))) {
      ledger.allocate(1, 0x7f00_0000_0000L, 64, tag);
      ledger.bind(1, 0x7f00_0000_0000L, LedgerName.of("sessions"), "anna");
      ledger.free(1, 0x7f00_0000_0000L, 64, tag);
      if (incident) {
        ledger.doubleFree(1, 0x7f00_0000_0000L, LedgerName.of("release"));
      }
    }
    return file.toString();
  }

  @Test
  void anExplainedCrashIsExitZero() throws IOException {
    assertThat(run("autopsy", "--ledger", ledger(true))).isZero();
    assertThat(recorder.out())
        .startsWith("double free: block 0x1 of 64 bytes (session) was freed twice\n");
    assertThat(recorder.out()).contains("sessions[anna]");
    assertThat(recorder.err()).isEmpty();
  }

  @Test
  void noLineIsWiderThanTheTerminal() throws IOException {
    String ledger = ledger(true);
    for (int columns : new int[] {30, 60, 80}) {
      Recorder narrow = new Recorder(columns);
      assertThat(narrow.run(Lifebound.program(), "autopsy", "--ledger", ledger)).isZero();
      assertThat(narrow.out().lines())
          .allSatisfy(line -> assertThat(line.length()).as(line).isLessThanOrEqualTo(columns));
    }
    assertThat(run("autopsy", "--ledger", ledger)).isZero();
    assertThat(recorder.out())
        .as("piped, a frame is whole")
        .contains(
            "at dev.lifebound.cli.command.AutopsyCommandTest.ledger(AutopsyCommandTest.java:");
  }

  @Test
  void noVerdictIsExitOne() throws IOException {
    assertThat(run("autopsy", "--ledger", ledger(false))).isEqualTo(1);
    assertThat(recorder.out()).startsWith("unknown: the program ended by itself\n");
  }

  @Test
  void whatCannotBeReadIsExitTwoWithACodeOfItsOwn() throws IOException {
    String other = Files.writeString(folder.resolve("other"), "nothing of interest").toString();
    String javacore =
        Files.writeString(
                folder.resolve("javacore"),
                "0SECTION       TITLE subcomponent dump routine\nNULL           ===============\n")
            .toString();
    List<List<String>> unreadable =
        List.of(
            List.of("crash-log-unreadable", "such file", folder.resolve("none").toString()),
            List.of("crash-log-unreadable", "must say that the JVM has met a fatal error", other),
            List.of("crash-log-unreadable", "written by=Eclipse OpenJ9", javacore),
            List.of("ledger-unreadable", "must have a whole header", "--ledger", other),
            List.of(
                "heap-dump-unreadable",
                "in the HPROF format",
                "--ledger",
                ledger(true),
                "--heap",
                other));
    for (List<String> one : unreadable) {
      Recorder own = new Recorder();
      String[] arguments = new String[one.size() - 1];
      arguments[0] = "autopsy";
      System.arraycopy(one.subList(2, one.size()).toArray(), 0, arguments, 1, one.size() - 2);
      assertThat(own.run(Lifebound.program(), arguments)).as("%s", one).isEqualTo(2);
      assertThat(own.out()).isEmpty();
      assertThat(own.err())
          .contains(one.get(1))
          .matches("lifebound: [^\n]*: [^\n]*=[^\n]*; [^\n]* \\[" + one.getFirst() + "]\n");
    }
  }

  @Test
  void theFormatsAreWritten() throws IOException {
    String ledger = ledger(true);
    Path file = folder.resolve("out");
    assertThat(run("autopsy", "--ledger", ledger, "--json", "-o", file.toString())).isZero();
    assertThat(JsonMapper.shared().readTree(file).get("kind").asString()).isEqualTo("double free");
    assertThat(run("autopsy", "--ledger", ledger, "--sarif", "-o", file.toString())).isZero();
    assertThat(JsonMapper.shared().readTree(file).at("/runs/0/results/0/ruleId").asString())
        .isEqualTo("LBR002");
    assertThat(run("autopsy", "--ledger", ledger, "--html", "-o", file.toString())).isZero();
    assertThat(Files.readString(file)).startsWith("<!DOCTYPE html>").contains("</html>");
    assertThat(recorder.out()).isEmpty();
  }

  @Test
  void whereNothingCanBeWrittenTheErrorSaysWhy() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    refused(folder.resolve("none").resolve("page.html"), "the folder does not exist");
    refused(file.resolve("page.html"), "its folder is a file");
    refused(folder, "it is a folder");
    // Nobody makes a file there, a superuser neither.
    refused(Path.of("/proc/lifebound-page.html"), "reason=");
    assertThat(file).isEmptyFile();
  }

  @Test
  void theResultNeverReplacesWhatItIsMadeFrom() throws IOException {
    Path ledger = Path.of(ledger(true));
    byte[] evidence = Files.readAllBytes(ledger);
    Path soft = Files.createSymbolicLink(folder.resolve("soft"), ledger);
    Path hard = Files.createLink(folder.resolve("hard"), ledger);
    Path log = Files.writeString(folder.resolve("app.err"), "double free or corruption (fasttop)");
    Path dump = Files.writeString(folder.resolve("app.hprof"), "JAVA PROFILE");
    Path round = folder.resolve("..").resolve(folder.getFileName()).resolve("app.ledger");
    for (Path target : List.of(ledger, round, soft, hard, log, dump)) {
      Recorder own = new Recorder();
      assertThat(
              own.run(
                  Lifebound.program(),
                  "autopsy",
                  log.toString(),
                  "--ledger",
                  ledger.toString(),
                  "--heap",
                  dump.toString(),
                  "-o",
                  target.toString()))
          .as("%s", target)
          .isEqualTo(64);
      assertThat(own.err()).contains("must not replace what it is made from: output=" + target);
    }
    assertThat(ledger).hasBinaryContent(evidence);
    assertThat(log).hasContent("double free or corruption (fasttop)");
    assertThat(dump).hasContent("JAVA PROFILE");
    // A page beside the evidence is what people want.
    assertThat(run("autopsy", "--ledger", ledger.toString(), "-o", folder.resolve("page") + ""))
        .isZero();
  }

  private void refused(Path target, String reason) throws IOException {
    Recorder own = new Recorder();
    assertThat(
            own.run(
                Lifebound.program(),
                "autopsy",
                "--ledger",
                ledger(true),
                "--html",
                "-o",
                target.toString()))
        .as("%s", target)
        .isEqualTo(2);
    assertThat(own.out()).isEmpty();
    assertThat(own.err())
        .contains(reason, "file=" + target, "name a file in a folder you may write to")
        .endsWith("[output-not-writable]\n")
        .hasLineCount(1);
  }

  /** By a mount in a name space of its own; without the right to that, the system says so. */
  @Test
  void aReadOnlyFileSystemIsAnError() throws Exception {
    Path shut = Files.createDirectory(folder.resolve("shut"));
    String classes =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path", ""));
    Process process =
        new ProcessBuilder(
                "unshare",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                "mount -t tmpfs -o ro lifebound \"$1\" || exit 77; shift; exec \"$@\"",
                "sh",
                shut.toString(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classes,
                "dev.lifebound.cli.Main",
                "autopsy",
                "--ledger",
                ledger(true),
                "-o",
                shut.resolve("page.txt").toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exit = process.waitFor();
    if (exit == 2) {
      assertThat(output)
          .contains("reason=permission denied, or a read-only file system")
          .contains("[output-not-writable]");
    } else {
      assertThat(output)
          .as("exit %d", exit)
          .matches("(?s)(?:unshare|mount): .*(?:denied|permitted).*");
      Files.setPosixFilePermissions(shut, PosixFilePermissions.fromString("r-xr-xr-x"));
      refused(shut.resolve("page.html"), "permission denied");
      Files.setPosixFilePermissions(shut, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  @Test
  void whatContradictsItselfIsAUsageError() throws IOException {
    for (String[] arguments :
        new String[][] {
          {"autopsy"},
          {"autopsy", "--heap", "x"},
          {"autopsy", "a", "b"},
          {"autopsy", "--ledger", "x", "--json", "--html"}
        }) {
      assertThat(run(arguments)).isEqualTo(64);
    }
    assertThat(recorder.out()).isEmpty();
  }
}
