package dev.lifebound.crash.lab;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;

/** Victims that end in each way a process can; the argument names the way. */
final class BadVictim {
  private BadVictim() {}

  static void main(String[] arguments) throws Throwable {
    switch (arguments[0]) {
      case "crash-in-java" -> readUnmapped();
      case "crash-in-c" -> compareUnmapped();
      case "abort" -> abort();
      case "hang" -> hang();
      case "hang-as-child" -> {
        VictimMain.endWithTheLaboratory();
        hang();
      }
      case "throw" -> throw new IllegalStateException("a broken victim");
      case "silence" -> Files.writeString(Path.of("left-behind"), "a file in the working folder");
      case "testify-then-crash" -> {
        System.out.print(Testimony.line(new Result.NoHarm("all is well"), OptionalLong.empty()));
        System.out.flush();
        readUnmapped();
      }
      case "chatter" -> {
        System.out.println("OpenJDK 64-Bit Server VM warning: something");
        System.out.print(
            Testimony.line(new Result.SilentWrongData("after\tmuch\nnoise"), OptionalLong.empty()));
      }
      case "core-limit" -> tellCoreLimit();
      default -> throw new IllegalArgumentException("unknown way: way=" + arguments[0]);
    }
  }

  @SuppressWarnings("restricted")
  private static void readUnmapped() {
    // SAFETY: none; the first page is never mapped, and this process is there to die.
    MemorySegment nothing = MemorySegment.ofAddress(64).reinterpret(64);
    System.out.println(nothing.get(JAVA_LONG, 0));
  }

  @SuppressWarnings("restricted")
  private static void compareUnmapped() throws Throwable {
    var memcmp =
        Linker.nativeLinker()
            .downcallHandle(
                Linker.nativeLinker().defaultLookup().findOrThrow("memcmp"),
                FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
    // SAFETY: none; the first page is never mapped, and this process is there to die.
    int order =
        (int) memcmp.invokeExact(MemorySegment.ofAddress(64), MemorySegment.ofAddress(128), 64L);
    System.out.println(order);
  }

  @SuppressWarnings("restricted")
  private static void abort() throws Throwable {
    new NativeHeap().forbidCoreFiles();
    System.err.println("free(): double free detected");
    // SAFETY: abort() takes nothing; this process is there to die.
    Linker.nativeLinker()
        .downcallHandle(
            Linker.nativeLinker().defaultLookup().findOrThrow("abort"), FunctionDescriptor.ofVoid())
        .invokeExact();
  }

  private static void hang() throws InterruptedException {
    new CountDownLatch(1).await();
  }

  private static void tellCoreLimit() throws IOException {
    new NativeHeap().forbidCoreFiles();
    String line =
        Files.readAllLines(Path.of("/proc/self/limits")).stream()
            .filter(limit -> limit.startsWith("Max core file size"))
            .findFirst()
            .orElseThrow();
    System.out.print(
        Testimony.line(
            new Result.NoHarm(line.replaceAll("\\s+", " ").strip()), OptionalLong.empty()));
  }
}
