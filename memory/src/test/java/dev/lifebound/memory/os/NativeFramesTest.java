package dev.lifebound.memory.os;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Linker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeFramesTest {
  private final NativeFrames frames = NativeFrames.ofProcess();

  @Test
  void aFunctionOfTheCLibraryIsNamed() {
    long qsort = Linker.nativeLinker().defaultLookup().find("qsort").orElseThrow().address();
    assertThat(frames.text(qsort, false)).matches("libc.*so.*: qsort\\+0x0");
    assertThat(frames.text(qsort + 4, false)).matches("libc.*so.*: qsort\\+0x4");
  }

  @Test
  void theAddressBehindACallBelongsToTheCaller() {
    long qsort = Linker.nativeLinker().defaultLookup().find("qsort").orElseThrow().address();
    assertThat(frames.text(qsort, true)).doesNotContain("qsort+0x0");
  }

  @Test
  void javaAndNothingAreToldApart() {
    HotSpot.CodeHeap heap = HotSpot.facts().codeHeaps().getFirst();
    assertThat(frames.text(heap.low() + 64, false)).startsWith("(Java, 0x");
    assertThat(frames.text(16, false)).isEqualTo("(unknown, 0x10)");
  }

  @Test
  void plainNamesOfCxx() {
    assertThat(CxxNames.plain("qsort")).isEqualTo("qsort");
    assertThat(CxxNames.plain("_ZN7rocksdb6DBIter4SeekERKNS_5SliceE"))
        .isEqualTo("rocksdb::DBIter::Seek");
    assertThat(CxxNames.plain("_ZNK7rocksdb6DBIter5ValidEv")).isEqualTo("rocksdb::DBIter::Valid");
    assertThat(CxxNames.plain("_ZN7rocksdb6DBImplD2Ev")).isEqualTo("rocksdb::DBImpl::~DBImpl");
    assertThat(CxxNames.plain("_ZN7rocksdb6DBImplC1Ev")).isEqualTo("rocksdb::DBImpl::DBImpl");
    assertThat(CxxNames.plain("_Z4openPKc")).isEqualTo("open");
    for (String odd :
        new String[] {"_Z", "_ZN", "_ZN9", "_ZN99999999999x", "_Znwm", "_ZN3fooIiE"}) {
      assertThat(CxxNames.plain(odd)).isEqualTo(odd);
    }
  }

  @Test
  void aDamagedFileGivesFewerSymbolsAndNoError(@TempDir Path folder) throws IOException {
    Path library = Path.of(System.getProperty("java.home"), "lib", "libzip.so");
    byte[] whole = Files.readAllBytes(library);
    assertThat(ElfSymbols.read(library).size()).isPositive();
    Path damaged = folder.resolve("damaged.so");
    Random random = new Random(7);
    for (int round = 0; round < 300; round++) {
      byte[] bytes = whole.clone();
      for (int i = 0; i < 8; i++) {
        bytes[random.nextInt(round % 2 == 0 ? 64 : bytes.length)] = (byte) random.nextInt();
      }
      Files.write(
          damaged,
          round % 3 == 0 ? java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes);
      assertThat(ElfSymbols.read(damaged).size()).isNotNegative();
    }
    assertThat(ElfSymbols.read(folder.resolve("absent")).size()).isZero();
  }
}
