package dev.lifebound.memory.os;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ThreadRecordsTest {
  /** What an agent needs, which starts before HotSpot answers. */
  @Test
  @SuppressWarnings("restricted")
  void theVirtualMachineIsFoundWithoutAskingForIt() throws Throwable {
    JavaStacks stacks = HotSpot.facts().javaStacks().orElseThrow();
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup jvm =
          SymbolLookup.libraryLookup(
              Path.of(System.getProperty("java.home"), "lib", "server", "libjvm.so"), arena);
      ThreadRecords threads = new ThreadRecords(new VmStructs(jvm));
      assertThat(threads.of(LibC.threadId())).isEqualTo(stacks.currentJavaThread());
      assertThat(JvmTables.vmOfThisThread(threads, arena)).isEqualTo(stacks.javaVm());
    }
  }
}
