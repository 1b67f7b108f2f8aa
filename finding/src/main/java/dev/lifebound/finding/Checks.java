package dev.lifebound.finding;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Argument checks shared by the records of this package. */
final class Checks {
  private static final Pattern WORD = Pattern.compile("[a-z][a-z0-9-]*");

  private Checks() {}

  static void text(String name, String value) {
    if (value.isBlank()) {
      throw new IllegalArgumentException(name + " must not be blank: " + name + "='" + value + "'");
    }
  }

  static boolean isWord(String value) {
    return WORD.matcher(value).matches();
  }

  static void word(String name, String value) {
    if (!isWord(value)) {
      throw new IllegalArgumentException(
          name + " must be lower-case letters, digits and hyphens: " + name + "='" + value + "'");
    }
  }

  /** The value, or null when it says nothing. */
  static @Nullable String orNull(@Nullable String value) {
    return value == null || value.isBlank() ? null : value;
  }

  /** A copy that iterates in key order, so that every output has one order. */
  static Map<String, String> sortedCopy(Map<String, String> map) {
    return Collections.unmodifiableMap(new TreeMap<>(map));
  }
}
