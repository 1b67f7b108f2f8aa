package dev.lifebound.memory.guard;

import dev.lifebound.memory.handle.CFrees;
import dev.lifebound.memory.handle.DeadBlocks;
import dev.lifebound.memory.os.Copies;
import dev.lifebound.memory.os.HotSpot;
import dev.lifebound.memory.os.NativeCode;
import dev.lifebound.memory.os.ProcessHolder;
import dev.lifebound.memory.os.SystemCallException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Arms the guard of this process.
 *
 * <pre>{@code
 * try (Armed guard = Guard.arm(GuardOptions.of(Mode.RECOVER))) {
 *   guard.onReport(report -> log(report.text()));
 *   ...
 * }
 * }</pre>
 */
public final class Guard {
  private static final AtomicReference<@Nullable Armed> CURRENT = new AtomicReference<>();
  private static final long NANOS_PER_MILLI = 1_000_000;

  private Guard() {}

  /** The armed guard of this process, if there is one; also if another copy has armed it. */
  public static Optional<Armed> current() {
    Armed armed = CURRENT.get();
    if (armed != null || ProcessHolder.isHere()) {
      return Optional.ofNullable(armed);
    }
    for (Copies.Copy copy : Copies.others()) {
      GuardElsewhere there = current(copy);
      if (there != null) {
        return Optional.of(new Armed(there));
      }
    }
    return Optional.empty();
  }

  /** The guard that this copy has armed itself. */
  static @Nullable Armed here() {
    Armed armed = CURRENT.get();
    return armed == null || armed.core() instanceof GuardElsewhere ? null : armed;
  }

  /**
   * Arms the guard. There is one in a process at a time. When another copy of the library has the
   * process, its guard is armed, or given as it is if it has the same mode.
   *
   * @throws GuardUnavailableException where it cannot work; the message has the reasons
   */
  public static Armed arm(GuardOptions options) {
    long start = System.nanoTime();
    Requirements.linux("the guard");
    synchronized (CURRENT) {
      if (CURRENT.get() != null) {
        throw new GuardUnavailableException(
            "a process must have one guard at a time: armed=" + CURRENT.get() + "; close that one");
      }
      Copies.Copy other = Holder.take();
      if (other != null) {
        Armed armed = new Armed(bound(other, options));
        if (options.mode() == Mode.STRICT) {
          CFrees.askForDead(new LeasedBlocks(armed.core()));
        }
        CURRENT.set(armed);
        return armed;
      }
      try {
        Armed armed =
            options.mode() == Mode.OBSERVE
                ? new Armed(new NoGuard("guard armed: mode=observe, no page dies"))
                : arm(options, start);
        CURRENT.set(armed);
        return armed;
      } catch (IllegalCallerException | ExceptionInInitializerError e) {
        throw new GuardUnavailableException(
            "the guard must have native access: module="
                + Guard.class.getModule()
                + ", reason="
                + e
                + "; start java with --enable-native-access=ALL-UNNAMED (class path) or"
                + " --enable-native-access=dev.lifebound.memory (module path)");
      } finally {
        if (CURRENT.get() == null) {
          Holder.giveBack();
        }
      }
    }
  }

  /** The guard of the copy that has the process; armed there if it is not yet. */
  private static GuardElsewhere bound(Copies.Copy other, GuardOptions options) {
    GuardElsewhere there = current(other);
    if (there == null) {
      var calls = armThere(other, options);
      return new GuardElsewhere(calls, true, other.toString());
    }
    if (there.mode() != options.mode()) {
      throw new GuardUnavailableException(
          "a process must have one guard at a time, in one mode: mode="
              + options.mode()
              + ", armed="
              + there.text()
              + "; ask for that mode");
    }
    return there;
  }

  private static BiFunction<String, Object[], @Nullable Object> armThere(
      Copies.Copy other, GuardOptions options) {
    try {
      var calls = Holder.guardOf(other, "guard.arm", Plain.of(options));
      if (calls != null) {
        return calls;
      }
    } catch (RuntimeException e) {
      // Its own type, of its own class loader.
      throw new GuardUnavailableException(String.valueOf(e.getMessage()));
    }
    throw new GuardUnavailableException(
        "the copy of the library that has the process must be there: copy=" + other);
  }

  private static @Nullable GuardElsewhere current(Copies.Copy other) {
    var calls = Holder.guardOf(other, "guard.current");
    return calls == null ? null : new GuardElsewhere(calls, false, other.toString());
  }

  /** What leases ask in strict mode. */
  private record LeasedBlocks(GuardCore core) implements DeadBlocks {
    @Override
    public boolean owns(long address) {
      return core.owns(address);
    }

    @Override
    public @Nullable RuntimeException refusal(long address) {
      return core.isDead(address)
          ? UseAfterFreeException.of(core.block(address), address, null)
          : null;
    }
  }

  static void released(Armed armed) {
    CFrees.askForDead(null);
    if (CURRENT.compareAndSet(armed, null) && !(armed.core() instanceof GuardElsewhere)) {
      Holder.giveBack();
    }
  }

  private static Armed arm(GuardOptions options, long start) {
    NativeCode code;
    try {
      code = NativeCode.load();
    } catch (UnsupportedOperationException e) {
      throw new GuardUnavailableException("the guard must have machine code: " + e.getMessage());
    }
    GuardOptions limited =
        options.mappingLimit(MappingLimit.of(options.systemMappings(), options.mappingLimit()));
    List<String> reasons = new ArrayList<>();
    for (PageDeath death : PageDeath.values()) {
      if (options.pages() != null && options.pages() != death) {
        continue;
      }
      try {
        NativePool pool = new NativePool(code, limited, death);
        String tested = options.selfTest() ? SelfTest.require(code, options.mode(), death) : "off";
        pool.install();
        return start(pool, limited, death, tested, reasons, start);
      } catch (SystemCallException | UnsupportedOperationException e) {
        reasons.add(death + ": " + e.getMessage());
      }
    }
    throw new GuardUnavailableException(
        "one way to make dead pages must work here: tried=" + reasons);
  }

  private static Armed start(
      NativePool pool,
      GuardOptions options,
      PageDeath death,
      String tested,
      List<String> reasons,
      long start) {
    Reports reports = new Reports(pool);
    GuardThread thread = new GuardThread(pool, reports);
    pool.sample(true);
    thread.start();
    List<String> missing = new ArrayList<>(reasons);
    missing.addAll(HotSpot.facts().missing());
    // No format: loading its classes would be a tenth of the arming.
    String text =
        "guard armed: mode="
            + options.mode().name().toLowerCase(Locale.ROOT)
            + ", pages="
            + death.name().toLowerCase(Locale.ROOT)
            + (options.align() == Align.END ? ", align=end" : "")
            + ", slots="
            + options.slots()
            + ", limit="
            + options.byteLimit()
            + " bytes and "
            + options.mappingLimit()
            + " mappings, selfTest="
            + tested
            + ", took="
            + (System.nanoTime() - start) / NANOS_PER_MILLI
            + " ms"
            + (missing.isEmpty() ? "" : ", not armed=" + missing);
    Armed armed = new Armed(new LocalGuard(pool, reports, thread, options.mode(), text));
    if (options.mode() == Mode.STRICT) {
      CFrees.askForDead(new LeasedBlocks(armed.core()));
    }
    if (options.explainUncaught() && options.mode() == Mode.STRICT) {
      Uncaught.install(armed);
    }
    return armed;
  }
}
