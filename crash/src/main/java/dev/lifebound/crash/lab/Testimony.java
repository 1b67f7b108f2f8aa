package dev.lifebound.crash.lab;

import java.util.List;
import java.util.Optional;

/**
 * The lines by which a victim tells its laboratory what it saw.
 *
 * <pre>
 * lifebound-lab KIND TAB text [TAB text]      KIND = silent | threw | no-harm | not-run
 * </pre>
 *
 * <p>Tabs, line breaks and backslashes inside a text are escaped. Lines without the prefix are
 * HotSpot's own words and are passed over.
 */
final class Testimony {
  private static final String PREFIX = "lifebound-lab ";
  private static final String SILENT = "silent";
  private static final String THREW = "threw";
  private static final String NO_HARM = "no-harm";
  private static final String NOT_RUN = "not-run";

  private Testimony() {}

  /** The line for a result that a living victim can have. */
  static String line(Result result) {
    return switch (result) {
      case Result.SilentWrongData silent -> line(SILENT, silent.observation());
      case Result.Thrown thrown -> line(THREW, thrown.exception(), thrown.message());
      case Result.NoHarm harmless -> line(NO_HARM, harmless.observation());
      case Result.NotRun notRun -> line(NOT_RUN, notRun.reason());
      case Result.Crash _, Result.Abort _, Result.Timeout _, Result.Failed _ ->
          throw new IllegalArgumentException(
              "only the laboratory can judge this end: outcome=" + result.outcome());
    };
  }

  /** The last result that these lines tell; empty when they tell none. */
  static Optional<Result> result(List<String> lines) {
    return lines.reversed().stream()
        .filter(line -> line.startsWith(PREFIX))
        .flatMap(line -> parse(line.substring(PREFIX.length())).stream())
        .findFirst();
  }

  private static Optional<Result> parse(String line) {
    String[] parts = line.split("\t", -1);
    if (parts.length < 2) {
      return Optional.empty();
    }
    String text = unescape(parts[1]);
    return switch (parts[0]) {
      case SILENT -> Optional.of(new Result.SilentWrongData(text));
      case THREW ->
          Optional.of(new Result.Thrown(text, parts.length > 2 ? unescape(parts[2]) : ""));
      case NO_HARM -> Optional.of(new Result.NoHarm(text));
      case NOT_RUN -> Optional.of(new Result.NotRun(text));
      default -> Optional.empty();
    };
  }

  private static String line(String kind, String... texts) {
    StringBuilder line = new StringBuilder(PREFIX).append(kind);
    for (String text : texts) {
      line.append('\t').append(escape(text));
    }
    return line.append('\n').toString();
  }

  private static String escape(String text) {
    return text.replace("\\", "\\\\")
        .replace("\t", "\\t")
        .replace("\n", "\\n")
        .replace("\r", "\\r");
  }

  private static String unescape(String text) {
    StringBuilder plain = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\' || i + 1 == text.length()) {
        plain.append(c);
        continue;
      }
      char escaped = text.charAt(++i);
      plain.append(
          switch (escaped) {
            case 't' -> '\t';
            case 'n' -> '\n';
            case 'r' -> '\r';
            default -> escaped;
          });
    }
    return plain.toString();
  }
}
