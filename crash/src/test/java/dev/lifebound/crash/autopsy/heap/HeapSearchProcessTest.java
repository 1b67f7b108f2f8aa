package dev.lifebound.crash.autopsy.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifebound.crash.autopsy.heap.HeapSearch.Held;
import dev.lifebound.crash.autopsy.heap.HeapSearch.Target;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeapSearchProcessTest {
  private static final String VICTIM = HolderVictim.class.getName();

  @TempDir private static Path folder;
  private static Path dump;

  @BeforeAll
  static void dumpAHeap() throws Exception {
    dump = folder.resolve("heap.hprof");
    String _ = Children.run(List.of("-Xmx64m"), HolderVictim.class, dump.toString(), "1000");
  }

  private static Held first(int number) throws UnreadableDumpException {
    List<Held> holders =
        HeapSearch.find(dump, Target.block(HolderVictim.at(number), 4096)).holders();
    assertThat(holders).as("holders of address %d", number).isNotEmpty();
    return holders.getFirst();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "1  | $Cursor.position | - | - | long",
        "2  | .BY_TEXT | anna | java.util.HashMap | Long",
        "3  | .BY_NUMBER | 1099511627776 | java.util.concurrent.ConcurrentHashMap | MemorySegment",
        "4  | .BY_ENUM | DAYS | java.util.TreeMap | AtomicLong",
        "5  | .BY_RECORD | Seat[hall=nördlich, row=7, unit=HOURS] | java.util.LinkedHashMap | long",
        "6  | .BY_INT | 42 | java.util.concurrent.ConcurrentSkipListMap | direct ByteBuffer",
        "7  | .BY_UUID | 35628264-c72b-4003-8000-0123456789ab | java.util.HashMap | Long",
        "8  | .BY_POINTER | 0x7e0000800000 | java.util.HashMap | MemorySegment",
        "9  | .BY_IDENTITY | identity | java.util.IdentityHashMap | Long",
        "10 | .LISTS | list | java.util.HashMap | Long",
        "12 | .IMMUTABLE | one | java.util.ImmutableCollections$MapN | Long",
        "13 | .TABLE | - | - | long[]",
        "14 | .single | - | - | static long",
        "15 | .COLLIDING | BBBB | java.util.HashMap | Long",
      })
  void namesFieldMapAndKey(
      int number, String place, @Nullable String key, @Nullable String map, String pointer)
      throws Exception {
    Held held = first(number);

    assertThat(held.place()).isEqualTo(VICTIM + place);
    assertThat(held.key()).isEqualTo(key);
    assertThat(held.map()).isEqualTo(map);
    assertThat(held.pointer()).startsWith(pointer);
    assertThat(held.number()).isEqualTo(HolderVictim.at(number));
  }

  @Test
  void aFieldWithoutAMapIsNamedWithItsClass() throws Exception {
    assertThat(first(11).place()).as("an EnumMap has no entries").isEqualTo(VICTIM + ".ENUM_MAP");
  }

  @Test
  void aSegmentThatReachesOverTheAddressHoldsIt() throws Exception {
    long inside = HolderVictim.at(3) + 4000;
    List<Held> holders = HeapSearch.find(dump, Target.upTo(inside & -4096L, inside)).holders();
    assertThat(holders.getFirst().place()).isEqualTo(VICTIM + ".BY_NUMBER");
    assertThat(HeapSearch.find(dump, Target.upTo(inside + 96, inside + 100)).holders()).isEmpty();
  }

  /** The victim has one from zero and one from below all its addresses. */
  @Test
  void aSegmentOverAllMemoryHoldsNothing() throws Exception {
    long free = HolderVictim.at(3) + 8192;
    assertThat(HeapSearch.find(dump, Target.block(free, 64)).holders()).isEmpty();
    assertThat(HeapSearch.find(dump, Target.block(0x7000_0000_0000L, 64)).holders())
        .as("what begins in the block does")
        .extracting(Held::place)
        .containsExactly(VICTIM + ".REST");
  }

  @Test
  void nobodyHoldsAnAddressThatIsNotThere() throws Exception {
    HeapSearch.Result result = HeapSearch.find(dump, Target.block(0x7d00_0000_0000L, 1 << 20));
    assertThat(result.holders()).isEmpty();
    assertThat(result.notices()).isEmpty();
  }

  @Test
  void aPackedDumpIsReadAsWell() throws Exception {
    Path packed = folder.resolve("heap.hprof.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
      long _ = Files.copy(dump, out);
    }
    assertThat(
            HeapSearch.find(packed, Target.block(HolderVictim.at(2), 64))
                .holders()
                .getFirst()
                .key())
        .isEqualTo("anna");
  }

  @Test
  void aDumpThatWasCutGivesWhatIsThere() throws Exception {
    long size = Files.size(dump);
    Path cut = folder.resolve("cut.hprof");
    Files.copy(dump, cut, StandardCopyOption.REPLACE_EXISTING);
    for (int i = 15; i >= 1; i--) {
      try (RandomAccessFile file = new RandomAccessFile(cut.toFile(), "rw")) {
        file.setLength(size * i / 16);
      }
      HeapSearch.Result result = HeapSearch.find(cut, Target.block(HolderVictim.at(2), 64));
      assertThat(result.notices()).as("%d/16", i).containsKey("heap-dump-cut");
      assertThat(result.holders())
          .allSatisfy(held -> assertThat(held.number()).isEqualTo(HolderVictim.at(2)));
    }
  }

  @Test
  void damagedRecordsEndTheReadingWithANotice() throws Exception {
    Path damaged = folder.resolve("damaged.hprof");
    Files.copy(dump, damaged);
    try (RandomAccessFile file = new RandomAccessFile(damaged.toFile(), "rw")) {
      for (long at = file.length() / 2; at < file.length(); at += 4096) {
        file.seek(at);
        file.write(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1});
      }
    }
    HeapSearch.Result result = HeapSearch.find(damaged, Target.block(HolderVictim.at(2), 64));
    assertThat(result.notices().keySet())
        .isNotEmpty()
        .isSubsetOf("heap-dump-damaged", "heap-dump-cut");
  }

  @Test
  void whatIsNoDumpIsAnError() throws Exception {
    Path text = Files.writeString(folder.resolve("text"), "no heap dump at all\0");
    for (Path file :
        List.of(text, folder, folder.resolve("none"), Files.createFile(folder.resolve("empty")))) {
      assertThatThrownBy(() -> HeapSearch.find(file, Target.block(1, 1)))
          .as("%s", file)
          .isInstanceOf(UnreadableDumpException.class)
          .hasMessageStartingWith("a heap dump must be a file in the HPROF format: file=" + file);
    }
  }

  /** A small one: 160 MB in 40 MB here, 2 GB in 512 MB in {@code bench/run autopsy}. */
  @Test
  void aDumpFourTimesTheHeapIsSearched() throws Exception {
    Path large = folder.resolve("large.hprof");
    String _ = Children.run(List.of("-Xmx800m"), HolderVictim.class, large.toString(), "600000");
    assertThat(Files.size(large)).isGreaterThan(160L << 20);
    String found =
        Children.run(
            List.of("-Xmx40m"),
            SearchMain.class,
            large.toString(),
            Long.toString(HolderVictim.at(5)));
    assertThat(found).startsWith(VICTIM + ".BY_RECORD Seat[hall=nördlich, row=7, unit=HOURS]");
    assertThat(Integer.parseInt(found.strip().replaceFirst("(?s).*heap ", "")))
        .isLessThanOrEqualTo(40 << 20);
    Files.delete(large);
  }
}
