import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A mapped file is truncated, and a long of it is compared and set.
 *
 * <p>Expected: java.lang.InternalError, as for a plain read. Seen, in the interpreter: the virtual
 * machine ends with SIGBUS, because Unsafe_CompareAndSetLong does not mark the access as an unsafe
 * one (GuardUnsafeAccess), as Unsafe_GetLong and the others do. Compiled code does throw.
 *
 * <p>Run: java -Xint CompareAndSet.java
 */
public class CompareAndSet {
  static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

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
      System.out.println("set " + LONG.compareAndSet(segment, 64L, 0L, 1L));
      file.truncate(0);
      try {
        System.out.println("plain read " + (long) LONG.get(segment, 64L));
      } catch (InternalError e) {
        System.out.println("plain read caught");
      }
      try {
        System.out.println("set " + LONG.compareAndSet(segment, 64L, 1L, 2L));
      } catch (InternalError e) {
        System.out.println("caught " + e);
      }
    }
  }
}
