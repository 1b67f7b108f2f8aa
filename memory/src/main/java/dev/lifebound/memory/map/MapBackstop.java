package dev.lifebound.memory.map;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What is left of a map that was dropped while it was open: reports it, and frees its memory. The
 * cleaner runs it when nobody can reach the map any more.
 *
 * <p>It must not refer to the map: that the map is unreachable is the sign that nobody will use it.
 * Every operation that touches memory translates what an access may throw into an exception that
 * names the map, so the map is reachable to the end of the operation.
 *
 * <p>Segments of values are lent in callbacks, which the map's own method waits for, and by leases,
 * which refer to the map. A lease that was dropped open may have left a segment with somebody who
 * reads it for ever: then the memory stays, and the report says so. A segment that was kept past
 * its callback or lease throws when it is used, and does not crash, as after a close.
 */
final class MapBackstop implements Runnable {
  private static final System.Logger LOG = System.getLogger("dev.lifebound.memory");

  /** One thread for all maps; it starts with the first of them. */
  private static final Cleaner CLEANER =
      Cleaner.create(
          Thread.ofPlatform()
              .daemon()
              .name("lifebound-map-cleaner")
              .inheritInheritableThreadLocals(false)
              .factory());

  /** The memory of a map. Must not refer to the map. */
  interface Memory {
    boolean isOpen();

    long reservedBytes();

    /**
     * Frees everything.
     *
     * @throws IllegalStateException when somebody is using it at this moment
     */
    void close();
  }

  private final String name;
  private final Memory memory;
  private final AtomicInteger lent = new AtomicInteger();
  private Cleaner.Cleanable cleanable = () -> {};

  private MapBackstop(String name, Memory memory) {
    this.name = name;
    this.memory = memory;
  }

  /** Waits for this map to be dropped. */
  static MapBackstop of(Object map, String name, Memory memory) {
    MapBackstop backstop = new MapBackstop(name, memory);
    backstop.cleanable = CLEANER.register(map, backstop);
    return backstop;
  }

  /** A lease was opened. */
  void lend() {
    lent.incrementAndGet();
  }

  /** A lease was closed. */
  void giveBack() {
    lent.decrementAndGet();
  }

  /** The map was closed: there is nothing to wait for. */
  void disarm() {
    cleanable.clean();
  }

  /** The map was dropped, or closed before. */
  @Override
  public void run() {
    if (!memory.isOpen()) {
      return;
    }
    long bytes = memory.reservedBytes();
    int leases = lent.get();
    boolean freed = false;
    if (leases == 0) {
      try {
        memory.close();
        freed = true;
      } catch (IllegalStateException e) {
        // Somebody kept a segment and native code is using it: its memory must stay.
        freed = false;
      }
    }
    String text =
        "every map must be closed: cause=map dropped, map="
            + name
            + ", bytes="
            + bytes
            + ", leases="
            + leases
            + ", memory="
            + (freed ? "freed" : "kept, since a segment of it may be in use")
            + "; close the map with try-with-resources";
    LOG.log(System.Logger.Level.WARNING, text);
  }
}
