package dev.lifebound.memory.os;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The tables in which HotSpot describes its own structures to debuggers.
 *
 * <p>libjvm exports {@code gHotSpotVMStructs}, an array that ends with an entry without a type
 * name, and for each field of its entries a variable with the field's offset, so that a reader
 * needs no header file. Our machine code looks names up: there are some thousand entries.
 */
final class VmStructs {
  private static final String NAMES = "::";

  private final LoadedLibrary jvm;
  private final long find;
  private final long read;

  private final Table fields;
  private final Table constants;
  private final Table types;
  private final long isStaticAt;
  private final long offsetAt;
  private final long addressAt;
  private final long valueAt;
  private final long sizeAt;

  /** One of the arrays: its first entry, its stride, and where entries have their names. */
  private record Table(long first, long stride, long nameAt, long secondNameAt) {}

  /**
   * @throws UnsupportedOperationException where HotSpot has no such tables, or machine code is
   *     impossible
   * @throws SystemCallException where executable memory is refused
   */
  VmStructs(LoadedLibrary jvm) {
    this.jvm = jvm;
    NativeCode.Image image = NativeCode.load().map();
    this.find = image.entry("lb_find_entry");
    this.read = image.entry("lb_read");
    this.fields =
        new Table(
            variable("gHotSpotVMStructs"),
            variable("gHotSpotVMStructEntryArrayStride"),
            variable("gHotSpotVMStructEntryTypeNameOffset"),
            variable("gHotSpotVMStructEntryFieldNameOffset"));
    this.isStaticAt = variable("gHotSpotVMStructEntryIsStaticOffset");
    this.offsetAt = variable("gHotSpotVMStructEntryOffsetOffset");
    this.addressAt = variable("gHotSpotVMStructEntryAddressOffset");
    this.constants =
        new Table(
            variable("gHotSpotVMIntConstants"),
            variable("gHotSpotVMIntConstantEntryArrayStride"),
            variable("gHotSpotVMIntConstantEntryNameOffset"),
            0);
    this.valueAt = variable("gHotSpotVMIntConstantEntryValueOffset");
    this.types =
        new Table(
            variable("gHotSpotVMTypes"),
            variable("gHotSpotVMTypeEntryArrayStride"),
            variable("gHotSpotVMTypeEntryTypeNameOffset"),
            0);
    this.sizeAt = variable("gHotSpotVMTypeEntrySizeOffset");
  }

  /** The value of a variable of eight bytes that libjvm exports. */
  private long variable(String name) {
    // SAFETY: the symbol is a variable of eight bytes in libjvm, which is never unloaded.
    return Raw.getLong(jvm.find(name));
  }

  /** The offset of a field: {@code Type::field}. */
  int offset(String name) {
    // SAFETY: the entry is one of the table's.
    return Math.toIntExact(Raw.getLong(field(name, false) + offsetAt));
  }

  /** The address of a static field: {@code Type::field}. */
  long address(String name) {
    // SAFETY: as above.
    return Raw.getLong(field(name, true) + addressAt);
  }

  private long field(String name, boolean isStatic) {
    int end = name.indexOf(NAMES);
    long entry = entry(fields, name.substring(0, end), name.substring(end + NAMES.length()));
    // SAFETY: as above.
    if (entry == 0 || (Raw.getInt(entry + isStaticAt) != 0) != isStatic) {
      throw absent(name);
    }
    return entry;
  }

  /** The bytes of an object of a type. */
  long size(String type) {
    long entry = entry(types, type, null);
    if (entry == 0) {
      throw absent(type);
    }
    // SAFETY: as above.
    return Raw.getLong(entry + sizeAt);
  }

  int constant(String name) {
    long entry = entry(constants, name, null);
    if (entry == 0) {
      throw absent(name);
    }
    // SAFETY: as above.
    return Raw.getInt(entry + valueAt);
  }

  private long entry(Table table, String name, @Nullable String second) {
    ByteBuffer first = Words.text(name);
    ByteBuffer more = second == null ? first : Words.text(second);
    try {
      // SAFETY: the table is constant data of libjvm that ends with an entry without a name; the
      // names end with a NUL.
      return NativeCalls.call(
          find,
          table.first,
          table.stride,
          table.nameAt,
          Words.address(first),
          table.secondNameAt,
          second == null ? 0 : Words.address(more));
    } finally {
      Reference.reachabilityFence(first);
      Reference.reachabilityFence(more);
    }
  }

  private static UnsupportedOperationException absent(String name) {
    return new UnsupportedOperationException(
        "this Java virtual machine must describe the field: name="
            + name
            + ", vm="
            + System.getProperty("java.vm.name")
            + " "
            + System.getProperty("java.vm.version"));
  }

  /**
   * Copies memory of the JVM that may be given back at any moment.
   *
   * @return whether it was there; if not, nothing or a part was copied
   */
  boolean copy(long from, ByteBuffer to, int bytes) {
    if (bytes > to.capacity()) {
      throw new IllegalArgumentException(
          "a copy must fit: bytes=" + bytes + ", room=" + to.capacity());
    }
    try {
      // SAFETY: reads without a fault, whatever the address is, and the buffer has room.
      return NativeCalls.call(read, Words.address(to), from, bytes, 0) == 0;
    } finally {
      Reference.reachabilityFence(to);
    }
  }
}
