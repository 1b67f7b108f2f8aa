package dev.lifebound.memory.guard;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The guard that another copy of the library has armed; both ends of the calls. Its blocks, reports
 * and errors are given to this copy's program as values of this copy.
 *
 * <p>Closing it closes the guard if it was armed on behalf of this copy; else it only stops asking.
 */
final class GuardElsewhere implements GuardCore {
  private final BiFunction<String, Object[], @Nullable Object> calls;
  private final boolean ours;
  private final Mode mode;
  private final String holder;

  /** Directly, since of the stack at an allocation or free the innermost frames are kept. */
  private final LongFunction<@Nullable MemorySegment> allocator;

  private final LongPredicate freer;

  /**
   * @param calls of the guard
   * @param ours whether it was armed for this copy
   * @param holder who has it, for people
   */
  @SuppressWarnings("unchecked") // The protocol of the copies.
  GuardElsewhere(
      BiFunction<String, Object[], @Nullable Object> calls, boolean ours, String holder) {
    this.calls = calls;
    this.ours = ours;
    this.holder = holder;
    this.mode = Mode.valueOf(there(call("mode")).toString());
    this.allocator = (LongFunction<@Nullable MemorySegment>) there(call("allocator"));
    this.freer = (LongPredicate) there(call("freer"));
  }

  /** What the copy that has armed a guard gives to the others. */
  static BiFunction<String, Object[], @Nullable Object> calls(Armed armed) {
    return (call, arguments) -> answer(armed, armed.core(), call, arguments);
  }

  @SuppressWarnings("unchecked") // The protocol of the copies.
  private static @Nullable Object answer(
      Armed armed, GuardCore core, String call, Object[] arguments) {
    return switch (call) {
      case "mode" -> core.mode().name();
      case "text" -> core.text();
      case "active" -> core.isActive();
      case "onReport" -> {
        var listener = (Consumer<@Nullable Object[]>) arguments[0];
        core.onReport(report -> listener.accept(Plain.of(report)));
        yield null;
      }
      case "onNotice" -> {
        core.onNotice((Consumer<String>) arguments[0]);
        yield null;
      }
      case "flush" -> {
        core.flush();
        yield null;
      }
      case "allocator" -> (LongFunction<@Nullable MemorySegment>) core::allocate;
      case "freer" -> (LongPredicate) core::free;
      case "owns" -> core.owns((long) arguments[0]);
      case "dead" -> core.isDead((long) arguments[0]);
      case "faults" -> core.faults((long) arguments[0]);
      case "number" -> core.blockNumber((long) arguments[0]);
      case "block" -> Plain.of(core.block((long) arguments[0]));
      case "explain" -> explained(core.lastDelivered((Throwable) arguments[0]));
      case "counters" -> Plain.of(core.counters());
      case "close" -> {
        armed.close();
        yield null;
      }
      default -> null;
    };
  }

  private static @Nullable Object explained(@Nullable UseAfterFreeException explained) {
    return explained == null
        ? null
        : new @Nullable Object[] {Plain.of(explained.block()), explained.address()};
  }

  private @Nullable Object call(String call, Object... arguments) {
    return calls.apply(call, arguments);
  }

  private static Object there(@Nullable Object answer) {
    return Objects.requireNonNull(answer, "the copy that has the guard must answer");
  }

  @Override
  public Mode mode() {
    return mode;
  }

  @Override
  public String text() {
    return there(call("text")) + ", by=" + holder;
  }

  @Override
  public boolean isActive() {
    return (boolean) there(call("active"));
  }

  @Override
  public void onReport(Consumer<GuardReport> listener) {
    Consumer<@Nullable Object[]> plain = report -> listener.accept(Plain.report(report));
    Object _ = call("onReport", plain);
  }

  @Override
  public void onNotice(Consumer<String> listener) {
    Object _ = call("onNotice", listener);
  }

  @Override
  public void flush() {
    Object _ = call("flush");
  }

  @Override
  public @Nullable MemorySegment allocate(long byteSize) {
    return allocator.apply(byteSize);
  }

  @Override
  public boolean free(long address) {
    return freer.test(address);
  }

  @Override
  public boolean owns(long address) {
    return (boolean) there(call("owns", address));
  }

  @Override
  public boolean isDead(long address) {
    return (boolean) there(call("dead", address));
  }

  @Override
  public int faults(long address) {
    return (int) there(call("faults", address));
  }

  @Override
  public long blockNumber(long address) {
    return (long) there(call("number", address));
  }

  @Override
  public GuardedBlock block(long address) {
    return Objects.requireNonNull(Plain.block(call("block", address)), "a block must be there");
  }

  @Override
  public @Nullable UseAfterFreeException lastDelivered(Throwable error) {
    Object[] answer = (Object[]) call("explain", error);
    if (answer == null) {
      return null;
    }
    GuardedBlock block = Objects.requireNonNull(Plain.block(answer[0]), "a block must be there");
    return UseAfterFreeException.of(block, (long) answer[1], error);
  }

  @Override
  @SuppressWarnings("unchecked") // The protocol of the copies.
  public GuardCounters counters() {
    return Plain.counters((Map<String, Long>) there(call("counters")));
  }

  @Override
  public void close() {
    if (ours) {
      Object _ = call("close");
    }
  }

  @Override
  public @Nullable NativePool pool() {
    return null;
  }

  @Override
  public @Nullable GuardThread thread() {
    return null;
  }

  /** The guard's calls, for who starts a watch there. */
  BiFunction<String, Object[], @Nullable Object> calls() {
    return calls;
  }
}
