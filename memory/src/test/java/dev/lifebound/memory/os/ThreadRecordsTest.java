package dev.lifebound.memory.os;

import static org.assertj.core.api.Assertions.assertThat;

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
}
