package dev.lifebound.finding;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The project's {@code .lifebound.yaml}.
 *
 * <pre>
 * exclude:
 *   - "third_party/**"
 * functions:
 *   - name: widget_drop        # exact, or a pattern with *
 *     frees: 0                 # the argument that is gone afterwards
 *   - name: widget_put
 *     releases: 0              # one reference less
 *   - name: widget_new
 *     allocates: true
 *   - name: cache_free
 *     ignore: true             # does not free, whatever its name says
 * </pre>
 *
 * @param exclude patterns of paths that are not scanned, relative to the scanned root
 * @param functions what native functions do, in the order written
 */
public record LifeboundConfig(List<String> exclude, List<NativeFunction> functions) {
  /** The file's name. */
  public static final String FILE_NAME = ".lifebound.yaml";

  /** No file. */
  public static final LifeboundConfig EMPTY = new LifeboundConfig(List.of(), List.of());

  private static final Set<String> KEYS = Set.of("exclude", "functions");
  private static final Set<String> FUNCTION_KEYS =
      Set.of("name", "frees", "releases", "allocates", "ignore");

  public LifeboundConfig {
    exclude = List.copyOf(exclude);
    functions = List.copyOf(functions);
  }

  /**
   * What one native function does.
   *
   * @param name its name; {@code *} stands for any text
   * @param effect what it does
   * @param argument the argument concerned, from 0; 0 where none is
   */
  public record NativeFunction(String name, Effect effect, int argument) {
    public NativeFunction {
      Checks.text("name", name);
    }
  }

  /** What a native function does. */
  public enum Effect {
    FREES,
    RELEASES,
    ALLOCATES,
    IGNORED
  }

  /**
   * Reads a configuration.
   *
   * @param text the YAML text
   * @param origin the file, for messages
   * @throws ConfigException if the text is not YAML, holds an unknown key or a wrong value
   */
  public static LifeboundConfig parse(String text, String origin) throws ConfigException {
    @Nullable Object tree;
    try {
      YAMLMapper mapper = new YAMLMapper();
      JsonNode node = mapper.readTree(text);
      tree = node.isMissingNode() ? null : mapper.treeToValue(node, Object.class);
    } catch (JacksonException e) {
      throw new ConfigException(
          "a configuration must be YAML: file="
              + origin
              + ", problem="
              + e.getOriginalMessage()
              + "; mend the file",
          e);
    }
    if (tree == null || tree.equals("")) {
      return EMPTY;
    }
    Map<?, ?> root = map(tree, "the file", origin);
    known(root, KEYS, origin);
    List<String> exclude = new ArrayList<>();
    for (Object pattern : list(root.get("exclude"), "exclude", origin)) {
      exclude.add(text(pattern, "exclude", origin));
    }
    List<NativeFunction> functions = new ArrayList<>();
    for (Object function : list(root.get("functions"), "functions", origin)) {
      functions.add(function(map(function, "functions", origin), origin));
    }
    return new LifeboundConfig(exclude, functions);
  }

  private static NativeFunction function(Map<?, ?> entry, String origin) throws ConfigException {
    known(entry, FUNCTION_KEYS, origin);
    String name = text(entry.get("name"), "name", origin);
    List<NativeFunction> stated = new ArrayList<>();
    if (entry.containsKey("frees")) {
      stated.add(new NativeFunction(name, Effect.FREES, argument(entry, "frees", origin)));
    }
    if (entry.containsKey("releases")) {
      stated.add(new NativeFunction(name, Effect.RELEASES, argument(entry, "releases", origin)));
    }
    if (Boolean.TRUE.equals(entry.get("allocates"))) {
      stated.add(new NativeFunction(name, Effect.ALLOCATES, 0));
    }
    if (Boolean.TRUE.equals(entry.get("ignore"))) {
      stated.add(new NativeFunction(name, Effect.IGNORED, 0));
    }
    if (stated.size() != 1) {
      throw new ConfigException(
          "a function must state one of frees, releases, allocates: true, ignore: true: file="
              + origin
              + ", name="
              + name
              + ", stated="
              + stated.size()
              + "; mend the entry");
    }
    return stated.getFirst();
  }

  private static int argument(Map<?, ?> entry, String key, String origin) throws ConfigException {
    if (entry.get(key) instanceof Integer index && index >= 0) {
      return index;
    }
    throw wrong(key, "the number of an argument, from 0", entry.get(key), origin);
  }

  private static void known(Map<?, ?> map, Set<String> keys, String origin) throws ConfigException {
    for (Object key : map.keySet()) {
      if (!(key instanceof String name) || !keys.contains(name)) {
        throw new ConfigException(
            "a key must be one of "
                + String.join(", ", keys.stream().sorted().toList())
                + ": file="
                + origin
                + ", key="
                + key
                + "; remove or correct it");
      }
    }
  }

  private static Map<?, ?> map(Object value, String key, String origin) throws ConfigException {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw wrong(key, "a list of keys with values", value, origin);
  }

  private static List<?> list(@Nullable Object value, String key, String origin)
      throws ConfigException {
    if (value == null) {
      return List.of();
    }
    if (value instanceof List<?> list) {
      return list;
    }
    throw wrong(key, "a list", value, origin);
  }

  private static String text(@Nullable Object value, String key, String origin)
      throws ConfigException {
    if (value instanceof String text && !text.isBlank()) {
      return text;
    }
    throw wrong(key, "a text", value, origin);
  }

  private static ConfigException wrong(
      String key, String wanted, @Nullable Object value, String origin) {
    return new ConfigException(
        "a value must be "
            + wanted
            + ": file="
            + origin
            + ", key="
            + key
            + ", value="
            + value
            + "; mend the file");
  }

  /** The configuration cannot be used; the message says why and what to do. */
  public static final class ConfigException extends Exception {
    private static final long serialVersionUID = 1;

    public ConfigException(String message) {
      super(message);
    }

    public ConfigException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
