package dev.lifebound.bench.guard;

import dev.lifebound.bench.watch.WatchBench;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The parts of the topic that measure the watch, and the agent under a service. */
final class Others {
  private Others() {}

  /** The worse of both, and both. */
  private static String service(ServiceBench.Slowdown slowdown) {
    return String.format(
        Locale.ROOT,
        "service_slowdown=%.4f service_throughput=%.4f service_p99=%.4f ",
        slowdown.worst(),
        slowdown.throughput(),
        slowdown.p99());
  }

  /** Its figures, each followed by a blank. */
  static String figures(boolean quick) throws IOException, InterruptedException {
    Map<String, Double> figures = WatchBench.run(quick);
    return figures.entrySet().stream()
        .map(figure -> String.format(Locale.ROOT, "%s=%.4g ", figure.getKey(), figure.getValue()))
        .collect(Collectors.joining("", "", service(ServiceBench.slowdown(quick))));
  }
}
