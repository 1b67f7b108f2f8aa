package dev.lifebound.memory.os;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The libraries and functions behind code addresses of this process, looked up when a report is
 * made: {@code librocksdbjni.so: rocksdb::DBIter::Seek+0x230}.
 */
public final class NativeFrames {
  /** A file's part of the address space; {@code base} is where its first byte lies. */
  private record Mapping(long start, long end, long base, String path) {
    String file() {
      return path.substring(path.lastIndexOf('/') + 1);
    }
  }

  private static final int HEX = 16;
  private static final String DELETED = " (deleted)";

  private static final NativeFrames OF_PROCESS = new NativeFrames();

  private final Map<String, ElfSymbols> symbols = new HashMap<>();
  private List<Mapping> mappings = List.of();

  private NativeFrames() {}

  /** The one of this process: it keeps the symbols that it has read. */
  public static NativeFrames ofProcess() {
    return OF_PROCESS;
  }

  /** The file's name of the library in which the address lies, or {@code (Java)}. */
  public synchronized String library(long pc) {
    if (isJava(pc)) {
      return "(Java)";
    }
    Mapping mapping = mapping(pc);
    return mapping == null ? "(unknown)" : mapping.file();
  }

  private static boolean isJava(long pc) {
    return HotSpot.facts().codeHeaps().stream().anyMatch(heap -> heap.contains(pc));
  }

  /**
   * The text of a frame.
   *
   * @param pc the address of an instruction
   * @param isReturn whether it is the one behind a call, which may be behind the function's end
   */
  public synchronized String text(long pc, boolean isReturn) {
    long inside = isReturn ? pc - 1 : pc;
    if (isJava(inside)) {
      return "(Java, 0x" + Long.toHexString(pc) + ")";
    }
    Mapping mapping = mapping(inside);
    if (mapping == null) {
      return "(unknown, 0x" + Long.toHexString(pc) + ")";
    }
    long address = inside - mapping.base();
    return mapping.file()
        + ": "
        + symbols
            .computeIfAbsent(mapping.path(), path -> ElfSymbols.read(Path.of(path)))
            .find(address)
            .map(f ->
                CxxNames.plain(f.name())
                    + "+0x"
                    + Long.toHexString(pc - mapping.base() - f.address()))
            .orElse("+0x" + Long.toHexString(pc - mapping.base()));
  }

  private @Nullable Mapping mapping(long address) {
    Mapping known = find(address);
    if (known == null) {
      // Loaded since, or nothing at all.
      mappings = read();
      known = find(address);
    }
    return known;
  }

  private @Nullable Mapping find(long address) {
    for (Mapping mapping : mappings) {
      if (address >= mapping.start() && address < mapping.end()) {
        return mapping;
      }
    }
    return null;
  }

  /** {@code start-end rwxp offset device inode path}; a file's lines stand together. */
  private static List<Mapping> read() {
    Map<String, Long> bases = new HashMap<>();
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines
          .filter(line -> line.indexOf('/') > 0)
          .map(line -> {
            String path = line.substring(line.indexOf('/'));
            if (path.endsWith(DELETED)) {
              path = path.substring(0, path.length() - DELETED.length());
            }
            String[] words = line.split(" ", 4);
            int dash = words[0].indexOf('-');
            long start = Long.parseUnsignedLong(words[0].substring(0, dash), HEX);
            long end = Long.parseUnsignedLong(words[0].substring(dash + 1), HEX);
            long offset = Long.parseUnsignedLong(words[2], HEX);
            long base = bases.computeIfAbsent(path, _ -> start - offset);
            return new Mapping(start, end, base, path);
          })
          .toList();
    } catch (IOException | UncheckedIOException e) {
      return List.of();
    }
  }
}
