package dev.lifebound.analysis.java;

import dev.lifebound.analysis.lifetime.Freeing;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The well-known native classes of libraries and what frees them.
 *
 * <p>A line of the table is {@code type CLASS METHOD...} (methods that free the object they are
 * called on; the empty list makes the class native without naming a free) or {@code static CLASS
 * METHOD ARGUMENT} (a static method that frees an argument, counted from 0). {@code #} begins a
 * comment. Subclasses inherit.
 */
final class NativeTable {
  static final NativeTable SHIPPED = read("java-natives.txt");

  private final Map<String, Set<String>> types = new LinkedHashMap<>();
  private final Map<String, Integer> statics = new LinkedHashMap<>();
  private final Set<String> names = new LinkedHashSet<>();

  /** A table in the form above; fails on a line that is neither. */
  static NativeTable of(List<String> lines) {
    NativeTable table = new NativeTable();
    lines.forEach(table::line);
    return table;
  }

  private static NativeTable read(String resource) {
    try (InputStream in =
            Objects.requireNonNull(NativeTable.class.getResourceAsStream(resource), resource);
        BufferedReader reader =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      return of(reader.lines().toList());
    } catch (IOException e) {
      throw new UncheckedIOException("the shipped table must be readable: name=" + resource, e);
    }
  }

  private void line(String raw) {
    int comment = raw.indexOf('#');
    String line = (comment < 0 ? raw : raw.substring(0, comment)).strip();
    if (line.isEmpty()) {
      return;
    }
    List<String> words = new ArrayList<>(List.of(line.split("\\s+")));
    switch (words.getFirst()) {
      case "type" ->
          types
              .computeIfAbsent(words.get(1), n -> new LinkedHashSet<>())
              .addAll(words.subList(2, words.size()));
      case "static" ->
          statics.put(words.get(1) + "." + words.get(2), Integer.parseInt(words.get(3)));
      default ->
          throw new IllegalArgumentException(
              "a line of the native table must begin with type or static: line='" + raw + "'");
    }
    names.add(words.get(1));
  }

  Set<String> typeNames() {
    return names;
  }

  /** Whether the class itself, without its ancestors, is listed as native. */
  boolean isNative(String type) {
    return types.containsKey(type);
  }

  /** How calling a method on an object of exactly this class frees it, or null. */
  @Nullable Freeing freeing(String type, String method) {
    Set<String> methods = types.get(type);
    if (methods == null || !methods.contains(method)) {
      return null;
    }
    String label = type.substring(type.lastIndexOf('.') + 1) + "." + method;
    return type.equals(KnownTypes.ARENA)
        ? new Freeing(label, Freeing.Knowledge.STANDARD, Freeing.Effect.GROUP_FREE)
        : new Freeing(label, Freeing.Knowledge.NAME_TABLE, Freeing.Effect.FREE);
  }

  /** Which argument a static method frees; negative when it frees none. */
  int freedArgument(String type, String method) {
    return statics.getOrDefault(type + "." + method, -1);
  }
}
