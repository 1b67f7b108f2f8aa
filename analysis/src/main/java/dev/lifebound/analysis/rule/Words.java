package dev.lifebound.analysis.rule;

import dev.lifebound.analysis.lifetime.Facts;
import dev.lifebound.analysis.lifetime.Freeing;
import dev.lifebound.analysis.lifetime.MapDeclaration;
import dev.lifebound.analysis.lifetime.Place;
import dev.lifebound.finding.Evidence;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Words and doubts that several rules share. */
final class Words {
  private Words() {}

  static String at(Facts.Point point) {
    return point.function().file().path()
        + ":"
        + point.function().file().line(point.span().start());
  }

  /** How a sentence names what of an entry was freed. */
  static String part(Facts.Part part) {
    return switch (part) {
      case KEY -> "its key";
      case VALUE -> "its value";
      case VALUE_FIELD -> "memory of its value";
      case OWNER -> "the owner of its value";
    };
  }

  static Evidence path(String text) {
    return new Evidence("static-path", text, Map.of());
  }

  /** Says where the knowledge of the free comes from. */
  static Evidence free(Facts.Free free) {
    Freeing freeing = free.freeing();
    String text =
        switch (freeing.knowledge()) {
          case STANDARD -> freeing.function() + " frees its argument by definition";
          case BODY -> freeing.function() + " frees its argument: its body was read";
          case DECLARED -> freeing.function() + " frees its argument: .lifebound.yaml says so";
          case NAME_TABLE ->
              freeing.function()
                  + " is taken for a free because of its name; its body was not seen";
        };
    return new Evidence(
        "summary", text, Map.of("function", freeing.function(), "knowledge", word(freeing)));
  }

  private static String word(Freeing freeing) {
    return switch (freeing.knowledge()) {
      case STANDARD -> "standard";
      case BODY -> "body";
      case DECLARED -> "declared";
      case NAME_TABLE -> "name-table";
    };
  }

  /** Why a free or a map leaves room for doubt, or empty. */
  static Optional<String> doubt(Facts facts, Place map, Facts.Part part, Facts.Free free) {
    MapDeclaration declaration = facts.unit().maps().get(map);
    if (free.freeing().knowledge() == Freeing.Knowledge.NAME_TABLE) {
      return Optional.of(
          "that " + free.freeing().function() + " frees is known from its name only");
    }
    if (free.freeing().effect() == Freeing.Effect.RELEASE) {
      return Optional.of(
          free.freeing().function() + " gives up one reference; others may keep the block");
    }
    MapDeclaration.Kind kind = kind(declaration, part);
    if (kind == MapDeclaration.Kind.ANY) {
      return Optional.of("the map holds interface values, whose contents are not known");
    }
    if (kind == MapDeclaration.Kind.ADDRESS) {
      return Optional.of("the map holds the address as a number, which may be an identity only");
    }
    return Optional.empty();
  }

  /** Whether the part of an entry cannot hold an address at all. */
  static boolean isPlain(Facts facts, Place map, Facts.Part part) {
    MapDeclaration.Kind kind = kind(facts.unit().maps().get(map), part);
    return kind == MapDeclaration.Kind.PLAIN || kind == MapDeclaration.Kind.MARKER;
  }

  private static MapDeclaration.@Nullable Kind kind(
      @Nullable MapDeclaration declaration, Facts.Part part) {
    if (declaration == null) {
      return null;
    }
    return part == Facts.Part.KEY ? declaration.key() : declaration.value();
  }

  /** Whether an instance of the map is known to live as long as the program. */
  static boolean isLasting(Facts facts, Place map) {
    MapDeclaration declaration = facts.unit().maps().get(map);
    return declaration != null && declaration.programLifetime();
  }

  /** The first lookup of a map, or null. */
  static Facts.@Nullable Sighting lookup(Facts facts, Place map) {
    return first(facts.lookups(), map);
  }

  /** The first removal from a map, or null. */
  static Facts.@Nullable Sighting removal(Facts facts, Place map) {
    return first(facts.removals(), map);
  }

  private static Facts.@Nullable Sighting first(List<Facts.Sighting> sightings, Place map) {
    return sightings.stream().filter(s -> s.map().equals(map)).findFirst().orElse(null);
  }
}
