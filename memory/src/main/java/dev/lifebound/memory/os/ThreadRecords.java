package dev.lifebound.memory.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongPredicate;
import java.util.stream.Stream;

/**
 * HotSpot's own records of its threads, {@code JavaThread}, as its list has them.
 *
 * <p>The list is replaced when a thread starts or ends, and an old one is freed some time later; so
 * it is read again when nothing in it fits.
 */
final class ThreadRecords {
  private static final int TRIES = 100;
  private static final int HEX = 16;

  /* JNINativeInterface_ begins with words that are null, then has its functions. */
  private static final int NULL_WORDS = 3;
  private static final int FIRST_FUNCTION = 4;
  private static final int FUNCTIONS_LOOKED_AT = 228;

  /** Some are made at start: fast ones that read fields. */
  private static final int FUNCTIONS_INSIDE = 200;

  private record Range(long start, long end, boolean executable) {}

  private final VmStructs structs;

  ThreadRecords(VmStructs structs) {
    this.structs = structs;
  }

  /** The record around a {@code JNIEnv}; only compared, never read. */
  long around(long env) {
    long size = structs.size("JavaThread");
    return find(thread -> env > thread && env < thread + size);
  }

  /** The record of the thread with this number. */
  long of(int tid) {
    long osThread = structs.offset("Thread::_osthread");
    long number = structs.offset("OSThread::_thread_id");
    // SAFETY: a thread that is in the list has both; HotSpot frees them some time after that.
    return find(thread -> {
      long os = Raw.getLong(thread + osThread);
      return os != 0 && Raw.getInt(os + number) == tid;
    });
  }

  private long find(LongPredicate wanted) {
    long list = structs.address("ThreadsSMRSupport::_java_thread_list");
    long length = structs.offset("ThreadsList::_length");
    long threads = structs.offset("ThreadsList::_threads");
    for (int tries = 0; tries < TRIES; tries++) {
      // SAFETY: HotSpot keeps a list for some time after replacing it.
      long now = Raw.getLong(list);
      long data = Raw.getLong(now + threads);
      int count = Raw.getInt(now + length);
      for (int i = 0; i < count; i++) {
        long thread = Raw.getLong(data + (long) i * Long.BYTES);
        if (wanted.test(thread)) {
          return thread;
        }
      }
    }
    throw new UnsupportedOperationException("the Java virtual machine must know this thread");
  }

  /**
   * The {@code JNIEnv} in a record: the one word that points to a table of functions of libjvm. For
   * when HotSpot does not tell it: until it is started up, which is after agents are.
   */
  long jniEnv(long thread) {
    List<Range> jvm = ranges();
    long size = structs.size("JavaThread");
    for (long at = thread; at < thread + size; at += Long.BYTES) {
      // SAFETY: the record of a live thread, and what lies in libjvm's own mapping.
      if (isJniTable(Raw.getLong(at), jvm)) {
        return at;
      }
    }
    throw new UnsupportedOperationException("JavaThread must hold a JNIEnv: size=" + size);
  }

  private static boolean isJniTable(long table, List<Range> jvm) {
    long bytes = (long) (FIRST_FUNCTION + FUNCTIONS_LOOKED_AT) * Long.BYTES;
    if (table % Long.BYTES != 0
        || jvm.stream()
            .noneMatch(r -> !r.executable() && table >= r.start() && table + bytes <= r.end())) {
      return false;
    }
    for (int i = 0; i < NULL_WORDS; i++) {
      if (Raw.getLong(table + (long) i * Long.BYTES) != 0) {
        return false;
      }
    }
    int inside = 0;
    for (int i = FIRST_FUNCTION; i < FIRST_FUNCTION + FUNCTIONS_LOOKED_AT; i++) {
      long function = Raw.getLong(table + (long) i * Long.BYTES);
      if (jvm.stream()
          .anyMatch(r -> r.executable() && function >= r.start() && function < r.end())) {
        inside++;
      }
    }
    return inside >= FUNCTIONS_INSIDE;
  }

  private static List<Range> ranges() {
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      return maps.filter(line -> line.endsWith("/libjvm.so"))
          .filter(line -> line.substring(line.indexOf(' ')).startsWith(" r"))
          .map(line -> {
            String[] words = line.split("[- ]", 3);
            return new Range(
                Long.parseUnsignedLong(words[0], HEX),
                Long.parseUnsignedLong(words[1], HEX),
                words[2].startsWith("r-x"));
          })
          .toList();
    } catch (IOException e) {
      throw new UnsupportedOperationException("/proc/self/maps must be readable", e);
    }
  }
}
