package dev.lifebound.analysis.go;

import dev.lifebound.analysis.lifetime.Freeing;
import dev.lifebound.analysis.lifetime.Summary;
import dev.lifebound.finding.LifeboundConfig;
import dev.lifebound.finding.LifeboundConfig.NativeFunction;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What C functions without a body here do: the project's table, then the shipped one. */
final class NativeFunctions {
  /** Defined by C or cgo: no doubt about what they do. */
  private static final Set<String> STANDARD =
      Set.of("free", "malloc", "calloc", "aligned_alloc", "strdup", "strndup", "CString", "CBytes");

  private static final String RESOURCE = "native-functions.yaml";

  private final Table declared;
  private final Table shipped;
  private final Map<String, Optional<Summary>> cache = new ConcurrentHashMap<>();

  private NativeFunctions(Table declared, Table shipped) {
    this.declared = declared;
    this.shipped = shipped;
  }

  /** The shipped table behind a project's own. */
  static NativeFunctions with(List<NativeFunction> declared) {
    return new NativeFunctions(
        new Table(declared, Freeing.Knowledge.DECLARED),
        new Table(shipped(), Freeing.Knowledge.NAME_TABLE));
  }

  /** What a call does, by the C name without {@code C.}; null when nothing is known. */
  @Nullable Summary summary(String name) {
    return cache
        .computeIfAbsent(
            name,
            key -> {
              Optional<Summary> known = declared.find(key);
              return known.isPresent() ? known : shipped.find(key);
            })
        .orElse(null);
  }

  private static List<NativeFunction> shipped() {
    try (InputStream stream = NativeFunctions.class.getResourceAsStream(RESOURCE)) {
      if (stream == null) {
        throw new IllegalStateException(
            "the jar must carry its native table: resource=" + RESOURCE + "; rebuild it");
      }
      String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      return LifeboundConfig.parse(text, RESOURCE).functions();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "the native table must be readable: resource=" + RESOURCE + "; check the jar", e);
    } catch (LifeboundConfig.ConfigException e) {
      throw new IllegalStateException(
          "the native table must be valid: resource=" + RESOURCE + "; rebuild the jar", e);
    }
  }

  /** Exact names first, then patterns in their order. */
  private static final class Table {
    private final Map<String, NativeFunction> exact = new HashMap<>();
    private final List<Map.Entry<Pattern, NativeFunction>> patterns = new ArrayList<>();
    private final Freeing.Knowledge knowledge;

    Table(List<NativeFunction> functions, Freeing.Knowledge knowledge) {
      this.knowledge = knowledge;
      for (NativeFunction function : functions) {
        if (function.name().contains("*")) {
          String regex = Pattern.quote(function.name()).replace("*", "\\E.*\\Q");
          patterns.add(Map.entry(Pattern.compile(regex), function));
        } else {
          exact.putIfAbsent(function.name(), function);
        }
      }
    }

    Optional<Summary> find(String name) {
      NativeFunction function = exact.get(name);
      if (function != null) {
        return Optional.of(summary(name, function));
      }
      return patterns.stream()
          .filter(pattern -> pattern.getKey().matcher(name).matches())
          .findFirst()
          .map(pattern -> summary(name, pattern.getValue()));
    }

    private Summary summary(String name, NativeFunction function) {
      Freeing.Knowledge known = STANDARD.contains(name) ? Freeing.Knowledge.STANDARD : knowledge;
      return switch (function.effect()) {
        case FREES -> freeing(name, function.argument(), known, Freeing.Effect.FREE);
        case RELEASES -> freeing(name, function.argument(), known, Freeing.Effect.RELEASE);
        case ALLOCATES -> Summary.allocating();
        case IGNORED -> Summary.NOTHING;
      };
    }

    private static Summary freeing(
        String name, int argument, Freeing.Knowledge knowledge, Freeing.Effect effect) {
      return Summary.freeing(argument, new Freeing("C." + name, knowledge, effect));
    }
  }
}
