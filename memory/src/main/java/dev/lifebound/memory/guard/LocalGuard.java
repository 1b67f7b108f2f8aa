package dev.lifebound.memory.guard;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The guard that this copy of the library has armed. */
final class LocalGuard implements GuardCore {
  private static final long ALIGNMENT_BYTES = 16;

  private final NativePool pool;
  private final Reports reports;
  private final GuardThread thread;
  private final Mode mode;
  private final String text;

  LocalGuard(NativePool pool, Reports reports, GuardThread thread, Mode mode, String text) {
    this.pool = pool;
    this.reports = reports;
    this.thread = thread;
    this.mode = mode;
    this.text = text;
  }

  @Override
  public Mode mode() {
    return mode;
  }

  @Override
  public String text() {
    String fallen = thread.stoodDown();
    return fallen == null ? text : text + "; stood down: " + fallen;
  }

  @Override
  public boolean isActive() {
    return thread.stoodDown() == null;
  }

  @Override
  public void onReport(Consumer<GuardReport> listener) {
    thread.onReport(listener);
  }

  @Override
  public void onNotice(Consumer<String> listener) {
    thread.onNotice(listener);
  }

  @Override
  public void flush() {
    thread.flush();
  }

  @Override
  @SuppressWarnings("restricted") // Guard.arm has seen to it that native access is enabled
  public @Nullable MemorySegment allocate(long byteSize) {
    long address = pool.allocate(byteSize, ALIGNMENT_BYTES);
    // SAFETY: the pool gave this block so many bytes, which stay mapped until the process ends.
    return address == 0 ? null : MemorySegment.ofAddress(address).reinterpret(byteSize);
  }

  @Override
  public boolean free(long address) {
    return pool.owns(address) && pool.free(address) != 0;
  }

  @Override
  public boolean owns(long address) {
    return pool.owns(address);
  }

  @Override
  public boolean isDead(long address) {
    int slot = pool.slot(address);
    return slot >= 0 && NativePool.isDead(pool.word(slot));
  }

  @Override
  public int faults(long address) {
    int slot = pool.slot(address);
    return slot < 0 ? 0 : pool.slotRecord(slot).getInt("faults");
  }

  @Override
  public long blockNumber(long address) {
    int slot = pool.slot(address);
    return slot < 0 ? 0 : pool.slotRecord(slot).get("serial");
  }

  @Override
  public GuardedBlock block(long address) {
    return reports.block(pool.slot(address));
  }

  @Override
  public @Nullable UseAfterFreeException lastDelivered(Throwable error) {
    return reports.lastDelivered(error);
  }

  @Override
  public GuardCounters counters() {
    return GuardCounters.of(pool);
  }

  @Override
  public void close() {
    thread.close();
  }

  @Override
  public NativePool pool() {
    return pool;
  }

  @Override
  public GuardThread thread() {
    return thread;
  }
}
