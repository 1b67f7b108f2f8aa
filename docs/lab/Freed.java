import java.lang.foreign.*;
import java.lang.invoke.MethodHandle;

/** C's free, then a read through Java. */
class Freed {
  public static void main(String[] arguments) throws Throwable {
    Linker c = Linker.nativeLinker();
    MethodHandle malloc =
        c.downcallHandle(
            c.defaultLookup().findOrThrow("malloc"),
            FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
    MethodHandle free =
        c.downcallHandle(
            c.defaultLookup().findOrThrow("free"), FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
    long bytes = arguments.length == 0 ? 48 : Long.parseLong(arguments[0]);
    MemorySegment block = ((MemorySegment) malloc.invokeExact(bytes)).reinterpret(bytes);
    block.set(ValueLayout.JAVA_LONG, 16, 42);
    free.invokeExact(block);
    System.out.println("read " + block.get(ValueLayout.JAVA_LONG, 16));
  }
}
