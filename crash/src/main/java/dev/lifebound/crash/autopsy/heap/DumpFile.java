package dev.lifebound.crash.autopsy.heap;

import java.io.EOFException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import okio.BufferedSource;
import okio.Okio;
import shark.HprofHeader;
import shark.HprofRecordReader;
import shark.HprofRecordTag;
import shark.StreamingHprofReader;

/** A heap dump as a stream of records that can be begun again. */
final class DumpFile {
  private static final int BUFFER_BYTES = 1 << 18;
  private static final int GZIP_FIRST = 0x1f;
  private static final int GZIP_SECOND = 0x8b;

  /** Takes one record; it must read the whole record. */
  @FunctionalInterface
  interface Listener {
    void record(HprofRecordTag tag, long length, HprofRecordReader reader);
  }

  private final Path path;
  private final HprofHeader header;
  private final Map<String, String> notices = new TreeMap<>();

  private DumpFile(Path path, HprofHeader header) {
    this.path = path;
    this.header = header;
  }

  static DumpFile open(Path path) throws UnreadableDumpException {
    try (BufferedSource source = source(path)) {
      return new DumpFile(path, HprofHeader.Companion.parseHeaderOf(source));
    } catch (IOException | IllegalArgumentException | IllegalStateException e) {
      throw new UnreadableDumpException(
          "a heap dump must be a file in the HPROF format: file="
              + path
              + ", reason="
              + reason(e)
              + "; write one with jcmd PID GC.heap_dump FILE, or jhsdb jmap --binaryheap --core",
          e);
    }
  }

  private static String reason(Exception e) {
    if (e instanceof NoSuchFileException) {
      return "no such file";
    }
    if (e instanceof EOFException) {
      return "it ends within its header";
    }
    String reason = e instanceof FileSystemException known ? known.getReason() : e.getMessage();
    return reason == null ? e.getClass().getSimpleName() : reason.lines().findFirst().orElse("");
  }

  private static BufferedSource source(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    PushbackInputStream in = new PushbackInputStream(new FileInputStream(path.toFile()), 2);
    try {
      byte[] start = in.readNBytes(2);
      in.unread(start);
      boolean packed =
          start.length == 2 && (start[0] & 0xFF) == GZIP_FIRST && (start[1] & 0xFF) == GZIP_SECOND;
      InputStream bytes = packed ? new GZIPInputStream(in, BUFFER_BYTES) : in;
      return Okio.buffer(Okio.source(bytes));
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  /** When it was written. */
  Instant written() {
    return Instant.ofEpochMilli(header.getHeapDumpTimestamp());
  }

  /** What was met that a reader should know: code to sentence. */
  Map<String, String> notices() {
    return notices;
  }

  void note(String code, String message) {
    notices.put(code, message);
  }

  int idBytes() {
    return header.getIdentifierByteSize();
  }

  /** Reads from the start to the end, or to the place where the dump is cut or damaged. */
  void pass(Set<HprofRecordTag> tags, Listener listener) throws UnreadableDumpException {
    try {
      StreamingHprofReader reader =
          StreamingHprofReader.Companion.readerFor(() -> opened(path), header);
      long _ =
          reader.readRecords(
              EnumSet.copyOf(tags),
              (tag, length, records) -> listener.record(tag, length, records));
    } catch (Exception e) {
      // Kotlin declares none of what its readers throw, so the compiler knows of no IOException.
      ended(e);
    }
  }

  private void ended(Exception e) throws UnreadableDumpException {
    switch (e) {
      case EOFException _, ZipException _ ->
          note("heap-dump-cut", "the heap dump was cut; what lay behind the cut is missing");
      case IllegalStateException _, IllegalArgumentException _, ArithmeticException _ -> damaged();
      case IndexOutOfBoundsException wild when isOfReader(wild) -> damaged();
      case UncheckedIOException wrapped -> throw unreadable(new IOException(wrapped));
      case IOException failure -> throw unreadable(failure);
      case RuntimeException defect -> throw defect;
      default -> throw new IllegalStateException("a reader of records must not fail so: " + e, e);
    }
  }

  private void damaged() {
    note(
        "heap-dump-damaged",
        "the heap dump has a record that is not of its format; what lies behind it is missing");
  }

  /**
   * Shark looks the size of a type up by a byte of the file; an index of our own is a defect. Once
   * compiled, the JVM leaves the stack out of an exception that it throws often, which is one of
   * Shark's.
   */
  private static boolean isOfReader(IndexOutOfBoundsException e) {
    StackTraceElement[] frames = e.getStackTrace();
    return frames.length == 0 || frames[0].getClassName().startsWith("shark.");
  }

  private UnreadableDumpException unreadable(IOException e) {
    return new UnreadableDumpException(
        "a heap dump must stay readable: file="
            + path
            + ", reason="
            + reason(e)
            + "; check the disk",
        e);
  }

  private static BufferedSource opened(Path path) {
    try {
      return source(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
