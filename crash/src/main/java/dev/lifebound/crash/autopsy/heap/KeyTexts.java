package dev.lifebound.crash.autopsy.heap;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import shark.PrimitiveType;

/**
 * The texts of map keys. A key is an object somewhere in the dump, its characters another, so each
 * pass brings what the one before asked for.
 *
 * <p>Strings, boxed numbers, enums, UUIDs, pointers and records of these are shown as the program
 * would print them; of any other class the name and the object's number.
 */
final class KeyTexts {
  private static final int MOST_CHARACTERS = 120;

  /** A record within a record within a record is a key; deeper ones are cut. */
  private static final int MOST_DEPTH = 4;

  private static final byte LATIN1 = 0;

  /** What is known of an object: a text, or a shape with holes that other objects fill. */
  private sealed interface Shape {}

  private record Text(String text) implements Shape {}

  private record Characters(long array, byte coder) implements Shape {}

  private record Name(long string) implements Shape {}

  private record Components(String type, List<Component> components) implements Shape {}

  private record Component(String name, @Nullable String text, long reference) {}

  private final int idBytes;
  private final Set<Long> wanted = new HashSet<>();
  private final Map<Long, Byte> wantedArrays = new HashMap<>();
  private final Map<Long, Shape> shapes = new HashMap<>();
  private final Map<Long, String> characters = new HashMap<>();

  KeyTexts(int idBytes) {
    this.idBytes = idBytes;
  }

  /** Asks for the text of an object. */
  void want(long id) {
    if (id != 0 && !shapes.containsKey(id)) {
      wanted.add(id);
    }
  }

  boolean isWaiting() {
    return !wanted.isEmpty() || !wantedArrays.isEmpty();
  }

  /** What was asked for before a pass began, and is not in the dump, is not asked for again. */
  record Round(Set<Long> objects, Map<Long, Byte> arrays) {}

  Round begin() {
    Round round = new Round(Set.copyOf(wanted), Map.copyOf(wantedArrays));
    wanted.clear();
    wantedArrays.clear();
    return round;
  }

  void take(Instance object) {
    Shape shape = shape(object);
    shapes.put(object.id(), shape);
    switch (shape) {
      case Text _ -> {}
      case Characters text -> wantedArrays.put(text.array, text.coder);
      case Name name -> want(name.string);
      case Components parts -> parts.components.forEach(part -> want(part.reference));
    }
  }

  /**
   * Takes the bytes of a string, at most the first of them.
   *
   * @param coder 0 for one byte a character, 1 for two
   */
  void take(long array, byte coder, byte[] bytes) {
    String text =
        coder == LATIN1
            ? new String(bytes, StandardCharsets.ISO_8859_1)
            : new String(bytes, 0, bytes.length & ~1, StandardCharsets.UTF_16LE);
    characters.put(
        array, text.length() > MOST_CHARACTERS ? text.substring(0, MOST_CHARACTERS) + "…" : text);
  }

  /** Bytes of a string that are worth reading. */
  static int mostBytes() {
    return 2 * MOST_CHARACTERS + 2;
  }

  private Shape shape(Instance object) {
    ClassTable.Type type = object.type();
    switch (type.name) {
      case "java.lang.String" -> {
        ClassTable.Field coder = type.fields.get("coder");
        return new Characters(
            object.reference("value", idBytes),
            // Before JDK 9 there was none; an object that is shorter than its class is damaged.
            coder == null || coder.offset() >= object.bytes().limit()
                ? LATIN1
                : object.bytes().get(coder.offset()));
      }
      case "java.util.UUID" -> {
        Long high = object.number("mostSigBits");
        Long low = object.number("leastSigBits");
        return new Text(new UUID(high == null ? 0 : high, low == null ? 0 : low).toString());
      }
      default -> {
        // Told below by what it extends.
      }
    }
    ClassTable.Field value = type.fields.get("value");
    if (value != null
        && value.type() != ClassTable.REFERENCE
        && type.name.startsWith("java.lang.")) {
      return new Text(primitive(object, value));
    }
    if (type.supers.contains("java.lang.Enum")) {
      return new Name(object.reference("name", idBytes));
    }
    if (type.supers.contains("java.lang.Record")) {
      return new Components(
          type.simpleName(),
          type.fields.values().stream()
              .sorted(java.util.Comparator.comparingInt(ClassTable.Field::offset))
              .map(field ->
                  field.type() == ClassTable.REFERENCE
                      ? new Component(field.name(), null, object.reference(field, idBytes))
                      : new Component(field.name(), primitive(object, field), 0))
              .toList());
    }
    Long pointer = Pointers.number(object);
    return new Text(
        pointer != null
            ? "0x" + Long.toHexString(pointer)
            : type.name + "@" + Long.toHexString(object.id()));
  }

  private static String primitive(Instance object, ClassTable.Field field) {
    var bytes = object.bytes();
    int at = field.offset();
    PrimitiveType type = PrimitiveType.Companion.getPrimitiveTypeByHprofType().get(field.type());
    if (type == null || at + type.getByteSize() > bytes.limit()) {
      return "?";
    }
    return switch (type) {
      case BOOLEAN -> Boolean.toString(bytes.get(at) != 0);
      case CHAR -> Character.toString(bytes.getChar(at));
      case FLOAT -> Float.toString(bytes.getFloat(at));
      case DOUBLE -> Double.toString(bytes.getDouble(at));
      case BYTE -> Byte.toString(bytes.get(at));
      case SHORT -> Short.toString(bytes.getShort(at));
      case INT -> Integer.toString(bytes.getInt(at));
      case LONG -> Long.toString(bytes.getLong(at));
    };
  }

  /** The text of an object that was asked for, or null when the dump does not tell it. */
  @Nullable String text(long id) {
    return text(id, MOST_DEPTH);
  }

  private @Nullable String text(long id, int depth) {
    return switch (shapes.get(id)) {
      case null -> null;
      case Text known -> known.text;
      case Characters string -> characters.get(string.array);
      case Name name -> text(name.string, depth - 1);
      case Components parts ->
          parts.type
              + parts.components.stream()
                  .map(part -> part.name + "=" + component(part, depth))
                  .collect(Collectors.joining(", ", "[", "]"));
    };
  }

  private String component(Component part, int depth) {
    if (part.text != null) {
      return part.text;
    }
    if (part.reference == 0) {
      return "null";
    }
    String text = depth == 0 ? null : text(part.reference, depth - 1);
    return text == null ? "?" : text;
  }
}
