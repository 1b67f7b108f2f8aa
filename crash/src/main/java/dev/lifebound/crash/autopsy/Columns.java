package dev.lifebound.crash.autopsy;

import java.lang.Character.UnicodeBlock;
import java.lang.Character.UnicodeScript;
import java.util.Set;

/**
 * How many columns of a terminal a text takes: the letters of East Asia and emoji take two, marks
 * upon other letters none. By the JDK's tables of Unicode, so for characters that it knows; a
 * terminal may draw newer ones otherwise.
 */
final class Columns {
  private static final Set<UnicodeScript> WIDE =
      Set.of(
          UnicodeScript.HAN,
          UnicodeScript.HIRAGANA,
          UnicodeScript.KATAKANA,
          UnicodeScript.HANGUL,
          UnicodeScript.BOPOMOFO,
          UnicodeScript.YI);

  /** Of this block on, Latin letters are wide, and Katakana and Hangul narrow. */
  private static final int LAST_FULL_WIDTH = 0xff60;

  private static final int FULL_WIDTH_SIGNS = 0xffe0;
  private static final int LAST_FULL_WIDTH_SIGN = 0xffe6;

  private Columns() {}

  static int of(String text) {
    return text.codePoints().map(Columns::of).sum();
  }

  private static int of(int character) {
    int type = Character.getType(character);
    if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK) {
      return 0;
    }
    UnicodeBlock block = UnicodeBlock.of(character);
    if (UnicodeBlock.HALFWIDTH_AND_FULLWIDTH_FORMS.equals(block)) {
      return character <= LAST_FULL_WIDTH
              || (character >= FULL_WIDTH_SIGNS && character <= LAST_FULL_WIDTH_SIGN)
          ? 2
          : 1;
    }
    return UnicodeBlock.CJK_SYMBOLS_AND_PUNCTUATION.equals(block)
            || Character.isEmojiPresentation(character)
            || WIDE.contains(UnicodeScript.of(character))
        ? 2
        : 1;
  }

  /** The index behind the characters from the start that fit; at least one, so that it goes on. */
  static int fitting(String text, int columns) {
    int end = 0;
    int taken = 0;
    while (end < text.length()) {
      int character = text.codePointAt(end);
      taken += of(character);
      if (taken > columns && end > 0) {
        break;
      }
      end += Character.charCount(character);
    }
    return end;
  }
}
