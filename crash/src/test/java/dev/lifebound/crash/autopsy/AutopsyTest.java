package dev.lifebound.crash.autopsy;

import static dev.lifebound.crash.autopsy.Scene.ADDRESS;
import static dev.lifebound.crash.autopsy.Scene.MAP;
import static dev.lifebound.crash.autopsy.Scene.SIZE;
import static dev.lifebound.crash.autopsy.Scene.TAG;
import static dev.lifebound.crash.autopsy.Scene.died;
import static dev.lifebound.crash.autopsy.Scene.perform;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.harrel.jsonschema.Validator;
import dev.harrel.jsonschema.ValidatorFactory;
import dev.harrel.jsonschema.providers.GsonNode;
import dev.lifebound.finding.Colour;
import dev.lifebound.finding.Finding;
import dev.lifebound.finding.Report;
import dev.lifebound.memory.ledger.LedgerFile;
import dev.lifebound.memory.ledger.LedgerName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rules of evidence, by ledgers of this process and logs that tell of it. */
class AutopsyTest {

  @TempDir private Path folder;

  private Path ledger(Scene.Story story) throws IOException {
    return new Scene(folder).ledger(story);
  }

  private Path log(long address, String change, String to) throws IOException {
    return new Scene(folder).log(address, change, to);
  }

  private Path log(long address) throws IOException {
    return log(address, "", "");
  }

  private static String written(AutopsyWriter writer, Autopsy autopsy) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    writer.write(autopsy, out);
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aFreedBlockIsNamedWithItsLifeAndItsMap() throws Exception {
    Autopsy autopsy = perform(log(ADDRESS + 100), ledger(Scene::died));

    assertThat(autopsy.verdict().kind()).isEqualTo(FailureKind.USE_AFTER_FREE);
    assertThat(autopsy.offset()).isEqualTo(100);
    assertThat(autopsy.holders().getFirst().text()).isEqualTo("sessions[anna]");
    assertThat(autopsy.notices()).isEmpty();
    assertThat(written(AutopsyWriter.text(80, false), autopsy))
        .startsWith("use after free: use of block 0x1 of 8,192 bytes (session) after its free\n")
        .contains(
            "offset    byte 100 of the block, 0x7f1234000064",
            "held by   sessions[anna], still there",
            "crash     SIGSEGV (SEGV_MAPERR), writing 0x7f1234000064, thread renderer",
            "at shop.Cache.lambda$read$3",
            "docs/rules/LBJ003.md, docs/rules/LBR001.md");
  }

  @Test
  void whatHadTheAddressBeforeIsNamedBesideTheLast() throws Exception {
    Autopsy autopsy =
        perform(
            log(ADDRESS + 100),
            ledger(ledger -> {
              died(ledger);
              ledger.allocate(2, ADDRESS, 4096, TAG);
              ledger.free(2, ADDRESS, 4096, TAG);
            }));

    assertThat(Objects.requireNonNull(autopsy.block()).block()).isEqualTo(2);
    assertThat(autopsy.earlier()).extracting(BlockLife::block).containsExactly(1L);
    assertThat(Objects.requireNonNull(autopsy.holders().getFirst().block()).block()).isEqualTo(1);
  }

  @Test
  void anAddressThatWasGivenAgainIsNotTheDeadBlocks() throws Exception {
    Path ledger =
        ledger(l -> {
          died(l);
          l.allocate(2, ADDRESS, 4096, TAG);
        });
    Autopsy autopsy = perform(log(ADDRESS + 100, "SEGV_MAPERR", "SEGV_ACCERR"), ledger);

    assertThat(autopsy.verdict().kind()).as("protected, but alive").isEqualTo(FailureKind.UNKNOWN);
    assertThat(Objects.requireNonNull(autopsy.block()).block()).isEqualTo(2);
  }

  @Test
  void inFreeItIsASecondFree() throws Exception {
    String free = "C  [libc.so.6+0x9a3fe]  cfree+0x1e";
    Autopsy autopsy =
        perform(
            log(ADDRESS - 8, "V  [libjvm.so+0x1233f9d]  Unsafe_GetLong+0xad", free),
            ledger(Scene::died));

    assertThat(autopsy.verdict().kind()).isEqualTo(FailureKind.DOUBLE_FREE);
    assertThat(Objects.requireNonNull(autopsy.block()).block()).isEqualTo(1);
  }

  /** This process dumps itself, so that the dump is younger than it; a dump names no process. */
  @Test
  void whatAHeapDumpHoldsIsTakenOnTrustAndSaid() throws Exception {
    Path dump = folder.resolve("own.hprof");
    ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
        .dumpHeap(dump.toString(), true);
    Autopsy autopsy =
        Autopsy.perform(new AutopsyRequest(log(ADDRESS + 100), ledger(Scene::died), dump));
    assertThat(autopsy.holders()).extracting(Holder::source).contains(Holder.Source.HEAP);
    assertThat(autopsy.notices()).extracting("code").containsExactly("heap-process-not-checked");
  }

