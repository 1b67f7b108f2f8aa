package dev.lifebound.crash.lab;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/** A small C library of our own, compiled where zlib is missing. */
final class CompiledLibrary implements HookedLibrary {
  private static final String SOURCE = "session.c";

  private final MethodHandle open;
  private final MethodHandle close;

  private CompiledLibrary(SymbolLookup library) {
    open =
        NativeCalls.function(
            library, "lifebound_session_open", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
    close =
        NativeCalls.function(
            library, "lifebound_session_close", FunctionDescriptor.ofVoid(ADDRESS));
  }

  /** Compiles and loads the library; empty when the machine has no C compiler. */
  @SuppressWarnings("restricted")
  static Optional<HookedLibrary> build(Path folder) throws IOException {
    Optional<Path> compiler = Programs.ofMachine(System.getenv()).cCompiler();
    if (compiler.isEmpty()) {
      return Optional.empty();
    }
    Path source = folder.resolve(SOURCE);
    Sources.copy(SOURCE, source);
    Path library = folder.resolve("libsession.so");
    compile(compiler.get(), source, library);
    // SAFETY: the library has no initialisers; it stays loaded while the victim lives.
    return Optional.of(new CompiledLibrary(SymbolLookup.libraryLookup(library, Arena.global())));
  }

  private static void compile(Path compiler, Path source, Path library) throws IOException {
    Process process =
        new ProcessBuilder(
                compiler.toString(),
                "-shared",
                "-fPIC",
                "-O1",
                "-o",
                library.toString(),
                source.toString())
            .redirectErrorStream(true)
            .start();
    String output;
    int status;
    try (InputStream in = process.getInputStream()) {
      output = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      // The laboratory bounds the time of the victim and kills the compiler with it.
      status = process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("the compiler must not be interrupted: " + compiler, e);
    }
    if (status != 0) {
      throw new IOException(
          "the C compiler must succeed: compiler="
              + compiler
              + ", status="
              + status
              + "\n"
              + output);
    }
  }

  @Override
  public String name() {
    return "a C library compiled on the spot";
  }

  @Override
  public Session open(BlockHooks hooks) {
    MemorySegment state;
    try {
      // SAFETY: both pointers are hooks of the declared types that outlive the session.
      state = (MemorySegment) open.invokeExact(hooks.allocatePointer(), hooks.releasePointer());
    } catch (Throwable e) {
      throw NativeCalls.failed("lifebound_session_open", e);
    }
    hooks.rethrow();
    return new Opened(state, hooks);
  }

  /** A session of the library. */
  private final class Opened implements Session {
    private final MemorySegment state;
    private final BlockHooks hooks;

    Opened(MemorySegment state, BlockHooks hooks) {
      this.state = state;
      this.hooks = hooks;
    }

    @Override
    public MemorySegment state() {
      return state;
    }

    @Override
    public void close() {
      try {
        // SAFETY: the session is open and closed once.
        close.invokeExact(state);
      } catch (Throwable e) {
        throw NativeCalls.failed("lifebound_session_close", e);
      }
      hooks.rethrow();
    }
  }
}
