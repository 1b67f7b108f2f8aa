package dev.lifebound.crash.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Outcomes for people: a table, what each victim saw, and a closing sentence.
 *
 * <p>Runs of a case in a mode that ended alike are one line; with more than one run the line says
 * how many they are. What each victim saw is told of few cases, and of those that ended otherwise
 * than expected.
 */
public final class LabTable {
  /** Columns of the table; a wider terminal gets no more, as longer lines are hard to read. */
  private static final int WIDTH = 80;

  static final int LEAST_WIDTH = 30;

  /** From this many cases on the table stands alone. */
  private static final int MANY_CASES = 9;

  private static final int CASE_WIDTH = 18;
  private static final int TIME_WIDTH = 7;
  private static final int VERDICT_WIDTH = 3;

  /** Between the columns: two spaces before each. */
  private static final int GAPS = 8;

  private static final int INDENT = 17;

  private static final Pattern OWN_PACKAGE = Pattern.compile("\\bdev\\.lifebound(?:\\.[a-z]+)+\\.");

  private static final String RED = "\u001b[31m";
  private static final String GREEN = "\u001b[32m";
  private static final String YELLOW = "\u001b[33m";
  private static final String PLAIN = "\u001b[0m";

  private static final long NANOS_PER_MICRO = 1_000;
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final List<Outcome> outcomes;
  private final boolean colours;
  private final int width;
  private final Map<Scenario, Map<Case, Map<Mode, List<Alike>>>> groups;
  private final boolean repeated;
  private final int outcomeWidth;
  private final int answerWidth;
  private final int shareWidth;

  /** Whether the table does not fit. */
  private final boolean narrow;

  private final StringBuilder out = new StringBuilder();

  private LabTable(List<Outcome> outcomes, boolean colours, int width) {
    this.outcomes = outcomes;
    this.colours = colours;
    this.width = Math.clamp(width, LEAST_WIDTH, WIDTH);
    this.groups = groups(outcomes);
    this.repeated = alikes().stream().anyMatch(alike -> alike.of() > 1);
    this.outcomeWidth = longest(Mode.UNPROTECTED, Result.SILENT);
    this.answerWidth = longest(Mode.PROTECTED, Result.FOUND);
    this.shareWidth = alikes().stream().mapToInt(alike -> share(alike).length()).max().orElse(0);
    this.narrow =
        CASE_WIDTH
                + outcomeWidth
                + TIME_WIDTH
                + answerWidth
                + VERDICT_WIDTH
                + GAPS
                + (repeated ? 2 * (shareWidth + 1) : 0)
            > this.width;
  }

  /** Columns of the longest outcome in a mode, and of a usual one at least. */
  private int longest(Mode mode, String usual) {
    return alikes().stream()
        .filter(alike -> alike.first().mode() == mode)
        .mapToInt(alike -> alike.first().result().outcome().length())
        .reduce(usual.length(), Math::max);
  }

  /**
   * The whole text; ends with a line break.
   *
   * @param colours whether to colour the outcomes by ANSI escapes
   * @param columns of the terminal: no line is longer than these or 80, colours not counted; less
   *     than 30 counts as 30
   */
  public static String render(List<Outcome> outcomes, boolean colours, int columns) {
    LabTable table = new LabTable(outcomes, colours, columns);
    table.rows();
    table.details();
    table.closing();
    return table.out.toString();
  }

  /** Runs that ended alike: the first of them stands for all. */
  private record Alike(Outcome first, int count, int of, Optional<Duration> after) {}

  private static Map<Scenario, Map<Case, Map<Mode, List<Alike>>>> groups(List<Outcome> outcomes) {
    Map<Scenario, Map<Case, Map<Mode, List<Outcome>>>> runs = new EnumMap<>(Scenario.class);
    for (Outcome outcome : outcomes) {
      runs.computeIfAbsent(outcome.scenario(), _ -> new LinkedHashMap<>())
          .computeIfAbsent(outcome.play(), _ -> new EnumMap<>(Mode.class))
          .computeIfAbsent(outcome.mode(), _ -> new ArrayList<>())
          .add(outcome);
    }
    Map<Scenario, Map<Case, Map<Mode, List<Alike>>>> groups = new EnumMap<>(Scenario.class);
    runs.forEach((scenario, cases) ->
        cases.forEach((play, modes) ->
            modes.forEach((mode, list) ->
                groups
                    .computeIfAbsent(scenario, _ -> new LinkedHashMap<>())
                    .computeIfAbsent(play, _ -> new EnumMap<>(Mode.class))
                    .put(mode, alike(list)))));
    return groups;
  }

