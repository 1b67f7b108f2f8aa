package dev.lifebound.crash.autopsy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an {@code hs_err} file of HotSpot (JDK 17 to 25) says about the end of a JVM. What the file
 * does not tell is null or empty: it is written while the process falls apart, and may be cut
 * anywhere.
 *
 * @param kind what sort of error it was
 * @param error what HotSpot names as the error: a signal such as {@code SIGSEGV}, or {@code
 *     Internal Error} for a failed assertion of the JVM
 * @param message the sentence that goes with an error without a signal
 * @param signal the signal's name, or null when the JVM stopped for another reason
 * @param signalCode the {@code si_code} name such as {@code SEGV_MAPERR}
 * @param faultAddress the {@code si_addr}
 * @param pc where the program counter stood
 * @param problematicFrame the frame line with single spaces
 * @param process which process it was
 * @param thread which thread it was
 * @param nativeFrames all frames of that thread, innermost first, with single spaces
 * @param javaFrames its Java frames, innermost first, as {@code Class.method}
 * @param registers the processor's registers by their names
 * @param memory what was mapped
 * @param whole whether the file has its last line
 */
public record HsErr(
    Kind kind,
    String error,
    @Nullable String message,
    @Nullable String signal,
    @Nullable String signalCode,
    @Nullable Long faultAddress,
    @Nullable Long pc,
    @Nullable String problematicFrame,
    Origin process,
    CrashedThread thread,
    List<String> nativeFrames,
    List<String> javaFrames,
    Map<String, Long> registers,
    MemoryMap memory,
    boolean whole)
    implements CrashLog {
  /** What stopped the JVM. */
  public enum Kind {
    /** A signal of the operating system, or a structured exception of Windows. */
    SIGNAL,
    /** The JVM found itself in a state that must not be. */
    INTERNAL_ERROR,
    /** Memory was exhausted: the machine's, or the heap with {@code CrashOnOutOfMemoryError}. */
    OUT_OF_MEMORY,
    /** The file does not come to the line that says it. */
    UNKNOWN
  }

  /**
   * The process.
   *
   * @param pid its number, 0 when not known
   * @param tid the operating system's number of the thread, 0 when not known
   * @param jvm the line on the virtual machine
   * @param localTime the moment of the crash, to the second, in the zone of the machine
   * @param zone the short name of that zone
   * @param elapsed from the start of the JVM to the crash
   */
  public record Origin(
      long pid,
      long tid,
      @Nullable String jvm,
      @Nullable LocalDateTime localTime,
      @Nullable String zone,
      @Nullable Duration elapsed) {
    static final Origin UNKNOWN = new Origin(0, 0, null, null, null, null);
  }

  /**
   * The thread.
   *
   * @param name its name in Java, or null for a native thread
   * @param description the line as the file has it
   * @param stackLow lowest address of its stack, 0 when not known
   * @param stackHigh first address above its stack, 0 when not known
   * @param stackPointer where on it the thread stood, 0 when not known
   */
  public record CrashedThread(
      @Nullable String name,
      @Nullable String description,
      long stackLow,
      long stackHigh,
      long stackPointer) {
    static final CrashedThread UNKNOWN = new CrashedThread(null, null, 0, 0, 0);
  }

  /** The guard zones of a Java thread and of the main thread lie within this of the stack's end. */
  private static final long STACK_GUARD_BYTES = 256 << 10;

  private static final Pattern JDK_CLASS = Pattern.compile("(?:java|javax|jdk|sun|com\\.sun)\\..*");

  /**
   * Frames of the functions of C libraries that give memory back, by the whole of their names: a
   * program has methods and members that are called {@code free}, too.
   */
  private static final Pattern FREEING =
      Pattern.compile(
          "C\\s+\\[[^\\]]*\\]\\s+"
              + "(?:c?free|__libc_free|_int_free\\w*|munmap_chunk|unlink_chunk|realloc|__libc_realloc"
              + "|je_free|mi_free|tc_free|operator delete(?:\\[\\])?(?:\\([^()]*\\))?)"
              + "(?:\\.(?:part|constprop|isra|cold)(?:\\.\\d+)*)*(?:\\+0x[0-9a-fA-F]+)?\\s*");

  /** The page fault's bit for a write in the error code of x86-64. */
  private static final long WRITE_BIT = 2;

  public HsErr {
    nativeFrames = List.copyOf(nativeFrames);
    javaFrames = List.copyOf(javaFrames);
    registers = Collections.unmodifiableMap(new LinkedHashMap<>(registers));
  }

  /** What the first lines and the stack tell, for whoever needs no more. */
  public HsErr(
      String error,
      @Nullable String signal,
      @Nullable String signalCode,
      @Nullable Long faultAddress,
      @Nullable String problematicFrame,
      List<String> javaFrames) {
    this(
        signal == null ? Kind.UNKNOWN : Kind.SIGNAL,
        error,
        null,
        signal,
        signalCode,
        faultAddress,
        null,
        problematicFrame,
        Origin.UNKNOWN,
        CrashedThread.UNKNOWN,
        List.of(),
        javaFrames,
        Map.of(),
        MemoryMap.UNKNOWN,
        false);
  }

  /**
   * Reads a file, which may be compressed with gzip.
   *
   * @return empty when the file is not an {@code hs_err} file
   * @throws IOException when the file cannot be read
   */
  public static Optional<HsErr> read(Path file) throws IOException {
    return parse(CrashLogs.text(file));
  }

  /** Reads a text; empty when it is not that of an {@code hs_err} file. */
  public static Optional<HsErr> parse(String text) {
    return HsErrReader.parse(text);
  }

  /** The innermost Java frame outside the packages of the JDK and of Lifebound's memory. */
  public Optional<String> applicationFrame() {
    return javaFrames.stream().filter(HsErr::isOfProgram).findFirst();
  }

  static boolean isOfProgram(String frame) {
    return !isOfJdk(frame) && !frame.startsWith("dev.lifebound.memory.");
  }

  static boolean isOfJdk(String frame) {
    return JDK_CLASS.matcher(frame).matches();
  }

  /**
   * Whether the thread ran into the end of its own stack: it stood there, and touched what lies
   * there. A block may be a stack's neighbour, so the address alone says nothing.
   */
  boolean isStackOverflow() {
    return faultAddress != null
        && "SIGSEGV".equals(signal)
        && isAtStackEnd(faultAddress)
        && isAtStackEnd(thread.stackPointer);
  }

  private boolean isAtStackEnd(long address) {
    return thread.stackLow != 0
        && Long.compareUnsigned(address, thread.stackLow - STACK_GUARD_BYTES) >= 0
        && Long.compareUnsigned(address, thread.stackLow + STACK_GUARD_BYTES) < 0;
  }

  /** Whether the thread was giving memory back to the C library. */
  boolean isFreeing() {
    return topFrames().anyMatch(frame -> FREEING.matcher(frame).matches());
  }

  private java.util.stream.Stream<String> topFrames() {
    return java.util.stream.Stream.concat(
        Optional.ofNullable(problematicFrame).stream(),
        nativeFrames.stream().limit(4).filter(frame -> frame.startsWith("C ")));
  }

  /** Whether the processor says that it was writing; empty when it does not say. */
  Optional<Boolean> isWrite() {
    Long error = registers.get("ERR");
    return signal == null || error == null
        ? Optional.empty()
        : Optional.of((error & WRITE_BIT) != 0);
  }
}
