package dev.lifebound.memory.os;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;

/** A library that is loaded already and never unloaded. */
final class LoadedLibrary {
  private static final int RTLD_LAZY = 1;
  private static final int RTLD_NOLOAD = 4;

  private final String name;
  private final long handle;

  private LoadedLibrary(String name, long handle) {
    this.name = name;
    this.handle = handle;
  }

  /**
   * By the name that the linker knows it by, for instance {@code libjvm.so}, wherever it came from.
   *
   * @throws UnsupportedOperationException when there is none
   */
  static LoadedLibrary of(String name) {
    ByteBuffer text = Words.text(name);
    try {
      // SAFETY: the name ends with a NUL; NOLOAD loads and runs nothing.
      long handle =
          NativeCalls.call(LibC.known("dlopen"), Words.address(text), RTLD_LAZY | RTLD_NOLOAD);
      if (handle == 0) {
        throw new UnsupportedOperationException("the library must be loaded: name=" + name);
      }
      return new LoadedLibrary(name, handle);
    } finally {
      Reference.reachabilityFence(text);
    }
  }

  /**
   * The address of a symbol.
   *
   * @throws UnsupportedOperationException when the library does not export it
   */
  long find(String symbol) {
    ByteBuffer text = Words.text(symbol);
    try {
      // SAFETY: a handle of dlopen, a name that ends with a NUL.
      long address = NativeCalls.call(LibC.known("dlsym"), handle, Words.address(text));
      if (address == 0) {
        throw new UnsupportedOperationException(
            "the library must export the symbol: library=" + name + ", symbol=" + symbol);
      }
      return address;
    } finally {
      Reference.reachabilityFence(text);
    }
  }
}
