package dev.lifebound.memory.guard;

import dev.lifebound.memory.os.Copies;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** A watch that another copy of the library has begun for this one; both ends of the calls. */
final class WatchElsewhere implements WatchView {
  private final BiFunction<String, String, @Nullable Object> calls;
  private final String holder;

  private WatchElsewhere(BiFunction<String, String, @Nullable Object> calls, String holder) {
    this.calls = calls;
    this.holder = holder;
  }

  /**
   * Begins one there.
   *
   * @throws IllegalArgumentException as {@link Watch.Builder#start}
   * @throws GuardUnavailableException as there
   */
  @SuppressWarnings("unchecked") // The protocol of the copies.
  static WatchElsewhere start(Copies.Copy other, Map<String, Object> settings) {
    try {
      Object calls = other.call("guard.watch", settings);
      return new WatchElsewhere(
          (BiFunction<String, String, @Nullable Object>)
              Objects.requireNonNull(calls, "the copy that watches must answer"),
          other.toString());
    } catch (IllegalArgumentException e) {
      throw e;
    } catch (RuntimeException e) {
      // Its own type, of its own class loader.
      throw new GuardUnavailableException(String.valueOf(e.getMessage()));
    }
  }

  /** What the copy that watches gives to the other. */
  static BiFunction<String, String, @Nullable Object> calls(Watch watch) {
    return (call, argument) ->
        switch (call) {
          case "libraries" -> watch.libraries().toArray(String[]::new);
          case "slots" -> watch.slots();
          case "count" -> watch.count(argument);
          case "lostFrees" -> watch.lostFrees();
          case "drain" -> {
            watch.drain();
            yield null;
          }
          case "text" -> watch.text();
          case "close" -> {
            watch.close();
            yield null;
          }
          default -> null;
        };
  }

  private Object answer(String call) {
    return Objects.requireNonNull(calls.apply(call, ""), "the copy that watches must answer");
  }

  @Override
  public List<String> libraries() {
    return List.of((String[]) answer("libraries"));
  }

  @Override
  public int slots() {
    return (int) answer("slots");
  }

  @Override
  public long count(String counter) {
    return calls.apply("count", counter) instanceof Long count ? count : 0;
  }

  @Override
  public long lostFrees() {
    return (long) answer("lostFrees");
  }

  @Override
  public void drain() {
    Object _ = calls.apply("drain", "");
  }

  @Override
  public String text() {
    return answer("text") + ", by=" + holder;
  }

  @Override
  public void close() {
    Object _ = calls.apply("close", "");
  }
}