  @Test
  void noBlockIsInvented() throws Exception {
    Path ledger = ledger(Scene::died);
    for (long address : new long[] {0, 8, 0x10_0000_0000L, ADDRESS + (1L << 30), -16, 1L << 62}) {
      Autopsy autopsy = perform(log(address), ledger);
      assertThat(autopsy.verdict().kind()).isEqualTo(FailureKind.WILD_ADDRESS);
      assertThat(autopsy.block()).isNull();
      assertThat(autopsy.holders()).isEmpty();
    }
  }

  @Test
  void aLogOfAnotherProcessGetsNoVerdictFromThisLedger() throws Exception {
    Path ledger = ledger(Scene::died);
    String pid = "pid=" + ProcessHandle.current().pid();
    for (Path log :
        new Path[] {
          log(ADDRESS, pid, "pid=1"), log(ADDRESS, pid + ", ", ""), log(ADDRESS, "Time:", "Tame:")
        }) {
      unknownProcess(perform(log, ledger));
    }
    Path later = log(ADDRESS, "elapsed time: ", "elapsed time: 10");
    unknownProcess(perform(later, ledger));
  }

  private static void unknownProcess(Autopsy autopsy) {
    assertThat(autopsy.verdict().kind()).isEqualTo(FailureKind.UNKNOWN);
    assertThat(autopsy.block()).isNull();
    assertThat(autopsy.notices()).extracting("code").contains("other-process");
  }

  @Test
  void anotherTimeZoneIsNoOtherProcess() throws Exception {
    Path ledger = ledger(Scene::died);
    Path log = log(ADDRESS);
    String text = Files.readString(log);
    // The same moment by a clock that is 5 h 30 min ahead.
    var moment =
        Pattern.compile("Time: (.*) UTC elapsed").matcher(text).results().findFirst().orElseThrow();
    DateTimeFormatter format =
        DateTimeFormatter.ofPattern("EEE MMM d HH:mm:ss yyyy", Locale.ENGLISH);
    String ahead =
        format.format(
            java.time.LocalDateTime.parse(moment.group(1), format).plusHours(5).plusMinutes(30));
    Files.writeString(log, text.replace(moment.group(1) + " UTC", ahead + " IST"));

    Autopsy autopsy = perform(log, ledger);
    assertThat(autopsy.verdict().kind()).isEqualTo(FailureKind.USE_AFTER_FREE);
    assertThat(autopsy.notices()).isEmpty();

    Files.writeString(log, text.replace(moment.group(1) + " UTC", ahead + " +0530"));
    assertThat(perform(log, ledger).verdict().kind()).isEqualTo(FailureKind.USE_AFTER_FREE);

    for (String other : new String[] {"CET", "JST", "+03", "UTC"}) {
      Files.writeString(log, text.replace(moment.group(1) + " UTC", ahead + " " + other));
      unknownProcess(perform(log, ledger));
    }
    Files.writeString(log, text.replace(" UTC elapsed", " CET elapsed"));
    unknownProcess(perform(log, ledger));

    Files.writeString(log, text.replace(moment.group(1) + " UTC", ahead + " PLANT"));
    Autopsy byNumber = perform(log, ledger);
    assertThat(byNumber.verdict().kind()).isEqualTo(FailureKind.USE_AFTER_FREE);
    assertThat(byNumber.notices()).extracting("code").containsExactly("process-by-number");
  }

  @Test
  void blocksThatLiveInUnmappedMemoryTellAnotherProcess() throws Exception {
    Path ledger =
        ledger(l -> {
          died(l);
          for (int i = 2; i < 6; i++) {
            l.allocate(i, 0x6000_0000_0000L + i * 65536L, 64, TAG);
          }
        });
    unknownProcess(perform(log(ADDRESS), ledger));
  }

  @Test
  void theLedgerAloneTellsOfIncidents() throws Exception {
    Autopsy twice =
        perform(
            null,
            ledger(ledger -> {
              died(ledger);
              ledger.doubleFree(1, ADDRESS, LedgerName.of("release"));
            }));
    assertThat(twice.verdict().kind()).isEqualTo(FailureKind.DOUBLE_FREE);
    assertThat(twice.holders().getFirst().key()).isEqualTo("anna");

    Autopsy stale =
        perform(
            null,
            ledger(ledger -> {
              died(ledger);
              ledger.staleUse(1, 0, LedgerName.of("lease"));
            }));
    assertThat(stale.verdict().kind()).isEqualTo(FailureKind.USE_AFTER_FREE);
    assertThat(Objects.requireNonNull(stale.block()).block()).isEqualTo(1);

    assertThat(perform(null, ledger(Scene::died)).verdict().kind())
        .as("a free is no crash")
        .isEqualTo(FailureKind.UNKNOWN);
  }

