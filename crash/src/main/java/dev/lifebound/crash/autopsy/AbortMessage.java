package dev.lifebound.crash.autopsy;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What glibc's allocator writes to standard error before it calls {@code abort()}. HotSpot writes
 * no file then, so that a captured console is all there is besides the ledger.
 *
 * @param text the sentence as it was found
 * @param problem what the allocator had noticed
 */
public record AbortMessage(String text, Problem problem) implements CrashLog {
  /** What an allocator can notice. */
  public enum Problem {
    /** The same block was freed twice. */
    DOUBLE_FREE,
    /** That, or the words before a block that was freed for the first time were overwritten. */
    DOUBLE_FREE_OR_CORRUPTION,
    /** {@code free} got something that is no block. */
    INVALID_POINTER,
    /** The allocator's own bookkeeping was overwritten. */
    CORRUPTION
  }

  /**
   * The sentences of glibc's malloc.c, each as a whole: a program's own log speaks of double frees,
   * too.
   */
  private static final List<Phrase> PHRASES =
      List.of(
          new Phrase("free\\(\\): double free detected in tcache(?: \\d+)?", Problem.DOUBLE_FREE),
          new Phrase("double free or corruption \\(!?\\w+\\)", Problem.DOUBLE_FREE_OR_CORRUPTION),
          new Phrase(
              "(?:free|munmap_chunk|mremap_chunk|realloc|reallocarray)\\(\\): invalid pointer",
              Problem.INVALID_POINTER),
          // A wrong size stands before a block that somebody has overwritten, or before no block at
          // all.
          new Phrase(
              "(?:free|realloc)\\(\\): (?:invalid (?:size|old size|next size)(?: \\(\\w+\\))?"
                  + "|(?:corrupted|unaligned|too many) [a-z ]*chunks?[a-z ]*\\d?)"
                  + "|break adjusted to free malloc space",
              Problem.CORRUPTION),
          new Phrase(
              "corrupted (?:size vs\\. prev_size[a-z ]*|double-linked list(?: \\(not small\\))?"
                  + "|unsorted chunks ?\\d?|top size)"
                  + "|(?:malloc|malloc_consolidate|tcache_thread_shutdown)\\(\\): [a-z][\\w ()>-]*",
              Problem.CORRUPTION));

  /** Up to glibc 2.25 the sentence has this around it. */
  private static final String OLD_START = "(?:\\*\\*\\* Error in `.*': )?";

  private static final String OLD_END = "(?:: 0x[0-9a-f]+ \\*\\*\\*)?";

  private record Phrase(Pattern pattern, Problem problem) {
    Phrase(String pattern, Problem problem) {
      this(Pattern.compile(OLD_START + "(?:" + pattern + ")" + OLD_END), problem);
    }
  }

  /** The last such sentence of a console. */
  static Optional<AbortMessage> find(String text) {
    return text.lines()
        .filter(line -> line.length() < HsErrReader.MOST_LINE_CHARACTERS)
        .flatMap(line -> ofLine(line).stream())
        .reduce((first, second) -> second);
  }

  private static Optional<AbortMessage> ofLine(String line) {
    return PHRASES.stream()
        .filter(phrase -> phrase.pattern.matcher(line.strip()).matches())
        .findFirst()
        .map(phrase -> new AbortMessage(line.strip(), phrase.problem));
  }
}
