package dev.lifebound.cli;

import dev.lifebound.cli.command.Lifebound;
import dev.lifebound.cli.command.Terminal;
import dev.lifebound.cli.command.Version;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The entry point of the {@code lifebound} program. */
public final class Main {
  private Main() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] arguments) throws IOException {
    String training = System.getProperty(Training.DIST);
    if (training != null) {
      Training.run(Path.of(training));
      return;
    }
    Terminal terminal = terminal();
    if (!Version.answer(arguments, terminal)) {
      System.exit(Lifebound.program().run(arguments, terminal));
    }
  }

  /**
   * The streams of the process. Result bytes go to the descriptor itself: {@code System.out} would
   * hide that the reader has gone, and would write in the encoding of the locale.
   */
  private static Terminal terminal() {
    return Terminal.of(
        new FileOutputStream(FileDescriptor.out),
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
        System.getProperties(),
        System.getenv());
  }
}
