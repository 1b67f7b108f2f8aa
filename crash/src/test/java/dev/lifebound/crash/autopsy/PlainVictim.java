package dev.lifebound.crash.autopsy;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A program without Lifebound that dies of something else. */
@SuppressWarnings("ModifiedButNotUsed") // what is kept is kept from the collector
public final class PlainVictim {
  /** What it dies of. */
  public enum Cause {
    WILD_READ,
    WILD_WRITE,
    NULL_IN_C,
    NOT_CANONICAL,
    STACK_OVERFLOW,
    HEAP_EXHAUSTED,
    BROKEN_OBJECT,
    SIGNAL_SENT
  }

  private PlainVictim() {}

  public static void main(String[] arguments) throws Exception {
    Random random = new Random(Long.parseLong(arguments[1]));
    switch (Cause.valueOf(arguments[0])) {
      case WILD_READ -> {
        byte _ = RawMemory.read(0x1000_0000_0000L + random.nextLong(1L << 40));
      }
      case WILD_WRITE -> RawMemory.write(0x1000_0000_0000L + random.nextLong(1L << 40));
      case NULL_IN_C -> {
        long _ = RawMemory.strlen(random.nextInt(4096));
      }
      case NOT_CANONICAL -> {
        byte _ = RawMemory.read(0x4141_0000_0000_0000L + random.nextLong(1L << 40));
      }
      case STACK_OVERFLOW -> {
        // Classes that are loaded down there would be broken for good.
        byte _ = RawMemory.read(RawMemory.malloc(8));
        Thread thread = new Thread(() -> overflow(RawMemory.stackLow()), "deep");
        thread.start();
        thread.join();
      }
      case HEAP_EXHAUSTED -> {
        List<byte[]> all = new ArrayList<>();
        while (true) {
          all.add(new byte[1 << 20]);
        }
      }
      case BROKEN_OBJECT -> breakObject(random);
      case SIGNAL_SENT -> sendSignal();
    }
    Runtime.getRuntime().halt(CrashVictim.SURVIVED);
  }

  /**
   * Goes down until the stack ends, and touches its last page from there, as C code would: of that
   * page the JVM says that the overflow is irrecoverable.
   */
  @SuppressWarnings("InfiniteRecursion") // that is what it is for
  private static int overflow(long low) {
    try {
      return overflow(low) + 1;
    } catch (StackOverflowError e) {
      return RawMemory.read(low + 8);
    }
  }

  /** The class of an object is overwritten, and the collector finds it: a defect of "the JVM". */
  private static void breakObject(Random random) throws ReflectiveOperationException {
    Class<?> type = Class.forName("sun.misc.Unsafe");
    Field instance = type.getDeclaredField("theUnsafe");
    instance.setAccessible(true);
    Object unsafe = instance.get(null);
    Method put = type.getMethod("putInt", Object.class, long.class, int.class);
    List<Object> broken = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      Object object = new byte[16];
      Object _ = put.invoke(unsafe, object, 8L, 0x1234_5670 + random.nextInt(1 << 20));
      broken.add(object);
    }
    System.gc();
  }

  private static void sendSignal() throws IOException, InterruptedException {
    Process kill =
        new ProcessBuilder("kill", "-SEGV", Long.toString(ProcessHandle.current().pid()))
            .inheritIO()
            .start();
    int _ = kill.waitFor();
    Thread.currentThread().join();
  }
}
