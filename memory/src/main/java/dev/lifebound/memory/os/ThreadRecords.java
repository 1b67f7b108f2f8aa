package dev.lifebound.memory.os;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
    for (int tries = 0; tries < TRIES; tries++) {
      for (long thread : now()) {
        if (env > thread && env < thread + size) {
          return thread;
        }
      }
    }
    throw unknown();
  }

  /** The record of the thread with this number. */
  long of(int tid) {
    long osThread = structs.offset("Thread::_osthread");
    long number = structs.offset("OSThread::_thread_id");
    for (int tries = 0; tries < TRIES; tries++) {
      for (long thread : now()) {
        // SAFETY: a thread that is in the list has both; HotSpot frees them some time after that.
        long os = Raw.getLong(thread + osThread);
        if (os != 0 && Raw.getInt(os + number) == tid) {
          return thread;
        }
      }
    }
    throw unknown();
  }

  /**
   * The list as it is now. No lambdas here: those of the arming would be the first of the process.
   */
  private long[] now() {
    // SAFETY: HotSpot keeps a list for some time after replacing it.
    long list = Raw.getLong(structs.address("ThreadsSMRSupport::_java_thread_list"));
    long data = Raw.getLong(list + structs.offset("ThreadsList::_threads"));
    long[] threads = new long[Raw.getInt(list + structs.offset("ThreadsList::_length"))];
    for (int i = 0; i < threads.length; i++) {
      threads[i] = Raw.getLong(data + (long) i * Long.BYTES);
    }
    return threads;
  }

  private static UnsupportedOperationException unknown() {
    return new UnsupportedOperationException("the Java virtual machine must know this thread");
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
    if (table % Long.BYTES != 0 || !isWithin(jvm, false, table, bytes)) {
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
      if (isWithin(jvm, true, function, 1)) {
        inside++;
      }
    }
    return inside >= FUNCTIONS_INSIDE;
  }

  private static boolean isWithin(List<Range> ranges, boolean executable, long at, long bytes) {
    for (Range range : ranges) {
      if (range.executable() == executable && at >= range.start() && at + bytes <= range.end()) {
        return true;
      }
    }
    return false;
  }

  /** What is mapped of libjvm and can be read: {@code start-end perms ... /path/libjvm.so}. */
  private static List<Range> ranges() {
    List<Range> ranges = new ArrayList<>();
    try (BufferedReader maps = Files.newBufferedReader(Path.of("/proc/self/maps"))) {
      for (String line = maps.readLine(); line != null; line = maps.readLine()) {
        int dash = line.indexOf('-');
        int space = line.indexOf(' ');
        if (line.endsWith("/libjvm.so") && line.startsWith(" r", space)) {
          ranges.add(
              new Range(
                  Long.parseUnsignedLong(line, 0, dash, HEX),
                  Long.parseUnsignedLong(line, dash + 1, space, HEX),
                  line.startsWith(" r-x", space)));
        }
      }
      return ranges;
    } catch (IOException e) {
      throw new UnsupportedOperationException("/proc/self/maps must be readable", e);
    }
  }
}
