package dev.lifebound.crash.autopsy;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The place in a program that a stack leads to, named alike whether HotSpot's log tells of it, a
 * stack of the ledger, or a report of the guard: the innermost Java frame that is neither the JDK's
 * nor Lifebound's, or without one the native function. Lines, offsets, arguments, and the numbers
 * of lambdas and hidden classes are left out.
 */
final class CrashPlace {
  /** {@code librocksdbjni.so: rocksdb::DBIter::Seek+0x230}, as the guard writes it. */
  private static final Pattern NATIVE =
      Pattern.compile("([^:\\s(][^:\\s]*): ([^+\\s].*?)?(?:\\+0x[0-9a-f]+)?");

  /** Parameters, of which the guard writes none; no function's name begins with them. */
  private static final Pattern PARAMETERS = Pattern.compile("(?<=[^\\s:])\\(.*\\)(?: const)?$");

  private CrashPlace() {}

  /** The place of a crash; empty when the log does not tell. */
  static String of(HsErr log) {
    return log.applicationFrame()
        .or(() -> Optional.ofNullable(log.problematicFrame()))
        .map(frame -> plain(FrameNames.stable(frame)))
        .orElse("");
  }

  /** The place of a stack of the ledger; empty when it leads to none. */
  static String of(List<String> stack) {
    return frame(stack)
        .map(frame -> {
          Matcher code = NATIVE.matcher(frame);
          if (code.matches()) {
            return code.group(2) == null
                ? code.group(1)
                : code.group(1) + " " + plain(code.group(2));
          }
          return plain(FrameNames.stable(frame));
        })
        .orElse("");
  }

  /** The frame that tells the place, as it is in a stack of the ledger. */
  static Optional<String> frame(List<String> stack) {
    return stack.stream()
        .filter(frame -> isJava(frame) && HsErr.isOfProgram(frame))
        .findFirst()
        .or(() -> stack.stream().filter(frame -> NATIVE.matcher(frame).matches()).findFirst());
  }

  private static boolean isJava(String frame) {
    return frame.indexOf('(') > 0 && !NATIVE.matcher(frame).matches();
  }

  private static String plain(String name) {
    return PARAMETERS.matcher(name).replaceFirst("");
  }
}
