package dev.lifebound.memory.os;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
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

  @Test
  @SuppressWarnings("restricted")
  void aStackTakenInCBecomesNamesAndLines() throws Throwable {
    JavaStacks stacks = FACTS.javaStacks().orElseThrow();
    JavaNames names = new JavaNames(stacks, NativeCode.load().map());
    MethodHandle getStackTrace =
        Linker.nativeLinker()
            .downcallHandle(
                MemorySegment.ofAddress(stacks.getStackTraceFunction()),
                FunctionDescriptor.of(
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment frames = arena.allocate(64 * JavaStacks.FRAME_BYTES, 8);
      MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
      // SAFETY: room for 64 frames of 16 bytes, and for the count.
      int error = (int) getStackTrace.invokeExact(stacks.jvmti(), 0L, 0, 64, frames, count);
      int line = new Throwable().getStackTrace()[0].getLineNumber();
      assertThat(error).isZero();
      List<StackTraceElement> elements = new ArrayList<>();
      for (int i = 0; i < count.get(ValueLayout.JAVA_INT, 0); i++) {
        long at = i * JavaStacks.FRAME_BYTES;
        elements.add(
            names.frame(
                frames.get(ValueLayout.JAVA_LONG, at), frames.get(ValueLayout.JAVA_LONG, at + 8)));
      }
      assertThat(elements)
          .contains(
              new StackTraceElement(
                  getClass().getName(),
                  "aStackTakenInCBecomesNamesAndLines",
                  "HotSpotTest.java",
                  line - 1));
      assertThat(elements).noneMatch(element -> element.getClassName().contains("?"));
    }
    assertThat(names.frame(0, 0).getMethodName()).isEqualTo("?");
  }

  @Test
  void aThreadIsFoundByItsNumber() throws Exception {
    JavaNames names = new JavaNames(FACTS.javaStacks().orElseThrow(), NativeCode.load().map());
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    int[] tid = new int[1];
    Thread thread =
        Thread.ofPlatform()
            .name("a thread with a name longer than the system keeps")
            .start(() -> {
              tid[0] = ownTid();
              running.countDown();
              awaitQuietly(end);
            });
    running.await();
    JavaNames.JavaThread found = names.thread(tid[0]).orElseThrow();
    assertThat(found.name()).isEqualTo(thread.getName());
    assertThat(found.frames())
        .anyMatch(frame -> frame.getMethodName().contains("aThreadIsFoundByItsNumber"));
    end.countDown();
    thread.join();
    assertThat(names.thread(tid[0])).isEmpty();
    assertThat(names.thread(0)).isEmpty();
  }

  private static int ownTid() {
    try {
      return Integer.parseInt(Path.of("/proc/thread-self").toRealPath().getFileName().toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
