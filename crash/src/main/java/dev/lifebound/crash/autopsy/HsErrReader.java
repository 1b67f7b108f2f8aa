package dev.lifebound.crash.autopsy;

import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

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

  private static final String OPENING_FATAL =
      "A fatal error has been detected by the Java Runtime Environment";
  private static final String LAST_LINE = "END.";
  private static final String OPENING_MEMORY = "There is insufficient memory";

  private static final Pattern HEADLINE =
      Pattern.compile(
          "#\\s*(SIG[A-Z0-9]+|EXCEPTION_\\w+)\\s*\\(|#\\s*(Internal Error|Out of Memory Error)\\b");
  private static final Pattern PID = Pattern.compile("\\bpid=(\\d{1,18})");
  private static final Pattern TID = Pattern.compile("\\btid=(\\d{1,18})");
  private static final Pattern PC = Pattern.compile("\\bpc=0x([0-9a-fA-F]{1,16})\\b");
  private static final Pattern MESSAGE =
      Pattern.compile("#\\s*((?:Error|fatal error|assert\\(|guarantee\\(|Native memory).*)");
  private static final Pattern JVM = Pattern.compile("#\\s*Java VM:\\s*(.*)");
  private static final Pattern TIME =
      Pattern.compile(
          "[Tt]ime:\\s*(\\w{3}\\s+\\w{3}\\s+\\d{1,2}\\s+\\d\\d:\\d\\d:\\d\\d\\s+\\d{4})"
              + "(?:\\s+(?!elapsed)(\\S+(?: \\S+)*?))?(?:\\s+elapsed time:\\s*([0-9]+(?:\\.[0-9]+)?)\\s+seconds.*)?\\s*");
  private static final DateTimeFormatter MOMENT =
      DateTimeFormatter.ofPattern("EEE MMM d HH:mm:ss yyyy", Locale.ENGLISH);
  private static final Pattern ELAPSED =
      Pattern.compile("elapsed time:\\s*([0-9]+(?:\\.[0-9]+)?)\\s+seconds");
  private static final Pattern THREAD_NAME = Pattern.compile("Thread \"(.*)\"");
  private static final Pattern STACK =
      Pattern.compile("[sS]tack(?::\\s*\\[|\\()0x([0-9a-fA-F]{1,16}),\\s*0x([0-9a-fA-F]{1,16})");
  private static final Pattern STACK_POINTER = Pattern.compile("\\bsp=0x([0-9a-fA-F]{1,16})\\b");
  private static final Pattern SIGNAL =
      Pattern.compile("si_signo:\\s*\\d+\\s*\\((SIG[A-Z0-9]+)\\)");
  private static final Pattern CODE = Pattern.compile("si_code:\\s*-?\\d+\\s*\\((\\w+)\\)");
  private static final Pattern ADDRESS =
      Pattern.compile(
          "(?:si_addr:|(?:reading|writing|violation at) address)\\s*0x([0-9a-fA-F]{1,16})\\b");
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

  private HsErr.Kind kind = HsErr.Kind.UNKNOWN;
  private @Nullable String headline;
  private @Nullable String message;
  private @Nullable String signal;
  private @Nullable String signalCode;
  private @Nullable Long faultAddress;
  private @Nullable Long pc;
  private @Nullable String problematicFrame;
  private long pid;
  private long tid;
  private @Nullable String jvm;
  private @Nullable LocalDateTime time;
  private @Nullable String zone;
  private @Nullable Duration elapsed;
  private @Nullable String thread;
  private long stackLow;
  private long stackHigh;
  private long stackPointer;
  private final List<String> nativeFrames = new ArrayList<>();
  private final List<String> javaFrames = new ArrayList<>();
  private final Map<String, Long> registers = new LinkedHashMap<>();
  private final List<MemoryMap.Range> ranges = new ArrayList<>();
  private boolean mapsEnded;
  private boolean whole;
  private Section section = Section.NONE;

  private HsErrReader() {}

  static Optional<HsErr> parse(String text) {
    int start = text.indexOf(OPENING_FATAL);
    int memory = text.indexOf(OPENING_MEMORY);
    if (start < 0 && memory < 0) {
      return Optional.empty();
    }
    HsErrReader reader = new HsErrReader();
    // Lines before the opening are those of a console that holds a log.
    int at = start < 0 ? memory : memory < 0 ? start : Math.min(start, memory);
    if (start < 0) {
      reader.kind = HsErr.Kind.OUT_OF_MEMORY;
    }
    at = text.lastIndexOf('\n', at) + 1;
    while (at < text.length()) {
      int end = text.indexOf('\n', at);
      end = end < 0 ? text.length() : end;
      int stop = end > at && text.charAt(end - 1) == '\r' ? end - 1 : end;
      if (end == text.length() && !text.startsWith(LAST_LINE, at)) {
        stop = withoutLastWord(text, at, stop);
      }
      reader.line(text, at, stop);
      at = end + 1;
    }
    return Optional.of(reader.result());
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
        if (range != null) {
          ranges.add(range);
        } else {
          mapsEnded = true;
          section = Section.NONE;
        }
      }
      case NONE -> start(text, from, to);
      case PROBLEMATIC_FRAME, NATIVE_FRAMES, JAVA_FRAMES, REGISTERS ->
          within(collapsed(text, from, to), text, from, to);
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
          problematicFrame = frame;
        }
      }
      case NATIVE_FRAMES -> {
        if (FRAME.matcher(line).matches()) {
          nativeFrames.add(line);
        } else {
          section = Section.NONE;
          start(text, from, to);
        }
      }
      case JAVA_FRAMES -> {
        if (FRAME.matcher(line).matches()) {
          Matcher frame = JAVA_FRAME.matcher(line);
          if (frame.matches()) {
            javaFrames.add(frame.group(1));
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
          registers.putIfAbsent(register.group(1), hex(register.group(2)));
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
      case '#' -> header(collapsed(text, from, to));
      case 'T', 't', 'e' -> time(collapsed(text, from, to));
      case 'C' -> {
        if (text.startsWith("Current thread", from)) {
          thread = collapsed(text, from, to);
          stack(thread);
        }
      }
      case 'S' -> {
        if (text.startsWith("Stack:", from)) {
          stack(collapsed(text, from, to));
        }
      }
      case 'N' -> begin(text, from, "Native frames:", Section.NATIVE_FRAMES);
      case 'J' -> begin(text, from, "Java frames:", Section.JAVA_FRAMES);
      case 'R' -> begin(text, from, "Registers:", Section.REGISTERS);
      case 'D' -> begin(text, from, "Dynamic libraries:", Section.MAPPINGS);
      case 's' -> {
        if (text.startsWith("siginfo:", from)) {
          siginfo(collapsed(text, from, to));
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

  private void header(String line) {
    if (line.startsWith("# Problematic frame:")) {
      section = Section.PROBLEMATIC_FRAME;
      return;
    }
    Matcher found = HEADLINE.matcher(line);
    if (headline == null && found.lookingAt()) {
      headline(found.group(1), found.group(2), line);
      return;
    }
    Matcher sentence = MESSAGE.matcher(line);
    if (message == null && sentence.matches()) {
      message = sentence.group(1);
      if (message.contains("OutOfMemory")) {
        kind = HsErr.Kind.OUT_OF_MEMORY;
      }
    }
    Matcher machine = JVM.matcher(line);
    if (jvm == null && machine.matches()) {
      jvm = machine.group(1);
    }
  }

  private void headline(@Nullable String named, @Nullable String other, String line) {
    headline = named != null ? named : other;
    if (named != null) {
      kind = HsErr.Kind.SIGNAL;
      signal = signal != null ? signal : named;
    } else if (kind == HsErr.Kind.UNKNOWN) {
      kind = "Internal Error".equals(other) ? HsErr.Kind.INTERNAL_ERROR : HsErr.Kind.OUT_OF_MEMORY;
    }
    pid = number(PID, line);
    tid = number(TID, line);
    String counter = first(PC, line);
    pc = counter == null ? null : hex(counter);
    if (named == null && message == null) {
      // What follows the kind names the place of the assertion.
      message = line.replaceFirst("#\\s*", "").replaceFirst(",?\\s*pid=.*", "");
    }
  }

  private void time(String line) {
    Matcher moment = TIME.matcher(line);
    if (time == null && moment.matches()) {
      try {
        time = LocalDateTime.parse(moment.group(1), MOMENT);
        zone = moment.group(2);
      } catch (DateTimeParseException e) {
        // Another language or a damaged line: then the elapsed time alone is known.
        time = null;
      }
    }
    String seconds = first(ELAPSED, line);
    if (elapsed == null && seconds != null && seconds.length() < 20) {
      elapsed = Duration.ofNanos(Math.round(Double.parseDouble(seconds) * 1e9));
    }
  }

  private void stack(String line) {
    Matcher bounds = STACK.matcher(line);
    if (stackLow == 0 && bounds.find()) {
      stackLow = hex(bounds.group(1));
      stackHigh = hex(bounds.group(2));
    }
    String pointer = first(STACK_POINTER, line);
    if (stackPointer == 0 && pointer != null) {
      stackPointer = hex(pointer);
    }
  }

  private void siginfo(String line) {
    String named = first(SIGNAL, line);
    signal = named != null ? named : signal;
    signalCode = signalCode != null ? signalCode : first(CODE, line);
    String address = first(ADDRESS, line);
    if (faultAddress == null && address != null) {
      faultAddress = hex(address);
    }
  }

  private HsErr result() {
    String error = headline != null ? headline : signal;
    String name = thread == null ? null : first(THREAD_NAME, thread);
    return new HsErr(
        kind == HsErr.Kind.UNKNOWN && signal != null ? HsErr.Kind.SIGNAL : kind,
        error != null ? error : "unknown error",
        message,
        signal,
        signalCode,
        faultAddress,
        pc,
        problematicFrame,
        new HsErr.Origin(pid, tid, jvm, time, zone, elapsed),
        new HsErr.CrashedThread(name, thread, stackLow, stackHigh, stackPointer),
        nativeFrames,
        javaFrames,
        registers,
        new MemoryMap(ranges, mapsEnded),
        whole);
  }

  private static long number(Pattern pattern, String line) {
    String found = first(pattern, line);
    return found == null ? 0 : Long.parseLong(found);
  }

  private static long hex(String digits) {
    return Long.parseUnsignedLong(digits, 16);
  }

  private static @Nullable String first(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find() ? matcher.group(1) : null;
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
