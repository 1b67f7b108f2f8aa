package dev.lifebound.crash.autopsy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an {@code hs_err} file says about the end of a JVM.
 *
 * @param error what HotSpot names as the error: a signal such as {@code SIGSEGV}, or {@code
 *     Internal Error} for a failed assertion of the JVM
 * @param signal the signal's name, or null when the JVM stopped for another reason
 * @param signalCode the {@code si_code} name such as {@code SEGV_MAPERR}, or null when not written
 * @param faultAddress the {@code si_addr}, or null when not written
 * @param problematicFrame the frame line with single spaces, or null when not written
 * @param javaFrames the Java frames, innermost first, as {@code Class.method}; empty when the
 *     thread had none
 */
public record HsErr(
    String error,
    @Nullable String signal,
    @Nullable String signalCode,
    @Nullable Long faultAddress,
    @Nullable String problematicFrame,
    List<String> javaFrames) {
  private static final int MOST_BYTES_READ = 4 << 20;

  private static final Pattern HEADLINE =
      Pattern.compile(
          "(?m)^#[ \\t]+(?:(SIG[A-Z0-9]+)[ \\t]*\\(|(Internal Error|Out of Memory Error))");
  private static final Pattern OPENING =
      Pattern.compile(
          "A fatal error has been detected by the Java Runtime Environment|There is insufficient memory");
  private static final Pattern SIGNAL =
      Pattern.compile("si_signo:[ \\t]*\\d+[ \\t]*\\((SIG[A-Z0-9]+)\\)");
  private static final Pattern CODE = Pattern.compile("si_code:[ \\t]*-?\\d+[ \\t]*\\((\\w+)\\)");
  private static final Pattern ADDRESS = Pattern.compile("si_addr:[ \\t]*0x([0-9a-fA-F]{1,16})\\b");
  private static final Pattern FRAME =
      Pattern.compile("(?m)^# Problematic frame:[ \\t]*\\r?\\n#[ \\t]*(\\S.*)$");
  private static final Pattern JAVA_SECTION = Pattern.compile("(?m)^Java frames:.*$");
  private static final Pattern JAVA_FRAME =
      Pattern.compile("[jJ][ \\t]+(?:\\d+%?[ \\t]+)?(?:(?:c[12]|jvmci)[ \\t]+)?([^\\s(]+)\\(.*");
  private static final Pattern JDK_CLASS = Pattern.compile("(?:java|javax|jdk|sun|com\\.sun)\\..*");

  /** Copies the list. */
  public HsErr {
    javaFrames = List.copyOf(javaFrames);
  }

  /**
   * Reads a file.
   *
   * @return empty when the file is not an {@code hs_err} file
   * @throws IOException when the file cannot be read
   */
  public static Optional<HsErr> read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      // Every byte is a character here, so stray bytes in paths or in memory dumps do no harm.
      return parse(new String(in.readNBytes(MOST_BYTES_READ), StandardCharsets.ISO_8859_1));
    }
  }

  /** Reads a text; empty when it is not that of an {@code hs_err} file. */
  public static Optional<HsErr> parse(String text) {
    if (!OPENING.matcher(text).find()) {
      return Optional.empty();
    }
    String signal = first(SIGNAL, text);
    String headline = null;
    Optional<MatchResult> found = HEADLINE.matcher(text).results().findFirst();
    if (found.isPresent()) {
      String named = found.get().group(1);
      headline = named != null ? named : found.get().group(2);
      signal = signal != null ? signal : named;
    }
    String error = headline != null ? headline : signal;
    String address = first(ADDRESS, text);
    String frame = first(FRAME, text);
    return Optional.of(
        new HsErr(
            error != null ? error : "unknown error",
            signal,
            first(CODE, text),
            address == null ? null : Long.parseUnsignedLong(address, 16),
            frame == null ? null : frame.strip().replaceAll("\\s+", " "),
            javaFrames(text)));
  }

  /** The innermost Java frame outside the JDK's own packages. */
  public Optional<String> applicationFrame() {
    return javaFrames.stream().filter(frame -> !JDK_CLASS.matcher(frame).matches()).findFirst();
  }

  private static List<String> javaFrames(String text) {
    Optional<MatchResult> section = JAVA_SECTION.matcher(text).results().findFirst();
    if (section.isEmpty()) {
      return List.of();
    }
    List<String> frames = new ArrayList<>();
    for (String line :
        (Iterable<String>) text.substring(section.get().end()).strip().lines()::iterator) {
      if (line.isBlank()) {
        break;
      }
      var frame = JAVA_FRAME.matcher(line);
      if (frame.matches()) {
        frames.add(frame.group(1));
      }
    }
    return frames;
  }

  private static @Nullable String first(Pattern pattern, String text) {
    return pattern.matcher(text).results().findFirst().map(match -> match.group(1)).orElse(null);
  }
}
