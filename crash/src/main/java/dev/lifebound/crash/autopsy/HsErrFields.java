package dev.lifebound.crash.autopsy;

import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The fields of an {@code hs_err} text that stand in lines of their own, each taken once. */
final class HsErrFields {
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
              + "(?:\\s+(?!elapsed)(\\S+(?: \\S+){0,7}?))?(?:\\s+elapsed time:\\s*([0-9]+(?:\\.[0-9]+)?)\\s+seconds.*)?\\s*");
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

  /** No process is that old; what says so is no time. */
  private static final double MOST_ELAPSED_SECONDS = 100 * 366 * 86_400.0;

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

  /** Of a log that begins with the words for exhausted memory. */
  void isOutOfMemory() {
    kind = HsErr.Kind.OUT_OF_MEMORY;
  }

  /** The line of the thread that crashed. */
  void thread(String line) {
    thread = line;
    stack(line);
  }

  /** The line that follows the one with "Problematic frame". */
  void problematicFrame(String frame) {
    problematicFrame = frame;
  }

  /** A line of the head, which begins with {@code #}. */
  void header(String line) {
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

  /** A line that may tell the moment of the crash, or the age of the JVM. */
  void time(String line) {
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
    if (elapsed == null && seconds != null && Double.parseDouble(seconds) < MOST_ELAPSED_SECONDS) {
      elapsed = Duration.ofNanos(Math.round(Double.parseDouble(seconds) * 1e9));
    }
  }

  /** A line that tells of the thread's stack. */
  void stack(String line) {
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

  /** The line of the signal. */
  void siginfo(String line) {
    String named = first(SIGNAL, line);
    signal = named != null ? named : signal;
    signalCode = signalCode != null ? signalCode : first(CODE, line);
    String address = first(ADDRESS, line);
    if (faultAddress == null && address != null) {
      faultAddress = hex(address);
    }
  }

  /** All that was found. */
  HsErr result(
      List<String> nativeFrames,
      List<String> javaFrames,
      Map<String, Long> registers,
      MemoryMap memory,
      boolean whole) {
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
        memory,
        whole);
  }

  private static long number(Pattern pattern, String line) {
    String found = first(pattern, line);
    return found == null ? 0 : Long.parseLong(found);
  }

  static long hex(String digits) {
    return Long.parseUnsignedLong(digits, 16);
  }

  private static @Nullable String first(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find() ? matcher.group(1) : null;
  }
}
