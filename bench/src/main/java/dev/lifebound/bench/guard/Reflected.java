package dev.lifebound.bench.guard;

import static java.lang.invoke.MethodType.methodType;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Field;
import java.nio.ByteOrder;

/**
 * Accesses by classes that the compiler must not see: the Vector API, which is an incubating
 * module, and {@code sun.misc.Unsafe}. The handles are constants, so C2 compiles them as direct
 * calls.
 */
final class Reflected {
  private static final int BLOCK_BYTES = AccessKinds.BLOCK_BYTES;
  private static final MethodHandle UNSAFE_GET = unsafe();

  private Reflected() {}

  static boolean hasVectors() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  private static MethodHandle unsafe() {
    try {
      Class<?> type = Class.forName("sun.misc.Unsafe");
      Field instance = type.getDeclaredField("theUnsafe");
      instance.setAccessible(true);
      return MethodHandles.lookup()
          .findVirtual(type, "getLong", methodType(long.class, long.class))
          .bindTo(instance.get(null));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a JDK must have sun.misc.Unsafe", e);
    }
  }

  static long unsafeGet(MemorySegment block) throws Throwable {
    return (long) UNSAFE_GET.invokeExact(block.address() + 8);
  }

  /** Loaded only where the module is there. */
  private static final class Vectors {
    static final Object SPECIES;
    static final int BYTES;
    static final MethodHandle LOAD;
    static final MethodHandle ADD;
    static final MethodHandle SUM;
    static final MethodHandle STORE;
    static final Object ZERO;

    static {
      try {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        String p = "jdk.incubator.vector.";
        Class<?> vector = Class.forName(p + "LongVector");
        Class<?> base = Class.forName(p + "Vector");
        Class<?> species = Class.forName(p + "VectorSpecies");
        Class<?> associative = Class.forName(p + "VectorOperators$Associative");
        SPECIES = vector.getField("SPECIES_PREFERRED").get(null);
        BYTES = (int) species.getMethod("vectorByteSize").invoke(SPECIES);
        Object add = Class.forName(p + "VectorOperators").getField("ADD").get(null);
        LOAD =
            MethodHandles.insertArguments(
                    lookup.findStatic(
                        vector,
                        "fromMemorySegment",
                        methodType(
                            vector, species, MemorySegment.class, long.class, ByteOrder.class)),
                    3,
                    ByteOrder.nativeOrder())
                .bindTo(SPECIES)
                .asType(methodType(Object.class, MemorySegment.class, long.class));
        ADD =
            lookup
                .findVirtual(vector, "add", methodType(vector, base))
                .asType(methodType(Object.class, Object.class, Object.class));
        SUM =
            MethodHandles.insertArguments(
                    lookup.findVirtual(vector, "reduceLanes", methodType(long.class, associative)),
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
                    ByteOrder.nativeOrder())
                .asType(methodType(void.class, Object.class, MemorySegment.class, long.class));
        ZERO = vector.getMethod("zero", species).invoke(null, SPECIES);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("the Vector API must have the methods of JDK 25", e);
      }
    }
  }

  static long vectorLoad(MemorySegment block) throws Throwable {
    Object vector = (Object) Vectors.LOAD.invokeExact(block, 0L);
    return (long) Vectors.SUM.invokeExact(vector);
  }

  static long vectorLoop(MemorySegment block) throws Throwable {
    Object total = Vectors.ZERO;
    for (int i = 0; i < BLOCK_BYTES; i += Vectors.BYTES) {
      Object one = (Object) Vectors.LOAD.invokeExact(block, (long) i);
      total = (Object) Vectors.ADD.invokeExact(total, one);
    }
    return (long) Vectors.SUM.invokeExact(total);
  }

  static long vectorStore(MemorySegment block) throws Throwable {
    Vectors.STORE.invokeExact(Vectors.ZERO, block, 0L);
    return 0;
  }
}
