package dev.lifebound.crash.autopsy.heap;

/** What a class is to somebody who climbs from an address to a place in the program. */
final class ClassKinds {
  private ClassKinds() {}

  /** Whether its objects are entries of a map. */
  static boolean isEntry(ClassTable.Type type) {
    return type.fields.containsKey("key")
        && (type.fields.containsKey("value") || type.fields.containsKey("val"));
  }

  /** Classes that know every address because they manage memory. */
  static boolean manages(ClassTable.Type type) {
    String name = type.name;
    return (name.startsWith("dev.lifebound.memory.") && !isBoundMap(name))
        || (name.startsWith("java.lang.ref.")
            && !type.is("java.lang.ref.WeakReference")
            && !type.is("java.lang.ref.SoftReference"))
        || name.startsWith("jdk.internal.ref.")
        || name.startsWith("java.nio.DirectByteBuffer$Deallocator")
        || (name.startsWith("jdk.internal.foreign.")
            && !name.equals("jdk.internal.foreign.NativeMemorySegmentImpl"))
        || name.startsWith("java.util.zip.")
        || name.equals("com.sun.jna.Memory$MemoryDisposer")
        || name.startsWith("com.sun.jna.internal.");
  }

  private static boolean isBoundMap(String name) {
    return name.startsWith("dev.lifebound.memory.handle.Bound")
        || name.startsWith("dev.lifebound.memory.handle.OwningMap");
  }

  /** Classes whose fields are places that a reader of the program knows. */
  static boolean isProgram(ClassTable.Type type) {
    String name = type.name;
    return !Pointers.isPointer(type)
        && !isEntry(type)
        && !name.startsWith("java.")
        && !name.startsWith("javax.")
        && !name.startsWith("jdk.")
        && !name.startsWith("sun.")
        && !name.startsWith("com.sun.")
        && !name.startsWith("dev.lifebound.memory.");
  }

  /** Whether a static field of the class is a place; caches of pointers are none. */
  static boolean hasPlaces(ClassTable.Type type) {
    return !manages(type) && !Pointers.isPointer(type);
  }
}