  private static List<Alike> alike(List<Outcome> runs) {
    Map<List<Object>, List<Outcome>> alike = new LinkedHashMap<>();
    for (Outcome run : runs) {
      alike
          .computeIfAbsent(List.of(run.result().outcome(), run.expected()), _ -> new ArrayList<>())
          .add(run);
    }
    return alike.values().stream()
        .map(group -> new Alike(group.getFirst(), group.size(), runs.size(), medianAfter(group)))
        .toList();
  }

  private static Optional<Duration> medianAfter(List<Outcome> runs) {
    List<Duration> times =
        runs.stream()
            .flatMap(run -> run.after().stream())
            .sorted(Comparator.naturalOrder())
            .toList();
    return times.isEmpty() ? Optional.empty() : Optional.of(times.get(times.size() / 2));
  }

  private List<Alike> alikes() {
    return groups.values().stream()
        .flatMap(cases -> cases.values().stream())
        .flatMap(modes -> modes.values().stream())
        .flatMap(List::stream)
        .toList();
  }

  // ---- the table ----

  private void rows() {
    if (narrow) {
      narrowRows();
      return;
    }
    line(
        row(
            "SCENARIO",
            padded("UNPROTECTED", outcomeWidth),
            repeated ? "RUNS" : "",
            "AFTER",
            padded("LIFEBOUND", answerWidth),
            repeated ? "RUNS" : "",
            "OK"));
    groups.forEach((scenario, cases) -> {
      line(scenario.text());
      cases.forEach(this::rowsOf);
    });
  }

  private void rowsOf(Case play, Map<Mode, List<Alike>> modes) {
    List<Alike> left = modes.getOrDefault(Mode.UNPROTECTED, List.of());
    List<Alike> right = modes.getOrDefault(Mode.PROTECTED, List.of());
    for (int i = 0; i < Math.max(left.size(), right.size()); i++) {
      Optional<Alike> one = i < left.size() ? Optional.of(left.get(i)) : Optional.empty();
      Optional<Alike> two = i < right.size() ? Optional.of(right.get(i)) : Optional.empty();
      line(
          row(
              i == 0 ? "  " + play.text() : "",
              one.map(alike -> outcome(alike, outcomeWidth)).orElse(padded("", outcomeWidth)),
              one.map(LabTable::share).orElse(""),
              one.flatMap(Alike::after).map(LabTable::time).orElse(""),
              two.map(alike -> outcome(alike, answerWidth)).orElse(padded("", answerWidth)),
              two.map(LabTable::share).orElse(""),
              verdict(one, two)));
      one.flatMap(LabTable::frame)
          .ifPresent(frame ->
              Wrap.lines("in " + frame, width - CASE_WIDTH - 2)
                  .forEach(text -> line(" ".repeat(CASE_WIDTH + 2) + text)));
    }
  }

  private String row(
      String play,
      String outcome,
      String runs,
      String after,
      String answer,
      String answerRuns,
      String verdict) {
    return padded(play, CASE_WIDTH)
        + "  "
        + outcome
        + (repeated ? " " + padded(runs, shareWidth) : "")
        + "  "
        + " ".repeat(Math.max(0, TIME_WIDTH - after.length()))
        + after
        + "  "
        + answer
        + (repeated ? " " + padded(answerRuns, shareWidth) : "")
        + "  "
        + verdict;
  }

  private static String padded(String text, int columns) {
    return text + " ".repeat(Math.max(0, columns - text.length()));
  }

  /** Where the table does not fit, each case has a paragraph. */
  private void narrowRows() {
    groups.forEach((scenario, cases) ->
        cases.forEach((play, modes) -> {
          wrapped(scenario.text() + ", " + play.text());
          modes.forEach((mode, list) -> {
            for (Alike alike : list) {
              String after =
                  mode == Mode.UNPROTECTED
                      ? alike.after().map(time -> " after " + time(time).strip()).orElse("")
                      : "";
              String share = repeated ? " " + share(alike) : "";
              Outcome run = alike.first();
              String verdict = run.ran() ? (run.expected() ? "" : ", NOT as expected") : "";
              wrapped("  " + mode.text() + ":");
              wrapped("    " + run.result().outcome() + share + after + verdict);
              frame(alike).ifPresent(frame -> wrapped("    in " + frame));
            }
          });
        }));
  }

