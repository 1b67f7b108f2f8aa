package dev.lifebound.memory.os;

import java.lang.foreign.SymbolLookup;
import java.util.HashMap;
import java.util.Map;

/**
 * The table in which HotSpot describes its own structures to debuggers.
 *
 * <p>libjvm exports {@code gHotSpotVMStructs}, an array that ends with an entry without a type
 * name, and for each field of its entries a variable with the field's offset, so that a reader
 * needs no header file.
 */
final class VmStructs {
  private record Field(boolean isStatic, long offset, long address) {}

  private final Map<String, Field> fields = new HashMap<>();
  private final Map<String, Integer> constants = new HashMap<>();
  private final Map<String, Long> sizes = new HashMap<>();

  VmStructs(SymbolLookup jvm) {
    readFields(jvm);
    readConstants(jvm);
    readSizes(jvm);
  }

  private void readFields(SymbolLookup jvm) {
    long typeName = variable(jvm, "gHotSpotVMStructEntryTypeNameOffset");
    long fieldName = variable(jvm, "gHotSpotVMStructEntryFieldNameOffset");
    long isStatic = variable(jvm, "gHotSpotVMStructEntryIsStaticOffset");
    long offset = variable(jvm, "gHotSpotVMStructEntryOffsetOffset");
    long address = variable(jvm, "gHotSpotVMStructEntryAddressOffset");
    long stride = variable(jvm, "gHotSpotVMStructEntryArrayStride");
    // SAFETY: the table is constant data of libjvm; its end has no type name.
    for (long entry = variable(jvm, "gHotSpotVMStructs");
        Raw.getLong(entry + typeName) != 0;
        entry += stride) {
      fields.put(
          Raw.getString(Raw.getLong(entry + typeName))
              + "::"
              + Raw.getString(Raw.getLong(entry + fieldName)),
          new Field(
              Raw.getInt(entry + isStatic) != 0,
              Raw.getLong(entry + offset),
              Raw.getLong(entry + address)));
    }
  }

  private void readConstants(SymbolLookup jvm) {
    long name = variable(jvm, "gHotSpotVMIntConstantEntryNameOffset");
    long value = variable(jvm, "gHotSpotVMIntConstantEntryValueOffset");
    long stride = variable(jvm, "gHotSpotVMIntConstantEntryArrayStride");
    // SAFETY: as above.
    for (long entry = variable(jvm, "gHotSpotVMIntConstants");
        Raw.getLong(entry + name) != 0;
        entry += stride) {
      constants.put(Raw.getString(Raw.getLong(entry + name)), Raw.getInt(entry + value));
    }
  }

  private void readSizes(SymbolLookup jvm) {
    long name = variable(jvm, "gHotSpotVMTypeEntryTypeNameOffset");
    long size = variable(jvm, "gHotSpotVMTypeEntrySizeOffset");
    long stride = variable(jvm, "gHotSpotVMTypeEntryArrayStride");
    // SAFETY: as above.
    for (long entry = variable(jvm, "gHotSpotVMTypes");
        Raw.getLong(entry + name) != 0;
        entry += stride) {
      sizes.put(Raw.getString(Raw.getLong(entry + name)), Raw.getLong(entry + size));
    }
  }

  /** The value of a variable of eight bytes that libjvm exports. */
  private static long variable(SymbolLookup jvm, String name) {
    // SAFETY: the symbol is a variable of eight bytes in libjvm, which is never unloaded.
    return Raw.getLong(jvm.find(name).orElseThrow(() -> absent(name)).address());
  }

  /** The offset of a field: {@code Type::field}. */
  int offset(String name) {
    return Math.toIntExact(field(name, false).offset());
  }

  /** The address of a static field: {@code Type::field}. */
  long address(String name) {
    return field(name, true).address();
  }

  private Field field(String name, boolean isStatic) {
    Field field = fields.get(name);
    if (field == null || field.isStatic() != isStatic) {
      throw absent(name);
    }
    return field;
  }

  /** The bytes of an object of a type. */
  long size(String type) {
    Long size = sizes.get(type);
    if (size == null) {
      throw absent(type);
    }
    return size;
  }

  int constant(String name) {
    Integer value = constants.get(name);
    if (value == null) {
      throw absent(name);
    }
    return value;
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
}
