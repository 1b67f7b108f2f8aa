package dev.lifebound.cli.command;

import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.LedgerEvent;
import dev.lifebound.memory.ledger.LedgerFile;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which events of a ledger are shown; null chooses all.
 *
 * @param block a number: a handle, a guard number or an address
 * @param named a block as messages write it: {@code #slot.generation}, or {@code #number} of the
 *     guard
 * @param thread a name or a number
 * @param map a name
 * @param lasting how long before the newest event
 * @param from the first moment
 */
record LedgerFilter(
    @Nullable Long block,
    @Nullable String named,
    @Nullable String thread,
    @Nullable String map,
    @Nullable Duration lasting,
    @Nullable Instant from) {
  private static final Pattern NAME = Pattern.compile("#\\d{1,19}(\\.\\d{1,9})?");
  private static final Pattern DURATION = Pattern.compile("(\\d{1,12})(ms|s|m|h|d)");

  /**
   * Reads the options.
   *
   * @throws IllegalArgumentException when one cannot be understood; the message says how to write
   *     it
   */
  static LedgerFilter of(
      @Nullable String block,
      @Nullable String thread,
      @Nullable String map,
      @Nullable String since) {
    Duration lasting = since == null ? null : duration(since);
    return new LedgerFilter(
        block == null || isName(block) ? null : number(block),
        block != null && isName(block) ? block : null,
        thread,
        map,
        lasting,
        since == null || lasting != null ? null : instant(since));
  }

  private static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  private static long number(String text) {
    String digits = text.toLowerCase(Locale.ROOT);
    try {
      return digits.startsWith("0x")
          ? Long.parseUnsignedLong(digits.substring(2), 16)
          : Long.parseUnsignedLong(digits);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "--block must be #SLOT.GENERATION or #NUMBER as messages write it, or a number, decimal or"
              + " 0x and hexadecimal, but is '"
              + text
              + "'",
          e);
    }
  }

  private static @Nullable Duration duration(String text) {
    Matcher parts = DURATION.matcher(text);
    if (!parts.matches()) {
      return null;
    }
    long count = Long.parseLong(parts.group(1));
    return switch (parts.group(2)) {
      case "ms" -> Duration.ofMillis(count);
      case "s" -> Duration.ofSeconds(count);
      case "m" -> Duration.ofMinutes(count);
      case "h" -> Duration.ofHours(count);
      default -> Duration.ofDays(count);
    };
  }

  private static Instant instant(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "--since must be a duration such as 10s or a moment such as 2026-01-31T12:00:00Z, but is"
              + " '"
              + text
              + "'",
          e);
    }
  }

  /**
   * Those of the events that are chosen.
   *
   * @param ledger where they come from
   */
  List<LedgerEvent> of(LedgerFile ledger, List<LedgerEvent> events) {
    Instant first = first(ledger);
    Set<Long> held = map == null ? Set.of() : held(ledger, map);
    return events.stream()
        .filter(event -> first == null || !event.time().isBefore(first))
        .filter(event -> block == null || isOf(event, block))
        .filter(event -> named == null || named.equals(blockText(event)))
        .filter(event -> thread == null || isBy(event, thread))
        .filter(event ->
            map == null
                || map.equals(event.name())
                || (!event.guardBlock() && held.contains(event.block())))
        .toList();
  }

  private @Nullable Instant first(LedgerFile ledger) {
    if (lasting == null || ledger.events().isEmpty()) {
      return from;
    }
    try {
      return ledger.events().getLast().time().minus(lasting);
    } catch (DateTimeException | ArithmeticException e) {
      return Instant.MIN;
    }
  }

  /** The blocks that the map held at some time. */
  private static Set<Long> held(LedgerFile ledger, String map) {
    Set<Long> held = new HashSet<>();
    for (LedgerEvent event : ledger.events()) {
      if (event.type() == EventType.BIND && map.equals(event.name()) && event.block() != 0) {
        held.add(event.block());
      }
    }
    return held;
  }

  /** The block as messages write it; empty when the event has none. */
  static String blockText(LedgerEvent event) {
    if (event.block() == 0) {
      return "";
    }
    return event.guardBlock() ? "#" + event.block() : Registry.blockText(event.block());
  }

  private static boolean isOf(LedgerEvent event, long number) {
    long inside = number - event.address();
    return event.block() == number
        || (event.address() != 0
            && (inside == 0
                || (Long.compareUnsigned(inside, event.size()) < 0
                    && event.type() != EventType.FAULT
                    && event.type() != EventType.REPORT)));
  }

  private static boolean isBy(LedgerEvent event, String thread) {
    return thread.equals(event.threadName()) || thread.equals(Long.toString(event.thread()));
  }
}
