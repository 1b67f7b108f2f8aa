package dev.lifebound.memory.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The reader and every kind of file that is not as it should be. */
class LedgerFileTest {
  private static final LedgerName TAG = LedgerName.of("session");
  private static final LedgerSettings SMALL = new LedgerSettings(2, 16, 1, 4_096, 1, 4);

  @TempDir private Path folder;
  private Path file = Path.of("");
  private byte[] whole = {};
  private List<LedgerEvent> events = List.of();

  @BeforeEach
  void write() throws Exception {
    file = folder.resolve("ledger");
    try (Ledger ledger = Ledger.create(file, SMALL)) {
      for (int i = 1; i <= 40; i++) {
        ledger.allocate(i, 16L * i, 8, TAG);
        ledger.bind(i, 16L * i, LedgerName.of("map" + i % 3), "key" + i);
      }
      Thread.ofPlatform().name("other").start(() -> ledger.free(40, 640, 8, TAG)).join();
      ledger.staleUse(40, 640, TAG);
    }
    whole = Files.readAllBytes(file);
    events = parse(whole).events();
    assertThat(events).hasSize(16 + 2);
  }

  private static LedgerFile parse(byte[] bytes) throws LedgerException {
    return LedgerFile.parse(Path.of("test"), bytes, false);
  }

  @Test
  void everyCutGivesWhatIsWholeBeforeIt() throws Exception {
    Set<LedgerEvent> all = new HashSet<>(events);
    int last = 0;
    for (int length = 0; length < whole.length; length += length < 5_000 ? 7 : 64) {
      byte[] cut = Arrays.copyOf(whole, length);
      if (length < Layout.HEADER_BYTES) {
        assertThatThrownBy(() -> parse(cut))
            .isInstanceOf(LedgerException.class)
            .hasMessageMatching("a ledger must .*: file=test, bytes=\\d+.*; .*");
      } else {
        LedgerFile read = parse(cut);
        assertThat(read.events().stream().map(LedgerFileTest::withoutTexts))
            .as("cut at %d", length)
            .isSubsetOf(all.stream().map(LedgerFileTest::withoutTexts).toList());
        assertThat(read.events()).hasSizeGreaterThanOrEqualTo(last);
        assertThat(read.notices()).extracting(LedgerNotice::code).contains("ledger-cut");
        assertThat(read.missing() + read.damaged()).isZero();
        last = read.events().size();
      }
    }
    assertThat(last).isEqualTo(events.size());
  }

  /** After years at the highest rate. */
  @Test
  void sequenceNumbersGoRound() throws Exception {
    Path late = folder.resolve("late");
    FileParts parts = FileParts.create(late, SMALL);
    long head = Layout.HEADER_BYTES + Layout.HEAD_OFFSET;
    parts.memory().set(Layout.LONG, head, Layout.SEQUENCE_MASK - 3);
    Stripe stripe = parts.own()[0];
    LedgerFile before = null;
    for (long i = 1; i <= 40; i++) {
      // Several within one tick of the clock: then the sequence alone tells their order.
      stripe.append(1L << Layout.TYPE_SHIFT, i / 8, 16 * i, 8, i, 0, 0, 1);
      LedgerFile read = LedgerFile.read(late);
      assertThat(read.notices()).as("after %d", i).isEmpty();
      assertThat(read.missing() + read.damaged()).isZero();
      List<Long> blocks = read.events().stream().map(LedgerEvent::block).toList();
      assertThat(blocks).isEqualTo(LongStream.rangeClosed(Math.max(1, i - 15), i).boxed().toList());
      if (before != null) {
        assertThat(read.eventsAfter(before)).extracting(LedgerEvent::block).containsExactly(i);
      }
      before = read;
    }
    parts.close(41, 0);
  }

  /** What is in the record itself: a cut takes the text area first, and threads' names. */
  private static List<Long> withoutTexts(LedgerEvent e) {
    return List.of((long) e.typeCode(), e.nanoTime(), e.block(), e.address(), e.thread());
  }

