package dev.lifebound.memory.os;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.util.ArrayList;
import java.util.List;

/**
 * A program or library in this process, as the dynamic linker knows it.
 *
 * @param path as it was loaded; empty for the program itself
 * @param base what its addresses are relative to
 * @param headers address of its program headers
 * @param headerCount how many there are
 */
public record LoadedObject(String path, long base, long headers, int headerCount) {
  /*
   * Elf64_Phdr { u32 type, flags; u64 offset, vaddr, paddr, filesz, memsz, align }    56 bytes
   */
  private static final long HEADER_BYTES = 56;
  private static final long TYPE_OFFSET = 0;
  private static final long FLAGS_OFFSET = 4;
  private static final long ADDRESS_OFFSET = 16;
  private static final long SIZE_OFFSET = 40;
  static final int PT_LOAD = 1;
  static final int PT_DYNAMIC = 2;
  static final int PT_GNU_RELRO = 0x6474e552;
  private static final int PF_WRITE = 2;

  /** A part of the object in memory. */
  record Segment(int type, int flags, long start, long bytes) {
    boolean contains(long address) {
      return address - start >= 0 && address - start < bytes;
    }

    boolean isWritable() {
      return type == PT_LOAD && (flags & PF_WRITE) != 0;
    }
  }

  /** The last part of the path, or {@code ""} for the program itself. */
  public String fileName() {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /**
   * Its program headers.
   *
   * <p>Safety: the object must be loaded: held, or the program itself.
   */
  List<Segment> segments() {
    List<Segment> segments = new ArrayList<>();
    for (int i = 0; i < headerCount; i++) {
      long at = headers + i * HEADER_BYTES;
      // SAFETY: the linker counted the headers, and the object is loaded (see above).
      segments.add(
          new Segment(
              DynamicLinker.MEMORY.get(JAVA_INT, at + TYPE_OFFSET),
              DynamicLinker.MEMORY.get(JAVA_INT, at + FLAGS_OFFSET),
              base + DynamicLinker.MEMORY.get(JAVA_LONG, at + ADDRESS_OFFSET),
              DynamicLinker.MEMORY.get(JAVA_LONG, at + SIZE_OFFSET)));
    }
    return segments;
  }
}