  @Test
  void theLastWordsOfTheCLibraryTellTheKindAndNoBlock() throws Exception {
    Path console =
        Files.writeString(
            folder.resolve("console"), "starting\nfree(): double free detected in tcache 2\n");
    Autopsy autopsy = perform(console, ledger(Scene::died));
    assertThat(autopsy.verdict().kind()).isEqualTo(FailureKind.DOUBLE_FREE);
    assertThat(autopsy.block()).as("the words name none").isNull();

    assertThat(perform(console, null).verdict().kind())
        .as("of a program without Lifebound nothing is claimed")
        .isEqualTo(FailureKind.UNKNOWN);
    Files.writeString(console, "corrupted size vs. prev_size\n");
    assertThat(perform(console, ledger(Scene::died)).block()).isNull();
  }

  @Test
  void aLedgerOfALaterVersionIsRefused() throws Exception {
    Path ledger = ledger(Scene::died);
    try (RandomAccessFile file = new RandomAccessFile(ledger.toFile(), "rw")) {
      byte[] header = new byte[4096];
      file.readFully(header);
      ByteBuffer words = ByteBuffer.wrap(header).order(ByteOrder.nativeOrder());
      words.putInt(12, 2 << 16);
      words.putLong(120, hash(hash(0, header, 8, 112), header, 256, 516));
      file.seek(0);
      file.write(header);
    }
    assertThat(LedgerFile.read(ledger).notices())
        .extracting("code")
        .contains("ledger-newer-version");
    assertThatThrownBy(() -> perform(log(ADDRESS), ledger))
        .isInstanceOf(AutopsyException.class)
        .hasMessageContaining("version=2.0; take the Lifebound that wrote it");
  }

  /** The check of the header, as docs/formats/ledger.md has it. */
  private static long hash(long start, byte[] bytes, int from, int length) {
    long factor = 0x9E3779B97F4A7C15L;
    long hash = (start ^ length) * factor;
    for (int i = from; i < from + length; i++) {
      hash = (hash ^ (bytes[i] & 0xFF)) * factor;
      hash ^= hash >>> 32;
    }
    return hash;
  }

  @Test
  void everyPrefixOfALogGivesTheVerdictOrNone() throws Exception {
    Path ledger = ledger(Scene::died);
    String text = Files.readString(log(ADDRESS + 100));
    Path cut = folder.resolve("cut.log");
    int explained = 0;
    for (int length = text.indexOf("Java Runtime Environment") + 24;
        length <= text.length();
        length += 7) {
      Files.writeString(cut, text.substring(0, length));
      Autopsy autopsy = perform(cut, ledger);
      assertThat(autopsy.verdict().kind())
          .as("prefix of %d", length)
          .isIn(FailureKind.USE_AFTER_FREE, FailureKind.UNKNOWN);
      explained += autopsy.verdict().kind().isExplained() ? 1 : 0;
    }
    assertThat(explained).isGreaterThan(5);
  }

  @Test
  void theJsonFollowsItsSchema() throws Exception {
    String page = Files.readString(Path.of("..", "docs", "formats", "autopsy.md"));
    String schema = page.substring(page.indexOf("```json") + 7, page.lastIndexOf("```"));
    for (Autopsy autopsy :
        new Autopsy[] {
          perform(log(ADDRESS + 100), ledger(Scene::died)),
          perform(log(ADDRESS), null),
          perform(null, ledger(Scene::died))
        }) {
      String json = written(AutopsyWriter.json(), autopsy);
      Validator validator =
          new ValidatorFactory().withJsonNodeFactory(new GsonNode.Factory()).createValidator();
      assertThat(validator.validate(validator.registerSchema(schema), json).getErrors())
          .as(json)
          .isEmpty();
    }
  }

  @Test
  void thePageNeedsNothingElse() throws Exception {
    Path ledger =
        ledger(l -> {
          l.allocate(1, ADDRESS, SIZE, LedgerName.of("<script>alert(1)</script>"));
          l.bind(1, ADDRESS, MAP, "<b>&\"");
          l.free(1, ADDRESS, SIZE, TAG);
        });
    String html = written(AutopsyWriter.html(), perform(log(ADDRESS + 100), ledger));
    assertThat(html)
        .startsWith("<!DOCTYPE html>")
        .contains("<code>docs/rules/LBR001.md</code>")
        .doesNotContain("href=")
        .contains("<svg role=\"img\"", "prefers-color-scheme: dark", "&lt;script&gt;")
        .doesNotContain("<script", "<b>", "src=", "@import", "url(");
    assertThat(Pattern.compile("https?://(?!www\\.w3\\.org/2000/svg)").matcher(html).find())
        .as("nothing comes from elsewhere")
        .isFalse();
  }