  /** A pipe that nobody writes, a device without an end, a large file: each is refused at once. */
  @Test
  void whatCannotBeALedgerIsNotRead() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).inheritIO().start().waitFor())
        .isZero();
    for (Path place : List.of(pipe, Path.of("/dev/zero"), folder)) {
      assertThatThrownBy(() -> LedgerFile.read(place))
          .isInstanceOf(LedgerException.class)
          .hasMessageMatching("a ledger must be a plain file: file=.*, kind=.*; .*");
    }
    Path large = folder.resolve("large");
    try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
      file.setLength(1L << 40);
      assertThatThrownBy(() -> LedgerFile.read(large)).hasMessageContaining("LBLEDGER");
      file.write(whole, 0, Layout.HEADER_BYTES);
      assertThatThrownBy(() -> LedgerFile.read(large))
          .hasMessageMatching("a ledger must not be larger: file=.*, bytes=1099511627776, .*");
    }
  }

  @Test
  void noChangedBitIsTakenForAnEvent() throws Exception {
    Set<List<Long>> all = new HashSet<>(events.stream().map(LedgerFileTest::withoutTexts).toList());
    int first = Layout.HEADER_BYTES + Layout.STRIPE_HEADER_BYTES;
    byte[] changed = whole.clone();
    for (int at = first; at < first + 16 * Layout.RECORD_BYTES; at++) {
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        changed[at] ^= (byte) (1 << bit);
        LedgerFile read = parse(changed);
        // An incident is still there as its copy.
        assertThat(read.events()).hasSizeGreaterThanOrEqualTo(events.size() - 1);
        assertThat(read.damaged()).isEqualTo(1);
        assertThat(all).containsAll(read.events().stream().map(e -> withoutTexts(e)).toList());
        changed[at] ^= (byte) (1 << bit);
      }
    }
  }

  @Test
  void changedBytesAnywhereLeaveTheRestReadable() {
    Set<List<Long>> all = new HashSet<>(events.stream().map(LedgerFileTest::withoutTexts).toList());
    Random random = new Random(4);
    int wrong = 0;
    for (int round = 0; round < 5_000; round++) {
      byte[] changed = whole.clone();
      int flips = 1 + random.nextInt(8);
      for (int i = 0; i < flips; i++) {
        // Every other time in the records, which are the smaller part of the file.
        int at =
            round % 2 == 0
                ? random.nextInt(changed.length)
                : Layout.HEADER_BYTES + random.nextInt(2 * (int) Layout.stripeBytes(16));
        changed[at] ^= (byte) (1 << random.nextInt(Byte.SIZE));
      }
      try {
        LedgerFile read = parse(changed);
        assertThat(read.events().size()).isGreaterThanOrEqualTo(events.size() - flips);
        for (LedgerEvent event : read.events()) {
          wrong += all.contains(withoutTexts(event)) ? 0 : 1;
        }
      } catch (LedgerException e) {
        assertThat(e).hasMessageMatching("(?s).*a ledger.*: file=test, .*; .*");
      }
    }
    // Of several changes in one record the check of 16 bits misses one in 65,536.
    assertThat(wrong).isLessThanOrEqualTo(5);
  }

  @Test
  void garbageOfAnyKindIsReadWithoutHarm() {
    Random random = new Random(5);
    for (int round = 0; round < 500; round++) {
      byte[] changed = whole.clone();
      int from = random.nextInt(changed.length);
      int to = Math.min(changed.length, from + random.nextInt(3_000));
      byte[] garbage = new byte[to - from];
      random.nextBytes(garbage);
      System.arraycopy(garbage, 0, changed, from, garbage.length);
      if (round % 5 == 0) {
        // A header that names the format and is otherwise anything.
        random.nextBytes(garbage);
        byte[] page = new byte[Layout.HEADER_BYTES];
        random.nextBytes(page);
        System.arraycopy(page, 0, changed, 0, page.length);
        System.arraycopy(Layout.MAGIC, 0, changed, 0, Layout.MAGIC.length);
      }
      try {
        // Where the kind of a stripe is damaged, an incident may be there twice.
        assertThat(parse(changed).events()).hasSizeLessThanOrEqualTo(events.size() + 2);
      } catch (LedgerException e) {
        assertThat(e).hasMessageContaining("file=test");
      }
    }
  }

  @Test
  void aDamagedHeaderIsReplacedByItsCopy() throws Exception {
    for (int at = 0; at < 128; at += 4) {
      byte[] changed = whole.clone();
      Arrays.fill(changed, at, at + 4, (byte) 0x5A);
      LedgerFile read = parse(changed);
      assertThat(read.events()).isEqualTo(events);
      assertThat(read.notices())
          .extracting(LedgerNotice::code)
          .containsExactly("ledger-header-damaged");
    }
  }

  @Test
  void aDamagedRecordIsLeftOutAndCounted() throws Exception {
    byte[] changed = whole.clone();
    int record = Layout.HEADER_BYTES + Layout.STRIPE_HEADER_BYTES + 5 * Layout.RECORD_BYTES;
    changed[record + Layout.ADDRESS_OFFSET] ^= 1;
    LedgerFile read = parse(changed);
    assertThat(read.events()).hasSize(events.size() - 1).isSubsetOf(events);
    assertThat(read.damaged()).isEqualTo(1);
    assertThat(read.notices())
        .extracting(LedgerNotice::code)
        .containsExactly("ledger-records-damaged");
  }

  @Test
  void aHoleBetweenEventsIsTold() throws Exception {
    byte[] changed = whole.clone();
    int record = Layout.HEADER_BYTES + Layout.STRIPE_HEADER_BYTES + 5 * Layout.RECORD_BYTES;
    Arrays.fill(changed, record, record + Layout.RECORD_BYTES, (byte) 0);
    LedgerFile read = parse(changed);
    assertThat(read.missing()).isEqualTo(1);
    assertThat(read.notices())
        .extracting(LedgerNotice::code)
        .containsExactly("ledger-events-missing");
  }

  @Test
  void aDamagedTextIsShownAsAQuestionMark() throws Exception {
    byte[] changed = whole.clone();
    int texts = changed.length - SMALL.textBytes();
    Arrays.fill(changed, texts, changed.length, (byte) 0x11);
    LedgerFile read = parse(changed);
    assertThat(read.events()).hasSize(events.size());
    assertThat(read.events().getLast().name()).isEqualTo("?");
    assertThat(read.events().getLast().stack()).containsExactly("?");
    assertThat(read.notices()).extracting(LedgerNotice::code).containsExactly("ledger-texts-lost");
  }

  @Test
  void theOtherByteOrderIsReadAlike() throws Exception {
    LedgerFile swapped = parse(ByteSwap.of(whole, SMALL));
    assertThat(swapped.events()).isEqualTo(events);
    assertThat(swapped.notices()).isEmpty();
    assertThat(swapped.header().byteOrder()).isNotEqualTo(ByteOrder.nativeOrder());
    assertThat(swapped.header().pid()).isEqualTo(ProcessHandle.current().pid());
  }

  @Test
  void aNewerVersionIsReadAsFarAsItIsKnown() throws Exception {
    byte[] newer = whole.clone();
    // Type 77 in the newest record of the first stripe, and version 2.5.
    ByteSwap.patchVersion(newer, 2, 5);
    ByteSwap.patchType(newer, Layout.HEADER_BYTES + Layout.STRIPE_HEADER_BYTES, 77);
    LedgerFile read = parse(newer);
    assertThat(read.header().version()).isEqualTo("2.5");
    assertThat(read.notices())
        .extracting(LedgerNotice::code)
        .containsExactly("ledger-newer-version");
    assertThat(read.events()).hasSize(events.size());
    assertThat(read.events().stream().filter(event -> event.type() == EventType.UNKNOWN))
        .hasSize(1)
        .allSatisfy(event -> assertThat(event.typeText()).isEqualTo("type 77"));
  }

  @Test
  void whatIsNoLedgerIsRefusedWithAReason() throws Exception {
    Path empty = Files.createFile(folder.resolve("empty"));
    Path text = Files.writeString(folder.resolve("text"), "LBLEDGER is a name\n".repeat(1_000));
    Path elf = Files.write(folder.resolve("elf"), new byte[100_000]);
    Path zeroes = Files.write(folder.resolve("zeroes"), new byte[1 << 20]);
    List<Path> wrong = List.of(empty, text, elf, zeroes, folder, folder.resolve("none"));
    for (Path path : wrong) {
      assertThatThrownBy(() -> LedgerFile.read(path))
          .isInstanceOf(LedgerException.class)
          .hasMessageMatching("(?:a|the header of a) ledger must .*: file=.*=.*; .*");
    }
    assertThatThrownBy(() -> LedgerFile.read(folder.resolve("none")))
        .hasMessageContaining("reason=no such file");
  }

  @Test
  void aLaterReadingGivesTheEventsThatWereNotThere() throws Exception {
    Path live = folder.resolve("live");
    try (Ledger ledger = Ledger.create(live, SMALL)) {
      ledger.allocate(1, 1, 1, TAG);
      LedgerFile first = LedgerFile.read(live);
      assertThat(LedgerFile.read(live).eventsAfter(first)).isEmpty();
      ledger.allocate(2, 2, 2, TAG);
      ledger.staleUse(3, 3, TAG);
      Thread.ofVirtual().start(() -> ledger.allocate(4, 4, 4, TAG)).join();
      assertThat(LedgerFile.read(live).eventsAfter(first))
          .extracting(LedgerEvent::block)
          .containsExactlyInAnyOrder(2L, 3L, 4L);
    }
  }

  @Test
  void whatIsReadWhileItIsWrittenHasNoNotice() throws Exception {
    Path live = folder.resolve("live");
    try (Ledger ledger = Ledger.create(live, SMALL)) {
      Thread writer =
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; !Thread.currentThread().isInterrupted(); i++) {
                  ledger.allocate(i, 3L * i, 5L * i, TAG);
                }
              });
      try {
        for (int i = 0; i < 200; i++) {
          LedgerFile read = LedgerFile.read(live);
          assertThat(read.notices()).isEmpty();
          assertThat(read.events())
              .filteredOn(event -> event.type() == EventType.ALLOCATE)
              .allSatisfy(event -> {
                assertThat(event.address()).isEqualTo(3 * event.block());
                assertThat(event.size()).isEqualTo(5 * event.block());
              });
        }
      } finally {
        writer.interrupt();
        writer.join();
      }
    }
  }

  @Test
  void theDrawnLayoutIsTheOneOfThePage() throws IOException {
    String page =
        Files.readString(Path.of("..", "docs", "formats", "ledger.md"), StandardCharsets.UTF_8);
    IntStream.rangeClosed(1, 14)
        .mapToObj(code -> "| " + code + " | `" + EventType.of(code).text() + "` |")
        .forEach(row -> assertThat(page).contains(row));
    assertThat(page).contains("0x9E3779B97F4A7C15", "\"LBLEDGER\"");
    for (String code :
        List.of(
            "ledger-cut",
            "ledger-events-dropped",
            "ledger-events-missing",
            "ledger-header-damaged",
            "ledger-newer-version",
            "ledger-records-damaged",
            "ledger-texts-lost",
            "ledger-texts-refused")) {
      assertThat(page).contains("| `" + code + "` |");
    }
  }
}
