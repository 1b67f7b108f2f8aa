package dev.lifebound.cli.command;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** {@code lifebound --version}. */
public final class Version {
  private Version() {}

  /**
   * Answers {@code --version} when it is all that is asked. Scripts and editors ask it before
   * anything else, and setting up the command line would take longer than all the rest of such a
   * start: picocli's class files are too old for the ahead-of-time cache.
   *
   * @return whether it was asked, and is answered
   */
  public static boolean answer(String[] arguments, Terminal terminal) {
    if (arguments.length != 1 || !arguments[0].equals("--version")) {
      return false;
    }
    byte[] line = (text() + "\n").getBytes(StandardCharsets.UTF_8);
    new Output(terminal.out(), null).write(out -> out.write(line));
    return true;
  }

  /** {@code lifebound} and the version of the build. */
  static String text() {
    return "lifebound " + number();
  }

  /** The version of the build. */
  static String number() {
    Properties properties = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
      if (in == null) {
        throw new IOException("the resource is missing");
      }
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException("the jar must hold version.properties; build it again", e);
    }
    return properties.getProperty("version");
  }

  /** The same for {@code --version} among other options. */
  static final class Provider implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {text()};
    }
  }
}
