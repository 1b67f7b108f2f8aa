package dev.lifebound.memory.os;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * HotSpot's own records of its threads, {@code JavaThread}, as its list has them.
 *
 * <p>The list is replaced when a thread starts or ends; an old one and the records of threads that
 * have ended are freed soon after, since nobody here holds them as HotSpot's own threads do. So
 * nothing of them is read but by copies that cannot fault, and a list counts only if it is still
 * the list after it was read.
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

  record Range(long start, long end, boolean executable) {}

  private static final long[] NONE = {};

  /** More than any system has threads for a process. */
  private static final int MOST_THREADS = 1 << 22;

  private final VmStructs structs;
  private final ByteBuffer word = Words.bytes(Long.BYTES);

  /** Not for concurrent use. */
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
        if (structs.copy(thread + osThread, word, Long.BYTES)) {
          long os = word.getLong(0);
          if (os != 0 && structs.copy(os + number, word, Integer.BYTES) && word.getInt(0) == tid) {
            return thread;
          }
        }
      }
    }
    throw unknown();
  }

  /**
   * The list as it is now; empty when it was replaced meanwhile. No lambdas here: those of the
   * arming would be the first of the process.
   */
  private long[] now() {
    long variable = structs.address("ThreadsSMRSupport::_java_thread_list");
    // SAFETY: a variable of libjvm, which stays loaded.
    long list = Raw.getLong(variable);
    if (!structs.copy(list + structs.offset("ThreadsList::_threads"), word, Long.BYTES)) {
      return NONE;
    }
    long data = word.getLong(0);
    if (!structs.copy(list + structs.offset("ThreadsList::_length"), word, Integer.BYTES)) {
      return NONE;
    }
    int length = word.getInt(0);
    if (length <= 0 || length > MOST_THREADS) {
      return NONE;
    }
    ByteBuffer records = Words.bytes(length * Long.BYTES);
    // SAFETY: as above.
    if (!structs.copy(data, records, records.capacity()) || Raw.getLong(variable) != list) {
      return NONE;
    }
    long[] threads = new long[length];
    for (int i = 0; i < length; i++) {
      threads[i] = records.getLong(i * Long.BYTES);
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
  static List<Range> ranges() {
    List<Range> ranges = new ArrayList<>();
    // Any bytes may be in the name of some other library.
    try (BufferedReader maps =
        Files.newBufferedReader(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1)) {
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
