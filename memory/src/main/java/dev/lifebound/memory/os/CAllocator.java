package dev.lifebound.memory.os;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the C library's own {@code free} looks for in front of a block.
 *
 * <p>Found once, before any slot is patched: afterwards the linker may answer with our stubs.
 */
public final class CAllocator {
  /** Functions that read the two words in front of a block, in the order of lifebound.h's roles. */
  private static final List<String> READERS = List.of("free", "realloc", "malloc_usable_size");

  /** They do so within their first instructions. */
  private static final long READER_BYTES = 256;

  private static final long HEADER_BYTES = 16;
  private static final String MAJOR = "2.";
  private static final int DECIMAL = 10;

  /** From this minor version of glibc 2 on, a block's size is without its header. */
  private static final int SIZE_WITHOUT_HEADER = 43;

  private static final class Holder {
    static final @Nullable CAllocator FOUND = find();
  }

  /**
   * A function that reads the header.
   *
   * @param start its first instruction
   * @param byteSize how far behind it the header is read
   * @param role 1: {@code free}, 2: {@code realloc}, 3: {@code malloc_usable_size}
   */
  public record Reader(long start, long byteSize, int role) {}

  private final String version;
  private final long countedHeaderBytes;
  private final List<Reader> readers;

  private CAllocator(String version, long countedHeaderBytes, List<Reader> readers) {
    this.version = version;
    this.countedHeaderBytes = countedHeaderBytes;
    this.readers = readers;
  }

  /** The allocator of glibc; null with another C library, whose headers we do not know. */
  public static @Nullable CAllocator glibc() {
    return Holder.FOUND;
  }

  private static @Nullable CAllocator find() {
    long versionFunction = LibC.address("gnu_get_libc_version");
    if (versionFunction == 0) {
      return null;
    }
    // SAFETY: the function takes nothing and returns a constant string.
    String version = Raw.getString(NativeCalls.call(versionFunction, 0));
    if (!version.startsWith(MAJOR)) {
      return null;
    }
    int end = MAJOR.length();
    while (end < version.length() && Character.isDigit(version.charAt(end))) {
      end++;
    }
    boolean without =
        Integer.parseInt(version, MAJOR.length(), end, DECIMAL) >= SIZE_WITHOUT_HEADER;
    List<Reader> readers = new ArrayList<>();
    for (String name : READERS) {
      readers.add(new Reader(LibC.address(name), READER_BYTES, readers.size() + 1));
    }
    return new CAllocator(version, without ? 0 : HEADER_BYTES, readers);
  }

  /** As the library says it, for instance {@code 2.36}. */
  public String version() {
    return version;
  }

  /** How many bytes of its header a block's size counts. */
  public long countedHeaderBytes() {
    return countedHeaderBytes;
  }

  /** The functions by which a free that we do not watch can be told. */
  public List<Reader> readers() {
    return List.copyOf(readers);
  }
}
