package dev.lifebound.crash.lab;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;

/**
 * The main class of every victim that is a JVM: plays one case in one mode and testifies.
 *
 * <p>Arguments: the name of a {@link Scenario}, the text of its {@link Case}, the names of a {@link
 * Mode} and a {@link LibraryChoice}, and the file of the compiled {@code victim.c}, empty where the
 * case needs none.
 */
final class VictimMain {
  private static final int ORPHANED = 3;
  private static final long KILOBYTE = 1 << 10;
  private static final long MEGABYTE = 1 << 20;

  private VictimMain() {}

  static void main(String[] arguments) {
    endWithTheLaboratory();
    NativeHeap heap = new NativeHeap();
    heap.forbidCoreFiles();
    Bug.prepare();
    Result result;
    try {
      result = play(heap, arguments);
    } catch (RuntimeException e) {
      result = Result.Thrown.of(e);
    }
    Bug.write(Testimony.line(result, Bug.since()));
    // No orderly exit on a heap that may be broken: the observation was made, and it counts.
    Runtime.getRuntime().halt(0);
  }

  private static Result play(NativeHeap heap, String[] arguments) {
    Scenario scenario = Scenario.valueOf(arguments[0]);
    Case play = scenario.caseNamed(arguments[1]);
    Victim victim =
        switch (play.language()) {
          case JAVA -> inJava(heap, scenario, play.text(), LibraryChoice.valueOf(arguments[3]));
          case C -> new InsideC(Path.of(arguments[4]), play.program());
          case GO -> throw new IllegalArgumentException("no JVM plays Go: case=" + play);
        };
    return switch (Mode.valueOf(arguments[2])) {
      case UNPROTECTED -> victim.unprotected();
      case PROTECTED -> victim.protectedRun();
    };
  }

  private static Victim inJava(
      NativeHeap heap, Scenario scenario, String text, LibraryChoice library) {
    return switch (scenario) {
      case SMALL_BLOCK -> new SmallBlock(heap);
      case ADDRESS_REUSE -> new AddressReuse(heap);
      case LARGE_BLOCK -> new LargeBlock(heap, 40 * MEGABYTE, false);
      case MMAP_THRESHOLD -> new LargeBlock(heap, MEGABYTE, text.startsWith("second"));
      case DEAD_PAGE -> new DeadPage(heap, library);
      case DOUBLE_FREE -> new DoubleFree(heap, bytes(text));
      case WRITE_AFTER_FREE -> new WriteAfterFree(heap, text.equals("next owner"));
      case OVERFLOW -> new Overflow(heap);
      case FREE_DURING_ITERATION -> new FreeDuringIteration(heap);
      case PARENT_BEFORE_CHILD -> new ParentBeforeChild(heap);
      case EVICTION_UNDER_READER -> new EvictionUnderReader(heap);
      case LATE_CLEANER -> new LateCleaner(heap, text.equals("too early"));
      case GO_RECIPE,
          GO_FREED_KEY,
          GO_MAP_BUCKETS,
          GO_ESCAPE,
          GO_CONCURRENT_MAP,
          GO_NIL_MAP,
          GO_GROWTH_AND_GC,
          GO_BELIEFS ->
          throw new IllegalArgumentException("no JVM plays Go: scenario=" + scenario);
    };
  }

  /** The size that a case's text names, such as {@code 2 kB}. */
  private static long bytes(String text) {
    int space = text.indexOf(' ');
    long unit =
        switch (text.substring(space + 1)) {
          case "B" -> 1;
          case "kB" -> KILOBYTE;
          case "MB" -> MEGABYTE;
          default -> throw new IllegalArgumentException("the case must name a size: case=" + text);
        };
    return Long.parseLong(text.substring(0, space)) * unit;
  }

  /** The laboratory holds the other end of standard input and writes nothing: its end is ours. */
  static void endWithTheLaboratory() {
    Thread.ofPlatform()
        .daemon()
        .name("lifebound-lab-orphan")
        .start(() -> {
          try {
            System.in.transferTo(OutputStream.nullOutputStream());
          } catch (IOException e) {
            // Input that cannot be read has ended as well.
            Runtime.getRuntime().halt(ORPHANED);
          }
          Runtime.getRuntime().halt(ORPHANED);
        });
  }
}
