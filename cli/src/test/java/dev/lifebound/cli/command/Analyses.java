package dev.lifebound.cli.command;

import dev.lifebound.finding.Colour;
import dev.lifebound.finding.Evidence;
import dev.lifebound.finding.Finding;
import dev.lifebound.finding.Fingerprint;
import dev.lifebound.finding.Location;
import dev.lifebound.finding.Notice;
import dev.lifebound.finding.Report;
import dev.lifebound.finding.Scope;
import dev.lifebound.finding.Source;
import dev.lifebound.finding.Subject;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Analyses that answer without reading anything. */
final class Analyses {
  static final Analysis EMPTY = (paths, progress) -> report(0, List.of());
  static final Analysis CLEAN = (paths, progress) -> report(3, List.of());
  static final Analysis RED = (paths, progress) -> report(3, List.of(Colour.RED, Colour.GREEN));
  static final Analysis YELLOW = (paths, progress) -> report(3, List.of(Colour.YELLOW));

  private Analyses() {}

  private static Report report(long files, List<Colour> colours) {
    Source source = new Source("static", "fake", "1");
    Scope scope = Scope.ofProject("project");
    Stream<Finding> findings =
        colours.stream()
            .map(colour ->
                new Finding(
                    "LBX001",
                    colour,
                    "because",
                    "what is wrong",
                    "what to do",
                    source,
                    scope,
                    Subject.of(Subject.FILE, "a.go"),
                    List.of(),
                    Location.ofFile("a.go"),
                    List.of(),
                    Map.of(Fingerprint.LINE, "0"),
                    List.of(new Evidence("fake", "made up", Map.of()))));
    return new Report(
        source,
        scope,
        List.of(),
        findings.toList(),
        List.of(new Notice("fake-notice", "something was left out", null)),
        Map.of(Report.FILES, files));
  }
}
