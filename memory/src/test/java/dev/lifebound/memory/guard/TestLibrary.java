package dev.lifebound.memory.guard;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A library compiled for one test from a source of {@code src/test/resources}, and its functions.
 */
@SuppressWarnings("restricted") // calling C is what this tests
final class TestLibrary {
  private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG;

  private final SymbolLookup lookup;

  private TestLibrary(SymbolLookup lookup) {
    this.lookup = lookup;
  }

  /** Compiles a C or C++ source. */
  static Path compile(Path folder, String source, String name, String... flags) throws Exception {
    Path file = folder.resolve(source);
    try (InputStream in = TestLibrary.class.getResourceAsStream(source)) {
      if (in == null) {
        throw new IllegalStateException("the source must be a test resource: source=" + source);
      }
      Files.write(file, in.readAllBytes());
    }
    boolean cpp = source.endsWith(".cpp");
    Path library = folder.resolve(name);
    List<String> command = new ArrayList<>();
    command.addAll(cpp ? List.of("g++", "-std=c++17") : List.of("gcc"));
    command.addAll(List.of("-O1", "-shared", "-fPIC", "-pthread"));
    command.addAll(Arrays.asList(flags));
    command.addAll(List.of("-o", library.toString(), file.toString()));
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new IllegalStateException(
          "this test needs a compiler; apt-get install " + (cpp ? "g++" : "gcc"), e);
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IllegalStateException("the compiler must succeed: " + command + "\n" + output);
    }
    return library;
  }

  /** Loads a library for the rest of the process. */
  static TestLibrary load(Path path) {
    // SAFETY: libraries of this test; none has an initialiser.
    return new TestLibrary(SymbolLookup.libraryLookup(path, Arena.global()));
  }

  static TestLibrary of(SymbolLookup lookup) {
    return new TestLibrary(lookup);
  }

  /** A function of so many 64-bit words that returns one. */
  MethodHandle function(String name, int words, Linker.Option... options) {
    MemoryLayout[] parameters = new MemoryLayout[words];
    Arrays.fill(parameters, WORD);
    // SAFETY: every function of the victims takes and returns words or less, in registers.
    return Linker.nativeLinker()
        .downcallHandle(
            lookup.find(name).orElseThrow(), FunctionDescriptor.of(WORD, parameters), options);
  }

  /** Calls a function that takes words. */
  long call(String name, long... words) {
    return invoke(function(name, words.length), words);
  }

  static long invoke(MethodHandle function, long... words) {
    try {
      return (long)
          function.invokeWithArguments(Arrays.stream(words).boxed().toArray(Object[]::new));
    } catch (Throwable e) {
      throw new IllegalStateException("a call of the victim must not throw", e);
    }
  }
}
