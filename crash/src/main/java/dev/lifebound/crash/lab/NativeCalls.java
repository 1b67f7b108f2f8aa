package dev.lifebound.crash.lab;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/** What every native call of the victims shares. */
final class NativeCalls {
  private NativeCalls() {}

  @SuppressWarnings("restricted")
  static MethodHandle function(SymbolLookup lookup, String name, FunctionDescriptor type) {
    // SAFETY: each caller states the C declaration of the function it names.
    return Linker.nativeLinker().downcallHandle(lookup.findOrThrow(name), type);
  }

  /** A native call has no checked exceptions of its own: passes errors on and wraps the rest. */
  static RuntimeException failed(String function, Throwable thrown) {
    return switch (thrown) {
      case Error error -> throw error;
      case RuntimeException unchecked -> unchecked;
      default ->
          new IllegalStateException("the native call must not throw: function=" + function, thrown);
    };
  }
}
