package dev.lifebound.finding;

import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Tolerant access to SARIF: what is absent, null, blank or of the wrong type is null here. */
final class Sarif {
  private static final Pattern NOT_WORD = Pattern.compile("[^a-z0-9]+");

  private Sarif() {}

  /** The text at a path of members. */
  static @Nullable String text(JsonNode node, String... members) {
    JsonNode at = node;
    for (String member : members) {
      at = at.path(member);
    }
    return at.isString() && !at.stringValue().isBlank() ? at.stringValue() : null;
  }

  /** The text at a path of members, or what stands in for it. */
  static String textOr(String otherwise, JsonNode node, String... members) {
    return Objects.requireNonNullElse(text(node, members), otherwise);
  }

  /** The number of a member, or {@code otherwise}. */
  static int number(JsonNode node, String member, int otherwise) {
    JsonNode value = node.path(member);
    return value.isInt() ? value.intValue() : otherwise;
  }

  /** The text members of an object. */
  static Map<String, String> texts(JsonNode object) {
    Map<String, String> texts = new TreeMap<>();
    object
        .properties()
        .forEach(member -> {
          if (member.getValue().isString()) {
            texts.put(member.getKey(), member.getValue().stringValue());
          }
        });
    return texts;
  }

  /** A word of the model made out of a foreign identifier. */
  static String word(@Nullable String identifier, String otherwise) {
    if (identifier == null) {
      return otherwise;
    }
    if (Checks.isWord(identifier)) {
      return identifier;
    }
    String words = NOT_WORD.matcher(identifier.toLowerCase(Locale.ROOT)).replaceAll("-");
    int start = 0;
    while (start < words.length() && !Character.isLetter(words.charAt(start))) {
      start++;
    }
    int end = words.length();
    while (end > start && words.charAt(end - 1) == '-') {
      end--;
    }
    return start == end ? otherwise : words.substring(start, end);
  }

  /** The text of a message object; {@code strings} holds the messages it may name by identifier. */
  static @Nullable String message(JsonNode message, JsonNode strings) {
    String text = text(message, "text");
    if (text == null) {
      text = text(message, "markdown");
    }
    String id = text(message, "id");
    if (text == null && id != null) {
      text = text(strings, id, "text");
    }
    JsonNode arguments = message.path("arguments");
    if (text == null || arguments.isEmpty()) {
      return text;
    }
    for (int i = 0; i < arguments.size(); i++) {
      text = text.replace("{" + i + "}", arguments.path(i).asString(""));
    }
    return text.replace("{{", "{").replace("}}", "}");
  }

  static Colour colour(String level) {
    return switch (level) {
      case "error" -> Colour.RED;
      case "note", "none" -> Colour.GREEN;
      default -> Colour.YELLOW;
    };
  }
}
