package dev.lifebound.memory.os;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The slots of a loaded object through which it reaches functions of given names.
 *
 * <p>A slot is a word of the object's data that the dynamic linker fills with a symbol's address:
 * one for calls (through the PLT), one for calls compiled without a PLT and for pointers taken in
 * code, and one for every pointer in initialised data.
 */
final class ElfSlots {
  /*
   * Elf64_Dyn  { s64 tag; u64 value }                                        16 bytes
   * Elf64_Sym  { u32 name; u8 info, other; u16 section; u64 value, size }     24 bytes
   * Elf64_Rela { u64 offset, info; s64 addend }; info = symbol << 32 | kind   24 bytes
   */
  private static final long DYN_BYTES = 16;
  private static final long RELA_BYTES = 24;
  private static final long SYM_BYTES = 24;
  private static final long SYM_SECTION_OFFSET = 6;
  private static final long SYM_VALUE_OFFSET = 8;

  private static final int DT_NULL = 0;
  private static final int DT_PLTRELSZ = 2;
  private static final int DT_STRTAB = 5;
  private static final int DT_SYMTAB = 6;
  private static final int DT_RELA = 7;
  private static final int DT_RELASZ = 8;
  private static final int DT_JMPREL = 23;

  /** The longest name of a watched function. */
  private static final int MAX_NAME_BYTES = 48;

  /** Kinds of relocation that write a symbol's address, by processor. */
  private record Kinds(int word, int data, int call) {}

  private static final Kinds X86_64 = new Kinds(1, 6, 7);
  private static final Kinds AARCH64 = new Kinds(257, 1025, 1026);

  /**
   * A slot.
   *
   * @param symbol the name it stands for
   * @param address of the word
   * @param lazy whether it may not be filled before its first call
   * @param own the object's own definition of the symbol, or 0
   */
  record Slot(String symbol, long address, boolean lazy, long own) {}

  private final LoadedObject object;
  private final Map<Long, Long> dynamic = new HashMap<>();
  private final Kinds kinds;

  private ElfSlots(LoadedObject object, long dynamicAddress, Kinds kinds) {
    this.object = object;
    this.kinds = kinds;
    for (long at = dynamicAddress; ; at += DYN_BYTES) {
      // SAFETY: the dynamic section of a loaded object ends with DT_NULL.
      long tag = DynamicLinker.MEMORY.get(JAVA_LONG, at);
      if (tag == DT_NULL) {
        return;
      }
      dynamic.put(tag, DynamicLinker.MEMORY.get(JAVA_LONG, at + Long.BYTES));
    }
  }

  /**
   * The slots of these symbols; none in an object without a dynamic section.
   *
   * <p>Safety: the object must be loaded: held, or the program itself.
   */
  static List<Slot> find(LoadedObject object, Set<String> symbols) {
    Kinds kinds =
        switch (Platform.processor()) {
          case "x86_64" -> X86_64;
          case "aarch64" -> AARCH64;
          default -> null;
        };
    LoadedObject.Segment section = null;
    for (LoadedObject.Segment segment : object.segments()) {
      if (segment.type() == LoadedObject.PT_DYNAMIC) {
        section = segment;
      }
    }
    if (section == null || kinds == null) {
      return List.of();
    }
    return new ElfSlots(object, section.start(), kinds).find(symbols);
  }

  private List<Slot> find(Set<String> symbols) {
    List<Slot> slots = new ArrayList<>();
    Map<Integer, String> names = new HashMap<>();
    collect(slots, names, symbols, address(DT_RELA), value(DT_RELASZ));
    collect(slots, names, symbols, address(DT_JMPREL), value(DT_PLTRELSZ));
    return slots;
  }

  private void collect(
      List<Slot> slots, Map<Integer, String> names, Set<String> symbols, long table, long bytes) {
    if (table == 0) {
      return;
    }
    for (long at = table; at < table + bytes; at += RELA_BYTES) {
      // SAFETY: table and bytes are the object's own; it is loaded (see find).
      long info = DynamicLinker.MEMORY.get(JAVA_LONG, at + Long.BYTES);
      int kind = (int) info;
      int symbol = (int) (info >>> 32);
      if (symbol == 0 || (kind != kinds.word && kind != kinds.data && kind != kinds.call)) {
        continue;
      }
      if (kind == kinds.word && DynamicLinker.MEMORY.get(JAVA_LONG, at + 2 * Long.BYTES) != 0) {
        continue;
      }
      String name = names.computeIfAbsent(symbol, s -> name(s, symbols));
      if (!name.isEmpty()) {
        long address = object.base() + DynamicLinker.MEMORY.get(JAVA_LONG, at);
        slots.add(new Slot(name, address, kind == kinds.call, own(symbol)));
      }
    }
  }

  /** The name of the symbol if it is one of these, or {@code ""}. */
  private String name(int symbol, Set<String> symbols) {
    // SAFETY: relocations name symbols of the object's table; names end with NUL.
    long at =
        address(DT_STRTAB)
            + Integer.toUnsignedLong(
                DynamicLinker.MEMORY.get(JAVA_INT, address(DT_SYMTAB) + symbol * SYM_BYTES));
    int length = 0;
    while (DynamicLinker.MEMORY.get(JAVA_BYTE, at + length) != 0) {
      if (++length > MAX_NAME_BYTES) {
        return "";
      }
    }
    String name = DynamicLinker.MEMORY.getString(at);
    return symbols.contains(name) ? name : "";
  }

  private long own(int symbol) {
    long at = address(DT_SYMTAB) + symbol * SYM_BYTES;
    boolean defined = DynamicLinker.MEMORY.get(JAVA_SHORT, at + SYM_SECTION_OFFSET) != 0;
    return defined ? object.base() + DynamicLinker.MEMORY.get(JAVA_LONG, at + SYM_VALUE_OFFSET) : 0;
  }

  private long value(int tag) {
    return dynamic.getOrDefault((long) tag, 0L);
  }

  /** Some linkers leave these addresses relative, others make them absolute. */
  private long address(int tag) {
    long value = value(tag);
    return value == 0 || Long.compareUnsigned(value, object.base()) >= 0
        ? value
        : object.base() + value;
  }

  /**
   * What a slot calls now, after a lazy one was looked up as its first call would.
   *
   * <p>Safety: the object must be held.
   *
   * @param handle of the held object, 0 for the program itself
   * @return 0 when the symbol cannot be found
   */
  static long target(LoadedObject object, Slot slot, long handle) {
    // SAFETY: the slot is a word of a held object.
    long value = DynamicLinker.MEMORY.get(JAVA_LONG_UNALIGNED, slot.address());
    boolean inside =
        object.segments().stream()
            .anyMatch(s -> s.type() == LoadedObject.PT_LOAD && s.contains(value));
    if (!slot.lazy() || !inside || value == slot.own()) {
      return value;
    }
    long found = DynamicLinker.find(0, slot.symbol());
    return found != 0 ? found : DynamicLinker.find(handle, slot.symbol());
  }
}
