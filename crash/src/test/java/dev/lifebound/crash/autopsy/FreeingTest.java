package dev.lifebound.crash.autopsy;

import static dev.lifebound.crash.autopsy.Scene.ADDRESS;
import static dev.lifebound.crash.autopsy.Scene.perform;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A crash is a second free only where the C library's free was given the dead block. */
class FreeingTest {
  private static final String FRAME = "V  [libjvm.so+0x1233f9d]  Unsafe_GetLong+0xad";

  @TempDir private Path folder;

  @Test
  void onlyTheCLibrarysOwnNamesAreASecondFree() throws Exception {
    Path ledger = new Scene(folder).ledger(Scene::died);
    for (String frame :
        new String[] {
          "C  [libx.so+0x1140]  Pool::free(int volatile*)+0x0",
          "J 731 c2 shop.Pool.free(Ljava/lang/foreign/MemorySegment;I)I (38 bytes) @ 0x00007f0d"
              + " [0x00007f0d+0x18]",
          "C  [free+0x1140]  read+0x4",
          "C  [libx.so+0x1140]  pool_free+0x4",
          "C  [libx.so+0x1140]  free_list(void*)+0x4",
          "C  [libx.so+0x1140]  Pool::operator delete(void*)+0x4"
        }) {
      Autopsy autopsy = perform(new Scene(folder).log(ADDRESS + 16, FRAME, frame), ledger);
      assertThat(autopsy.verdict().kind()).as(frame).isEqualTo(FailureKind.USE_AFTER_FREE);
    }
    for (String frame :
        new String[] {
          "C  [libc.so.6+0x98f0a]  __libc_free+0x1a",
          "C  [libc.so.6+0x98f0a]  _int_free.part.0+0x1a",
          "C  [libc.so.6+0x98f0a]  unlink_chunk.constprop.0+0x1a",
          "C  [libstdc++.so.6+0x98f0a]  operator delete[](void*, unsigned long)+0x1a",
          "C  [libjemalloc.so.2+0x98f0a]  free"
        }) {
      Autopsy autopsy = perform(new Scene(folder).log(ADDRESS - 8, FRAME, frame), ledger);
      assertThat(autopsy.verdict().kind()).as(frame).isEqualTo(FailureKind.DOUBLE_FREE);
    }
  }

  @Test
  void aRegisterIsNoArgumentOfFreeWhenAnotherOneIs() throws Exception {
    Path ledger = new Scene(folder).ledger(Scene::died);
    String free = "C  [libc.so.6+0x98f0a]  __libc_free+0x1a";
    long elsewhere = ADDRESS - (64L << 20);
    Path log = new Scene(folder).log(elsewhere, FRAME, free);
    Autopsy twice = perform(log, ledger);
    assertThat(twice.verdict().kind())
        .as("free looked for the heap of its argument, which a register holds")
        .isEqualTo(FailureKind.DOUBLE_FREE);
    assertThat(Objects.requireNonNull(twice.block()).block()).isEqualTo(1);

    String text = Files.readString(log);
    for (long ahead : new long[] {8, 16}) {
      Files.writeString(
          log, text.replace("RAX=0x0000000000000001", "RAX=0x%016x".formatted(elsewhere + ahead)));
      Autopsy wild = perform(log, ledger);
      assertThat(wild.verdict().kind())
          .as("free read the word before its argument")
          .isEqualTo(FailureKind.WILD_ADDRESS);
      assertThat(wild.block()).isNull();
    }
  }
}
