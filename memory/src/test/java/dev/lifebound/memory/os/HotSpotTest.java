package dev.lifebound.memory.os;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HotSpotTest {
  private static final HotSpot FACTS = HotSpot.facts();

  @Test
  void nothingIsMissingHere() {
    assertThat(FACTS.missing()).isEmpty();
    assertThat(FACTS.javaStacks()).isPresent();
  }

  @Test
  void codeHeapsAreApartAndOneHoldsTheStubs() {
    List<HotSpot.CodeHeap> heaps = FACTS.codeHeaps();
    assertThat(heaps).isNotEmpty();
    assertThat(heaps).allMatch(heap -> heap.low() < heap.high());
    assertThat(heaps).filteredOn(heap -> !heap.compiledJavaOnly()).hasSize(1);
    for (HotSpot.CodeHeap one : heaps) {
      assertThat(heaps).filteredOn(other -> other.contains(one.low())).containsExactly(one);
    }
  }

  @Test
  void theThreadsStateIsFound() {
    JavaStacks stacks = FACTS.javaStacks().orElseThrow();
    // SAFETY: this thread's own record. Compiled or interpreted Java reads its own state.
    int state = Raw.getInt(stacks.currentJavaThread() + stacks.threadStateOffset());
    assertThat(state).as("_thread_in_Java").isEqualTo(8);
    assertThat(stacks.threadInNative()).isEqualTo(4);
  }

  @Test
  void aVirtualThreadFindsTheSame() throws InterruptedException {
    List<Long> threads = new ArrayList<>();
    Thread.ofVirtual()
        .start(() -> threads.add(FACTS.javaStacks().orElseThrow().currentJavaThread()))
        .join();
    assertThat(threads).hasSize(1).doesNotContain(0L);
  }
}
