package dev.lifebound.memory.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

  /*
   * struct lb_thread of names.c:
   *   0 tid | 8, 16 offsets in HotSpot's structures | 24 name: char* | 32 count | 40 16 frames
   */
  private static final long THREAD_BYTES = 40 + 16 * JavaStacks.FRAME_BYTES;
  private static final long TID_OFFSET = 0;
  private static final long OS_THREAD_OFFSET = 8;
  private static final long THREAD_ID_OFFSET = 16;
  private static final long NAME_OFFSET = 24;
  private static final long COUNT_OFFSET = 32;
  private static final long FRAMES_OFFSET = 40;

  private static final MethodHandle NAMES =
      link(FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS));
  private static final MethodHandle FORGET =
      link(FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, ADDRESS));

  private static final MethodHandle THREAD =
      link(FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS));

  private record Place(long method, long bci) {}

  private final ConcurrentHashMap<Place, StackTraceElement> known = new ConcurrentHashMap<>();
  private final JavaStacks stacks;
  private final MemorySegment names;
  private final MemorySegment forget;
  private final MemorySegment thread;
  private final MemorySegment release;

  /**
   * @param image a copy of the machine code, which looks the names up
   */
  public JavaNames(JavaStacks stacks, NativeCode.Image image) {
    this.stacks = stacks;
    this.names = MemorySegment.ofAddress(image.entry("lb_java_names"));
    this.forget = MemorySegment.ofAddress(image.entry("lb_java_forget"));
    this.thread = MemorySegment.ofAddress(image.entry("lb_java_thread"));
    this.release = MemorySegment.ofAddress(image.entry("lb_java_release"));
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

  /** A Java thread and where it is. */
  public record JavaThread(String name, List<StackTraceElement> frames) {}

  /**
   * The platform thread of this number, as it is now. Its stack is taken at its next safepoint.
   *
   * @param tid the number that the system has for it
   * @return empty when there is no such Java thread
   */
  public Optional<JavaThread> thread(int tid) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment found = arena.allocate(THREAD_BYTES, Long.BYTES);
      found.set(JAVA_LONG, TID_OFFSET, tid);
      found.set(JAVA_LONG, OS_THREAD_OFFSET, stacks.osThreadOffset());
      found.set(JAVA_LONG, THREAD_ID_OFFSET, stacks.threadIdOffset());
      // SAFETY: the structure has names.c's form.
      if ((long) THREAD.invokeExact(thread, stacks.javaVm(), stacks.jvmti(), found) != 0) {
        return Optional.empty();
      }
      long text = found.get(JAVA_LONG, NAME_OFFSET);
      // SAFETY: a string of JVMTI, or a null pointer, until it is given back.
      String name = Raw.getString(text);
      long _ = (long) FORGET.invokeExact(release, stacks.jvmti(), MemorySegment.ofAddress(text));
      List<StackTraceElement> frames = new ArrayList<>();
      for (long i = 0; i < found.get(JAVA_LONG, COUNT_OFFSET); i++) {
        long at = FRAMES_OFFSET + i * JavaStacks.FRAME_BYTES;
        frames.add(frame(found.get(JAVA_LONG, at), found.get(JAVA_LONG, at + Long.BYTES)));
      }
      return Optional.of(new JavaThread(name, frames));
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
