package dev.lifebound.memory.guard;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What stands behind {@link Armed}: this copy's pool, no pool, or another copy of the library. */
interface GuardCore {
  /** The mode, which never changes. */
  Mode mode();

  /** See {@link Armed#text}. */
  String text();

  /** See {@link Armed#isActive}. */
  boolean isActive();

  /** See {@link Armed#onReport}. */
  void onReport(Consumer<GuardReport> listener);

  /** See {@link Armed#onNotice}. */
  void onNotice(Consumer<String> listener);

  /** See {@link Armed#flush}. */
  void flush();

  /** A guarded block, or null. */
  @Nullable MemorySegment allocate(long byteSize);

  /** See {@link Armed#free}. */
  boolean free(long address);

  /** See {@link Armed#owns}. */
  boolean owns(long address);

  /** Whether the address lies in a freed block. */
  boolean isDead(long address);

  /** See {@link Armed#faults}. */
  int faults(long address);

  /** See {@link Armed#blockNumber}. */
  long blockNumber(long address);

  /** The block that has the address or had it last. */
  GuardedBlock block(long address);

  /** See {@link Armed#explain}. */
  @Nullable UseAfterFreeException lastDelivered(Throwable error);

  /** See {@link Armed#counters}. */
  GuardCounters counters();

  /** See {@link Armed#close}. */
  void close();

  /** The machine code's pool; null where there is none here. */
  @Nullable NativePool pool();

  /** The guard's thread, for who has events of his own in the ring; null where there is none. */
  @Nullable GuardThread thread();
}
