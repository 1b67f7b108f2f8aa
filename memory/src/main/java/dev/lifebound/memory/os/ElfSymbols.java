package dev.lifebound.memory.os;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The functions of an ELF file: of its full symbol table, or of the dynamic one where it was
 * stripped. The file is untrusted: whatever does not fit gives fewer symbols.
 */
final class ElfSymbols {
  /** A function: its address in the file's own terms, its bytes, its name as the linker has it. */
  record Function(long address, long byteSize, String name) {}

  /*
   * Elf64_Ehdr: 0x28 section headers' offset | 0x3a size of one | 0x3c how many
   * Elf64_Shdr: 0x04 type | 0x18 offset | 0x20 size | 0x28 link
   * Elf64_Sym:  0x00 name | 0x04 info | 0x06 section | 0x08 value | 0x10 size
   */
  private static final int MAGIC = 0x464c457f;
  private static final byte CLASS_64 = 2;
  private static final byte LITTLE_ENDIAN = 1;
  private static final long SECTIONS_OFFSET = 0x28;
  private static final long SECTION_SIZE_OFFSET = 0x3a;
  private static final long SECTION_COUNT_OFFSET = 0x3c;
  private static final int TYPE_SYMTAB = 2;
  private static final int TYPE_DYNSYM = 11;
  private static final long SYMBOL_BYTES = 24;
  private static final int KIND_MASK = 0xf;
  private static final int KIND_FUNCTION = 2;
  private static final int KIND_INDIRECT = 10;

  /** Of no file. */
  static final ElfSymbols NONE = new ElfSymbols(List.of());

  private final List<Function> functions;

  private ElfSymbols(List<Function> functions) {
    this.functions = functions;
  }

  /** The functions of a file; none when it cannot be read or is no ELF file of 64 bits. */
  static ElfSymbols read(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        Arena arena = Arena.ofConfined()) {
      MemorySegment elf = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      if (elf.byteSize() < 64
          || elf.get(JAVA_INT_UNALIGNED, 0) != MAGIC
          || elf.get(JAVA_BYTE, 4) != CLASS_64
          || elf.get(JAVA_BYTE, 5) != LITTLE_ENDIAN) {
        return new ElfSymbols(List.of());
      }
      List<Function> functions = functions(elf, TYPE_SYMTAB);
      if (functions.isEmpty()) {
        functions = functions(elf, TYPE_DYNSYM);
      }
      functions.sort(Comparator.comparingLong(Function::address));
      return new ElfSymbols(functions);
    } catch (IOException | IndexOutOfBoundsException | IllegalArgumentException e) {
      return new ElfSymbols(List.of());
    }
  }

  private static List<Function> functions(MemorySegment elf, int type) {
    List<Function> functions = new ArrayList<>();
    long sections = elf.get(JAVA_LONG_UNALIGNED, SECTIONS_OFFSET);
    long size = Short.toUnsignedLong(elf.get(JAVA_SHORT_UNALIGNED, SECTION_SIZE_OFFSET));
    int count = Short.toUnsignedInt(elf.get(JAVA_SHORT_UNALIGNED, SECTION_COUNT_OFFSET));
    for (int i = 0; i < count; i++) {
      long section = sections + i * size;
      if (elf.get(JAVA_INT_UNALIGNED, section + 0x4) == type) {
        long link = sections + elf.get(JAVA_INT_UNALIGNED, section + 0x28) * size;
        MemorySegment names = content(elf, link);
        MemorySegment symbols = content(elf, section);
        for (long at = 0; at + SYMBOL_BYTES <= symbols.byteSize(); at += SYMBOL_BYTES) {
          int kind = symbols.get(JAVA_BYTE, at + 4) & KIND_MASK;
          long address = symbols.get(JAVA_LONG_UNALIGNED, at + 8);
          if ((kind == KIND_FUNCTION || kind == KIND_INDIRECT) && address != 0) {
            long name = Integer.toUnsignedLong(symbols.get(JAVA_INT_UNALIGNED, at));
            functions.add(
                new Function(
                    address, symbols.get(JAVA_LONG_UNALIGNED, at + 16), names.getString(name)));
          }
        }
      }
    }
    return functions;
  }

  private static MemorySegment content(MemorySegment elf, long section) {
    return elf.asSlice(
        elf.get(JAVA_LONG_UNALIGNED, section + 0x18), elf.get(JAVA_LONG_UNALIGNED, section + 0x20));
  }

  int size() {
    return functions.size();
  }

  /** The function that has the address. */
  Optional<Function> find(long address) {
    int low = 0;
    int high = functions.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (functions.get(middle).address() <= address) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == 0) {
      return Optional.empty();
    }
    Function function = functions.get(low - 1);
    // Functions in assembler may have no size; they end where the next one begins.
    return function.byteSize() == 0 || address < function.address() + function.byteSize()
        ? Optional.of(function)
        : Optional.empty();
  }
}
