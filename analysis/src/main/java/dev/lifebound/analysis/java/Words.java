package dev.lifebound.analysis.java;

import java.util.Set;

/** The pre-filter: whether a text mentions one of some words, told without parsing it. */
final class Words {
  /** The keyword; in prose it is a frequent word too. */
  static final String NATIVE = "native";

  private Words() {}

  /**
   * Whether one of the words stands in the text as an identifier, {@code native} as a modifier;
   * comments and strings count otherwise.
   */
  static boolean mentions(String text, Set<String> words) {
    boolean[] first = new boolean[128];
    int longest = 0;
    for (String word : words) {
      char initial = word.charAt(0);
      first[initial < 128 ? initial : 0] = true;
      longest = Math.max(longest, word.length());
    }
    int length = text.length();
    int at = 0;
    while (at < length) {
      char c = text.charAt(at);
      if (!Character.isJavaIdentifierStart(c)) {
        at++;
        continue;
      }
      int start = at;
      do {
        at++;
      } while (at < length && Character.isJavaIdentifierPart(text.charAt(at)));
      if (first[c < 128 ? c : 0] && at - start <= longest) {
        String word = text.substring(start, at);
        if (words.contains(word) && (!word.equals(NATIVE) || isModifier(text, start))) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether only modifiers precede a word on its line: prose about native code is no method. */
  private static boolean isModifier(String text, int start) {
    for (int i = start - 1; i >= 0 && text.charAt(i) != '\n'; i--) {
      char c = text.charAt(i);
      if (!Character.isLetter(c) && !Character.isWhitespace(c) && "@{};".indexOf(c) < 0) {
        return false;
      }
    }
    return true;
  }
}
