package dev.lifebound.memory.handle;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** The four shapes with functions of the C library, with and without checked mode. */
@ParameterizedClass
@ValueSource(booleans = {false, true})
class ForeignTest {
  private static final MethodHandle STRDUP =
      link("strdup", FunctionDescriptor.of(ADDRESS, ADDRESS));
  private static final MethodHandle STRCHR =
      link("strchr", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT));
  private static final MethodHandle FREE = link("free", FunctionDescriptor.ofVoid(ADDRESS));
  private static final MethodHandle REALLOC =
      link("realloc", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG));
  private static final MethodHandle MALLOC =
      link("malloc", FunctionDescriptor.of(ADDRESS, JAVA_LONG));
  private static final MethodHandle POSIX_MEMALIGN =
      link("posix_memalign", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle ASPRINTF =
      link(
          "asprintf",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT),
          Linker.Option.firstVariadicArg(2));

  private final Registry registry;
  private final boolean checked;
  private final AtomicInteger freed = new AtomicInteger();
  private final Foreign strings;

  ForeignTest(boolean checked) {
    this.checked = checked;
    this.registry = Registry.builder().checked(checked).tracking(Tracking.OFF).build();
    Deallocator free = Foreign.freeing(FREE);
    this.strings =
        Foreign.of(
            registry,
            block -> {
              freed.incrementAndGet();
              free.free(block);
            },
            "string");
  }

  @SuppressWarnings("restricted")
  private static MethodHandle link(
      String name, FunctionDescriptor descriptor, Linker.Option... options) {
    Linker linker = Linker.nativeLinker();
    // SAFETY: the descriptors above are those of the C prototypes (LP64).
    return linker.downcallHandle(
        linker.defaultLookup().find(name).orElseThrow(), descriptor, options);
  }

  /** A statement, since an expression's value would be an Object that free does not return. */
  private static void free(MemorySegment block) throws Throwable {
    FREE.invokeExact(block);
  }

  @AfterEach
  void countsAgree() {
    registry.checkInvariants();
    registry.close();
  }

  private long copyOf(String text) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocateFrom(text);
      return strings.returned(Extent.cString(), () -> (MemorySegment) STRDUP.invokeExact(source));
    }
  }

  private String text(long handle) {
    try (Lease lease = registry.lease(handle)) {
      byte[] bytes = new byte[(int) lease.byteSize() - 1];
      lease.read(0, bytes, 0, bytes.length);
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  @Test
  void whatAFunctionReturnsIsABlockAndFreedByItsFunction() {
    long copy = copyOf("one,two");
    assertThat(text(copy)).isEqualTo("one,two");
    assertThat(registry.snapshot().bytes()).isEqualTo(8);
    registry.release(copy);
    assertThat(freed).hasValue(1);
    assertThat(registry.blocks()).isZero();
  }

  @Test
  void nullFromCIsTheHandleThatNamesNoBlock() {
    assertThat(strings.returned(Extent.bytes(8), () -> MemorySegment.NULL)).isZero();
    assertThat(strings.filled(Extent.bytes(8), status -> status == 0, _ -> 0)).isZero();
    long copy = copyOf("abc");
    assertThat(strings.borrowed(copy, s -> (MemorySegment) STRCHR.invokeExact(s, (int) 'x')))
        .isZero();
    assertThat(registry.blocks()).isEqualTo(1);
    assertThat(freed).hasValue(0);
  }

  @Test
  void anOutPointerIsFilledAndAdopted() {
    long aligned =
        strings.filled(
            Extent.bytes(100),
            status -> status == 0,
            out -> (int) POSIX_MEMALIGN.invokeExact(out, 4096L, 100L));
    try (Lease lease = registry.lease(aligned)) {
      assertThat(lease.byteSize()).isEqualTo(100);
      assertThat(lease.whole().address() % 4096).isZero();
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment format = arena.allocateFrom("n=%d");
      long printed =
          strings.filled(
              Extent.cString(),
              length -> length >= 0,
              out -> (int) ASPRINTF.invokeExact(out, format, 42));
      assertThat(text(printed)).isEqualTo("n=42");
      registry.release(printed);
    }
    registry.release(aligned);
    assertThat(freed).hasValue(2);
  }

  @Test
  void anOutPointerOfAFunctionThatFailedIsNotLookedAt() {
    assertThatThrownBy(() ->
            strings.filled(
                Extent.bytes(100),
                status -> status == 0,
                out -> (int) POSIX_MEMALIGN.invokeExact(out, 3L, 100L)))
        .isInstanceOfSatisfying(
            ForeignCallFailedException.class, e -> assertThat(e.status()).isEqualTo(22))
        .hasMessageContainingAll("status=22", "tag=string");
    assertThat(registry.blocks()).isZero();
  }

  @Test
  void whatIsGivenIsStaleBeforeTheCallAndItsDeallocatorNeverRuns() {
    long copy = copyOf("given");
    List<Boolean> live = new ArrayList<>();
    strings.given(
        copy,
        block -> {
          live.add(registry.isLive(copy));
          FREE.invokeExact(block);
        });
    assertThat(live).containsExactly(false);
    assertThat(freed).hasValue(0);
    assertThat(registry.blocks()).isZero();
    assertThatThrownBy(() -> registry.lease(copy)).isInstanceOf(StaleHandleException.class);
    assertThatThrownBy(() -> registry.release(copy)).isInstanceOf(DoubleReleaseException.class);
    assertThatThrownBy(() -> strings.given(copy, ForeignTest::free))
        .isInstanceOf(StaleHandleException.class);
  }

  @Test
  void reallocTakesTheOldBlockAndReturnsTheNew() {
    long old = copyOf("grow me");
    long grown =
        strings.returned(
            Extent.bytes(10_000),
            () -> strings.givenFor(old, s -> (MemorySegment) REALLOC.invokeExact(s, 10_000L)));
    try (Lease lease = registry.lease(grown)) {
      assertThat(lease.getByte(0)).isEqualTo((byte) 'g');
      lease.setByte(9_999, (byte) 1);
    }
    assertThat(registry.isLive(old)).isFalse();
    registry.release(grown);
    assertThat(freed).hasValue(1);
  }

  @Test
  void aBlockThatTheFunctionDeclinesIsFreedHere() {
    long old = copyOf("stays ours");
    MemorySegment result =
        strings.givenFor(
            old,
            s -> (MemorySegment) REALLOC.invokeExact(s, Long.MAX_VALUE / 2),
            grown -> grown.address() != 0);
    assertThat(result.address()).isZero();
    assertThat(freed).hasValue(1);
    assertThat(registry.blocks()).isZero();
  }

  @Test
  void aBlockInOtherHandsIsNotGiven() {
    long copy = copyOf("held");
    registry.retain(copy);
    assertThatThrownBy(() -> strings.given(copy, ForeignTest::free))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll("references=2", "leases=0", "tag=string");
    registry.release(copy);
    try (Lease lease = registry.lease(copy)) {
      assertThatThrownBy(() -> strings.given(copy, ForeignTest::free))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("leases=1");
      assertThat(lease.getByte(0)).isEqualTo((byte) 'h');
    }
    try (ReadSection _ = registry.read()) {
      assertThatThrownBy(() -> strings.given(copy, ForeignTest::free))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("read section");
    }
    long pooled = registry.allocate(8, "pooled");
    assertThatThrownBy(() -> strings.given(pooled, ForeignTest::free))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("adopted=false");
    assertThat(registry.isLive(copy)).isTrue();
    strings.given(copy, ForeignTest::free);
    assertThat(freed).hasValue(0);
  }

  @Test
  void aGiftWaitsForReadSectionsOfOtherThreads() throws InterruptedException {
    long copy = copyOf("read");
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch stop = new CountDownLatch(1);
    AtomicInteger read = new AtomicInteger();
    Thread reader =
        Thread.ofPlatform()
            .start(() -> {
              try (ReadSection section = registry.read()) {
                MemorySegment segment = section.segment(copy);
                reading.countDown();
                await(stop);
                read.set(segment.get(JAVA_BYTE, 0));
              }
            });
    reading.await();
    AtomicInteger readAtCall = new AtomicInteger(-1);
    Thread giver =
        Thread.ofPlatform()
            .start(() ->
                strings.given(
                    copy,
                    block -> {
                      readAtCall.set(read.get());
                      FREE.invokeExact(block);
                    }));
    while (registry.isLive(copy)) {
      Thread.onSpinWait();
    }
    stop.countDown();
    reader.join();
    giver.join();
    assertThat(readAtCall).hasValue('r');
  }

  @Test
  void giftsReleasesAndLeasesMayRace() throws Exception {
    int rounds = 3_000;
    AtomicInteger taken = new AtomicInteger();
    for (int round = 0; round < rounds; round++) {
      long copy = copyOf("race");
      CyclicBarrier start = new CyclicBarrier(2);
      FutureTask<Boolean> reading =
          new FutureTask<>(() -> {
            meet(start);
            try (Lease lease = registry.lease(copy)) {
              return lease.getByte(0) == 'r';
            } catch (StaleHandleException e) {
              return !registry.isLive(copy);
            }
          });
      Thread.startVirtualThread(reading);
      meet(start);
      try {
        strings.given(
            copy,
            block -> {
              taken.incrementAndGet();
              block.set(JAVA_BYTE, 0, (byte) 'x');
              FREE.invokeExact(block);
            });
      } catch (IllegalStateException e) {
        assertThat(e).hasMessageContaining("leases=1");
        registry.release(copy);
      }
      assertThat(reading.get()).isTrue();
    }
    assertThat(freed.get() + taken.get()).isEqualTo(rounds);
    assertThat(registry.blocks()).isZero();
  }

  private static void meet(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new IllegalStateException("nobody interrupts here", e);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts here", e);
    }
  }

  @Test
  void whatIsBorrowedIsAChildOfItsArgumentAndNeverFreed() {
    long copy = copyOf("one,two");
    long comma = strings.borrowed(copy, s -> (MemorySegment) STRCHR.invokeExact(s, (int) ','));
    long whole = strings.borrowed(copy, s -> (MemorySegment) STRCHR.invokeExact(s, (int) 'o'));
    assertThat(text(comma)).isEqualTo(",two");
    assertThat(text(whole)).isEqualTo("one,two");
    registry.release(whole);
    assertThat(freed).hasValue(0);
    Lease lease = registry.lease(comma);
    registry.release(copy);
    assertThatThrownBy(() -> registry.lease(comma)).isInstanceOf(StaleHandleException.class);
    assertThat(lease.getByte(0)).isEqualTo((byte) ',');
    assertThat(freed).as("the child's lease keeps the parent").hasValue(0);
    lease.close();
    assertThat(freed).hasValue(1);
    assertThat(registry.blocks()).isZero();
  }

  @Test
  void childrenOfAGiftGoFirst() {
    long copy = copyOf("one,two");
    long comma = strings.borrowed(copy, s -> (MemorySegment) STRCHR.invokeExact(s, (int) ','));
    strings.given(copy, ForeignTest::free);
    assertThat(registry.isLive(comma)).isFalse();
    assertThat(registry.blocks()).isZero();
    assertThat(freed).hasValue(0);
  }

  @Test
  void aGiftWithALeasedChildStaysHereAndIsFreedAfterTheLease() {
    long copy = copyOf("one,two");
    long comma = strings.borrowed(copy, s -> (MemorySegment) STRCHR.invokeExact(s, (int) ','));
    Lease lease = registry.lease(comma);
    assertThatThrownBy(() -> strings.given(copy, ForeignTest::free))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("C did not get it");
    assertThat(lease.getByte(1)).isEqualTo((byte) 't');
    assertThat(freed).hasValue(0);
    lease.close();
    assertThat(freed).hasValue(1);
    assertThat(registry.blocks()).isZero();
  }

  @Test
  void aPointerThatIsNotInTheArgumentIsNotBorrowedFromIt() {
    long mine = copyOf("mine");
    long other = copyOf("other");
    try (Lease lease = registry.lease(other)) {
      MemorySegment stray = lease.whole();
      assertThatThrownBy(() -> strings.borrowed(mine, _ -> stray))
          .isInstanceOf(CheckFailedException.class)
          .hasMessageContaining("block=" + Handles.block(mine))
          .hasMessageContaining(
              checked ? "in block=" + Handles.block(other) : "in no other known block");
    }
    assertThat(registry.blocks()).isEqualTo(2);
  }

  @Test
  void memoryOfALibraryIsBorrowedWithItsExtent() {
    long owner = copyOf("statement");
    MemorySegment column = Arena.ofAuto().allocateFrom("forty-two");
    long text =
        strings.borrowed(owner, Extent.cString(), _ -> MemorySegment.ofAddress(column.address()));
    assertThat(text(text)).isEqualTo("forty-two");
    registry.release(owner);
    assertThatThrownBy(() -> registry.lease(text)).isInstanceOf(StaleHandleException.class);
    assertThat(column.getString(0)).isEqualTo("forty-two");
    assertThat(registry.blocks()).isZero();
  }

  @Test
  void anExtentThatLeavesItsBlockIsRefusedInCheckedMode() {
    long owner = copyOf("0123456789");
    Foreign.Borrowing second = s -> s.asSlice(2);
    if (checked) {
      assertThatThrownBy(() -> strings.borrowed(owner, Extent.bytes(1000), second))
          .isInstanceOf(CheckFailedException.class)
          .hasMessageContaining("offset=2");
    }
    long part = strings.borrowed(owner, Extent.bytes(4), second);
    try (Lease lease = registry.lease(part)) {
      assertThat(lease.byteSize()).isEqualTo(4);
      assertThat(lease.getByte(3)).isEqualTo((byte) '5');
    }
  }

  @Test
  void whatCannotBeAdoptedIsFreed() {
    try (Registry small =
        Registry.builder().checked(checked).tracking(Tracking.OFF).byteLimit(16).build()) {
      AtomicInteger given = new AtomicInteger();
      Deallocator free = Foreign.freeing(FREE);
      Foreign pages =
          Foreign.of(
              small,
              block -> {
                given.incrementAndGet();
                free.free(block);
              },
              "page");
      Foreign.Returning malloc = () -> (MemorySegment) MALLOC.invokeExact(64L);
      assertThatThrownBy(() -> pages.returned(Extent.bytes(64), malloc))
          .isInstanceOf(LimitExceededException.class);
      assertThatThrownBy(() -> pages.returned(Extent.bytes(0), malloc))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("byteSize=0");
      assertThat(given).hasValue(2);
    }
  }

  @Test
  void memoryThatIsABlockAlreadyIsNotFreedWhenItIsReturnedAgain() {
    long copy = copyOf("once");
    try (Lease lease = registry.lease(copy)) {
      MemorySegment again = lease.whole();
      assertThatThrownBy(() -> strings.returned(Extent.bytes(5), () -> again))
          .isInstanceOf(AlreadyLiveException.class);
    }
    assertThat(freed).hasValue(0);
    assertThat(text(copy)).isEqualTo("once");
  }

  @Test
  void whatAFunctionThrowsReachesTheCaller() {
    long copy = copyOf("lost");
    Exception checkedException = new Exception("not from C");
    assertThatThrownBy(() ->
            strings.given(
                copy,
                block -> {
                  FREE.invokeExact(block);
                  throw checkedException;
                }))
        .isInstanceOf(IllegalStateException.class)
        .hasCause(checkedException);
    assertThat(freed).as("it counts as taken").hasValue(0);
    assertThat(registry.blocks()).isZero();
  }
}
