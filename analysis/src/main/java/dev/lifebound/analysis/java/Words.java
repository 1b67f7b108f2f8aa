package dev.lifebound.analysis.java;

import java.util.Set;

/** The pre-filter: whether a text mentions one of some words, told without parsing it. */
final class Words {
  private Words() {}

  /** Whether one of the words stands in the text as an identifier; comments and strings count. */
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
      if (first[c < 128 ? c : 0]
          && at - start <= longest
          && words.contains(text.substring(start, at))) {
        return true;
      }
    }
    return false;
  }
}
