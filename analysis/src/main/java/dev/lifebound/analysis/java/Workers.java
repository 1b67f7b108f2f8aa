package dev.lifebound.analysis.java;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/** Runs one function over many items on a few threads; results come in the items' order. */
final class Workers {
  /** Parser and translation recurse over trees; deep expressions need a deep stack. */
  private static final long STACK_BYTES = 64L << 20;

  private Workers() {}

  static <A, B> List<B> map(int threads, List<A> items, Function<A, B> work) {
    try (ExecutorService pool =
        Executors.newFixedThreadPool(
            threads, code -> new Thread(null, code, "lifebound-java", STACK_BYTES))) {
      List<Future<B>> futures = new ArrayList<>();
      items.forEach(item -> futures.add(pool.submit(() -> work.apply(item))));
      List<B> results = new ArrayList<>();
      for (Future<B> future : futures) {
        results.add(future.get());
      }
      return results;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(
          "a scan must not be interrupted: items=" + items.size() + "; run it again", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(
          "the Java front end must not fail: cause=" + e.getCause() + "; please report it", e);
    }
  }
}
