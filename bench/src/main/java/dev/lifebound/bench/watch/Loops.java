package dev.lifebound.bench.watch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The loops of {@code loop.c}, compiled and loaded. */
final class Loops {
  static final String LIBRARY = "libloop.so";
  private static final String SOURCE = "loop.c";

  private final SymbolLookup lookup;

  /** Compiles into the folder; to be made before any slot is patched. */
  @SuppressWarnings("restricted") // calling C is what this measures
  Loops(Path folder) throws IOException, InterruptedException {
    Path library = compile(folder);
    // SAFETY: a library of ours without initialisers.
    lookup = SymbolLookup.libraryLookup(library, Arena.global());
    SymbolLookup system = Linker.nativeLinker().defaultLookup();
    MethodHandle init =
        Linker.nativeLinker()
            .downcallHandle(
                lookup.find("loop_init").orElseThrow(),
                FunctionDescriptor.ofVoid(ADDRESS, ADDRESS));
    MemorySegment malloc = system.find("malloc").orElseThrow();
    MemorySegment free = system.find("free").orElseThrow();
    try {
      // SAFETY: the two functions that the library expects.
      init.invokeExact(malloc, free);
    } catch (Throwable e) {
      throw new IllegalStateException("loop_init must not throw", e);
    }
  }

  private static Path compile(Path folder) throws IOException, InterruptedException {
    Path source = folder.resolve(SOURCE);
    try (InputStream in = Loops.class.getResourceAsStream(SOURCE)) {
      if (in == null) {
        throw new IllegalStateException("the C source must be in the jar: resource=" + SOURCE);
      }
      Files.write(source, in.readAllBytes());
    }
    Path library = folder.resolve(LIBRARY);
    Process gcc =
        new ProcessBuilder(
                "gcc",
                "-O2",
                "-shared",
                "-fPIC",
                "-fno-plt",
                "-fno-builtin-malloc",
                "-o",
                library.toString(),
                source.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (gcc.waitFor() != 0) {
      throw new IOException("gcc must compile the loops; apt-get install gcc\n" + output);
    }
    return library;
  }

  /** A function of two numbers. */
  @SuppressWarnings("restricted")
  MethodHandle function(String name) {
    // SAFETY: every loop has this form.
    return Linker.nativeLinker()
        .downcallHandle(
            lookup.find(name).orElseThrow(),
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
  }

  static long call(MethodHandle loop, long n, long argument) {
    try {
      // SAFETY: as above.
      return (long) loop.invokeExact(n, argument);
    } catch (Throwable e) {
      throw new IllegalStateException("a loop must not throw", e);
    }
  }
}
