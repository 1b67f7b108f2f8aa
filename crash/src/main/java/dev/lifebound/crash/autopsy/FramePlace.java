package dev.lifebound.crash.autopsy;

import dev.lifebound.finding.Location;
import dev.lifebound.finding.Region;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The source file of a frame as a Java stack trace writes it. */
final class FramePlace {
  private static final Pattern FRAME =
      Pattern.compile(
          "(?<type>[^()]+)\\.(?<method>[^.()]+)\\((?<file>[^():]+):(?<line>\\d{1,8})\\)");

  private FramePlace() {}

  /**
   * @param otherwise the file to name when the frame tells none
   */
  static Location of(String frame, String otherwise) {
    Matcher parts = FRAME.matcher(frame);
    if (!parts.matches()) {
      return new Location(otherwise, null, frame, null);
    }
    String type = parts.group("type");
    int end = type.lastIndexOf('.');
    String folder = end < 0 ? "" : type.substring(0, end + 1).replace('.', '/');
    int line = Math.max(1, Integer.parseInt(parts.group("line")));
    return new Location(
        folder + parts.group("file"),
        new Region(line, 1, line, 1),
        type + "." + parts.group("method"),
        null);
  }
}
