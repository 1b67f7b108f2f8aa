package example;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lifebound.memory.guard.Armed;
import dev.lifebound.memory.guard.Guard;
import dev.lifebound.memory.os.HotSpot;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.instrument.Instrumentation;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Programs that tests start with the agent; users of the library, so not in its packages. */
public final class Programs {
  private Programs() {}

  /** Knows nothing of the library, and runs on any Java. */
  public static final class Innocent {
    private Innocent() {}

    public static void main(String[] args) {
      System.out.println("done");
    }
  }

  /** Reads a block after its free. */
  public static final class Guilty {
    private Guilty() {}

    public static void main(String[] args) {
      Armed guard = Guard.current().orElseThrow();
      for (int i = 0; i < Integer.getInteger("blocks", 1); i++) {
        MemorySegment block = guard.tryAllocate(64).orElseThrow();
        block.set(JAVA_LONG, 8, 42);
        guard.free(block.address());
        System.out.println("read=" + read(block) + " again=" + read(block));
      }
      if (Boolean.getBoolean("flush")) {
        guard.flush();
      }
    }

    private static long read(MemorySegment block) {
      return block.get(JAVA_LONG, 8);
    }
  }

  /** Allocates in a class that is unloaded before the block is misused. */
  public static final class Forgetful {
    private static final int COLLECTIONS = 100;

    private Forgetful() {}

    /** Loaded by a loader of its own. */
    public static final class Maker implements Supplier<MemorySegment> {
      public Maker() {}

      @Override
      public MemorySegment get() {
        return Guard.current().orElseThrow().tryAllocate(64).orElseThrow();
      }
    }

    private static final class Loader extends ClassLoader {
      Class<?> maker() throws IOException {
        String name = Maker.class.getName();
        try (InputStream in =
            Maker.class.getResourceAsStream("/" + name.replace('.', '/') + ".class")) {
          byte[] bytes = in == null ? new byte[0] : in.readAllBytes();
          return defineClass(name, bytes, 0, bytes.length);
        }
      }
    }

    private static MemorySegment made(WeakReference<?>[] loader) throws Exception {
      Loader own = new Loader();
      loader[0] = new WeakReference<>(own);
      Supplier<?> maker = (Supplier<?>) own.maker().getDeclaredConstructor().newInstance();
      return (MemorySegment) maker.get();
    }

    public static void main(String[] args) throws Exception {
      WeakReference<?>[] loader = {null};
      MemorySegment block = made(loader);
      for (int i = 0; i < COLLECTIONS && loader[0].get() != null; i++) {
        System.gc();
      }
      System.out.println("unloaded=" + (loader[0].get() == null));
      Guard.current().orElseThrow().free(block.address());
      System.out.println("read=" + block.get(JAVA_LONG, 8));
    }
  }

  /** Reads the byte behind a live block. */
  public static final class Overrun {
    private static final int BYTES = 64;

    private Overrun() {}

    @SuppressWarnings("restricted") // A view that is too long, as C would have it.
    public static void main(String[] args) {
      Armed guard = Guard.current().orElseThrow();
      AtomicInteger misuses = new AtomicInteger();
      guard.onReport(_ -> misuses.incrementAndGet());
      MemorySegment block = guard.tryAllocate(BYTES).orElseThrow();
      MemorySegment longer = MemorySegment.ofAddress(block.address()).reinterpret(BYTES + 1);
      longer.set(JAVA_BYTE, BYTES - 1, (byte) 42);
      System.out.println(
          "last=" + longer.get(JAVA_BYTE, BYTES - 1) + " behind=" + longer.get(JAVA_BYTE, BYTES));
      guard.flush();
      System.out.println("misuses=" + misuses);
    }
  }

  /** Reads many blocks after their free, each out of deep calls: more text than a pipe holds. */
  public static final class Talkative {
    private static final int BLOCKS = 20;
    private static final int DEPTH = 16;

    private Talkative() {}

    public static void main(String[] args) {
      Armed guard = Guard.current().orElseThrow();
      for (int i = 0; i < BLOCKS; i++) {
        useAfterFreeInAMethodWhoseNameIsLongEnoughToFillTheLinesOfAnyReportAndThePipeOfSixtyFourKilobytesBehindThem(
            guard, DEPTH);
      }
      System.out.println("done");
    }

    private static long
        useAfterFreeInAMethodWhoseNameIsLongEnoughToFillTheLinesOfAnyReportAndThePipeOfSixtyFourKilobytesBehindThem(
            Armed guard, int depth) {
      if (depth > 0) {
        return useAfterFreeInAMethodWhoseNameIsLongEnoughToFillTheLinesOfAnyReportAndThePipeOfSixtyFourKilobytesBehindThem(
            guard, depth - 1);
      }
      MemorySegment block = guard.tryAllocate(64).orElseThrow();
      guard.free(block.address());
      return block.get(JAVA_LONG, 8);
    }
  }

  /** Prints what it maps and has open that it should not. */
  public static final class Inspected {
    private Inspected() {}

    public static void main(String[] args) throws IOException {
      try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
        List<String> lines = maps.toList();
        System.out.println(
            "own code="
                + lines.stream()
                    .filter(line -> line.matches("\\S+ r-xp \\S+ 00:00 0\\s*"))
                    .count());
        lines.stream()
            .filter(line -> line.matches("\\S+ .wx.*"))
            .filter(Inspected::isOurs)
            .forEach(line -> System.out.println("writable code=" + line));
      }
      try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
        for (Path fd : open.toList()) {
          String target = Files.isSymbolicLink(fd) ? Files.readSymbolicLink(fd).toString() : "";
          if (target.startsWith("socket:")) {
            System.out.println("socket=" + target);
          }
        }
      }
      System.out.println("done");
    }

    /** HotSpot's own code heaps can be written. */
    private static boolean isOurs(String line) {
      long start = Long.parseUnsignedLong(line.substring(0, line.indexOf('-')), 16);
      return HotSpot.facts().codeHeaps().stream().noneMatch(heap -> heap.contains(start));
    }
  }

  /** Another agent, of the same JVM. */
  public static final class OtherAgent {
    private OtherAgent() {}

    public static void premain(String options, Instrumentation instrumentation) {
      System.out.println("other agent: " + instrumentation.isRetransformClassesSupported());
    }
  }
}
