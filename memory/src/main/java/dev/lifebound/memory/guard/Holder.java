package dev.lifebound.memory.guard;

import dev.lifebound.memory.os.Copies;
import dev.lifebound.memory.os.ProcessHolder;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which copy of the library guards and watches this process. There is one: the first that does, or
 * the copy of the system class loader where there is one. The others call it.
 */
final class Holder {
  static {
    boolean _ = Copies.serve("guard", Holder::answer);
  }

  private Holder() {}

  /**
   * Takes the process for this copy, until {@link #giveBack}.
   *
   * @return null when this copy has it; else the copy that has it, or shall have it
   * @throws GuardUnavailableException when one has it that cannot be called
   */
  static Copies.@Nullable Copy take() {
    synchronized (Copies.lock()) {
      Copies.Copy other = ProcessHolder.isHere() ? null : other();
      if (other != null) {
        return other;
      }
      String stranger = ProcessHolder.claim().orElse(null);
      if (stranger != null) {
        throw new GuardUnavailableException(
            "one copy of the library must guard the process: armed="
                + stranger
                + ", second="
                + ProcessHolder.self()
                + "; put one version on the class path");
      }
      return null;
    }
  }

  private static Copies.@Nullable Copy other() {
    for (Copies.Copy copy : Copies.others()) {
      if (Boolean.TRUE.equals(copy.call("guard.holds"))) {
        return copy;
      }
    }
    return System.getProperty(ProcessHolder.PROPERTY) == null
        ? Copies.ofSystemLoader(Holder.class.getName())
        : null;
  }

  static void giveBack() {
    ProcessHolder.release();
  }

  /** What another copy's guard can do; null when it has none. */
  @SuppressWarnings("unchecked") // The protocol of the copies.
  static @Nullable BiFunction<String, Object[], @Nullable Object> guardOf(
      Copies.Copy copy, String call, Object... arguments) {
    return (BiFunction<String, Object[], @Nullable Object>) copy.call(call, arguments);
  }

  @SuppressWarnings("unchecked") // The protocol of the copies.
  private static @Nullable Object answer(String call, Object[] arguments) {
    return switch (call) {
      case "holds" -> ProcessHolder.isHere();
      case "current" -> {
        Armed here = Guard.here();
        yield here == null ? null : GuardElsewhere.calls(here);
      }
      case "arm" ->
          GuardElsewhere.calls(Guard.arm(Plain.options((Map<String, Object>) arguments[0])));
      case "watch" -> WatchElsewhere.calls(watch((Map<String, Object>) arguments[0]));
      default -> null;
    };
  }

  /** A watch for another copy. */
  @SuppressWarnings("unchecked") // The protocol of the copies.
  private static Watch watch(Map<String, Object> plain) {
    Watch.Builder builder = Watch.builder();
    for (String name : (String[]) plain.getOrDefault("names", new String[0])) {
      builder.library(name);
    }
    if (plain.containsKey("later")) {
      builder.loadedLater();
    }
    var reports = (Consumer<Object[]>) plain.get("reports");
    if (reports != null) {
      builder.onReport(report -> reports.accept(Plain.of(report)));
    }
    var frees = (BiConsumer<String, long[]>) plain.get("frees");
    if (frees != null) {
      builder.everyFree(
          (address, caller, thread) -> frees.accept("freed", new long[] {address, caller, thread}));
    }
    Object oneIn = plain.get("oneIn");
    if (oneIn != null) {
      Armed guard =
          Guard.current()
              .orElseThrow(() ->
                  new GuardUnavailableException(
                      "blocks must be sampled for a guard that is armed: sample=1/"
                          + oneIn
                          + "; arm the guard before the watch"));
      builder.sample(guard, (long) oneIn);
    }
    return builder.start();
  }
}
