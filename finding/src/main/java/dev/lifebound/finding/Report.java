package dev.lifebound.finding;

import java.util.Comparator;
import java.util.List;

/**
 * What one run of one source says.
 *
 * @param source who ran
 * @param rules every rule that ran, found or not
 * @param findings in the order of {@link #ORDER}
 * @param notices what the run could not do
 */
public record Report(
    Source source, List<Rule> rules, List<Finding> findings, List<Notice> notices) {
  /** Colour first, then place, then rule, then message: a fixed order for any thread count. */
  public static final Comparator<Finding> ORDER =
      Comparator.comparing(Finding::colour)
          .thenComparing(f -> f.location().path())
          .thenComparingInt(Report::line)
          .thenComparing(Finding::rule)
          .thenComparing(Finding::message);

  public Report {
    rules = rules.stream().sorted(Comparator.comparing(Rule::id)).toList();
    findings = findings.stream().sorted(ORDER).toList();
    notices = List.copyOf(notices);
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
