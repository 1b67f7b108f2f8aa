package dev.lifebound.finding;

import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What one run of one source says.
 *
 * <p>A report without findings still names its scope, so that a reader can tell "this project, on
 * this branch, has none" from "nothing was looked at".
 *
 * @param source who ran
 * @param scope where it ran; findings that came from elsewhere keep their own
 * @param rules every rule that ran, found or not, in the order of their identifiers
 * @param findings in the order of {@link #ORDER}
 * @param notices what the run could not do
 * @param counts what was looked at: a plural noun in lower case ({@code files}, {@code packages})
 *     to a number, never negative
 */
public record Report(
    Source source,
    Scope scope,
    List<Rule> rules,
    List<Finding> findings,
    List<Notice> notices,
    Map<String, Long> counts) {
  /** Colour first, then place, then rule, then message: a fixed order for any thread count. */
  public static final Comparator<Finding> ORDER =
      Comparator.comparing(Finding::colour)
          .thenComparing(f -> f.location().path())
          .thenComparingInt(Report::line)
          .thenComparing(Finding::rule)
          .thenComparing(Finding::message);

  /** The key in {@link #counts} of the files that were read. */
  public static final String FILES = "files";

  /** The key in {@link #counts} of the files that were understood and judged. */
  public static final String ANALYSED = "analysed";

  /** The key in {@link #counts} of the files that were read and hold nothing to judge. */
  public static final String IRRELEVANT = "irrelevant";

  public Report {
    rules = rules.stream().sorted(Comparator.comparing(Rule::id)).toList();
    findings = findings.stream().sorted(ORDER).toList();
    notices = List.copyOf(notices);
    counts = Collections.unmodifiableMap(new TreeMap<>(counts));
    counts.forEach((noun, count) -> {
      Checks.word("count", noun);
      if (count < 0) {
        throw new IllegalArgumentException("a count must not be negative: " + noun + "=" + count);
      }
    });
  }

  /** How many findings have this colour. */
  public long count(Colour colour) {
    return findings.stream().filter(f -> f.colour() == colour).count();
  }

  private static int line(Finding finding) {
    Region region = finding.location().region();
    return region == null ? 0 : region.startLine();
  }
}
