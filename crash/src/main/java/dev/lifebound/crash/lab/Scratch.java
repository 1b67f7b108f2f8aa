package dev.lifebound.crash.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The temporary folder of one run and the victim that lives in it; closing it kills the one and
 * deletes the other. An orderly shutdown of the JVM closes it as well.
 */
final class Scratch implements AutoCloseable {
  private static final Set<Scratch> OPEN = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(Scratch::closeAll, "lifebound-lab-cleanup"));
  }

  private final Path folder;
  private @Nullable Process victim;
  private int victims;
  private boolean closed;

  private Scratch(Path folder) {
    this.folder = folder;
  }

  /** A new folder inside the given one. */
  static Scratch create(Path temporary) throws IOException {
    Scratch scratch = new Scratch(Files.createTempDirectory(temporary, "lifebound-lab-"));
    OPEN.add(scratch);
    return scratch;
  }

  /** A fresh, empty folder for the next victim. */
  synchronized Path newFolder() throws IOException {
    requireOpen();
    return Files.createDirectory(folder.resolve("victim-" + ++victims));
  }

  /** Starts the victim that this scratch then owns; the one before it must have ended. */
  synchronized Process start(ProcessBuilder builder) throws IOException {
    requireOpen();
    victim = builder.start();
    return victim;
  }

  /** Kills a process and all it started. */
  static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    boolean interrupted = false;
    while (process.isAlive()) {
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        // A killed process ends soon; the folder may go only afterwards.
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public synchronized void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    OPEN.remove(this);
    if (victim != null) {
      kill(victim);
    }
    delete(folder);
  }

  private static void closeAll() {
    for (Scratch scratch : OPEN) {
      try {
        scratch.close();
      } catch (IOException e) {
        throw new UncheckedIOException(
            "the temporary folder must be deletable: folder=" + scratch.folder, e);
      }
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the run must not have ended: folder=" + folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure)
              throws IOException {
            if (failure instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw failure;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
