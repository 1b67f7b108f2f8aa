package dev.lifebound.crash.lab;

import dev.lifebound.finding.Finding;
import java.nio.file.Path;
import java.util.List;

/**
 * Looks at the source of a victim, as {@code lifebound scan} does. The laboratory does not see the
 * analyser's module, so whoever has both hands it in.
 */
@FunctionalInterface
public interface Analyser {
  /** No analyser: what it would say counts as not run. */
  Analyser NONE =
      _ -> {
        throw new UnsupportedOperationException("no analyser was given to the laboratory");
      };

  /**
   * All findings in a folder of sources.
   *
   * @param folder paths of findings are relative to it
   */
  List<Finding> scan(Path folder);
}
