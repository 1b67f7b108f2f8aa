package dev.lifebound.memory.os;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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

  /** An update puts a new file in the place of one that is loaded. */
  @Test
  void aLibraryWhoseFileWasReplacedHasItsOwnNamesAndNotThoseOfTheNewFile(@TempDir Path folder)
      throws Exception {
    Path library = compile(folder, "libchanged.so", "int first_function(void) { return 1; }");
    long first = load(library, "first_function");
    assertThat(frames.text(first, false)).isEqualTo("libchanged.so: first_function+0x0");
    Path next = compile(folder, "libnext.so", "int other(void) { return 3; }");
    Files.move(next, library, StandardCopyOption.REPLACE_EXISTING);
    // As for somebody who has not seen the file before.
    assertThat(NativeFrames.anew().text(first, false))
        .isEqualTo("libchanged.so: first_function+0x0");
    Files.delete(library);
    assertThat(NativeFrames.anew().text(first + 2, false))
        .isEqualTo("libchanged.so: first_function+0x2");
  }

  /**
   * Names of files are bytes to Linux; one that is no UTF-8 must not cost all others their names.
   */
  @Test
  void aLibraryInAFolderWithoutAUtf8Name(@TempDir Path folder) throws Exception {
    Path library = compile(folder, "libodd.so", "int odd_function(void) { return 1; }");
    byte[] name = (folder + "/f?.so\0").getBytes(StandardCharsets.UTF_8);
    name[name.length - 5] = (byte) 0xff;
    try (Arena arena = Arena.ofConfined()) {
      Linker linker = Linker.nativeLinker();
      MemorySegment from = arena.allocateFrom(library.toString());
      MemorySegment to = arena.allocateFrom(JAVA_BYTE, name);
      long rename = linker.defaultLookup().findOrThrow("rename").address();
      assertThat((int) NativeCalls.call(rename, from.address(), to.address())).isZero();
      long open = linker.defaultLookup().findOrThrow("dlopen").address();
      long handle = NativeCalls.call(open, to.address(), 2);
      assertThat(handle).isNotZero();
      long remove = linker.defaultLookup().findOrThrow("unlink").address();
      assertThat((int) NativeCalls.call(remove, to.address())).isZero();
      assertThat(frames.text(DynamicLinker.find(handle, "odd_function"), false))
          .isEqualTo("f\u00ff.so: odd_function+0x0");
      assertThat(NativeFrames.anew().text(open, false)).matches("libc.*so.*: dlopen\\+0x0");
      assertThat(ThreadRecords.ranges()).isNotEmpty();
      DynamicLinker.letGo(handle);
    }
  }

  private static Path compile(Path folder, String name, String source) throws Exception {
    Path code = Files.writeString(folder.resolve(name + ".c"), source);
    Path library = folder.resolve(name);
    Process gcc =
        new ProcessBuilder("gcc", "-shared", "-fPIC", "-o", library.toString(), code.toString())
            .inheritIO()
            .start();
    assertThat(gcc.waitFor()).isZero();
    return library;
  }

  @SuppressWarnings("restricted")
  private static long load(Path library, String function) {
    return SymbolLookup.libraryLookup(library, Arena.global()).findOrThrow(function).address();
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
