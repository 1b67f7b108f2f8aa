package dev.lifebound.memory.replay;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The other thread of an interleaving: what it does is done when the call returns. */
final class Elsewhere {
  private static final long PATIENCE_SECONDS = 60;

  private Elsewhere() {}

  /** Runs the action on a thread of this name and waits for its end; what it throws is thrown. */
  static void run(String thread, Runnable action) {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    Thread.ofPlatform()
        .name(thread)
        .daemon()
        .start(() -> {
          try {
            action.run();
            ended.complete(null);
          } catch (Throwable e) {
            ended.completeExceptionally(e);
          }
        });
    ended.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
  }
}
