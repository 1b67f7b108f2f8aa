package dev.lifebound.memory.map;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A function of the program that runs for one key. Whoever would write to that key waits for its
 * end, outside all locks, so that a slow function holds up its own key only.
 *
 * <p>Keys are told apart by their hashes: two keys of the same 64 bits wait for each other.
 *
 * <p>A thread that would wait for itself is refused instead, also when it does so through other
 * threads and other maps: the waits of all maps are one graph, which is looked at, under one lock,
 * by those who must wait anyway.
 */
final class Computation {
  private static final Map<Thread, Computation> WAITS = new HashMap<>();

  final long hash;
  final Thread owner;

  /** The next one of the stripe; under the stripe's lock. */
  @Nullable Computation next;

  private boolean done;

  Computation(long hash) {
    this.hash = hash;
    this.owner = Thread.currentThread();
  }

  /**
   * Waits for the end; the caller holds no lock.
   *
   * @throws IllegalStateException when that would wait for the caller
   */
  void await(String map) {
    Thread me = Thread.currentThread();
    synchronized (WAITS) {
      for (Computation wait = this; wait != null; wait = WAITS.get(wait.owner)) {
        if (wait.owner == me) {
          throw new IllegalStateException(
              "a function must not write to a key that waits for its result (recursive update): map="
                  + map
                  + ", thread="
                  + me.getName()
                  + "; write to that key before or after the call that takes the function");
        }
      }
      WAITS.put(me, this);
    }
    boolean interrupted = false;
    try {
      synchronized (this) {
        while (!done) {
          try {
            wait();
          } catch (InterruptedException e) {
            // What waits is a write, which does not end halfway; the caller sees it afterwards.
            interrupted = true;
          }
        }
      }
    } finally {
      synchronized (WAITS) {
        WAITS.remove(me);
      }
      if (interrupted) {
        me.interrupt();
      }
    }
  }

  /** Lets those who wait go on. */
  synchronized void end() {
    done = true;
    notifyAll();
  }
}
