package dev.lifebound.memory.agent;

import dev.lifebound.memory.guard.Align;
import dev.lifebound.memory.guard.Mode;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The options behind {@code -javaagent:JAR=}: {@code name=value,name=value}. {@code watch} may be
 * given several times; a comma in a value is written {@code \,} and a backslash {@code \\}.
 *
 * @param watch patterns of library file names, or paths
 * @param sampleOneIn one allocation in so many is guarded, at least 1
 * @param slots guarded blocks, live and dead, that there is room for
 * @param mode {@code observe}, {@code strict} or {@code recover}
 * @param align {@code start}: blocks begin a page; {@code end}: they end one, and an overflow is
 *     met at its first byte
 * @param ledger the file of the black box; null for none
 * @param heapDumps the folder of heap dumps that reports ask for, and of a ledger where none is
 *     named; null for none
 */
public record AgentOptions(
    List<String> watch,
    int sampleOneIn,
    int slots,
    Mode mode,
    Align align,
    @Nullable Path ledger,
    @Nullable Path heapDumps) {
  /**
   * The system property with what became of the agent's last start: {@code armed: ...} or {@code
   * not armed: ...}. Whoever attached reads it there.
   */
  public static final String STATE = "dev.lifebound.agent";

  /** One allocation in so many is guarded where nothing else is asked for. */
  public static final int DEFAULT_SAMPLE = 1024;

  /** Memory of one slot at most: its page and the copy of its bytes. */
  private static final int SLOT_BYTES = 8 << 10;

  private static final String BESIDE_DUMPS = "lifebound-%p.ledger";

  private static final int FEW_SLOTS = 1024;
  private static final int MANY_SLOTS = 16 << 10;
  private static final int MAX_SLOTS = 1 << 20;

  /** Who guards more than one allocation in so many looks for a defect, and has memory for it. */
  private static final int DENSE_SAMPLE = 64;

  private static final String NAMES = "watch sample slots mode align ledger heap-dump";

  public AgentOptions {
    watch = List.copyOf(watch);
    if (watch.stream().anyMatch(String::isBlank)) {
      throw new IllegalArgumentException(
          "a watch pattern must name a library: watch=; for instance librocksdbjni*");
    }
    if (sampleOneIn < 1) {
      throw badSample(String.valueOf(sampleOneIn));
    }
    if (slots < 1 || slots > MAX_SLOTS) {
      throw badSlots(String.valueOf(slots));
    }
  }

  /** Room for guarded blocks where nothing else is asked for: 8 MB, or 128 MB when most are. */
  public static int defaultSlots(int sampleOneIn) {
    return sampleOneIn >= DENSE_SAMPLE ? FEW_SLOTS : MANY_SLOTS;
  }

  /**
   * The black box: what was asked for, or beside the heap dumps, since without it nobody knows
   * which address to look for in them.
   */
  @Nullable Path ledgerFile() {
    return ledger != null || heapDumps == null ? ledger : heapDumps.resolve(BESIDE_DUMPS);
  }

  /** Memory that the guard may use. */
  long byteLimit() {
    return (long) slots * SLOT_BYTES;
  }

  /** The options as the agent takes them; {@link #parse} reads them back. */
  public String text() {
    StringBuilder text = new StringBuilder();
    watch.forEach(pattern -> add(text, "watch", pattern));
    add(text, "sample", "1/" + sampleOneIn);
    add(text, "slots", String.valueOf(slots));
    add(text, "mode", name(mode));
    add(text, "align", name(align));
    if (ledger != null) {
      add(text, "ledger", ledger.toString());
    }
    if (heapDumps != null) {
      add(text, "heap-dump", heapDumps.toString());
    }
    return text.toString();
  }

  private static String name(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static void add(StringBuilder text, String name, String value) {
    text.append(text.isEmpty() ? "" : ",")
        .append(name)
        .append('=')
        .append(value.replace("\\", "\\\\").replace(",", "\\,"));
  }

  /**
   * Reads the options.
   *
   * @throws IllegalArgumentException with one line that says what is wrong
   */
  public static AgentOptions parse(String text) {
    List<String> watch = new ArrayList<>();
    int sample = DEFAULT_SAMPLE;
    int slots = 0;
    Mode mode = Mode.RECOVER;
    Align align = Align.START;
    Path ledger = null;
    Path heapDumps = null;
    for (String option : split(text)) {
      int equals = option.indexOf('=');
      String name = equals < 0 ? option : option.substring(0, equals);
      String value = equals < 0 ? "" : option.substring(equals + 1);
      if (value.isEmpty()) {
        throw new IllegalArgumentException(
            "an option must have a value: option=" + option + "; write NAME=VALUE, of: " + NAMES);
      }
      switch (name) {
        case "watch" -> watch.add(value);
        case "sample" -> sample = sample(value);
        case "slots" -> slots = slots(value);
        case "mode" -> mode = mode(value);
        case "align" -> align = align(value);
        case "ledger" -> ledger = path(name, value);
        case "heap-dump" -> heapDumps = path(name, value);
        default ->
            throw new IllegalArgumentException(
                "an option must be known: option=" + name + "; there are: " + NAMES);
      }
    }
    return new AgentOptions(
        watch, sample, slots == 0 ? defaultSlots(sample) : slots, mode, align, ledger, heapDumps);
  }

  /** At commas that have no backslash before them. */
  private static List<String> split(String text) {
    List<String> options = new ArrayList<>();
    StringBuilder option = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length() && isSpecial(text.charAt(i + 1))) {
        i++;
        option.append(text.charAt(i));
      } else if (c == ',') {
        options.add(option.toString());
        option.setLength(0);
      } else {
        option.append(c);
      }
    }
    options.add(option.toString());
    options.removeIf(String::isEmpty);
    return options;
  }

  private static boolean isSpecial(char c) {
    return c == ',' || c == '\\';
  }

  /**
   * A sampling rate: {@code 1/N} or {@code N}.
   *
   * @throws IllegalArgumentException with one line that says what is wrong
   */
  public static int sample(String value) {
    String number = value.startsWith("1/") ? value.substring(2) : value;
    try {
      int oneIn = Integer.parseInt(number);
      if (oneIn >= 1) {
        return oneIn;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw badSample(value);
  }

  private static IllegalArgumentException badSample(String value) {
    return new IllegalArgumentException(
        "one allocation in N must be guarded, N from 1 to "
            + Integer.MAX_VALUE
            + ": sample="
            + value
            + "; write 1/1024, or 1 for every allocation");
  }

  private static int slots(String value) {
    try {
      int slots = Integer.parseInt(value);
      if (slots > 0) {
        return slots;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw badSlots(value);
  }

  private static IllegalArgumentException badSlots(String value) {
    return new IllegalArgumentException(
        "slots must be from 1 to " + MAX_SLOTS + ": slots=" + value + "; 1024 take 8 MB at most");
  }

  /**
   * A mode by its name.
   *
   * @throws IllegalArgumentException with one line that says what is wrong
   */
  public static Mode mode(String value) {
    for (Mode mode : Mode.values()) {
      if (name(mode).equals(value)) {
        return mode;
      }
    }
    throw new IllegalArgumentException(
        "a mode must be one of observe, strict, recover: mode=" + value);
  }

  /**
   * An end of a page by its name.
   *
   * @throws IllegalArgumentException with one line that says what is wrong
   */
  public static Align align(String value) {
    for (Align align : Align.values()) {
      if (name(align).equals(value)) {
        return align;
      }
    }
    throw new IllegalArgumentException(
        "blocks must begin or end a page: align=" + value + "; write start or end");
  }

  private static Path path(String name, String value) {
    try {
      return Path.of(value);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(
          "an option must name a file: option=" + name + ", value=" + value, e);
    }
  }
}
