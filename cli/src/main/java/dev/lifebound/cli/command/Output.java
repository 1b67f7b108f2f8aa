package dev.lifebound.cli.command;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Where a result goes: standard output, or a file that is replaced as a whole. */
final class Output {
  /** Writes a result. */
  @FunctionalInterface
  interface Body {
    void write(OutputStream out) throws IOException;
  }

  private final OutputStream standardOutput;
  private final @Nullable Path file;

  /**
   * @param file the target; null means standard output
   */
  Output(OutputStream standardOutput, @Nullable Path file) {
    this.standardOutput = standardOutput;
    this.file = file;
  }

  /**
   * Fails when it is already clear that the file cannot be written: better before a long run than
   * after it.
   */
  void check() {
    if (file == null) {
      return;
    }
    Path folder = folder(file);
    if (Files.isDirectory(file)) {
      throw notWritable(file, "it is a folder", null);
    }
    if (!Files.isDirectory(folder)) {
      throw notWritable(
          file, Files.exists(folder) ? "its folder is a file" : "the folder does not exist", null);
    }
    boolean replaced = !Files.exists(file) || Files.isRegularFile(file);
    if (!Files.isWritable(replaced ? folder : file)) {
      throw notWritable(file, "permission denied, or a read-only file system", null);
    }
  }

  /**
   * Writes the result. A reader of standard output that went away early ({@code | head}) has what
   * it wanted: that is not an error.
   */
  void write(Body body) {
    if (file == null) {
      try {
        OutputStream buffered = new BufferedOutputStream(standardOutput, 1 << 16);
        body.write(buffered);
        buffered.flush();
      } catch (IOException e) {
        if (!readerWentAway(e)) {
          throw new Failure(
              Problem.OUTPUT_NOT_WRITABLE,
              "standard output must take the result: reason=" + e.getMessage(),
              e);
        }
      }
    } else {
      try {
        writeFile(file, body);
      } catch (IOException e) {
        throw notWritable(file, reason(e), e);
      }
    }
  }

  private static void writeFile(Path file, Body body) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      // A device or a pipe: there is nothing to replace.
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
        body.write(out);
      }
      return;
    }
    // A link stays a link; the file behind it is replaced.
    Path target = Files.exists(file) ? file.toRealPath() : file;
    ByteArrayOutputStream result = new ByteArrayOutputStream();
    body.write(result);
    Path part =
        folder(target)
            .resolve("." + target.getFileName() + "." + ProcessHandle.current().pid() + ".part");
    try {
      try (OutputStream out = Files.newOutputStream(part)) {
        result.writeTo(out);
      }
      move(part, target);
    } catch (IOException e) {
      Files.deleteIfExists(part);
      throw e;
    }
  }

  private static void move(Path part, Path target) throws IOException {
    try {
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      // Both lie in one folder, so this is an odd file system; whole is still better than nothing.
      Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static Path folder(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    return parent == null ? file.toAbsolutePath() : parent;
  }

  /** The text of EPIPE holds the word "pipe" in the locales of the C library we know. */
  private static boolean readerWentAway(IOException e) {
    String message = e.getMessage();
    return message != null && message.toLowerCase(Locale.ROOT).contains("pipe");
  }

  private static String reason(IOException e) {
    String message = e.getMessage();
    return e.getClass().getSimpleName() + (message == null ? "" : " " + message);
  }

  private static Failure notWritable(Path file, String reason, @Nullable IOException cause) {
    return new Failure(
        Problem.OUTPUT_NOT_WRITABLE,
        "the result cannot be written: file="
            + file
            + ", reason="
            + reason
            + "; name a file in a folder you may write to",
        cause);
  }
}
