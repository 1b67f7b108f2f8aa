package dev.lifebound.crash.autopsy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads an {@code hs_err} text line by line, each line once.
 *
 * <p>JDK 17 to 25 write the same sections in the same order; what differs is spacing, a blank line
 * between native and Java frames, the size behind a stack and the list's last line. A section ends
 * where the next one begins or at a blank line, so a section that is missing, cut or unknown costs
 * its own fields only.
 */
final class HsErrReader {
  /** Longer lines are paths or dumps; no field lies behind this. */
  static final int MOST_LINE_CHARACTERS = 4096;

  /** HotSpot writes some hundred at most. */
  private static final int MOST_FRAMES = 4096;

  private static final int MOST_LOGS = 64;
  private static final int MOST_REGISTERS = 256;

  /** Four times what Linux allows a process by default. */
  private static final int MOST_RANGES = 1 << 18;

  private static final String OPENING_FATAL =
      "A fatal error has been detected by the Java Runtime Environment";
  private static final String LAST_LINE = "END.";
  private static final String OPENING_MEMORY = "There is insufficient memory";

  private static final Pattern REGISTER =
      Pattern.compile("\\b([A-Z][A-Z0-9]{0,6})\\s*=\\s*0x([0-9a-f]{1,16})\\b");
  private static final Pattern JAVA_FRAME =
      Pattern.compile("[jJ]\\s+(?:\\d+%?\\s+)?(?:(?:c[12]|jvmci)\\s+)?([^\\s(]+)\\(.*");
  private static final Pattern FRAME = Pattern.compile("[jJCVvA]\\s+\\S.*");

  private enum Section {
    NONE,
    PROBLEMATIC_FRAME,
    NATIVE_FRAMES,
    JAVA_FRAMES,
    REGISTERS,
    MAPPINGS
  }

  private final HsErrFields fields = new HsErrFields();
  private final List<String> nativeFrames = new ArrayList<>();
  private final List<String> javaFrames = new ArrayList<>();
  private final Map<String, Long> registers = new LinkedHashMap<>();
  private final List<MemoryMap.Range> ranges = new ArrayList<>();
  private boolean mapsEnded;
  private boolean whole;
  private Section section = Section.NONE;

  private HsErrReader() {}

  /** The last log of a text; empty when there is none. */
  static Optional<HsErr> parse(String text) {
    List<HsErr> all = parseAll(text);
    return all.isEmpty() ? Optional.empty() : Optional.of(all.getLast());
  }

  /**
   * The logs of a text, in its order: a console of a service that was started again and again has
   * several. The short one that a JVM writes to its console before the long one is left out.
   */
  static List<HsErr> parseAll(String text) {
    List<HsErr> logs = new ArrayList<>();
    List<Integer> starts = starts(text);
    for (int i = 0; i < starts.size(); i++) {
      int end = i + 1 < starts.size() ? starts.get(i + 1) : text.length();
      HsErr log = parse(text, starts.get(i), end);
      if (!logs.isEmpty() && isSame(logs.getLast(), log)) {
        HsErr other = logs.removeLast();
        log = log.whole() || !other.whole() ? log : other;
      }
      logs.add(log);
    }
    return logs;
  }

  private static boolean isSame(HsErr one, HsErr other) {
    return one.process().pid() != 0
        && one.process().pid() == other.process().pid()
        && one.process().tid() == other.process().tid();
  }

  /** Where the line of each opening begins, of the last ones. */
  private static List<Integer> starts(String text) {
    TreeSet<Integer> starts = new TreeSet<>();
    for (String opening : List.of(OPENING_FATAL, OPENING_MEMORY)) {
      for (int at = text.indexOf(opening); at >= 0; at = text.indexOf(opening, at + 1)) {
        starts.add(text.lastIndexOf('\n', at) + 1);
        if (starts.size() > MOST_LOGS) {
          starts.removeFirst();
        }
      }
    }
    return List.copyOf(starts);
  }

  private static HsErr parse(String text, int start, int until) {
    HsErrReader reader = new HsErrReader();
    int at = start;
    int first = text.indexOf('\n', at);
    if (text.substring(at, limit(at, first < 0 ? until : first)).contains(OPENING_MEMORY)) {
      reader.fields.isOutOfMemory();
    }
    while (at < until && !reader.whole) {
      int end = text.indexOf('\n', at);
      end = end < 0 || end > until ? until : end;
      int stop = end > at && text.charAt(end - 1) == '\r' ? end - 1 : end;
      if (end == text.length() && !text.startsWith(LAST_LINE, at)) {
        stop = withoutLastWord(text, at, stop);
      }
      reader.line(text, at, stop);
      at = end + 1;
    }
    return reader.result();
  }

  /** A log that was cut within a number would tell another number. */
  private static int withoutLastWord(String text, int from, int to) {
    int end = to;
    while (end > from && Character.isLetterOrDigit(text.charAt(end - 1))) {
      end--;
    }
    return end;
  }

