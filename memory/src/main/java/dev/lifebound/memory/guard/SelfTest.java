package dev.lifebound.memory.guard;

import dev.lifebound.memory.os.CAllocator;
import dev.lifebound.memory.os.NativeCode;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Tries the machine code in a JVM of its own before this one relies on it: a handler that does not
 * work here would end the process.
 *
 * <p>What passed is remembered per JDK build, kernel, processor, code, mode and way of page death.
 */
final class SelfTest {
  static final String PASSED = "lifebound self-test passed";
  private static final long PATIENCE_SECONDS = 20;
  private static final double NANOS_PER_MILLI = 1e6;

  /** Options of our parent that the child must not take, least of all the agent itself. */
  private static final List<String> NOT_INHERITED =
      List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

  private SelfTest() {}

  /**
   * Passes the test, or finds that it was passed.
   *
   * @return how, for the arming line
   * @throws GuardUnavailableException when it fails or cannot run
   */
  static String require(NativeCode code, Mode mode, PageDeath death) {
    CAllocator allocator = CAllocator.glibc();
    String key =
        String.join(
            "\n",
            "java.vm=" + System.getProperty("java.vm.name"),
            "java.vm.version=" + System.getProperty("java.vm.version"),
            "kernel=" + System.getProperty("os.version"),
            "processor=" + System.getProperty("os.arch"),
            "code=" + code.hash(),
            "libc=" + (allocator == null ? "?" : allocator.version()),
            "mode=" + mode,
            "pages=" + death,
            "");
    SelfTestCache cache = SelfTestCache.ofUser();
    if (cache.holds(key)) {
      return "cached";
    }
    long start = System.nanoTime();
    run(mode, death);
    String stored = cache.store(key) ? "" : " and not cached";
    return String.format(
        Locale.ROOT, "passed in %.0f ms%s", (System.nanoTime() - start) / NANOS_PER_MILLI, stored);
  }

  private static void run(Mode mode, PageDeath death) {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xbatch",
                "-XX:+UseSerialGC",
                "-Xmx32m",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=/dev/null",
                "--enable-native-access=ALL-UNNAMED",
                "-D" + NativeCode.DENY_PROPERTY + "=" + denied(),
                "-cp",
                classPath(),
                SelfTestChild.class.getName(),
                mode.name(),
                death.name())
            .redirectErrorStream(true);
    builder.environment().keySet().removeAll(NOT_INHERITED);
    run(builder, PATIENCE_SECONDS);
  }

  /**
   * Runs the test.
   *
   * @throws GuardUnavailableException when it does not pass within so many seconds
   */
  static void run(ProcessBuilder builder, long patienceSeconds) {
    String out;
    int exit;
    try {
      Process child = builder.start();
      child.getOutputStream().close();
      // Not read before its end: one that hangs must not make us hang. What it writes fits the
      // pipe.
      if (!child.waitFor(patienceSeconds, TimeUnit.SECONDS)) {
        child.destroyForcibly();
        throw failed("it did not end within " + patienceSeconds + " s");
      }
      exit = child.exitValue();
      out = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw failed(e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed("interrupted");
    }
    if (exit != 0 || !out.endsWith(PASSED)) {
      throw failed("exit=" + exit + ", output=" + out);
    }
  }

  private static String denied() {
    return System.getProperty(NativeCode.DENY_PROPERTY, "");
  }

  private static GuardUnavailableException failed(String why) {
    return new GuardUnavailableException(
        "the machine code must pass its test in a JVM of its own: "
            + why
            + "; without the test arm with selfTest(false)");
  }

  /** Where this class came from: a jar or a folder. */
  private static String classPath() {
    CodeSource source = SelfTest.class.getProtectionDomain().getCodeSource();
    try {
      URI place = source == null ? null : source.getLocation().toURI();
      if (place != null && "file".equals(place.getScheme()) && Files.exists(Path.of(place))) {
        return Path.of(place).toString();
      }
      throw failed("its classes must lie in a file or folder: location=" + place);
    } catch (URISyntaxException e) {
      throw failed(e.toString());
    }
  }
}
