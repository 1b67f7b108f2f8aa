package dev.lifebound.memory.guard;

import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Guard#arm} shall do. Immutable: each method that changes something gives a new one.
 *
 * <p>Without a change: 1,024 slots, 8 MiB, 2,000 mappings, blocks begin at the start of a page, 16
 * native frames and the Java stack kept of each allocation and free, no quarantine.
 */
public final class GuardOptions {
  private static final int MAX_SLOTS = 1 << 16;
  private static final int MAX_FRAMES = 16;

  private final Mode mode;
  private @Nullable PageDeath pages;
  private int slots = 1024;
  private long byteLimit = 8L << 20;
  private int mappingLimit = 2000;
  private Path systemMappings = MappingLimit.OF_SYSTEM;
  private Align align = Align.START;
  private long quarantineBytes;
  private int stackFrames = MAX_FRAMES;
  private boolean javaStacks = true;
  private boolean selfTest = true;
  private boolean explainUncaught = true;

  private GuardOptions(Mode mode) {
    this.mode = mode;
  }

  private GuardOptions(GuardOptions from) {
    this.mode = from.mode;
    this.pages = from.pages;
    this.slots = from.slots;
    this.byteLimit = from.byteLimit;
    this.mappingLimit = from.mappingLimit;
    this.systemMappings = from.systemMappings;
    this.align = from.align;
    this.quarantineBytes = from.quarantineBytes;
    this.stackFrames = from.stackFrames;
    this.javaStacks = from.javaStacks;
    this.selfTest = from.selfTest;
    this.explainUncaught = from.explainUncaught;
  }

  /** The usual options, in this mode. */
  public static GuardOptions of(Mode mode) {
    return new GuardOptions(mode);
  }

  private GuardOptions with(Consumer<GuardOptions> change) {
    GuardOptions changed = new GuardOptions(this);
    change.accept(changed);
    return changed;
  }

  private static long inRange(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "an option must be in its range: "
              + name
              + "="
              + value
              + "; give "
              + least
              + " to "
              + most);
    }
    return value;
  }

  /** Pages must die in this way, or there is no guard. Otherwise the first way that works. */
  public GuardOptions pages(PageDeath value) {
    return with(o -> o.pages = value);
  }

  /** Blocks of up to one page that the pool has room for; longer ones get a share beside them. */
  public GuardOptions slots(int value) {
    return with(o -> o.slots = (int) inRange("slots", value, 1, MAX_SLOTS));
  }

  /** Memory that the guard may use, with side copies and its own records. */
  public GuardOptions byteLimit(long value) {
    return with(o -> o.byteLimit = inRange("byteLimit", value, 0, Long.MAX_VALUE));
  }

  /** Memory mappings that the guard may use; a quarter of the system's limit if that is less. */
  public GuardOptions mappingLimit(int value) {
    return with(o -> o.mappingLimit = (int) inRange("mappingLimit", value, 0, Integer.MAX_VALUE));
  }

  /** The file that says how many mappings a process may have; a test has one of its own. */
  GuardOptions systemMappings(Path value) {
    return with(o -> o.systemMappings = value);
  }

  /** At which end of its pages a block lies; {@link Align#START} if nothing else is asked for. */
  public GuardOptions align(Align value) {
    return with(o -> o.align = value);
  }

  /** Freed blocks of the real allocator that may wait with junk in them; 0: none. */
  public GuardOptions quarantineBytes(long value) {
    return with(o -> o.quarantineBytes = inRange("quarantineBytes", value, 0, Integer.MAX_VALUE));
  }

  /** Native frames kept of each allocation, free and access. */
  public GuardOptions stackFrames(int value) {
    return with(o -> o.stackFrames = (int) inRange("stackFrames", value, 0, MAX_FRAMES));
  }

  /** Whether the Java stack of each allocation and free is kept. */
  public GuardOptions javaStacks(boolean value) {
    return with(o -> o.javaStacks = value);
  }

  /** Whether the machine code must first have passed its test in a JVM of its own. */
  public GuardOptions selfTest(boolean value) {
    return with(o -> o.selfTest = value);
  }

  /**
   * Whether an {@code InternalError} of a dead access that nobody caught is translated before it
   * reaches the default handler of uncaught exceptions.
   */
  public GuardOptions explainUncaught(boolean value) {
    return with(o -> o.explainUncaught = value);
  }

  public Mode mode() {
    return mode;
  }

  @Nullable PageDeath pages() {
    return pages;
  }

  int slots() {
    return slots;
  }

  long byteLimit() {
    return byteLimit;
  }

  int mappingLimit() {
    return mappingLimit;
  }

  Path systemMappings() {
    return systemMappings;
  }

  Align align() {
    return align;
  }

  long quarantineBytes() {
    return quarantineBytes;
  }

  int stackFrames() {
    return stackFrames;
  }

  boolean javaStacks() {
    return javaStacks;
  }

  boolean selfTest() {
    return selfTest;
  }

  boolean explainUncaught() {
    return explainUncaught;
  }
}
