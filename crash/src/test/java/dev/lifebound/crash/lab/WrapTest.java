package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WrapTest {
  @Test
  void breaksAtSpaces() {
    assertThat(Wrap.lines("one two three", 8)).containsExactly("one two", "three");
  }

  @Test
  void aTextOfExactlyTheWidthStaysWhole() {
    assertThat(Wrap.lines("one two", 7)).containsExactly("one two");
  }

  @Test
  void keepsLineBreaksAndIndents() {
    assertThat(Wrap.lines("head\n  first second\n\n", 9))
        .containsExactly("head", "  first", "  second");
  }

  @Test
  void breaksAWordThatIsTooLong() {
    assertThat(Wrap.lines("a bcdefghijklmno", 6)).containsExactly("a bcde", "fghijk", "lmno");
  }

  @Test
  void noLineIsLongerThanTheWidth() {
    String text = "word ".repeat(20) + "x".repeat(100) + "\n" + " ".repeat(60) + "deep indent";
    for (int width = 2; width < 130; width++) {
      int most = width;
      assertThat(Wrap.lines(text, width)).isNotEmpty().allMatch(line -> line.length() <= most);
    }
  }

  @Test
  void controlCharactersBecomeVisible() {
    assertThat(Wrap.lines("a\u001b[31mb\u0000", 20)).containsExactly("a?[31mb?");
  }
}