  @Test
  void exhaustedMemoryHasAdviceOfItsOwn() throws Exception {
    Path log =
        Files.writeString(
            folder.resolve("oom.log"),
            """
            #
            # There is insufficient memory for the Java Runtime Environment to continue.
            # Native memory allocation (mmap) failed to map 16384 bytes.
            #  Out of Memory Error (os_linux.cpp:2805), pid=12, tid=13
            """);
    Autopsy autopsy = perform(log, null);
    assertThat(autopsy.verdict().kind()).isEqualTo(FailureKind.NOT_OURS);
    assertThat(String.join(" ", autopsy.advice()))
        .contains("container", "-Xmx", "VM.native_memory")
        .doesNotContain("update");
  }

  @Test
  void namesOfEastAsiaTakeTwoColumns() throws Exception {
    String name = "東京都千代田区のキャッシュ한국어ｗｉｄｅ🚀".repeat(3);
    Autopsy autopsy =
        perform(
            log(ADDRESS + 100),
            ledger(l -> {
              l.allocate(1, ADDRESS, SIZE, TAG);
              l.bind(1, ADDRESS, LedgerName.of(name), "東京");
              l.free(1, ADDRESS, SIZE, TAG);
            }));
    for (int width : new int[] {30, 31, 60, 80}) {
      String text = written(AutopsyWriter.text(width, false), autopsy);
      assertThat(text.lines())
          .allSatisfy(line -> assertThat(columns(line)).as(line).isLessThanOrEqualTo(width));
      assertThat(text.replaceAll("\\s", "")).contains("東京都千代田区");
    }
  }

  /** All characters of that name are wide, and nothing else in the text is. */
  private static long columns(String line) {
    return line.codePoints().map(c -> c < 0x2e80 ? 1 : 2).sum();
  }

  @Test
  void noLineIsWiderThanAsked() throws Exception {
    Autopsy autopsy = perform(log(ADDRESS + 100), ledger(Scene::died));
    for (int width : new int[] {30, 60, 80}) {
      assertThat(written(AutopsyWriter.text(width, false), autopsy).lines())
          .allSatisfy(line -> assertThat(line.length()).as(line).isLessThanOrEqualTo(width));
    }
    assertThat(written(AutopsyWriter.plainText(80), autopsy))
        .as("a name is whole where it is searched for")
        .contains(
            "dev.lifebound.crash.autopsy.AutopsyTest.noLineIsWiderThanAsked(AutopsyTest.java:");
  }

  @Test
  void theSameCrashOfAnotherRunHasTheSameFingerprint() throws Exception {
    Finding one = finding(perform(log(ADDRESS + 100), ledger(Scene::died)));
    long moved = 0x7e00_0000_0000L;
    Finding again =
        finding(
            perform(
                log(moved + 4000, "lambda$read$3(I)V+7", "lambda$read$12(I)V+9"),
                ledger(l -> {
                  l.allocate(7, moved, SIZE, TAG);
                  l.bind(7, moved, MAP, "bert");
                  l.free(7, moved, SIZE, TAG);
                })));
    assertThat(again.fingerprints()).isEqualTo(one.fingerprints());
    assertThat(one.colour()).isEqualTo(Colour.RED);
    assertThat(one.rule()).isEqualTo("LBR001");

    Finding elsewhere =
        finding(
            perform(log(ADDRESS, "Cache.lambda$read", "Cache.lambda$write"), ledger(Scene::died)));
    Finding otherMap =
        finding(
            perform(
                log(ADDRESS),
                ledger(l -> {
                  l.allocate(1, ADDRESS, SIZE, TAG);
                  l.bind(1, ADDRESS, LedgerName.of("tiles"), "anna");
                  l.free(1, ADDRESS, SIZE, TAG);
                })));
    assertThat(elsewhere.fingerprints()).isNotEqualTo(one.fingerprints());
    assertThat(otherMap.fingerprints()).isNotEqualTo(one.fingerprints());
  }

  private static Finding finding(Autopsy autopsy) {
    Report report = AutopsyFindings.report(autopsy, "0.1.0");
    assertThat(report.findings()).hasSize(1);
    return report.findings().getFirst();
  }

  @Test
  void aCrashWithoutAVerdictIsANoticeAndNoFinding() throws Exception {
    Report report = AutopsyFindings.report(perform(log(ADDRESS), null), "0.1.0");
    assertThat(report.findings()).isEmpty();
    assertThat(report.notices()).extracting("code").contains("no-verdict");
  }
}
