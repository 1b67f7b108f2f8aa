package dev.lifebound.bench.guard;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * The kinds of access that Java and its libraries make to native memory, each on a block of {@link
 * #BLOCK_BYTES} with a zero byte at {@link #ZERO_AT}.
 *
 * <p>One object for each thread: some kinds need a buffer of their own.
 */
final class AccessKinds {
  static final int BLOCK_BYTES = 4096;
  static final int ZERO_AT = 100;
  private static final int AT = 64;

  /** One access, or one loop of them; the result depends on what was read. */
  interface Kind {
    long on(MemorySegment block) throws Throwable;
  }

  private static final VarHandle LONG = JAVA_LONG.varHandle();
  private static final Arena ARENA = Arena.global();
  private static final MethodHandle COMPARE = c("memcmp", false);
  private static final MethodHandle COMPARE_CRITICAL = c("memcmp", true);

  private final byte[] array = new byte[BLOCK_BYTES];
  private final MemorySegment heap = MemorySegment.ofArray(array);
  private final MemorySegment other = ARENA.allocate(BLOCK_BYTES, 64);
  private final CRC32 crc = new CRC32();
  private final Deflater deflater = new Deflater(1);
  private final Map<String, Kind> kinds = new LinkedHashMap<>();

  AccessKinds() {
    kinds.put("get", s -> s.get(JAVA_LONG, AT));
    kinds.put("getByte", s -> s.get(JAVA_BYTE, AT + 1));
    kinds.put("getUnaligned", s -> s.get(JAVA_INT_UNALIGNED, AT + 1) & 0xffL);
    kinds.put("getIntToLong", s -> s.get(JAVA_INT, AT));
    kinds.put("set", AccessKinds::set);
    kinds.put("loop", AccessKinds::loop);
    kinds.put("loopInt", AccessKinds::loopInt);
    kinds.put("compareAndSet", s -> LONG.compareAndSet(s, (long) AT, 7L, 8L) ? 1 : 0);
    kinds.put("getAndAdd", s -> (long) LONG.getAndAdd(s, (long) AT, 1L));
    kinds.put("volatile", s -> (long) LONG.getVolatile(s, (long) AT));
    kinds.put("copyToHeap", this::copyToHeap);
    kinds.put("copySmall", s -> copy(s, 24));
    kinds.put("copySegment", s -> copy(s, BLOCK_BYTES));
    kinds.put("copyFromHeap", this::copyFromHeap);
    kinds.put("fill", s -> s.fill((byte) 3).byteSize());
    kinds.put("fillSmall", s -> s.asSlice(0, 20).fill((byte) 3).byteSize());
    kinds.put("mismatch", s -> s.mismatch(other));
    kinds.put("mismatchSmall", s -> s.asSlice(0, 24).mismatch(other.asSlice(0, 24)));
    kinds.put("getString", s -> s.getString(0).length());
    kinds.put("toArray", s -> s.toArray(JAVA_BYTE).length);
    kinds.put("bufferGet", s -> s.asByteBuffer().getLong(8));
    kinds.put("bufferBulk", s -> s.asByteBuffer().get(array).position());
    kinds.put("bufferHash", s -> s.asByteBuffer().hashCode());
    kinds.put("bufferEquals", s -> s.asByteBuffer().equals(other.asByteBuffer()) ? 1 : 0);
    kinds.put("crc32", this::crc);
    kinds.put("deflate", this::deflate);
    kinds.put("fileWrite", AccessKinds::write);
    kinds.put("unsafe", Reflected::unsafeGet);
    kinds.put("native", s -> (int) COMPARE.invokeExact(s, other, 64L));
    kinds.put("nativeCritical", s -> (int) COMPARE_CRITICAL.invokeExact(s, other, 64L));
    if (Reflected.hasVectors()) {
      kinds.put("vector", Reflected::vectorLoad);
      kinds.put("vectorLoop", Reflected::vectorLoop);
      kinds.put("vectorStore", Reflected::vectorStore);
    }
  }

  Map<String, Kind> all() {
    return kinds;
  }

  /** Whether the kernel touches the block: then there is an IOException and no fault. */
  static boolean isKernels(String kind) {
    return kind.equals("fileWrite");
  }

  @SuppressWarnings("restricted") // bench/run passes the flag
  private static MethodHandle c(String name, boolean critical) {
    // SAFETY: int memcmp(const void*, const void*, size_t), with two blocks of that length.
    return Linker.nativeLinker()
        .downcallHandle(
            Linker.nativeLinker().defaultLookup().findOrThrow(name),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG),
            critical ? new Linker.Option[] {Linker.Option.critical(false)} : new Linker.Option[0]);
  }

  /** Loads the JVM's linker and makes one call. */
  static void touchLinker() {
    MemorySegment block = ARENA.allocate(64, 8);
    try {
      int _ = (int) COMPARE.invokeExact(block, block, 64L);
    } catch (Throwable e) {
      throw new IllegalStateException("memcmp must not throw", e);
    }
  }

  private static long set(MemorySegment block) {
    block.set(JAVA_LONG, AT, 5L);
    return 0;
  }

  private static long loop(MemorySegment block) {
    long total = 0;
    for (long i = 0; i < block.byteSize(); i += Long.BYTES) {
      total += block.get(JAVA_LONG, i);
    }
    return total;
  }

  private static long loopInt(MemorySegment block) {
    long total = 0;
    for (int i = 0; i < BLOCK_BYTES / Integer.BYTES; i++) {
      total += block.getAtIndex(JAVA_INT, i);
    }
    return total;
  }

  private long copyToHeap(MemorySegment block) {
    MemorySegment.copy(block, JAVA_BYTE, 0, array, 0, BLOCK_BYTES);
    return array[0];
  }

  private long copy(MemorySegment block, long bytes) {
    MemorySegment.copy(block, 0, other, 0, bytes);
    return bytes;
  }

  private long copyFromHeap(MemorySegment block) {
    MemorySegment.copy(heap, 0, block, 0, BLOCK_BYTES);
    return 0;
  }

  private long crc(MemorySegment block) {
    crc.reset();
    crc.update(block.asByteBuffer());
    return crc.getValue();
  }

  private long deflate(MemorySegment block) {
    deflater.reset();
    deflater.setInput(block.asByteBuffer());
    deflater.finish();
    return deflater.deflate(array);
  }

  private static final class Sink {
    static final FileChannel FILE = open();

    private static FileChannel open() {
      try {
        Path file = Files.createTempFile("lifebound-guard-bench", ".bin");
        return FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
      } catch (IOException e) {
        throw new IllegalStateException("a temporary file must open", e);
      }
    }
  }

  private static long write(MemorySegment block) throws IOException {
    return Sink.FILE.write(block.asByteBuffer(), 0);
  }
}
