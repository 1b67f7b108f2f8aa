package dev.lifebound.memory.os;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The libraries and functions behind code addresses of this process, looked up when a report is
 * made: {@code librocksdbjni.so: rocksdb::DBIter::Seek+0x230}.
 */
public final class NativeFrames {
  /**
   * A file's part of the address space.
   *
   * @param base where the file's first byte lies
   * @param inode tells a file from another that has its name later
   * @param deleted whether the name is gone, or another file's by now
   */
  private record Mapping(
      long start, long end, long base, String inode, String path, boolean deleted) {
    String file() {
      return path.substring(path.lastIndexOf('/') + 1);
    }

    String key() {
      return inode + path;
    }

    /** The symbols on disk; none of what lies there now, if that is another file. */
    ElfSymbols symbols() {
      return deleted ? ElfSymbols.NONE : ElfSymbols.read(Path.of(path));
    }
  }

  private static final int HEX = 16;
  private static final String DELETED = " (deleted)";

  private static final NativeFrames OF_PROCESS = new NativeFrames();

  private final Map<String, ElfSymbols> symbols = new HashMap<>();
  private List<Mapping> mappings = List.of();
  private long loads;

  private NativeFrames() {}

  /** The one of this process: it keeps the symbols that it has read. */
  public static NativeFrames ofProcess() {
    return OF_PROCESS;
  }

  /** One that has read nothing yet. */
  static NativeFrames anew() {
    return new NativeFrames();
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
            .computeIfAbsent(mapping.key(), _ -> mapping.symbols())
            .find(address)
            // Without its file a library still has the names that it exports.
            .or(() -> mapping.deleted() ? exported(inside, mapping) : Optional.empty())
            .map(f ->
                CxxNames.plain(f.name())
                    + "+0x"
                    + Long.toHexString(pc - mapping.base() - f.address()))
            .orElse("+0x" + Long.toHexString(pc - mapping.base()));
  }

  private static Optional<ElfSymbols.Function> exported(long pc, Mapping mapping) {
    return DynamicLinker.symbol(pc)
        .map(found -> new ElfSymbols.Function(found.address() - mapping.base(), 0, found.name()));
  }

  private @Nullable Mapping mapping(long address) {
    long now = DynamicLinker.loads();
    Mapping known = now == loads ? find(address) : null;
    if (known == null || !symbols.containsKey(known.key())) {
      // Loaded since, perhaps where another one was that is gone, or nothing at all; or its file is
      // about to be read, and may have been replaced since.
      mappings = read();
      loads = now;
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

  /** A file's lines stand together. Names are bytes: one that is no UTF-8 must not end it all. */
  private static List<Mapping> read() {
    Map<String, Long> bases = new HashMap<>();
    try (Stream<String> lines =
        Files.lines(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1)) {
      return lines.filter(line -> line.indexOf('/') > 0).map(line -> mapping(line, bases)).toList();
    } catch (IOException | UncheckedIOException e) {
      return List.of();
    }
  }

  /** {@code start-end rwxp offset device inode path}. */
  private static Mapping mapping(String line, Map<String, Long> bases) {
    String path = path(line.substring(line.indexOf('/')));
    boolean deleted = path.endsWith(DELETED) && !isThere(path);
    if (deleted) {
      path = path.substring(0, path.length() - DELETED.length());
    }
    String[] words = line.split(" ", 6);
    int dash = words[0].indexOf('-');
    long start = Long.parseUnsignedLong(words[0].substring(0, dash), HEX);
    long end = Long.parseUnsignedLong(words[0].substring(dash + 1), HEX);
    long offset = Long.parseUnsignedLong(words[2], HEX);
    long base = bases.computeIfAbsent(words[4] + path, _ -> start - offset);
    return new Mapping(start, end, base, words[4], path, deleted || !isPath(path));
  }

  /** As UTF-8 if it is that, else a character for each byte. */
  private static String path(String bytes) {
    String text = new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    return text.indexOf('\ufffd') < 0 ? text : bytes;
  }

  private static boolean isThere(String path) {
    return isPath(path) && Files.exists(Path.of(path));
  }

  /** Whether Java can name the file in this locale. */
  private static boolean isPath(String path) {
    try {
      return !Path.of(path).toString().isEmpty();
    } catch (InvalidPathException e) {
      return false;
    }
  }
}
