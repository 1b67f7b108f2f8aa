package dev.lifebound.crash.lab;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/** The system's zlib: a decompressor is a session, and its state is the block that zlib frees. */
final class Zlib implements HookedLibrary {
  private static final String FILE = "libz.so.1";

  /*
   * z_stream on a 64-bit Linux:
   *
   *   0 next_in   8 avail_in  16 total_in  24 next_out  32 avail_out  40 total_out  48 msg
   *  56 state    64 zalloc    72 zfree     80 opaque    88 data_type  96 adler     104 reserved
   */
  private static final long STATE_OFFSET = 56;
  private static final long ZALLOC_OFFSET = 64;
  private static final long ZFREE_OFFSET = 72;
  private static final int STREAM_BYTES = 112;

  private static final int WINDOW_BITS = 15;
  private static final int Z_OK = 0;

  private final MethodHandle version;
  private final MethodHandle init;
  private final MethodHandle end;

  private Zlib(SymbolLookup library) {
    version = NativeCalls.function(library, "zlibVersion", FunctionDescriptor.of(ADDRESS));
    init =
        NativeCalls.function(
            library,
            "inflateInit2_",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT));
    end = NativeCalls.function(library, "inflateEnd", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  }

  /** Empty when the machine has no zlib of this name. */
  @SuppressWarnings("restricted")
  static Optional<HookedLibrary> load() {
    SymbolLookup library;
    try {
      // SAFETY: zlib's initialisers do nothing; it stays loaded while the victim lives.
      library = SymbolLookup.libraryLookup(FILE, Arena.global());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    return Optional.of(new Zlib(library));
  }

  @Override
  public String name() {
    return "zlib";
  }

  @Override
  public Session open(BlockHooks hooks) {
    // Never closed: zlib keeps a pointer to the stream for as long as the session is open.
    MemorySegment stream = Arena.global().allocate(STREAM_BYTES, ADDRESS.byteAlignment());
    stream.set(ADDRESS, ZALLOC_OFFSET, hooks.allocatePointer());
    stream.set(ADDRESS, ZFREE_OFFSET, hooks.releasePointer());
    int status;
    try {
      // SAFETY: zlibVersion takes nothing and returns a constant string.
      MemorySegment ownVersion = (MemorySegment) version.invokeExact();
      // SAFETY: the stream is zeroed but for the hooks, as zlib.h asks for.
      status = (int) init.invokeExact(stream, WINDOW_BITS, ownVersion, STREAM_BYTES);
    } catch (Throwable e) {
      throw NativeCalls.failed("inflateInit2_", e);
    }
    hooks.rethrow();
    requireOk("inflateInit2_", status);
    return new Decompressor(stream, hooks);
  }

  private static void requireOk(String function, int status) {
    if (status != Z_OK) {
      throw new IllegalStateException(function + " must succeed: status=" + status);
    }
  }

  /** A zlib stream for decompression. */
  private final class Decompressor implements Session {
    private final MemorySegment stream;
    private final BlockHooks hooks;

    Decompressor(MemorySegment stream, BlockHooks hooks) {
      this.stream = stream;
      this.hooks = hooks;
    }

    @Override
    public MemorySegment state() {
      return stream.get(ADDRESS, STATE_OFFSET);
    }

    @Override
    public void close() {
      int status;
      try {
        // SAFETY: the stream was initialised by inflateInit2_ and is ended once.
        status = (int) end.invokeExact(stream);
      } catch (Throwable e) {
        throw NativeCalls.failed("inflateEnd", e);
      }
      hooks.rethrow();
      requireOk("inflateEnd", status);
    }
  }
}
