package dev.lifebound.memory.handle;

import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A place and a moment in a block's life.
 *
 * @param thread the thread's name, or its number where it has none
 * @param nanoTime {@link System#nanoTime()} at that moment
 * @param frames the stack from the caller of this library outwards
 */
public record Site(String thread, long nanoTime, List<StackTraceElement> frames)
    implements Serializable {
  private static final int MAX_FRAMES = 16;
  private static final StackWalker WALKER =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);
  private static final double NANOS_PER_MILLI = 1e6;

  public Site {
    frames = List.copyOf(frames);
  }

  /**
   * The present place: the stack without the innermost frames that belong to {@code ours}.
   *
   * @param ours the classes through which the program entered this library
   */
  public static Site capture(Set<Class<?>> ours) {
    List<StackTraceElement> frames =
        WALKER.walk(stack ->
            stack
                .dropWhile(frame ->
                    frame.getDeclaringClass() == Site.class
                        || ours.contains(frame.getDeclaringClass().getNestHost()))
                .limit(MAX_FRAMES)
                .map(StackWalker.StackFrame::toStackTraceElement)
                .toList());
    Thread thread = Thread.currentThread();
    String name = thread.getName();
    return new Site(name.isEmpty() ? "#" + thread.threadId() : name, System.nanoTime(), frames);
  }

  /**
   * Several lines for a message: {@code verb ... ms ago by thread ...} and the indented frames.
   *
   * @param now one reading of {@link System#nanoTime()} for all sites of a message, so that their
   *     order shows
   */
  public String text(String verb, long now) {
    StringBuilder text = new StringBuilder();
    text.append("\n  ")
        .append(verb)
        .append(String.format(Locale.ROOT, " %.3f ms ago", (now - nanoTime) / NANOS_PER_MILLI))
        .append(" by thread ")
        .append(thread);
    for (StackTraceElement frame : frames) {
      text.append("\n    at ").append(frame);
    }
    return text.toString();
  }
}
