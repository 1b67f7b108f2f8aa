package dev.lifebound.crash.autopsy;

import static dev.lifebound.crash.autopsy.Scene.ADDRESS;
import static dev.lifebound.crash.autopsy.Scene.SIZE;
import static dev.lifebound.crash.autopsy.Scene.perform;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerFile;
import dev.lifebound.memory.ledger.LedgerName;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Logs and ledgers that were made to confuse: a verdict or none, but no failure and no lie. */
class HostileInputTest {
  private static final List<String> STRINGS =
      List.of(
          "<script>alert(1)</script>",
          "\"'><img src=x onerror=alert(1)>",
          "]]></svg><svg onload=alert(1)>",
          "&lt;&#60;&amp",
          "\u001b[2J\u001b]0;title\u0007",
          "a\u0000b\r\nc\td",
          "\u202egnp.exe\u2066",
          "\ud800 lone, \udfff, \ud83d\ude80 whole",
          " ",
          "-".repeat(5000),
          "%s%n%d{0}${jndi:x}");

  @TempDir private Path folder;

  private Path write(String name, String text) throws Exception {
    return Files.writeString(folder.resolve(name), text, StandardCharsets.ISO_8859_1);
  }

  private void checked(String what, String log, Path ledger) throws Exception {
    Autopsy autopsy = perform(write("changed.log", log), ledger);
    BlockLife block = autopsy.block();
    assertThat(block == null || block.block() == 1).as("%s: %s", what, autopsy.verdict()).isTrue();
    Outputs.check(autopsy);
  }

  @Test
  void aLineMoreOrLessOrOtherwiseIsNoFailure() throws Exception {
    Path ledger = new Scene(folder).ledger(Scene::died);
    List<String> lines = Files.readAllLines(new Scene(folder).log(ADDRESS + 100, "", ""));
    List<String> changes =
        List.of("", "0".repeat(40), "\0\0\0", "f".repeat(5000), "= 0x, (), [", "-1");
    int opening = 1;
    for (int i = 0; i < lines.size(); i++) {
      if (i == opening) {
        continue;
      }
      String line = lines.get(i);
      List<String> changed = new ArrayList<>(lines);
      changed.remove(i);
      checked("without " + line, String.join("\n", changed), ledger);
      changed.addAll(i, List.of(line, line));
      checked("twice " + line, String.join("\r\n", changed), ledger);
      for (String change : changes) {
        List<String> other = new ArrayList<>(lines);
        other.set(i, line.replaceAll("0x[0-9a-f]+|[0-9]+", change));
        checked("other numbers in " + line, String.join(i % 2 == 0 ? "\n" : "\r\n", other), ledger);
      }
    }
  }

  @Test
  void numbersThatNoProcessHasAreNotBelieved() throws Exception {
    Path ledger = new Scene(folder).ledger(Scene::died);
    String log = Files.readString(new Scene(folder).log(ADDRESS + 100, "", ""));
    // The year and the age fit each other, and the start of the process.
    Autopsy aged =
        perform(
            write(
                "aged",
                log.replaceFirst(
                    " \\d{4} UTC elapsed time: ", " 9999 UTC elapsed time: 251600000000")),
            ledger);
    assertThat(aged.verdict().kind()).isEqualTo(FailureKind.UNKNOWN);
    Outputs.check(aged);
    for (String address :
        List.of("ffffffffffffffff", "8000000000000000", "7fffffffffffffff", "0")) {
      checked(address, log.replaceAll("si_addr: 0x[0-9a-f]+", "si_addr: 0x" + address), ledger);
    }
  }

  @Test
  void ofSeveralCrashesInOneFileTheLedgersIsExplained() throws Exception {
    Path ledger = new Scene(folder).ledger(Scene::died);
    String own = Files.readString(new Scene(folder).log(ADDRESS + 100, "", ""));
    String pid = "pid=" + ProcessHandle.current().pid();
    String other = own.replace(pid, "pid=1").replace("si_addr: 0x", "si_addr: 0x6");
    for (String text : List.of(own + other, other + own, other + other + own + other)) {
      Autopsy autopsy = perform(write("console", "starting\n" + text), ledger);
      assertThat(autopsy.verdict().kind()).isEqualTo(FailureKind.USE_AFTER_FREE);
      assertThat(autopsy.address()).isEqualTo(ADDRESS + 100);
      assertThat(autopsy.notices()).extracting("code").containsExactly("log-several");
      Outputs.check(autopsy);
    }
    Autopsy cut =
        perform(write("console", own.substring(0, own.indexOf("siginfo")) + other), ledger);
    assertThat(cut.verdict().kind())
        .as("nothing of one log is taken for the other's")
        .isEqualTo(FailureKind.UNKNOWN);
    assertThat(cut.address()).isNull();

    String brief = own.substring(0, own.indexOf("Time:"));
    Autopsy once = perform(write("console", brief + own), ledger);
    assertThat(once.verdict().kind()).isEqualTo(FailureKind.USE_AFTER_FREE);
    assertThat(once.notices()).as("what a JVM writes to its console, and the log").isEmpty();
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void linesOfMegabytesEndInTime() throws Exception {
    int times = 300_000;
    for (String line :
        List.of(
            "Fatal error: ",
            "Type=",
            "free(): ",
            "[ [ SegfaultHandler caught",
            "# Error: ",
            "Time: Mon ",
            "\0",
            "j ")) {
      Path file = write("long", line.repeat(times));
      assertThatThrownBy(() -> perform(file, null)).as(line).isInstanceOf(AutopsyException.class);
      Path ledger = new Scene(folder).ledger(Scene::died);
      String log = Files.readString(new Scene(folder).log(ADDRESS + 100, "", ""));
      checked("long " + line, log.replace("\n\n", "\n" + line.repeat(times) + "\n"), ledger);
    }
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aPackedFileOfManyTimesItsSizeIsReadInPart() throws Exception {
    Path bomb = folder.resolve("bomb.gz");
    byte[] zeroes = new byte[1 << 20];
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(bomb))) {
      for (int i = 0; i < 300; i++) {
        out.write(zeroes);
      }
    }
    assertThat(Files.size(bomb)).isLessThan(1 << 20);
    assertThatThrownBy(() -> perform(bomb, null))
        .isInstanceOf(AutopsyException.class)
        .hasMessageContaining("must say that the JVM has met a fatal error")
        .hasMessageContaining("characters=" + (64 << 20));
  }

