package dev.lifebound.crash.lab;

import dev.lifebound.memory.guard.UseAfterFreeException;
import dev.lifebound.memory.handle.StaleHandleException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** One way in which C frees a block that a Java map still holds. */
public enum Scenario {
  /** The allocator writes its own bookkeeping over a freed block; the map returns that. */
  SMALL_BLOCK("a small block is freed by C while a map still holds it"),
  /** The next allocation gets the freed address; the map answers for the wrong block. */
  ADDRESS_REUSE("a block is freed and the next malloc gets its address"),
  /** The kernel takes the pages of a large block back; reading them kills the JVM. */
  LARGE_BLOCK("a block of 40 MB is freed, then read"),
  /** A C library frees its own block while Java keeps a pointer into it. */
  DEAD_PAGE("a C library frees its own block while a map points into it");

  /** How often a large block may be read before its death counts as missing. */
  private static final int MOST_TRIES = 5;

  private final String summary;

  Scenario(String summary) {
    this.summary = summary;
  }

  /** The name on the command line and in every output, such as {@code small-block}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** What happens, in half a sentence. */
  public String summary() {
    return summary;
  }

  /** The scenario of a name, if there is one. */
  public static Optional<Scenario> named(String text) {
    return Arrays.stream(values()).filter(scenario -> scenario.text().equals(text)).findFirst();
  }

  /** Why it happens and what to do: the scenario's page in Markdown. */
  public String explanation() {
    String page = text() + ".md";
    try (InputStream in = Scenario.class.getResourceAsStream(page)) {
      if (in == null) {
        throw new IllegalStateException(
            "the page of a scenario must be in the jar: page=" + page + "; build the module again");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("the page of a scenario must be readable: page=" + page, e);
    }
  }

  /** Whether a run in this mode should end like this. */
  boolean expects(Mode mode, Result result) {
    return switch (mode) {
      case PROTECTED ->
          result instanceof Result.Thrown thrown && thrown.exception().equals(refusal());
      case UNPROTECTED ->
          switch (this) {
            case SMALL_BLOCK, ADDRESS_REUSE -> result instanceof Result.SilentWrongData;
            case LARGE_BLOCK -> isSegmentationFault(result);
            case DEAD_PAGE ->
                result instanceof Result.SilentWrongData || isSegmentationFault(result);
          };
    };
  }

  /** How many victims may be spent on one run until one ends as expected. */
  int tries(Mode mode) {
    return this == LARGE_BLOCK && mode == Mode.UNPROTECTED ? MOST_TRIES : 1;
  }

  private String refusal() {
    return switch (this) {
      case SMALL_BLOCK, ADDRESS_REUSE, LARGE_BLOCK -> StaleHandleException.class.getName();
      case DEAD_PAGE -> UseAfterFreeException.class.getName();
    };
  }

  private static boolean isSegmentationFault(Result result) {
    return result instanceof Result.Crash crash && "SIGSEGV".equals(crash.signal());
  }
}
