package dev.lifebound.memory.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.ConcurrentHashMap;

/** The names behind Java frames that machine code took, looked up when a report is made. */
public final class JavaNames {
  /** Where to find more of them: this many distinct places are remembered. */
  private static final int REMEMBERED = 4096;

  /*
   * struct lb_names of names.c:
   *   0 method | 8 class signature | 16 file: char* each | 24 line
   */
  private static final long NAMES_BYTES = 32;
  private static final long METHOD_OFFSET = 0;
  private static final long SIGNATURE_OFFSET = 8;
  private static final long FILE_OFFSET = 16;
  private static final long LINE_OFFSET = 24;

  private static final MethodHandle NAMES =
      link(FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS));
  private static final MethodHandle FORGET =
      link(FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, ADDRESS));

  private record Place(long method, long bci) {}

  private final ConcurrentHashMap<Place, StackTraceElement> known = new ConcurrentHashMap<>();
  private final JavaStacks stacks;
  private final MemorySegment names;
  private final MemorySegment forget;

  /**
   * @param names the address of {@code lb_java_names}
   * @param forget the address of {@code lb_java_forget}
   */
  public JavaNames(JavaStacks stacks, long names, long forget) {
    this.stacks = stacks;
    this.names = MemorySegment.ofAddress(names);
    this.forget = MemorySegment.ofAddress(forget);
  }

  /**
   * The frame behind a method's number and a place in it; the method is {@code ?} when its class
   * was unloaded meanwhile.
   *
   * <p>Safety: the number must have come from JVMTI or JNI in this process.
   *
   * @param bci the place in its byte code; negative in a native method
   */
  public StackTraceElement frame(long method, long bci) {
    Place place = new Place(method, bci);
    StackTraceElement element = known.get(place);
    if (element == null) {
      element = lookUp(method, bci);
      if (known.size() < REMEMBERED) {
        known.put(place, element);
      }
    }
    return element;
  }

  private StackTraceElement lookUp(long method, long bci) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment found = arena.allocate(NAMES_BYTES, Long.BYTES);
      // SAFETY: HotSpot checks the method's number before use; the structure has names.c's form.
      long error =
          method == 0
              ? 1
              : (long)
                  NAMES.invokeExact(names, stacks.javaVm(), stacks.jvmti(), method, bci, found);
      if (error != 0) {
        return new StackTraceElement("?", "?", null, -1);
      }
      // SAFETY: three strings of JVMTI, or null pointers, until forget gives them back.
      String file = Raw.getString(found.get(JAVA_LONG, FILE_OFFSET));
      StackTraceElement element =
          new StackTraceElement(
              className(Raw.getString(found.get(JAVA_LONG, SIGNATURE_OFFSET))),
              Raw.getString(found.get(JAVA_LONG, METHOD_OFFSET)),
              file.isEmpty() ? null : file,
              (int) found.get(JAVA_LONG, LINE_OFFSET));
      long _ = (long) FORGET.invokeExact(forget, stacks.jvmti(), found);
      return element;
    } catch (Throwable e) {
      throw JvmTables.failure(e);
    }
  }

  /** {@code Lorg/example/Thing$Inner;} as {@code org.example.Thing$Inner}. */
  private static String className(String signature) {
    String inner =
        signature.startsWith("L") && signature.endsWith(";")
            ? signature.substring(1, signature.length() - 1)
            : signature;
    // The part behind a dot is the number of a hidden class.
    return inner.replace('.', '+').replace('/', '.').replace('+', '/');
  }

  @SuppressWarnings("restricted") // this package is where native access is asked for
  private static MethodHandle link(FunctionDescriptor descriptor) {
    // SAFETY: each call names a function of names.c whose prototype has this form (LP64).
    return Linker.nativeLinker().downcallHandle(descriptor);
  }
}
