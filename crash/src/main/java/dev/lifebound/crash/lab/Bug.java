package dev.lifebound.crash.lab;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.OptionalLong;

/**
 * Marks the moment of a victim's mistake, so that a death can be told to have come so long after
 * it.
 *
 * <p>One for each process; for the victim's main thread.
 */
final class Bug {
  private static final long NANOS_PER_SECOND = 1_000_000_000;
  private static final FileOutputStream OUT = new FileOutputStream(FileDescriptor.out);

  private static boolean happened;
  private static long nanoTime;

  private Bug() {}

  /**
   * The next statement is the mistake. Straight to the descriptor: what was written has left the
   * process. Everything this needs was used once by {@link #prepare}, as loading classes between
   * the mistake and its consequence would call {@code malloc}.
   */
  static void now() {
    write(Testimony.bug(epochNanos()));
    happened = true;
    nanoTime = System.nanoTime();
  }

  /** Loads what marking and comparing need: neither shall count as time after the mistake. */
  static void prepare() {
    Result warmedUp = Bytes.compare(new byte[] {1}, new byte[] {2});
    write(Testimony.line(warmedUp, since()).substring(0, 0));
    write(Testimony.bug(epochNanos()).substring(0, 0));
  }

  /** Nanoseconds since the mistake; empty before it. */
  static OptionalLong since() {
    return happened ? OptionalLong.of(System.nanoTime() - nanoTime) : OptionalLong.empty();
  }

  /** Writes a line that survives the death of the process. */
  static void write(String line) {
    try {
      OUT.write(line.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("the victim must be able to testify", e);
    }
  }

  private static long epochNanos() {
    Instant now = Instant.now();
    return now.getEpochSecond() * NANOS_PER_SECOND + now.getNano();
  }
}
