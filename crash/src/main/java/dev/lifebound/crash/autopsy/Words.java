package dev.lifebound.crash.autopsy;

import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.LedgerEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The sentences that every format uses. */
final class Words {
  private static final Duration LONGEST = Duration.ofDays(100 * 366);
  private static final long MICRO = 1_000;
  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000_000_000;

  private Words() {}

  static String hex(@Nullable Long number) {
    return number == null ? "?" : "0x" + Long.toHexString(number);
  }

  /** A number with its thousands apart: {@code 41,943,040}. */
  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  static String bytes(long number) {
    return count(number) + (number == 1 ? " byte" : " bytes");
  }

  /**
   * The nanoseconds of a span; a ledger that is not what it says may tell of thousands of years.
   */
  static long nanos(Duration span) {
    return span.abs().compareTo(LONGEST) > 0
        ? (span.isNegative() ? -LONGEST.toNanos() : LONGEST.toNanos())
        : span.toNanos();
  }

  /** A length of time with three digits that count. */
  static String span(Duration span) {
    long nanos = Math.abs(nanos(span));
    if (nanos < MICRO) {
      return nanos + " ns";
    }
    if (nanos < MILLI) {
      return digits((double) nanos / MICRO) + " µs";
    }
    if (nanos < SECOND) {
      return digits((double) nanos / MILLI) + " ms";
    }
    long seconds = span.abs().toSeconds();
    if (seconds < 100) {
      return digits((double) nanos / SECOND) + " s";
    }
    if (seconds < 3600) {
      return seconds / 60 + " min " + seconds % 60 + " s";
    }
    return seconds / 3600 + " h " + seconds % 3600 / 60 + " min";
  }

  private static String digits(double number) {
    String format = number < 10 ? "%.2f" : number < 100 ? "%.1f" : "%.0f";
    return String.format(Locale.ROOT, format, number);
  }

  /** {@code 3.20 ms before the crash}, or the moment itself when the crash has none. */
  static String when(Autopsy autopsy, Instant happened) {
    Duration before = autopsy.before(happened);
    if (before == null) {
      return "at " + happened;
    }
    if (autopsy.hsErr() == null) {
      return before.compareTo(Duration.ZERO) <= 0
          ? "as the last event"
          : span(before) + " before the last event";
    }
    return before.compareTo(Autopsy.CLOCKS_APART) < 0
        ? "less than 0.1 s before the crash"
        : span(before) + " before the crash";
  }

  /** How long a block had lived, by the ledger's own clock; empty where it does not tell. */
  static String lived(BlockLife block) {
    LedgerEvent allocated = block.allocated();
    LedgerEvent freed = block.freed();
    return allocated == null || freed == null || !freed.exact() || !allocated.exact()
        ? ""
        : ", after a life of " + span(Duration.between(allocated.time(), freed.time()));
  }

  /** From the first event on: that is exact, while the moment of the crash is not. */
  static String since(LedgerEvent first, LedgerEvent event) {
    return event.equals(first)
        ? first.time().toString().replaceFirst(".*T(.*?\\.\\d{3}).*", "$1 UTC")
        : "+" + span(Duration.between(first.time(), event.time()));
  }

  static String thread(LedgerEvent event) {
    String name = event.threadName();
    String number = "#" + event.thread();
    if (event.nativeThread()) {
      return "native thread " + (name == null ? number : name + " " + number);
    }
    return "thread " + (name == null ? number : name + " " + number);
  }

  /** How a block came or went. */
  static String deed(LedgerEvent event) {
    String by = event.name() == null ? "" : " (" + event.name() + ")";
    return switch (event.type()) {
      case ALLOCATE -> "allocated by Lifebound";
      case ADOPT -> "adopted from its allocator";
      case ALLOCATE_BY_C -> "allocated by C" + by;
      case FREE -> "freed by Java";
      case FREE_BY_C -> "freed by C" + by;
      case BIND -> "put into " + entry(event);
      case UNBIND -> "left " + entry(event);
      case STALE_USE -> "used by a stale handle, refused" + by;
      case DOUBLE_FREE -> "freed again, refused" + by;
      case LEASE_ANOMALY -> "lease used against its contract" + by;
      case FAULT -> "touched, " + event.fault() + (event.delivered() ? ", thrown" : ", continued");
      case REPORT_ALLOCATED -> "allocated by C" + by;
      case REPORT_FREED -> "freed by C" + by;
      case REPORT -> "reported, " + event.fault() + by;
      case LEAK -> "dropped unreleased";
      case LEASE_REMARK -> "lease" + by;
      case NOTE, THREAD, UNKNOWN -> event.typeText();
    };
  }

