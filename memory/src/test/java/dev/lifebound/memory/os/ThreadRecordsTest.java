package dev.lifebound.memory.os;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ThreadRecordsTest {
  /** What an agent needs, which starts before HotSpot answers. */
  @Test
  void theVirtualMachineIsFoundWithoutAskingForIt() {
    JavaStacks stacks = HotSpot.facts().javaStacks().orElseThrow();
    ThreadRecords threads = new ThreadRecords(new VmStructs(LoadedLibrary.of("libjvm.so")));
    assertThat(threads.of(LibC.threadId())).isEqualTo(stacks.currentJavaThread());
    assertThat(JvmTables.vmOfThisThread(threads)).isEqualTo(stacks.javaVm());
  }

  /** Records and lists of records are freed all the time. */
  @Test
  void threadsThatComeAndGoDoNoHarm() throws Exception {
    ThreadRecords threads = new ThreadRecords(new VmStructs(LoadedLibrary.of("libjvm.so")));
    AtomicBoolean done = new AtomicBoolean();
    Thread churn =
        Thread.ofPlatform()
            .start(() -> {
              while (!done.get()) {
                Thread other = Thread.ofPlatform().start(() -> {});
                try {
                  other.join();
                } catch (InterruptedException e) {
                  return;
                }
              }
            });
    long mine = threads.of(LibC.threadId());
    for (int i = 0; i < 2_000; i++) {
      assertThat(threads.of(LibC.threadId())).isEqualTo(mine);
    }
    done.set(true);
    churn.join();
  }

  @Test
  void whatIsNotThereIsNotRead() {
    VmStructs structs = new VmStructs(LoadedLibrary.of("libjvm.so"));
    ByteBuffer from = Words.bytes(16).putLong(0, 7).putLong(8, 8);
    ByteBuffer to = Words.bytes(16);
    try {
      assertThat(structs.copy(Words.address(from), to, 16)).isTrue();
      assertThat(to).isEqualTo(from);
    } finally {
      Reference.reachabilityFence(from);
    }
    assertThat(structs.copy(16, to, 8)).isFalse();
    assertThat(structs.copy(-4096, to, 8)).isFalse();
  }
}
