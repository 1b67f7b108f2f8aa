package dev.lifebound.memory.map;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The library's one thread that makes slabs ahead of growing maps. A daemon; it starts with the
 * first map that is large enough and holds no map while it waits.
 */
final class SpareThread {
  private static final BlockingQueue<Slabs> WAITING = new LinkedBlockingQueue<>();

  static {
    Thread.ofPlatform()
        .daemon()
        .name("lifebound-map-spare")
        .inheritInheritableThreadLocals(false)
        .start(SpareThread::run);
  }

  /** How often somebody tried; for whoever looks at a heap dump. */
  private static int interruptions;

  private SpareThread() {}

  static void ask(Slabs slabs) {
    WAITING.add(slabs);
  }

  private static void run() {
    while (true) {
      try {
        WAITING.take().prepareSpare();
      } catch (InterruptedException e) {
        // Nobody has this thread to interrupt it; whoever found it by its group gains nothing by
        // it.
        interruptions++;
      }
    }
  }
}
