package dev.lifebound.memory.ledger;

import dev.lifebound.memory.os.Copies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The process's ledger, as the packages above this one report to it. While none is installed each
 * method is a read of one static field.
 */
public final class LedgerSink {
  private static final VarHandle CURRENT = current();

  /*
   * A plain field. Who reports has just done an atomic operation on a block's state, so no compiler keeps
   * an old value for long; and an event more or less at the moment of installing is none that counts.
   */
  private static @Nullable Ledger current;

  private static final AtomicBoolean GREETS = new AtomicBoolean();

  private LedgerSink() {}

  private static VarHandle current() {
    try {
      return MethodHandles.lookup().findStaticVarHandle(LedgerSink.class, "current", Ledger.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  static void install(Ledger ledger) {
    boolean _ = Copies.serve("ledger", LedgerSink::call);
    if (GREETS.compareAndSet(false, true)) {
      Copies.onHello(LedgerSink::greet);
    }
    synchronized (Copies.lock()) {
      for (Copies.Copy copy : Copies.others()) {
        Object path = copy.call("ledger.path");
        if (path != null) {
          throw new IllegalStateException(
              "a process must have one ledger: installed="
                  + path
                  + ", by="
                  + copy
                  + "; what is told here goes there as well");
        }
      }
      installHere(ledger);
    }
    BiFunction<String, Object, @Nullable Object> calls = LedgerElsewhere.calls(ledger);
    Copies.others().forEach(copy -> copy.call("ledger.bind", calls));
  }

  /**
   * What other copies of the library call: where the ledger lies that this one has installed, and
   * that events shall go to theirs from now on.
   */
  @SuppressWarnings("unchecked") // The protocol of the copies.
  public static @Nullable Object call(String call, Object[] arguments) {
    Ledger ledger = current;
    switch (call) {
      case "path" -> {
        return ledger == null || ledger.isElsewhere() ? null : ledger.path();
      }
      case "bind" -> bind((BiFunction<String, Object, @Nullable Object>) arguments[0]);
      case "unbind" -> {
        if (ledger != null && ledger.isElsewhere()) {
          uninstall(ledger);
        }
      }
      default -> {
        // A later version's.
      }
    }
    return null;
  }

  private static void bind(BiFunction<String, Object, @Nullable Object> calls) {
    Ledger bound = Ledger.of(new LedgerElsewhere(calls));
    boolean _ = CURRENT.compareAndSet((Ledger) null, bound);
  }

  /** Another copy has appeared: its events come here, if a ledger is installed. */
  private static void greet(Copies.Copy copy) {
    Ledger ledger = current;
    if (ledger != null && !ledger.isElsewhere()) {
      Object _ = copy.call("ledger.bind", LedgerElsewhere.calls(ledger));
    }
  }

  private static void installHere(Ledger ledger) {
    if (!CURRENT.compareAndSet((Ledger) null, ledger) && CURRENT.getAcquire() != ledger) {
      throw new IllegalStateException(
          "a process must have one ledger: installed="
              + installedText()
              + "; close that one first");
    }
  }

  private static String installedText() {
    Ledger ledger = current;
    return ledger == null ? "none" : String.valueOf(ledger.path());
  }

  static void uninstall(Ledger ledger) {
    if (CURRENT.compareAndSet(ledger, (Ledger) null) && !ledger.isElsewhere()) {
      Copies.others().forEach(copy -> copy.call("ledger.unbind"));
    }
  }

  /** The installed ledger, or null. */
  public static @Nullable Ledger installed() {
    return current;
  }

  /** See {@link Ledger#allocate}. */
  public static void allocate(long block, long address, long bytes, LedgerName tag) {
    Ledger ledger = current;
    if (ledger != null) {
      ledger.allocate(block, address, bytes, tag);
    }
  }

  /** See {@link Ledger#adopt}. */
  public static void adopt(long block, long address, long bytes, LedgerName tag) {
    Ledger ledger = current;
    if (ledger != null) {
      ledger.adopt(block, address, bytes, tag);
    }
  }

  /** See {@link Ledger#free}. */
  public static void free(long block, long address, long bytes, LedgerName tag) {
    Ledger ledger = current;
    if (ledger != null) {
      ledger.free(block, address, bytes, tag);
    }
  }

  /** See {@link Ledger#freeByC}. */
  public static void freeByC(long block, long address, long bytes, LedgerName tag) {
    Ledger ledger = current;
    if (ledger != null) {
      ledger.freeByC(block, address, bytes, tag);
    }
  }

  /** See {@link Ledger#bind}. */
  public static void bind(long block, long address, LedgerName map, @Nullable Object key) {
    Ledger ledger = current;
    if (ledger != null) {
      ledger.bind(block, address, map, key);
    }
  }

  /** See {@link Ledger#unbind}. */
  public static void unbind(long block, long address, LedgerName map, @Nullable Object key) {
    Ledger ledger = current;
    if (ledger != null) {
      ledger.unbind(block, address, map, key);
    }
  }

  /** See {@link Ledger#staleUse}. */
  public static void staleUse(long block, long address, LedgerName operation) {
    Ledger ledger = current;
    if (ledger != null) {
      ledger.staleUse(block, address, operation);
    }
  }

  /** See {@link Ledger#doubleFree}. */
  public static void doubleFree(long block, long address, LedgerName by) {
    Ledger ledger = current;
    if (ledger != null) {
      ledger.doubleFree(block, address, by);
    }
  }

  /** See {@link Ledger#leaseRemark}. */
  public static void leaseRemark(long block, long address, LedgerName by) {
    Ledger ledger = current;
    if (ledger != null) {
      ledger.leaseRemark(block, address, by);
    }
  }

  /** See {@link Ledger#report}. */
  public static void report(LedgerReport report) {
    Ledger ledger = current;
    if (ledger != null) {
      ledger.report(report);
    }
  }

  /** See {@link Ledger#leaseAnomaly}. */
  public static void leaseAnomaly(long block, long address, LedgerName what) {
    Ledger ledger = current;
    if (ledger != null) {
      ledger.leaseAnomaly(block, address, what);
    }
  }

  /** See {@link Ledger#leak}. */
  public static void leak(
      long block, long blocks, long bytes, LedgerName tag, List<StackTraceElement> allocated) {
    Ledger ledger = current;
    if (ledger != null) {
      ledger.leak(block, blocks, bytes, tag, allocated);
    }
  }
}
