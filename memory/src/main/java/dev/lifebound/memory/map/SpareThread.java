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

  private SpareThread() {}

  static void ask(Slabs slabs) {
    WAITING.add(slabs);
  }

  @SuppressWarnings("InfiniteLoopStatement")
  private static void run() {
    while (true) {
      next().prepareSpare();
    }
  }

  private static Slabs next() {
    Slabs slabs = null;
    while (slabs == null) {
      try {
        slabs = WAITING.take();
      } catch (InterruptedException e) {
        // Nobody has this thread to interrupt it; whoever found it by its group gains nothing.
        slabs = WAITING.poll();
      }
    }
    return slabs;
  }
}
