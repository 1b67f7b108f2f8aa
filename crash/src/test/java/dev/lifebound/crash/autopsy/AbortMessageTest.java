package dev.lifebound.crash.autopsy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.crash.autopsy.AbortMessage.Problem;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The C library's sentences are told from those that programs write. */
class AbortMessageTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "free(): double free detected in tcache 2|DOUBLE_FREE",
        "double free or corruption (!prev)|DOUBLE_FREE_OR_CORRUPTION",
        "double free or corruption (fasttop)|DOUBLE_FREE_OR_CORRUPTION",
        "*** Error in `java': double free or corruption (out): 0x00007f6c3c0f1b20 ***"
            + "|DOUBLE_FREE_OR_CORRUPTION",
        "munmap_chunk(): invalid pointer|INVALID_POINTER",
        "free(): invalid next size (fast)|CORRUPTION",
        "free(): corrupted unsorted chunks|CORRUPTION",
        "free(): too many chunks detected in tcache|CORRUPTION",
        "free(): unaligned chunk detected in tcache 2|CORRUPTION",
        "corrupted size vs. prev_size while consolidating|CORRUPTION",
        "corrupted double-linked list (not small)|CORRUPTION",
        "malloc(): mismatching next->prev_size (unsorted)|CORRUPTION",
        "malloc_consolidate(): unaligned fastbin chunk detected|CORRUPTION"
      })
  void sentencesOfTheCLibraryAreFound(String line, Problem problem) {
    assertThat(AbortMessage.find("starting\n" + line + "\n"))
        .hasValueSatisfying(message -> assertThat(message.problem()).isEqualTo(problem));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "WARN billing: double free detected for coupon 77, order kept",
        "double free detected for coupon 77",
        "the check for a double free or corruption (see wiki) is off",
        "Buffer.malloc(): returned null",
        "parser: corrupted size vs. prev_size in header of file",
        "free(): invalid pointer arithmetic is reported by rule 7"
      })
  void sentencesOfProgramsAreNot(String line) {
    assertThat(AbortMessage.find("starting\n" + line + "\n")).isEmpty();
  }
}
