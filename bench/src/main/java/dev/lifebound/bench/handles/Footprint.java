package dev.lifebound.bench.handles;

import dev.lifebound.memory.handle.Registry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * Bytes that a live block costs beside its own memory, heap and native, against the object that
 * people write by hand. In a JVM of its own, which counts native memory ({@code
 * -XX:NativeMemoryTracking}).
 */
final class Footprint {
  private static final int BLOCKS = 1_000_000;
  private static final int BLOCK_BYTES = 64;
  private static final Pattern OTHER =
      Pattern.compile("Other \\(reserved=\\d+, committed=(\\d+)\\)");

  private Footprint() {}

  /** One object with an AtomicInteger and two longs. */
  @SuppressWarnings("unused") // what it holds is what is measured
  private static final class Counted {
    private final AtomicInteger count = new AtomicInteger(1);
    private final long address;
    private final long size;

    Counted(long address, long size) {
      this.address = address;
      this.size = size;
    }
  }

  static double ratio() throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:NativeMemoryTracking=summary",
                    "-XX:+UseSerialGC",
                    "-Xmx1g",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Footprint.class.getName()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String[] bytes =
        new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .strip()
            .split(" ", -1);
    if (child.waitFor() != 0 || bytes.length != 2) {
      throw new IllegalStateException("the counting JVM must answer: exit=" + child.exitValue());
    }
    double block = Double.parseDouble(bytes[0]);
    double object = Double.parseDouble(bytes[1]);
    System.out.printf(
        Locale.ROOT, "%nbytes beside the block: registry %.1f, object %.1f%n", block, object);
    return block / object;
  }

  public static void main(String[] args) throws JMException {
    try (Registry registry = Registry.create()) {
      registry.release(registry.allocate(BLOCK_BYTES, "bench"));
      long[] handles = new long[BLOCKS];
      long before = bytes();
      Arrays.setAll(handles, _ -> registry.allocate(BLOCK_BYTES, "bench"));
      double block = (double) (bytes() - before) / BLOCKS - BLOCK_BYTES;
      Counted[] objects = new Counted[BLOCKS];
      before = bytes();
      Arrays.setAll(objects, i -> new Counted(i, BLOCK_BYTES));
      double object = (double) (bytes() - before) / BLOCKS;
      if (objects[BLOCKS / 2] == null || !registry.isLive(handles[BLOCKS / 2])) {
        throw new IllegalStateException("both must be live when they are counted");
      }
      System.out.printf(Locale.ROOT, "%.2f %.2f%n", block, object);
    }
  }

  /**
   * Heap in use after a collection, and native memory that Java code has allocated. The heap comes
   * last, behind the collection: the first report makes 8 MB of garbage, a later one does not.
   */
  private static long bytes() throws JMException {
    String report =
        (String)
            ManagementFactory.getPlatformMBeanServer()
                .invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"),
                    "vmNativeMemory",
                    new Object[] {new String[] {"summary", "scale=b"}},
                    new String[] {String[].class.getName()});
    Matcher other = OTHER.matcher(report);
    if (!other.find()) {
      throw new IllegalStateException("the report must have a line for other memory: " + report);
    }
    long bytes = Long.parseLong(other.group(1));
    System.gc();
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return bytes + runtime.totalMemory() - runtime.freeMemory();
  }
}
