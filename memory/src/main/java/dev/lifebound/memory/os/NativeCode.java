package dev.lifebound.memory.os;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The module's own machine code: a listing read from a resource, and copies of it in executable
 * memory.
 *
 * <p>The listing is made from {@code src/main/native} and has, for each processor, the bytes beside
 * their disassembly, the entry points, and the layout of the structures that the code shares with
 * Java.
 */
public final class NativeCode {
  /** The system property that forbids mechanisms, for tests and for those who want it: a list. */
  public static final String DENY_PROPERTY = "lifebound.guard.deny";

  private static final int PROT_READ_EXECUTE = 5;
  private static final String IMAGE = "image ";
  private static final int HEX = 16;
  private static final int DECIMAL = 10;

  private static final String COMPILER = "compiler ";

  /** First letters of code_bytes, data_offset, data_bytes, data, size, offset, entry. */
  private static final String KINDS = "cdsoe";

  private static volatile @Nullable NativeCode loaded;

  private final Map<String, Long> numbers = new HashMap<>();
  private final byte[] code; // never written to
  private final String hash;
  private String sources = "?";

  private NativeCode(BufferedReader listing) throws IOException {
    String line = listing.readLine();
    // The names and numbers, then the bytes; the disassembly behind them is for people.
    for (; line != null && !line.startsWith(IMAGE); line = listing.readLine()) {
      readNumber(line);
    }
    this.code =
        line == null
            ? new byte[0]
            : Base64.getDecoder().decode(line.substring(IMAGE.length()).getBytes(US_ASCII));
    if (code.length != number("code_bytes")) {
      throw new IOException(
          "the listing must have the code: bytes="
              + code.length
              + "; run memory/src/main/native/build");
    }
    CRC32 sum = new CRC32();
    sum.update(code);
    this.hash = sources + "-" + Long.toHexString(sum.getValue());
  }

  /**
   * The listing for this processor.
   *
   * @throws UnsupportedOperationException where there is none, or executable memory is forbidden
   */
  public static NativeCode load() {
    NativeCode known = loaded;
    if (known != null) {
      return known;
    }
    String name = "stubs-" + Platform.processor() + ".txt";
    if (!Platform.isLinux()) {
      throw new UnsupportedOperationException(
          "machine code must have a platform it was written for: platform="
              + Platform.text()
              + ", known=Linux on x86-64 and aarch64");
    }
    try (InputStream in = NativeCode.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new UnsupportedOperationException(
            "machine code must exist for the processor: platform="
                + Platform.text()
                + ", known=x86-64 and aarch64");
      }
      known = new NativeCode(new BufferedReader(new InputStreamReader(in, US_ASCII)));
    } catch (IOException e) {
      throw new UnsupportedOperationException("machine code must be readable: resource=" + name, e);
    }
    loaded = known;
    return known;
  }

  /** Whether {@link #DENY_PROPERTY} names the mechanism. */
  static boolean isDenied(String mechanism) {
    return ("," + System.getProperty(DENY_PROPERTY, "") + ",").contains("," + mechanism + ",");
  }

  private void readNumber(String line) {
    int last = line.lastIndexOf(' ') + 1;
    if (line.startsWith("sources ")) {
      sources = line.substring(last);
    } else if (last > 0 && KINDS.indexOf(line.charAt(0)) >= 0 && !line.startsWith(COMPILER)) {
      boolean hex = line.startsWith("0x", last);
      long number = Long.parseLong(line, hex ? last + 2 : last, line.length(), hex ? HEX : DECIMAL);
      numbers.put(line.substring(0, last - 1), number);
    }
  }

  private long number(String name) {
    Long value = numbers.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "the listing of the machine code must have the name: name="
              + name
              + "; run memory/src/main/native/build");
    }
    return value;
  }

  /** Bytes of a structure, for instance {@code lb_slot}. */
  public long size(String structure) {
    return number("size " + structure);
  }

  /** Offset of a field, for instance {@code lb_slot.state}. */
  public long offset(String field) {
    return number("offset " + field);
  }

  /** The bytes of code and constants. */
  byte[] bytes() {
    return code.clone();
  }

  /** Names the sources and the listing: another hash is other code. */
  public String hash() {
    return hash;
  }

  /**
   * A new copy in executable memory. Its pages are written first and made executable afterwards,
   * when they can no longer be written; the data page behind them can be written and never
   * executed. Nothing unmaps it: others may hold pointers into it.
   *
   * @throws SystemCallException where the system refuses executable memory
   */
  @SuppressWarnings("restricted") // callers have seen to it that native access is enabled
  public Image map() {
    if (isDenied("exec")) {
      throw new UnsupportedOperationException(
          "executable memory must be allowed: " + DENY_PROPERTY + "=exec");
    }
    long dataOffset = number("data_offset");
    long bytes =
        dataOffset + Math.ceilDiv(number("data_bytes"), LibC.pageBytes()) * LibC.pageBytes();
    long base =
        LibC.mmap(0, bytes, LibC.PROT_READ_WRITE, LibC.MAP_PRIVATE | LibC.MAP_ANONYMOUS, -1, 0);
    // SAFETY: the pages were just mapped for this, and code is shorter than dataOffset.
    MemorySegment.ofAddress(base).reinterpret(dataOffset).asByteBuffer().put(0, code);
    try {
      LibC.mprotect(base, dataOffset, PROT_READ_EXECUTE);
    } catch (SystemCallException e) {
      LibC.munmap(base, bytes);
      throw e;
    }
    return new Image(base, base + dataOffset + number("data lb_image"));
  }

  /** One copy of the code with its data page. */
  public final class Image {
    private final long base;
    private final long data;

    Image(long base, long data) {
      this.base = base;
      this.data = data;
    }

    /** Address of an entry point. */
    public long entry(String name) {
      return base + number("entry " + name);
    }

    /** Whether the address lies in this copy's code. */
    public boolean contains(long address) {
      return address >= base && address < base + code.length;
    }

    /** Address of this copy's {@code struct lb_image}. */
    public long data() {
      return data;
    }

    /** Address of another structure of this copy's data page. */
    public long data(String name) {
      return base + number("data_offset") + number("data " + name);
    }

    /** Points this copy at the control structure. */
    @SuppressWarnings("restricted")
    public void share(long shared) {
      // SAFETY: the data page is mapped, writable and longer than the structure.
      MemorySegment.ofAddress(data)
          .reinterpret(size("lb_image"))
          .asByteBuffer()
          .order(ByteOrder.nativeOrder())
          .putLong((int) offset("lb_image.shared"), shared);
    }
  }
}