  @Test
  void namesThatAreMarksStayText() throws Exception {
    for (String name : STRINGS) {
      Path ledger = new Scene(folder).ledger(l -> hostile(l, name));
      String log =
          Files.readString(new Scene(folder).log(ADDRESS + 100, "", ""))
              .replace("renderer", name.replace("\n", ""))
              .replace("shop.Cache.lambda$read$3(", name.replaceAll("\\s", "") + "(")
              .replace("Unsafe_GetLong", name.replace("\n", ""));
      Autopsy autopsy =
          perform(
              Files.writeString(
                  folder.resolve("hostile.log"), log.replaceAll("[\ud800-\udfff]", "?")),
              ledger);
      assertThat(autopsy.verdict().kind()).as(name).isEqualTo(FailureKind.USE_AFTER_FREE);
      Outputs.check(autopsy);
      Outputs.check(perform(null, ledger));
      LedgerFile file = LedgerFile.read(ledger);
      Outputs.sarif(LedgerFindings.report(ledger, file, file.events(), "0.1.0"));
    }
  }

  private static void hostile(Ledger ledger, String name) {
    LedgerName named = LedgerName.of(name);
    ledger.allocate(1, ADDRESS, SIZE, named);
    ledger.bind(1, ADDRESS, named, name);
    ledger.free(1, ADDRESS, SIZE, named);
    ledger.staleUse(1, ADDRESS, named);
  }

  @Test
  void blocksThatNoMemoryHasAreNoFailure() throws Exception {
    for (long size : new long[] {0, -1, Long.MAX_VALUE, Long.MIN_VALUE, -ADDRESS}) {
      for (long at : new long[] {1, ADDRESS, -4096, Long.MAX_VALUE}) {
        Path ledger =
            new Scene(folder)
                .ledger(l -> {
                  l.allocate(1, at, size, Scene.TAG);
                  l.bind(1, at, Scene.MAP, "anna");
                  l.free(1, at, size, Scene.TAG);
                  l.staleUse(1, at, Scene.TAG);
                  l.allocate(1, at + 8, size, Scene.TAG);
                });
        for (long address : new long[] {ADDRESS + 100, at, at + size, -1}) {
          Autopsy autopsy = perform(new Scene(folder).log(address, "", ""), ledger);
          assertThat(
                  autopsy.block() == null || Objects.requireNonNull(autopsy.block()).block() == 1)
              .isTrue();
          Outputs.check(autopsy);
        }
        Outputs.check(perform(null, ledger));
      }
    }
  }

  @Test
  void noFileIsLeftOpen() throws Exception {
    Path ledger = new Scene(folder).ledger(Scene::died);
    Path log = new Scene(folder).log(ADDRESS + 100, "", "");
    Path none = write("none", "nothing");
    Path dump = write("dump", "JAVA PROFILE 1.0.2\0\0\0\0\u0008\0\0\0\0\0\0\0\0\u0001\0\0");
    Path packed = folder.resolve("packed.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
      out.write(Files.readAllBytes(dump));
    }
    long before = 0;
    for (int i = 0; i < 20; i++) {
      Outputs.check(Autopsy.perform(new AutopsyRequest(log, ledger, dump)));
      Outputs.check(Autopsy.perform(new AutopsyRequest(log, ledger, packed)));
      for (AutopsyRequest request :
          List.of(
              new AutopsyRequest(none, null, null),
              new AutopsyRequest(folder, null, null),
              new AutopsyRequest(null, none, null),
              new AutopsyRequest(log, ledger, none))) {
        assertThatThrownBy(() -> Autopsy.perform(request)).isInstanceOf(AutopsyException.class);
      }
      before = i == 0 ? openFiles() : before;
    }
    assertThat(openFiles()).isLessThanOrEqualTo(before);
  }

  /** Of this folder: the JVM opens others as it likes. */
  private long openFiles() throws Exception {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.filter(
              file -> {
                try {
                  return Files.readSymbolicLink(file).startsWith(folder);
                } catch (java.io.IOException e) {
                  return false; // closed meanwhile
                }
              })
          .count();
    }
  }
}
