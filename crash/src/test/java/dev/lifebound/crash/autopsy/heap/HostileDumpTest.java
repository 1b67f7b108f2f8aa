package dev.lifebound.crash.autopsy.heap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.crash.autopsy.heap.HeapSearch.Held;
import dev.lifebound.crash.autopsy.heap.HeapSearch.Target;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Heap dumps that are cut or changed at every byte, of every kind of record. */
class HostileDumpTest {
  private static final int HEADER_BYTES = 31;

  @TempDir private Path folder;
  private byte[] dump;
  private Path file;

  @BeforeEach
  void dump() throws Exception {
    dump = DumpBytes.of();
    file = folder.resolve("dump.hprof");
  }

  /** The holders; empty when the file is said to be no dump. */
  private Optional<HeapSearch.Result> search(byte[] bytes) throws Exception {
    Files.write(file, bytes);
    try {
      return Optional.of(HeapSearch.find(file, Target.block(DumpBytes.NUMBER, 64)));
    } catch (UnreadableDumpException e) {
      assertThat(e).hasMessageContaining("file=" + file);
      return Optional.empty();
    }
  }

  private static void isRightOrMissing(String what, HeapSearch.Result result) {
    assertThat(result.holders())
        .as(what)
        .allSatisfy(held -> assertThat(held.number()).isEqualTo(DumpBytes.NUMBER));
  }

  @Test
  void theWholeDumpNamesTheMapAndItsKey() throws Exception {
    HeapSearch.Result result = search(dump).orElseThrow();
    assertThat(result.notices()).isEmpty();
    assertThat(result.holders()).extracting(Held::place).containsExactly(DumpBytes.PLACE);
    assertThat(result.holders().getFirst().key()).isEqualTo("anna");
  }

  @Test
  void cutAtAnyByteItGivesWhatIsThereOrSaysSo() throws Exception {
    int told = 0;
    for (int length = 0; length < dump.length; length++) {
      Optional<HeapSearch.Result> result = search(Arrays.copyOf(dump, length));
      assertThat(result.isPresent()).as("%d bytes", length).isEqualTo(length >= HEADER_BYTES);
      if (result.isPresent()) {
        isRightOrMissing(length + " bytes", result.get());
        told += result.get().notices().containsKey("heap-dump-cut") ? 1 : 0;
      }
    }
    // A cut between two records of the file is no cut that a reader can see.
    assertThat(told).isGreaterThan((dump.length - HEADER_BYTES) * 9 / 10);
  }

  @Test
  @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void changedAtAnyByteItIsNoFailure() throws Exception {
    for (int at = 0; at < dump.length; at++) {
      for (int change : new int[] {0x00, 0xff, dump[at] ^ 0x81}) {
        byte[] changed = dump.clone();
        changed[at] = (byte) change;
        Optional<HeapSearch.Result> result = search(changed);
        int where = at;
        result.ifPresent(found -> {
          assertThat(found.holders().size()).as("byte %d", where).isLessThan(3);
          assertThat(found.holders())
              .allSatisfy(
                  held -> assertThat(held.number() >>> 12).isEqualTo(DumpBytes.NUMBER >>> 12));
        });
      }
    }
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void whatUnpacksToVeryMuchNothingIsReadToItsEnd() throws Exception {
    Path bomb = folder.resolve("bomb.gz");
    byte[] zeroes = new byte[1 << 20];
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(bomb))) {
      out.write(dump);
      for (int i = 0; i < 64; i++) {
        out.write(zeroes);
      }
    }
    HeapSearch.Result result = HeapSearch.find(bomb, Target.block(DumpBytes.NUMBER, 64));
    assertThat(result.holders()).extracting(Held::place).containsExactly(DumpBytes.PLACE);
  }

  @Test
  void noDumpIsLeftOpen() throws Exception {
    for (int length : new int[] {0, 20, HEADER_BYTES, dump.length / 2, dump.length}) {
      byte[] cut = Arrays.copyOf(dump, length);
      if (length > 0) {
        cut[length - 1] = (byte) 0xff;
      }
      Optional<HeapSearch.Result> _ = search(cut);
    }
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      List<Path> open =
          all.filter(
                  one -> {
                    try {
                      return Files.readSymbolicLink(one).startsWith(folder);
                    } catch (java.io.IOException e) {
                      return false; // closed meanwhile
                    }
                  })
              .toList();
      assertThat(open).isEmpty();
    }
  }
}
