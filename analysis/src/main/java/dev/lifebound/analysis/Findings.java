package dev.lifebound.analysis;

import dev.lifebound.analysis.lifetime.Facts;
import dev.lifebound.analysis.lifetime.Hazard;
import dev.lifebound.analysis.lifetime.MapDeclaration;
import dev.lifebound.analysis.lifetime.SourceFile;
import dev.lifebound.finding.Finding;
import dev.lifebound.finding.Fingerprint;
import dev.lifebound.finding.Location;
import dev.lifebound.finding.Scope;
import dev.lifebound.finding.Source;
import dev.lifebound.finding.Step;
import dev.lifebound.finding.Subject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes findings out of hazards, and leaves out those for which a comment names an owner. */
final class Findings {
  /** The comment that takes responsibility; a reason must follow it on the same line. */
  static final String OWNER_MARK = "lifebound:owner";

  private final Source source;
  private final Scope scope;

  Findings(Source source, Scope scope) {
    this.source = source;
    this.scope = scope;
  }

  Finding finding(Hazard hazard) {
    String function = hazard.at().function().name();
    Location location = location(hazard.at());
    List<Step> path = new ArrayList<>();
    for (Hazard.Mark mark : hazard.path()) {
      path.add(new Step(mark.role(), location(mark.point()), mark.message()));
    }
    return new Finding(
        hazard.rule(),
        hazard.colour(),
        hazard.colourReason(),
        hazard.message(),
        hazard.remedy(),
        source,
        scope,
        Subject.of(Subject.FILE, location.path()),
        List.of(
            Subject.of(Subject.FUNCTION, function), Subject.of(Subject.MAP, hazard.map().text())),
        location,
        path,
        fingerprints(hazard, function),
        hazard.evidence());
  }

  private static Location location(Facts.Point point) {
    return point.function().file().location(point.span(), point.function().name());
  }

  private static Map<String, String> fingerprints(Hazard hazard, String function) {
    SourceFile file = hazard.at().function().file();
    int line = file.line(hazard.at().span().start());
    return Map.of(
        Fingerprint.SYMBOLS,
        Fingerprint.of(
            hazard.rule(),
            file.path(),
            function,
            hazard.map().text(),
            hazard.symbol(),
            hazard.cause()),
        Fingerprint.LINE,
        Fingerprint.of(
            hazard.rule(),
            file.path(),
            file.lineText(line),
            Integer.toString(repetition(file, line))));
  }

  /** How many earlier lines read the same. */
  private static int repetition(SourceFile file, int line) {
    String text = file.lineText(line);
    int count = 0;
    for (int i = 1; i < line; i++) {
      if (file.lineText(i).equals(text)) {
        count++;
      }
    }
    return count;
  }

  /** The comment that suppresses a hazard, as its place, or null. */
  static @Nullable Mark suppression(Hazard hazard, Facts facts) {
    Mark mark = mark(hazard.at().function().file(), hazard.at().span().start());
    MapDeclaration declaration = facts.unit().maps().get(hazard.map());
    return mark != null || declaration == null
        ? mark
        : mark(declaration.file(), declaration.span().start());
  }

  /**
   * A suppressing comment.
   *
   * @param location its line
   * @param reason what follows the mark; empty when the author gave none
   */
  record Mark(Location location, String reason) {}

  /** The comment at the end of the line of an offset, or alone on the line above. */
  private static @Nullable Mark mark(SourceFile file, int offset) {
    int line = file.line(offset);
    Mark own = markOn(file, line);
    if (own != null || line == 1 || !file.lineText(line - 1).startsWith("//")) {
      return own;
    }
    return markOn(file, line - 1);
  }

  private static @Nullable Mark markOn(SourceFile file, int line) {
    String text = file.lineText(line);
    int comment = text.indexOf("//" + OWNER_MARK);
    if (comment < 0) {
      comment = text.indexOf("// " + OWNER_MARK);
    }
    if (comment < 0) {
      return null;
    }
    String rest = text.substring(text.indexOf(OWNER_MARK, comment) + OWNER_MARK.length());
    Location location = new Location(file.path(), null, null, text);
    return new Mark(location, rest.strip());
  }
}
