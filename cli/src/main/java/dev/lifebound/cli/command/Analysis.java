package dev.lifebound.cli.command;

import dev.lifebound.finding.Report;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What {@code lifebound scan} runs. */
@FunctionalInterface
interface Analysis {
  /**
   * Analyses files and folders that exist.
   *
   * @param progress takes one short line for each step, from one thread at a time
   */
  Report scan(List<Path> paths, Progress progress) throws IOException;
}