  private static String verdict(Optional<Alike> one, Optional<Alike> two) {
    boolean no =
        one.filter(alike -> alike.first().unexpected()).isPresent()
            || two.filter(alike -> alike.first().unexpected()).isPresent();
    boolean ran =
        one.filter(alike -> alike.first().ran()).isPresent()
            || two.filter(alike -> alike.first().ran()).isPresent();
    return no ? "NO" : ran ? "yes" : "-";
  }

  private static String share(Alike alike) {
    return alike.count() + "/" + alike.of();
  }

  private static Optional<String> frame(Alike alike) {
    Result result = alike.first().result();
    String frame =
        result instanceof Result.Crash crash && crash.applicationFrame() != null
            ? crash.applicationFrame()
            : result.topFrame();
    return Optional.ofNullable(frame).map(text -> OWN_PACKAGE.matcher(text).replaceAll(""));
  }

  /** A time with two digits: {@code 4.1 us}, {@code 230 us}, {@code 12 ms}. */
  static String time(Duration time) {
    long nanos = time.toNanos();
    if (nanos == 0) {
      // The kernel's file times, by which a death is dated, lag up to a tick behind.
      return "<4 ms";
    }
    if (nanos < NANOS_PER_MILLI) {
      return number(nanos, NANOS_PER_MICRO) + " us";
    }
    return number(nanos, NANOS_PER_MILLI) + " ms";
  }

  private static String number(long nanos, long unit) {
    return nanos < 10 * unit
        ? String.format(Locale.ROOT, "%.1f", (double) nanos / unit)
        : String.valueOf(Math.round((double) nanos / unit));
  }

  // ---- what the victims saw ----

  private void details() {
    long cases = groups.values().stream().mapToLong(Map::size).sum();
    boolean all = cases < MANY_CASES;
    groups.forEach((scenario, plays) -> {
      boolean headed = false;
      for (Map<Mode, List<Alike>> modes : plays.values()) {
        List<Alike> shown =
            modes.values().stream()
                .flatMap(List::stream)
                .filter(alike -> all || !alike.first().expected())
                .toList();
        if (shown.isEmpty()) {
          continue;
        }
        if (!headed) {
          line("");
          wrapped(scenario.text() + ": " + scenario.summary());
          headed = true;
        }
        wrapped("  " + shown.getFirst().first().play().text());
        for (Alike alike : shown) {
          detail(alike.first());
        }
      }
    });
    if (!all) {
      line("");
      wrapped("lifebound lab NAME shows what its victims saw; --explain NAME tells why.");
    }
  }

  private void detail(Outcome outcome) {
    String label = "  " + outcome.mode().text();
    if (narrow) {
      line("  " + label.strip());
      Wrap.lines(text(outcome.result()), width - 4).forEach(text -> line("    " + text));
      return;
    }
    List<String> lines = Wrap.lines(text(outcome.result()), width - INDENT);
    for (int i = 0; i < lines.size(); i++) {
      line(("%-" + INDENT + "s%s").formatted(i == 0 ? "  " + label : "", lines.get(i)));
    }
  }

  /** Our own package names and the frames that all victims share say nothing to a reader. */
  private static String text(Result result) {
    return result
        .detail()
        .lines()
        .filter(line -> !line.contains(VictimMain.class.getName()))
        .map(line -> OWN_PACKAGE.matcher(line).replaceAll(""))
        .collect(Collectors.joining("\n"));
  }

  private void closing() {
    for (String sentence : Discarded.of(outcomes)) {
      line("");
      wrapped(sentence);
    }
    line("");
    wrapped(ClosingSentence.of(outcomes));
  }

  private void wrapped(String text) {
    Wrap.lines(text, width).forEach(this::line);
  }

  private void line(String text) {
    out.append(text.stripTrailing()).append('\n');
  }

  private String outcome(Alike alike, int columns) {
    String text = padded(alike.first().result().outcome(), columns);
    if (!colours) {
      return text;
    }
    String colour =
        switch (alike.first().result()) {
          case Result.SilentWrongData _,
              Result.Crash _,
              Result.Abort _,
              Result.FatalError _,
              Result.Leak _ ->
              RED;
          case Result.Thrown _,
              Result.Reported _,
              Result.Found _,
              Result.NoHarm _,
              Result.Refuted _ ->
              GREEN;
          case Result.Panic _,
              Result.NotCovered _,
              Result.Timeout _,
              Result.Failed _,
              Result.NotRun _ ->
              YELLOW;
        };
    return colour + text + PLAIN;
  }
}
