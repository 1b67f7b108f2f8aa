package dev.lifebound.memory.guard;

import dev.lifebound.memory.os.LibC;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The guard's own thread: makes reports when the machine code wakes it, and sees to it that our
 * signal handlers are still first.
 */
final class GuardThread {
  private static final int PATIENCE_MILLIS = 500;
  private static final long CHECK_NANOS = 400_000_000;

  private final NativePool pool;
  private final Reports reports;
  private final List<Consumer<GuardReport>> reportListeners = new CopyOnWriteArrayList<>();
  private final List<Consumer<String>> noticeListeners = new CopyOnWriteArrayList<>();
  private final List<Consumer<Control>> watchListeners = new CopyOnWriteArrayList<>();
  private final List<Runnable> ticks = new CopyOnWriteArrayList<>();
  private final ReentrantLock draining = new ReentrantLock();
  private final Thread thread;
  private volatile @Nullable String stoodDown;
  private volatile boolean closed;
  private boolean ledgerLost;
  private long checked = System.nanoTime();

  GuardThread(NativePool pool, Reports reports) {
    this.pool = pool;
    this.reports = reports;
    // No lambda: it would be the first of the process, and takes as long as the rest of the thread.
    this.thread =
        new Thread("lifebound-guard") {
          @Override
          public void run() {
            watchOver();
          }
        };
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  @Nullable String stoodDown() {
    return stoodDown;
  }

  void onReport(Consumer<GuardReport> listener) {
    reportListeners.add(listener);
  }

  void onNotice(Consumer<String> listener) {
    noticeListeners.add(listener);
  }

  /** Gets the ring's records of the watch. */
  void onWatchEvent(Consumer<Control> listener) {
    watchListeners.add(listener);
  }

  /** Runs on each round of the thread: at every event, and at least twice a second. */
  void onTick(Runnable tick) {
    ticks.add(tick);
  }

  private void watchOver() {
    while (!closed) {
      guarded(this::turn);
    }
  }

  private void turn() {
    try {
      boolean _ = LibC.awaitEvent(pool.eventFd(), PATIENCE_MILLIS);
    } catch (RuntimeException e) {
      // Then it looks by itself.
      LockSupport.parkNanos(CHECK_NANOS);
    }
    flush();
    long now = System.nanoTime();
    if (now - checked >= CHECK_NANOS) {
      checked = now;
      guarded(this::checkHandlers);
      guarded(this::checkLedger);
    }
    for (Runnable tick : ticks) {
      guarded(tick);
    }
  }

  void flush() {
    draining.lock();
    try {
      guarded(() ->
          reports.drain(
              report -> reportListeners.forEach(l -> guarded(() -> l.accept(report))),
              event -> watchListeners.forEach(l -> guarded(() -> l.accept(event)))));
    } finally {
      draining.unlock();
    }
  }

  /**
   * A step's failure is its own, an {@link Error} too: with the heap full, say. The thread must go
   * on, since nobody else would see that our handler is no longer first.
   */
  private static void guarded(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error e) {
      log(e);
    }
  }

  private static void log(Throwable failure) {
    try {
      // Asked for only now: the first logger of a process makes the JVM search the whole class
      // path.
      System.getLogger("dev.lifebound.memory")
          .log(System.Logger.Level.WARNING, "a listener of the guard must not throw", failure);
    } catch (RuntimeException | Error e) {
      // A log that fails as well cannot be told.
    }
  }

  /**
   * Without our handler first, the next dead access would end the process: so nothing stays dead. A
   * second round brings back what was just dying during the first.
   */
  private void checkHandlers() {
    if (closed) {
      return;
    }
    if (stoodDown != null) {
      pool.revive();
      return;
    }
    if (!pool.isInstalled()) {
      pool.revive();
      pool.revive();
      String reason =
          "another library has replaced the handler of SIGSEGV or SIGBUS; blocks are no longer"
              + " guarded, dead ones read their old bytes";
      stoodDown = reason;
      notice("stands down: " + reason);
    }
  }

  private void notice(String text) {
    noticeListeners.forEach(l -> guarded(() -> l.accept(text)));
  }

  private void checkLedger() {
    if (!ledgerLost && pool.control().get("ledger_lost") != 0) {
      ledgerLost = true;
      notice(
          "the ledger's file was cut, or its disk has failed; what is recorded there from now on is"
              + " lost");
    }
  }

  void close() {
    draining.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      pool.revive();
      stoodDown = "closed";
      if (pool.isInstalled()) {
        // A page that was dying a moment ago is back before the handler goes.
        pool.revive();
        pool.uninstall();
      }
    } finally {
      draining.unlock();
    }
    LibC.raiseEvent(pool.eventFd());
    flush();
  }
}
