package dev.lifebound.crash.lab;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The lines by which a victim, in Java or Go, tells its laboratory what it saw.
 *
 * <pre>
 * lifebound-lab bug TAB nanoseconds since 1970
 * lifebound-lab KIND TAB text [TAB text] TAB [nanoseconds since the bug]
 *
 * KIND = silent | threw | leak | no-harm | refuted | panicked | reported | not-run
 * </pre>
 *
 * <p>{@code threw} and {@code reported} have two texts. Tabs, line breaks and backslashes inside a
 * text are escaped. Lines without the prefix are somebody else's words and are passed over.
 */
final class Testimony {
  private static final String PREFIX = "lifebound-lab ";
  private static final String BUG = "bug";
  private static final String SILENT = "silent";
  private static final String THREW = "threw";
  private static final String LEAK = "leak";
  private static final String NO_HARM = "no-harm";
  private static final String REFUTED = "refuted";
  private static final String PANICKED = "panicked";
  private static final String REPORTED = "reported";
  private static final String NOT_RUN = "not-run";

  private Testimony() {}

  /** What a victim told: a result, and how long after the mistake it came. */
  record Told(Result result, Optional<Duration> after) {}

  /** The line that marks the mistake. */
  static String bug(long epochNanos) {
    return PREFIX + BUG + '\t' + epochNanos + '\n';
  }

  /** The line for a result that a living victim can have. */
  static String line(Result result, OptionalLong nanosAfter) {
    String after = nanosAfter.isPresent() ? String.valueOf(nanosAfter.getAsLong()) : "";
    return switch (result) {
      case Result.SilentWrongData silent -> line(SILENT, silent.observation(), after);
      case Result.Thrown thrown -> line(THREW, thrown.exception(), thrown.message(), after);
      case Result.Leak leak -> line(LEAK, leak.observation(), after);
      case Result.NoHarm harmless -> line(NO_HARM, harmless.observation(), after);
      case Result.Reported reported -> line(REPORTED, reported.kind(), reported.text(), after);
      case Result.NotRun notRun -> line(NOT_RUN, notRun.reason(), after);
      default ->
          throw new IllegalArgumentException(
              "only the laboratory can judge this end: outcome=" + result.outcome());
    };
  }

  /** The last result that these lines tell; empty when they tell none. */
  static Optional<Told> result(List<String> lines) {
    return lines.reversed().stream()
        .filter(line -> line.startsWith(PREFIX))
        .flatMap(line -> parse(line.substring(PREFIX.length()).split("\t", -1)).stream())
        .findFirst();
  }

  /** When the last mistake was marked, in nanoseconds since 1970. */
  static OptionalLong bugTime(List<String> lines) {
    return lines.reversed().stream()
        .filter(line -> line.startsWith(PREFIX + BUG + '\t'))
        .mapToLong(line -> Long.parseLong(line.substring((PREFIX + BUG + '\t').length())))
        .findFirst();
  }

  private static Optional<Told> parse(String[] parts) {
    if (parts.length < 2) {
      return Optional.empty();
    }
    String text = unescape(parts[1]);
    String more = parts.length > 2 ? unescape(parts[2]) : "";
    return switch (parts[0]) {
      case SILENT -> told(new Result.SilentWrongData(text), parts, 2);
      case THREW -> told(new Result.Thrown(text, more), parts, 3);
      case LEAK -> told(new Result.Leak(text), parts, 2);
      case NO_HARM -> told(new Result.NoHarm(text), parts, 2);
      case REFUTED -> told(new Result.Refuted(text), parts, 2);
      case PANICKED -> told(new Result.Panic(text), parts, 2);
      case REPORTED -> told(new Result.Reported(text, more), parts, 3);
      case NOT_RUN -> told(new Result.NotRun(text), parts, 2);
      default -> Optional.empty();
    };
  }

  private static Optional<Told> told(Result result, String[] parts, int index) {
    boolean timed = parts.length > index && parts[index].matches("[0-9]{1,18}");
    return Optional.of(
        new Told(
            result,
            timed
                ? Optional.of(Duration.ofNanos(Long.parseLong(parts[index])))
                : Optional.empty()));
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
