package dev.lifebound.crash.autopsy.heap;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The classes that are there to hold an address. */
final class Pointers {
  /** Class to the field with the address and what a reader calls it. */
  private static final Map<String, Known> KNOWN =
      Map.of(
          "java.lang.Long", new Known("value", "Long"),
          "java.util.concurrent.atomic.AtomicLong", new Known("value", "AtomicLong"),
          "jdk.internal.foreign.NativeMemorySegmentImpl", new Known("min", "MemorySegment"),
          "com.sun.jna.Pointer", new Known("peer", "JNA Pointer"),
          "com.sun.jna.Memory", new Known("peer", "JNA Memory"),
          "java.nio.Buffer", new Known("address", "direct ByteBuffer"));

  private record Known(String field, String text) {}

  private Pointers() {}

  private static @Nullable Known known(ClassTable.Type type) {
    Known own = KNOWN.get(type.name);
    if (own != null) {
      return own;
    }
    for (String name : type.supers) {
      Known inherited = KNOWN.get(name);
      if (inherited != null) {
        return inherited;
      }
    }
    return null;
  }

  /** What a field of 64 bits is called. */
  static String describe(ClassTable.Type type, ClassTable.Field field) {
    Known known = known(type);
    return known != null && known.field.equals(field.name())
        ? known.text
        : "long " + field.owner() + "." + field.name();
  }

  /** Whether the class is nothing but a pointer, so that what holds it is the holder. */
  static boolean isPointer(ClassTable.Type type) {
    return known(type) != null;
  }

  /** The address in an object of such a class, or null when it is none. */
  static @Nullable Long number(Instance object) {
    Known known = known(object.type());
    return known == null ? null : object.number(known.field);
  }
}