  private void line(String text, int from, int to) {
    if (from == to) {
      blank();
      return;
    }
    switch (section) {
      // The longest sections first: most lines of a log are theirs.
      case MAPPINGS -> {
        MemoryMap.Range range = MemoryMap.parse(text.substring(from, limit(from, to)));
        if (range == null) {
          mapsEnded = true;
          section = Section.NONE;
        } else if (ranges.size() < MOST_RANGES) {
          ranges.add(range);
        } else {
          // More than a system allows: a list that is not whole proves no hole.
          section = Section.NONE;
        }
      }
      case NONE -> start(text, from, to);
      case PROBLEMATIC_FRAME, NATIVE_FRAMES, JAVA_FRAMES, REGISTERS ->
          within(collapsed(text, from, to), text, from, to);
    }
  }

  private static void add(List<String> frames, String frame) {
    if (frames.size() < MOST_FRAMES) {
      frames.add(frame);
    }
  }

  private static int limit(int from, int to) {
    return Math.min(to, from + MOST_LINE_CHARACTERS);
  }

  private void blank() {
    if (section == Section.MAPPINGS) {
      mapsEnded = true;
    }
    if (section != Section.REGISTERS || !registers.isEmpty()) {
      section = Section.NONE;
    }
  }

  /** A line of a short section; one that does not fit there may begin the next. */
  private void within(String line, String text, int from, int to) {
    if (line.isEmpty()) {
      blank();
      return;
    }
    switch (section) {
      case PROBLEMATIC_FRAME -> {
        section = Section.NONE;
        String frame = line.startsWith("#") ? line.substring(1).strip() : "";
        if (!frame.isEmpty()) {
          fields.problematicFrame(frame);
        }
      }
      case NATIVE_FRAMES -> {
        if (FRAME.matcher(line).matches()) {
          add(nativeFrames, line);
        } else {
          section = Section.NONE;
          start(text, from, to);
        }
      }
      case JAVA_FRAMES -> {
        if (FRAME.matcher(line).matches()) {
          Matcher frame = JAVA_FRAME.matcher(line);
          if (frame.matches()) {
            add(javaFrames, frame.group(1));
          }
        } else {
          section = Section.NONE;
          start(text, from, to);
        }
      }
      case REGISTERS -> {
        Matcher register = REGISTER.matcher(line);
        boolean any = false;
        while (register.find()) {
          any = true;
          if (registers.size() < MOST_REGISTERS) {
            registers.putIfAbsent(register.group(1), HsErrFields.hex(register.group(2)));
          }
        }
        if (!any) {
          section = Section.NONE;
          start(text, from, to);
        }
      }
      case NONE, MAPPINGS -> throw new IllegalStateException("a line must belong to its section");
    }
  }

  /** Looks whether a line outside every section begins one, or is a field of its own. */
  private void start(String text, int from, int to) {
    switch (text.charAt(from)) {
      case '#' -> {
        String line = collapsed(text, from, to);
        if (line.startsWith("# Problematic frame:")) {
          section = Section.PROBLEMATIC_FRAME;
        } else {
          fields.header(line);
        }
      }
      case 'T', 't', 'e' -> fields.time(collapsed(text, from, to));
      case 'C' -> {
        if (text.startsWith("Current thread", from)) {
          fields.thread(collapsed(text, from, to));
        }
      }
      case 'S' -> {
        if (text.startsWith("Stack:", from)) {
          fields.stack(collapsed(text, from, to));
        }
      }
      case 'N' -> begin(text, from, "Native frames:", Section.NATIVE_FRAMES);
      case 'J' -> begin(text, from, "Java frames:", Section.JAVA_FRAMES);
      case 'R' -> begin(text, from, "Registers:", Section.REGISTERS);
      case 'D' -> begin(text, from, "Dynamic libraries:", Section.MAPPINGS);
      case 's' -> {
        if (text.startsWith("siginfo:", from)) {
          fields.siginfo(collapsed(text, from, to));
        }
      }
      case 'E' -> whole |= text.startsWith(LAST_LINE, from);
      default -> {
        // Of a section that tells nothing to an autopsy.
      }
    }
  }

  /** Each section counts once: later ones of the same name tell of errors within the reporting. */
  private void begin(String text, int from, String title, Section next) {
    boolean first =
        switch (next) {
          case NATIVE_FRAMES -> nativeFrames.isEmpty();
          case JAVA_FRAMES -> javaFrames.isEmpty();
          case REGISTERS -> registers.isEmpty();
          case MAPPINGS -> ranges.isEmpty();
          case NONE, PROBLEMATIC_FRAME -> false;
        };
    if (first && text.startsWith(title, from)) {
      section = next;
    }
  }

  private HsErr result() {
    return fields.result(
        nativeFrames, javaFrames, registers, new MemoryMap(ranges, mapsEnded), whole);
  }

  /** The line with single spaces, and no longer than any field needs. */
  private static String collapsed(String text, int from, int to) {
    StringBuilder line = new StringBuilder();
    boolean space = false;
    for (int i = from; i < to && line.length() < MOST_LINE_CHARACTERS; i++) {
      char c = text.charAt(i);
      if (Character.isWhitespace(c)) {
        space = true;
      } else {
        if (space && !line.isEmpty()) {
          line.append(' ');
        }
        space = false;
        line.append(c);
      }
    }
    return line.toString();
  }
}