  private static String entry(LedgerEvent event) {
    String map = event.name() == null ? "a map" : event.name();
    return event.key() == null ? map : map + "[" + event.key() + "]";
  }

  /** Whether an event belongs into the story of a block. */
  static boolean isTold(EventType type) {
    return switch (type) {
      case ALLOCATE,
          ADOPT,
          ALLOCATE_BY_C,
          FREE,
          FREE_BY_C,
          BIND,
          UNBIND,
          STALE_USE,
          DOUBLE_FREE,
          LEASE_ANOMALY,
          FAULT,
          REPORT_ALLOCATED,
          REPORT_FREED,
          REPORT ->
          true;
      case LEAK, NOTE, THREAD, LEASE_REMARK, UNKNOWN -> false;
    };
  }

  /** {@code SIGSEGV (SEGV_MAPERR), reading 0x7f...}. */
  static String signal(HsErr log) {
    StringBuilder text = new StringBuilder(log.error());
    if (log.signalCode() != null) {
      text.append(" (").append(log.signalCode()).append(')');
    }
    if (log.faultAddress() != null) {
      text.append(
          log.isWrite().map(write -> write ? ", writing " : ", reading ").orElse(", touching "));
      text.append(Words.hex(log.faultAddress()));
    }
    if (log.message() != null) {
      text.append(": ").append(log.message());
    }
    return text.toString();
  }

  /**
   * What the thread did, innermost first: the frame blamed, C frames, then the Java frames; several
   * of the JDK in a row are one line.
   */
  static List<String> frames(HsErr log, int most) {
    List<String> frames = new ArrayList<>();
    if (log.problematicFrame() != null) {
      frames.add(log.problematicFrame());
    }
    for (String frame : log.nativeFrames()) {
      if (frame.startsWith("C ") && !frames.contains(frame) && !frame.contains("libjli")) {
        frames.add(frame);
      }
    }
    int ofJdk = 0;
    for (String frame : log.javaFrames()) {
      if (HsErr.isOfJdk(frame)) {
        ofJdk++;
      } else {
        addJdk(frames, ofJdk);
        ofJdk = 0;
        frames.add("at " + frame);
      }
    }
    addJdk(frames, ofJdk);
    return frames.size() <= most ? frames : List.copyOf(frames.subList(0, most));
  }

  private static void addJdk(List<String> frames, int count) {
    if (count > 0) {
      frames.add("… " + count + (count == 1 ? " frame" : " frames") + " of the JDK");
    }
  }

  /** Where a holder is known from, and since when or until when it held. */
  static String held(Autopsy autopsy, Holder holder) {
    if (holder.source() == Holder.Source.HEAP) {
      return holder.text() + ", in the heap dump";
    }
    LedgerEvent unbound = holder.unbound();
    BlockLife of = holder.block();
    return holder.text()
        + (unbound == null ? ", still there" : ", which it left " + when(autopsy, unbound.time()))
        + (of == null || of.equals(autopsy.block()) ? "" : ", for the earlier " + of.name());
  }

  /** What a reader sees of a name that is none. */
  static String named(String name) {
    return name.isBlank() ? "(without a name)" : name;
  }

  static String page(String rule) {
    return "docs/rules/" + rule + ".md";
  }

  /** The text on one line without anything a terminal would act on. */
  static String visible(@Nullable String text) {
    StringBuilder shown = new StringBuilder();
    String.valueOf(text)
        .codePoints()
        .forEach(c -> {
          int type = Character.getType(c);
          boolean hidden =
              type == Character.CONTROL
                  || type == Character.FORMAT
                  || type == Character.SURROGATE
                  || type == Character.LINE_SEPARATOR
                  || type == Character.PARAGRAPH_SEPARATOR;
          shown.appendCodePoint(c == '\n' || c == '\t' ? ' ' : hidden ? '?' : c);
        });
    return shown.toString();
  }
}
