package dev.lifebound.memory.ledger;

import java.lang.StackWalker.StackFrame;
import java.security.CodeSource;
import java.security.ProtectionDomain;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Takes the stack of one block in so many and gives it a number.
 *
 * <p>Chosen by the block's number and not by counting: a block that is chosen has the stack of
 * every one of its events, so that its allocation and its free are known both or neither.
 */
final class Stacks {
  private static final String OURS = "dev.lifebound.memory.";
  private static final int LEAST_OF_OURS = 3;
  private static final int MOST_OF_OURS = 16;
  private static final int MOST_LINES = 48;
  private static final long HASH_FACTOR = 0x9E3779B97F4A7C15L;

  /** Whether a class is of this library: by name, and by place, since tests share the name. */
  private static final ClassValue<Boolean> IS_OURS =
      new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
          return type.getName().startsWith(OURS)
              && Objects.equals(place(type), place(Stacks.class));
        }
      };

  private final Texts texts;
  private final int depth;

  /*
   * How many frames the walker fetches at first: too few cost a second fetch, each too many some tens of
   * nanoseconds. The frames of this library above the program's are learnt. Threads race on both fields.
   */
  private int ours = LEAST_OF_OURS;
  private StackWalker walker;

  /** A block is chosen when its hash, as an unsigned number of 32 bits, is below this. */
  private final long limit;

  Stacks(Texts texts, int depth, int oneIn) {
    this.texts = texts;
    this.depth = depth;
    this.walker = walker(depth + ours);
    this.limit = oneIn == 0 ? 0 : Math.ceilDiv(1L << Integer.SIZE, oneIn);
  }

  private static StackWalker walker(int frames) {
    return StackWalker.getInstance(Set.of(StackWalker.Option.RETAIN_CLASS_REFERENCE), frames);
  }

  private static @Nullable Object place(Class<?> type) {
    ProtectionDomain domain = type.getProtectionDomain();
    CodeSource source = domain == null ? null : domain.getCodeSource();
    return source == null ? null : source.getLocation();
  }

  /** Whether any stack is taken. */
  boolean isOn() {
    return limit != 0;
  }

  /** Whether events of this block carry a stack. */
  boolean isChosen(long block) {
    return ((block * HASH_FACTOR) >>> Integer.SIZE) < limit;
  }

  /** The number of the caller's stack, from the caller of this library outwards; zero if none. */
  int current() {
    return walker.walk(this::number);
  }

  private int number(Stream<StackFrame> stream) {
    Iterator<StackFrame> frames = stream.iterator();
    StackFrame[] taken = new StackFrame[depth];
    int count = 0;
    int skipped = 0;
    long hash = 1;
    while (count < depth && frames.hasNext()) {
      StackFrame frame = frames.next();
      if (count > 0 || !IS_OURS.get(frame.getDeclaringClass())) {
        taken[count++] = frame;
        hash = (hash ^ System.identityHashCode(frame.getDeclaringClass())) * HASH_FACTOR;
        hash = Long.rotateLeft(hash, 23) ^ frame.getMethodName().hashCode();
        hash = (hash ^ ((long) frame.getByteCodeIndex() << Integer.SIZE)) * HASH_FACTOR;
      } else {
        skipped++;
      }
    }
    if (skipped > ours && skipped <= MOST_OF_OURS) {
      ours = skipped;
      walker = walker(depth + skipped);
    }
    if (count == 0) {
      return 0;
    }
    int known = texts.knownStack(hash);
    return known != 0 ? known : add(hash, taken, count);
  }

  private int add(long hash, StackFrame[] frames, int count) {
    int[] names = new int[count];
    for (int i = 0; i < count; i++) {
      names[i] = texts.name(text(frames[i].toStackTraceElement()));
    }
    return texts.stack(hash, names);
  }

  /** The number of a stack that somebody else took. */
  int of(List<StackTraceElement> frames) {
    int count = Math.min(depth, frames.size());
    if (count == 0 || !isOn()) {
      return 0;
    }
    int[] names = new int[count];
    long hash = 2;
    for (int i = 0; i < count; i++) {
      names[i] = texts.name(text(frames.get(i)));
      hash = (Long.rotateLeft(hash, 23) ^ names[i]) * HASH_FACTOR;
    }
    int known = texts.knownStack(hash);
    return known != 0 ? known : texts.stack(hash, names);
  }

  /** The number of lines that somebody else has; whether stacks are taken does not matter. */
  int ofLines(List<String> lines) {
    int count = Math.min(MOST_LINES, lines.size());
    if (count == 0) {
      return 0;
    }
    int[] names = new int[count];
    long hash = 3;
    for (int i = 0; i < count; i++) {
      names[i] = texts.name(lines.get(i));
      hash = (Long.rotateLeft(hash, 23) ^ names[i]) * HASH_FACTOR;
    }
    int known = texts.knownStack(hash);
    return known != 0 ? known : texts.stack(hash, names);
  }

  /** As a stack trace writes it, without the class loader and the module. */
  static String text(StackTraceElement element) {
    String file = element.getFileName();
    String place =
        element.isNativeMethod()
            ? "Native Method"
            : file == null
                ? "Unknown Source"
                : element.getLineNumber() < 0 ? file : file + ":" + element.getLineNumber();
    return element.getClassName() + "." + element.getMethodName() + "(" + place + ")";
  }
}
