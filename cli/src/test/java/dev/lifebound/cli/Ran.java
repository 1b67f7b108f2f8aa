package dev.lifebound.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A process that has ended.
 *
 * @param exitCode 128 + signal when a signal ended it
 */
record Ran(int exitCode, String out, String err) {
  private static final long LIMIT_SECONDS = 120;

  /** Runs the command to its end with empty input. */
  static Ran of(ProcessBuilder builder) throws IOException, InterruptedException {
    Process process = builder.start();
    process.getOutputStream().close();
    CompletableFuture<String> out = text(process.getInputStream());
    CompletableFuture<String> err = text(process.getErrorStream());
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError(
          "the process must end: seconds=" + LIMIT_SECONDS + ", command=" + builder.command());
    }
    return new Ran(process.exitValue(), out.join(), err.join());
  }

  private static CompletableFuture<String> text(InputStream in) {
    return CompletableFuture.supplyAsync(() -> {
      try (in) {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new AssertionError("the output of the process must be readable", e);
      }
    });
  }
}
