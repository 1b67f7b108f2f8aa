package dev.lifebound.memory.map;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The library's one thread that makes slabs ahead of growing maps. A daemon; it starts with the
 * first map that is large enough and holds no map while it waits.
 */
final class SpareThread {
  private static final BlockingQueue<Runnable> WAITING = new LinkedBlockingQueue<>();

  static {
    Thread.ofPlatform()
        .daemon()
        .name("lifebound-map-spare")
        .inheritInheritableThreadLocals(false)
        .start(SpareThread::run);
  }

  private SpareThread() {}

  static void ask(Slabs slabs) {
    ask(slabs::prepareSpare);
  }

  /** Has this make a spare; it must not throw. */
  static void ask(Runnable maker) {
    WAITING.add(maker);
  }

  @SuppressWarnings("InfiniteLoopStatement")
  private static void run() {
    while (true) {
      next().run();
    }
  }

  private static Runnable next() {
    Runnable maker = null;
    while (maker == null) {
      try {
        maker = WAITING.take();
      } catch (InterruptedException e) {
        // Nobody has this thread to interrupt it; whoever found it by its group gains nothing.
        maker = WAITING.poll();
      }
    }
    return maker;
  }
}
