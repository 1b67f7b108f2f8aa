package dev.lifebound.cli.command;

import dev.lifebound.memory.agent.AgentOptions;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;

/** The jar that is the Java agent: the library's own, out of which this program runs. */
final class AgentJar {
  private AgentJar() {}

  /**
   * @throws Failure when the program does not run from jars, or the path cannot be given to a JVM
   */
  static Path path(Problem problem) {
    CodeSource source = AgentOptions.class.getProtectionDomain().getCodeSource();
    try {
      Path jar = Path.of(source.getLocation().toURI());
      if (Files.isRegularFile(jar) && jar.toString().indexOf('=') < 0) {
        return jar;
      }
      throw new Failure(
          problem,
          "the agent must lie in a jar whose path has no equals sign: path="
              + jar
              + "; run the packaged program, from another folder");
    } catch (URISyntaxException e) {
      throw new Failure(
          problem, "the agent's jar must have a path: source=" + source + "; reinstall", e);
    }
  }
}
