package dev.lifebound.crash.autopsy;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** Reads files that may be crash logs, and says what they are when they are none. */
public final class CrashLogs {
  /** A process of some ten thousand threads has a log of some megabytes. */
  private static final int MOST_BYTES_READ = 64 << 20;

  private static final int GZIP_FIRST = 0x1f;
  private static final int GZIP_SECOND = 0x8b;
  private static final int BUFFER_BYTES = 1 << 16;

  private static final Pattern OPENJ9 =
      Pattern.compile(
          "^(?:NULL\\s+-{10}|0SECTION\\s|1TISIGINFO\\s|Unhandled exception\\s*$|Type=.*vmState=)");
  private static final Pattern NATIVE_IMAGE =
      Pattern.compile("\\[ \\[ SegfaultHandler caught|Fatal error: .*SubstrateVM|svm_err_");

  private CrashLogs() {}

  /**
   * Reads a file; of several crashes in it, the last.
   *
   * @throws AutopsyException when it cannot be read, or tells of no crash
   */
  public static CrashLog read(Path file) throws AutopsyException {
    return readAll(file).getLast();
  }

  /** The crashes of which a file tells, in its order; at least one. */
  static List<? extends CrashLog> readAll(Path file) throws AutopsyException {
    String text;
    try {
      text = text(file);
    } catch (IOException e) {
      throw new AutopsyException(
          AutopsyException.Input.CRASH_LOG,
          "a crash log must be a file that can be read: file="
              + file
              + ", reason="
              + reason(e)
              + "; check name and permissions",
          e);
    }
    List<HsErr> reports = HsErrReader.parseAll(text);
    if (!reports.isEmpty()) {
      return reports;
    }
    String other = otherVm(text);
    if (other != null) {
      throw new AutopsyException(
          AutopsyException.Input.CRASH_LOG,
          "a crash log must be of HotSpot, JDK 17 to 25: file="
              + file
              + ", written by="
              + other
              + "; give the ledger alone, with --ledger",
          null);
    }
    return AbortMessage.find(text)
        .map(List::of)
        .orElseThrow(() ->
            new AutopsyException(
                AutopsyException.Input.CRASH_LOG,
                "a crash log must say that the JVM has met a fatal error: file="
                    + file
                    + ", characters="
                    + text.length()
                    + "; name the hs_err_pid file, or a console with the last words of the C"
                    + " library",
                null));
  }

  private static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "no such file";
    }
    String reason = e instanceof FileSystemException known ? known.getReason() : e.getMessage();
    return e.getClass().getSimpleName() + (reason == null ? "" : " " + reason);
  }

  /** Line by line, and of each the start only: nothing here is a line of megabytes. */
  private static @Nullable String otherVm(String text) {
    return text.lines()
        .map(line -> line.substring(0, Math.min(line.length(), HsErrReader.MOST_LINE_CHARACTERS)))
        .map(line ->
            OPENJ9.matcher(line).find()
                ? "Eclipse OpenJ9"
                : NATIVE_IMAGE.matcher(line).find() ? "GraalVM native image" : null)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  /** Every byte is a character here, so stray bytes in paths or in memory dumps do no harm. */
  static String text(Path file) throws IOException {
    try (InputStream raw = new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES)) {
      raw.mark(2);
      boolean packed = raw.read() == GZIP_FIRST && raw.read() == GZIP_SECOND;
      raw.reset();
      byte[] bytes = packed ? unpacked(raw) : raw.readNBytes(MOST_BYTES_READ);
      return new String(bytes, StandardCharsets.ISO_8859_1);
    }
  }

  /** What a packed file gives, also of one that was cut. */
  private static byte[] unpacked(InputStream raw) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = new GZIPInputStream(raw, BUFFER_BYTES)) {
      int count = in.read(buffer);
      while (count >= 0 && bytes.size() < MOST_BYTES_READ) {
        bytes.write(buffer, 0, count);
        count = in.read(buffer);
      }
    } catch (EOFException | ZipException e) {
      if (bytes.size() == 0) {
        throw e;
      }
      // Cut or damaged: what came before is as good as a log that was cut there.
    }
    return bytes.toByteArray();
  }
}
