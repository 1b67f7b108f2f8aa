package dev.lifebound.crash.lab;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The main class of every victim: plays one scenario in one mode and testifies.
 *
 * <p>Arguments: the names of a {@link Scenario}, a {@link Mode} and a {@link LibraryChoice}.
 */
final class VictimMain {
  private static final int ORPHANED = 3;

  private VictimMain() {}

  static void main(String[] arguments) throws IOException {
    endWithTheLaboratory();
    NativeHeap heap = new NativeHeap();
    heap.forbidCoreFiles();
    Result result;
    try {
      result = play(heap, arguments);
    } catch (RuntimeException e) {
      result = Result.Thrown.of(e);
    }
    // Straight to the descriptor: what was written has left the process.
    try (FileOutputStream out = new FileOutputStream(FileDescriptor.out)) {
      out.write(Testimony.line(result).getBytes(StandardCharsets.UTF_8));
    }
    // No orderly exit on a heap that may be broken: the observation was made, and it counts.
    Runtime.getRuntime().halt(0);
  }

  private static Result play(NativeHeap heap, String[] arguments) {
    Victim victim =
        switch (Scenario.valueOf(arguments[0])) {
          case SMALL_BLOCK -> new SmallBlock(heap);
          case ADDRESS_REUSE -> new AddressReuse(heap);
          case LARGE_BLOCK -> new LargeBlock(heap);
          case DEAD_PAGE -> new DeadPage(heap, LibraryChoice.valueOf(arguments[2]));
        };
    return switch (Mode.valueOf(arguments[1])) {
      case UNPROTECTED -> victim.unprotected();
      case PROTECTED -> victim.protectedRun();
    };
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
