import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A mapped file is truncated, and an int of it is read and widened to long.
 *
 * <p>Expected: java.lang.InternalError, as for every other access. Seen: the virtual machine ends
 * with "ShouldNotReachHere" in Assembler::locate_operand, because C2 compiles load and widening to
 * one movslq (63 /r), which that decoder does not know.
 *
 * <p>Run: java -XX:-TieredCompilation -Xbatch IntToLong.java
 */
public class IntToLong {
  static long sink;

  static void read(MemorySegment segment) {
    sink = segment.get(ValueLayout.JAVA_INT, 64);
  }

  public static void main(String[] args) throws Exception {
    Path path = Files.createTempFile("truncated", ".bin");
    try (FileChannel file =
            FileChannel.open(
                path,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE);
        Arena arena = Arena.ofConfined()) {
      MemorySegment segment = file.map(FileChannel.MapMode.READ_WRITE, 0, 4096, arena);
      for (int i = 0; i < 200_000; i++) {
        read(segment);
      }
      file.truncate(0);
      try {
        read(segment);
        System.out.println("no error yet");
      } catch (InternalError e) {
        System.out.println("caught " + e);
      }
    } catch (InternalError e) {
      System.out.println("caught late " + e);
    }
  }
}
