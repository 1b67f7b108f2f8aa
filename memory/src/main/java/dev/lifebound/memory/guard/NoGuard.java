package dev.lifebound.memory.guard;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** {@link Mode#OBSERVE}: no page dies. */
final class NoGuard implements GuardCore {
  private final String text;

  NoGuard(String text) {
    this.text = text;
  }

  @Override
  public Mode mode() {
    return Mode.OBSERVE;
  }

  @Override
  public String text() {
    return text;
  }

  @Override
  public boolean isActive() {
    return false;
  }

  @Override
  public void onReport(Consumer<GuardReport> listener) {}

  @Override
  public void onNotice(Consumer<String> listener) {}

  @Override
  public void flush() {}

  @Override
  public @Nullable MemorySegment allocate(long byteSize) {
    return null;
  }

  @Override
  public boolean free(long address) {
    return false;
  }

  @Override
  public boolean owns(long address) {
    return false;
  }

  @Override
  public boolean isDead(long address) {
    return false;
  }

  @Override
  public int faults(long address) {
    return 0;
  }

  @Override
  public long blockNumber(long address) {
    return 0;
  }

  @Override
  public GuardedBlock block(long address) {
    throw new IllegalStateException("a dead block must belong to a pool: address=" + address);
  }

  @Override
  public @Nullable UseAfterFreeException lastDelivered(Throwable error) {
    return null;
  }

  @Override
  public GuardCounters counters() {
    return GuardCounters.NONE;
  }

  @Override
  public void close() {}

  @Override
  public @Nullable NativePool pool() {
    return null;
  }

  @Override
  public @Nullable GuardThread thread() {
    return null;
  }
}
