package dev.lifebound.crash.lab;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the end of a Go program out of what its runtime writes to the error stream:
 *
 * <pre>
 * unexpected fault address 0x7f87636b8010            (a fault)
 * fatal error: fault
 * [signal SIGSEGV: segmentation violation code=0x1 addr=0x7f87636b8010 pc=0x4abdf1]
 *
 * goroutine 1 [running]:
 * runtime.throw({0x4c9d2c?, 0x7f8763687010?})
 * lifebound.dev/lab/recipe.check(0x7f8763687010, 0x32000)
 * </pre>
 *
 * <p>and {@code SIGABRT: abort} below the C library's own words, and {@code panic: ...}.
 */
final class GoEnding {
  /** The exit code of a program that its runtime has ended. */
  private static final int ENDED_BY_RUNTIME = 2;

  private static final String FATAL = "fatal error: ";
  private static final String PANIC = "panic: ";
  private static final String MODULE = "lifebound.dev/lab/";
  private static final Pattern SIGNAL = Pattern.compile("\\[signal (SIG[A-Z0-9]+).*");
  private static final Pattern ABORT = Pattern.compile("SIGABRT: abort.*");
  private static final Pattern FRAME = Pattern.compile("([\\w./]+\\.[\\w.()*]+)\\(.*\\)");

  private GoEnding() {}

  /** What the run shows. */
  static Testimony.Told judge(Ending ending) {
    OptionalInt code = ending.exitCode();
    if (code.isEmpty()) {
      return Ending.untimed(new Result.Timeout(ending.limit()));
    }
    if (code.getAsInt() == 0) {
      return ending.testified();
    }
    if (code.getAsInt() != ENDED_BY_RUNTIME) {
      return ending.judge();
    }
    return died(ending.errors())
        .map(ending::died)
        .orElseGet(() -> Ending.untimed(ending.failed("exit code " + code.getAsInt())));
  }

  private static Optional<Result> died(List<String> errors) {
    String frame = frame(errors, true);
    int abort = indexOf(errors, ABORT);
    if (abort >= 0) {
      String words = abort == 0 ? "" : errors.get(abort - 1).strip();
      return Optional.of(new Result.Abort(words, frame));
    }
    int signal = indexOf(errors, SIGNAL);
    if (signal >= 0) {
      Matcher matcher = SIGNAL.matcher(errors.get(signal));
      String name = matcher.matches() ? matcher.group(1) : "signal";
      return Optional.of(new Result.Crash(name, name, frame, frame(errors, false)));
    }
    return errors.stream()
        .filter(line -> line.startsWith(FATAL) || line.startsWith(PANIC))
        .findFirst()
        .map(line ->
            line.startsWith(FATAL)
                ? new Result.FatalError(line.substring(FATAL.length()), frame)
                : new Result.Panic(line.substring(PANIC.length())));
  }

  private static int indexOf(List<String> lines, Pattern pattern) {
    for (int i = 0; i < lines.size(); i++) {
      if (pattern.matcher(lines.get(i)).matches()) {
        return i;
      }
    }
    return -1;
  }

  /**
   * The innermost frame of the victims' module.
   *
   * @param stubs whether the functions that cgo makes count; they stand for the C function called
   */
  private static @Nullable String frame(List<String> errors, boolean stubs) {
    for (String line : errors) {
      Matcher matcher = FRAME.matcher(line);
      if (matcher.matches() && matcher.group(1).startsWith(MODULE)) {
        String name = matcher.group(1).substring(MODULE.length());
        int stub = name.indexOf("._Cfunc_");
        if (stub < 0) {
          return name;
        }
        if (stubs) {
          return "C." + name.substring(stub + "._Cfunc_".length());
        }
      }
    }
    return null;
  }
}
