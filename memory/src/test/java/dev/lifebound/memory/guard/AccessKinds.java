package dev.lifebound.memory.guard;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.invoke.MethodType.methodType;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * Accesses to a block of 4,096 bytes, one for each way in which the JVM or its libraries make them.
 */
final class AccessKinds {
  static final int BLOCK_BYTES = 4096;
  private static final int AT = 64;
  private static final VarHandle LONG = JAVA_LONG.varHandle();
  private static final MemorySegment OTHER = Arena.global().allocate(BLOCK_BYTES, 64);
  private static final byte[] ARRAY = new byte[BLOCK_BYTES];
  private static final MethodHandle COMPARE = memcmp();
  private static final MethodHandle CRITICAL = memcmp(Linker.Option.critical(false));

  /** An access; the result depends on what was read. */
  interface Kind {
    long on(MemorySegment block) throws Throwable;
  }

  private AccessKinds() {}

  static Map<String, Kind> all() {
    Map<String, Kind> kinds = new LinkedHashMap<>();
    kinds.put("get", s -> s.get(JAVA_LONG, AT));
    kinds.put("getByte", s -> s.get(JAVA_BYTE, AT));
    kinds.put("getIntToLong", s -> s.get(JAVA_INT, AT));
    kinds.put("getDouble", s -> (long) s.get(JAVA_DOUBLE, AT));
    kinds.put("compare", s -> s.get(JAVA_INT, AT) == 0 ? 1 : 0);
    kinds.put("test", s -> (s.get(JAVA_INT, AT) & 8) != 0 ? 1 : 0);
    kinds.put("box", s -> Byte.valueOf(s.get(JAVA_BYTE, AT)).hashCode());
    kinds.put("set", AccessKinds::set);
    kinds.put("increment", AccessKinds::increment);
    kinds.put("loop", AccessKinds::loop);
    kinds.put("volatile", s -> (long) LONG.getVolatile(s, (long) AT));
    kinds.put("getAndAdd", s -> (long) LONG.getAndAdd(s, (long) AT, 1L));
    kinds.put("compareAndSet", s -> LONG.compareAndSet(s, (long) AT, 7L, 8L) ? 1 : 0);
    kinds.put("bulkCopy", AccessKinds::bulkCopy);
    kinds.put("fill", s -> s.fill((byte) 3).byteSize());
    kinds.put("mismatch", s -> s.mismatch(OTHER));
    kinds.put("getString", s -> s.getString(0).length());
    kinds.put("buffer", s -> s.asByteBuffer().getLong(8));
    kinds.put("unsafe", s -> (long) Reflected.UNSAFE_GET.invokeExact(s.address() + 8));
    kinds.put("crc32", AccessKinds::crc);
    kinds.put("deflate", AccessKinds::deflate);
    kinds.put("native", s -> (int) COMPARE.invokeExact(s, OTHER, 64L));
    kinds.put("nativeCritical", s -> (int) CRITICAL.invokeExact(s, OTHER, 64L));
    kinds.put("vectorLoad", s -> Reflected.load(s));
    kinds.put("vectorStore", s -> Reflected.store(s));
    kinds.put("fileWrite", AccessKinds::fileWrite);
    return kinds;
  }

  @SuppressWarnings("restricted") // the tests run with native access
  private static MethodHandle memcmp(Linker.Option... options) {
    // SAFETY: int memcmp(const void*, const void*, size_t), with two blocks of that length.
    return Linker.nativeLinker()
        .downcallHandle(
            Linker.nativeLinker().defaultLookup().findOrThrow("memcmp"),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG),
            options);
  }

  private static long set(MemorySegment block) {
    block.set(JAVA_LONG, AT, 5);
    return 0;
  }

  private static long increment(MemorySegment block) {
    block.set(JAVA_INT, AT, block.get(JAVA_INT, AT) + 1);
    return 0;
  }

  private static long loop(MemorySegment block) {
    long total = 0;
    for (int i = 0; i < BLOCK_BYTES / Integer.BYTES; i++) {
      total += block.getAtIndex(JAVA_INT, i);
    }
    return total;
  }

  private static long bulkCopy(MemorySegment block) {
    MemorySegment.copy(block, JAVA_BYTE, 0, ARRAY, 0, BLOCK_BYTES);
    return ARRAY[0];
  }

  private static long crc(MemorySegment block) {
    CRC32 crc = new CRC32();
    crc.update(block.asByteBuffer());
    return crc.getValue();
  }

  private static long deflate(MemorySegment block) {
    try (Deflater deflater = new Deflater(1)) {
      deflater.setInput(block.asByteBuffer());
      deflater.finish();
      return deflater.deflate(ARRAY);
    }
  }

  private static long fileWrite(MemorySegment block) throws IOException {
    try (FileChannel file =
        FileChannel.open(
            Files.createTempFile("lifebound-guard", ".bin"),
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE)) {
      return file.write(block.asByteBuffer());
    }
  }

  /**
   * Classes that the compiler must not see. The handles are constants: C2 compiles direct calls.
   */
  private static final class Reflected {
    static final MethodHandle UNSAFE_GET;
    private static final MethodHandle LOAD;
    private static final MethodHandle SUM;
    private static final MethodHandle STORE;
    private static final Object ZERO;

    static {
      try {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        Class<?> unsafe = Class.forName("sun.misc.Unsafe");
        var instance = unsafe.getDeclaredField("theUnsafe");
        instance.setAccessible(true);
        UNSAFE_GET =
            lookup
                .findVirtual(unsafe, "getLong", methodType(long.class, long.class))
                .bindTo(instance.get(null));
        String p = "jdk.incubator.vector.";
        Class<?> vector = Class.forName(p + "LongVector");
        Class<?> species = Class.forName(p + "VectorSpecies");
        Class<?> operator = Class.forName(p + "VectorOperators$Associative");
        Object preferred = vector.getField("SPECIES_PREFERRED").get(null);
        Object add = Class.forName(p + "VectorOperators").getField("ADD").get(null);
        ByteOrder order = ByteOrder.nativeOrder();
        LOAD =
            MethodHandles.insertArguments(
                    lookup.findStatic(
                        vector,
                        "fromMemorySegment",
                        methodType(
                            vector, species, MemorySegment.class, long.class, ByteOrder.class)),
                    3,
                    order)
                .bindTo(preferred)
                .asType(methodType(Object.class, MemorySegment.class, long.class));
        SUM =
            MethodHandles.insertArguments(
                    lookup.findVirtual(vector, "reduceLanes", methodType(long.class, operator)),
                    1,
                    add)
                .asType(methodType(long.class, Object.class));
        STORE =
            MethodHandles.insertArguments(
                    lookup.findVirtual(
                        vector,
                        "intoMemorySegment",
                        methodType(void.class, MemorySegment.class, long.class, ByteOrder.class)),
                    3,
                    order)
                .asType(methodType(void.class, Object.class, MemorySegment.class, long.class));
        ZERO = vector.getMethod("zero", species).invoke(null, preferred);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }

    static long load(MemorySegment block) throws Throwable {
      Object vector = (Object) LOAD.invokeExact(block, 0L);
      return (long) SUM.invokeExact(vector);
    }

    static long store(MemorySegment block) throws Throwable {
      STORE.invokeExact(ZERO, block, 0L);
      return 0;
    }
  }
}
