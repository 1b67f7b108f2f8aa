package dev.lifebound.analysis.go;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A Go type, as far as it was understood. */
sealed interface GoType {
  /** A type of this package, or a predeclared one. */
  record Named(String name) implements GoType {}

  /** A type of another package; {@code C.git_remote} has the package {@code C}. */
  record Foreign(String pkg, String name) implements GoType {}

  record Pointer(GoType to) implements GoType {}

  record MapOf(GoType key, GoType value) implements GoType {}

  /** An array, a slice or what a variadic parameter holds. */
  record ListOf(GoType element) implements GoType {}

  record ChannelOf(GoType element) implements GoType {}

  record FunctionOf(List<GoType> results) implements GoType {}

  record StructOf(List<Field> fields) implements GoType {}

  record InterfaceOf() implements GoType {}

  record Unknown() implements GoType {}

  /** A struct's field. */
  record Field(String name, GoType type, boolean embedded) {}

  GoType UNKNOWN = new Unknown();
  GoType BOOL = new Named("bool");

  /** The predeclared types that are numbers or strings. */
  Set<String> PLAIN =
      Set.of(
          "int",
          "int8",
          "int16",
          "int32",
          "int64",
          "uint",
          "uint8",
          "uint16",
          "uint32",
          "uint64",
          "byte",
          "rune",
          "string",
          "float32",
          "float64",
          "complex64",
          "complex128");

  /** Reads a type out of its syntax. */
  static GoType of(@Nullable Syntax node, String source) {
    if (node == null) {
      return UNKNOWN;
    }
    return switch (node.kind()) {
      case "type_identifier", "identifier" -> new Named(node.text(source));
      case "qualified_type" -> qualified(node, source);
      case "selector_expression" -> selector(node, source);
      case "pointer_type" -> new Pointer(of(last(node), source));
      case "parenthesized_type", "parenthesized_expression" -> of(last(node), source);
      case "unary_expression" -> new Pointer(of(node.get("operand"), source));
      case "map_type" -> new MapOf(of(node.get("key"), source), of(node.get("value"), source));
      case "slice_type", "array_type", "implicit_length_array_type" ->
          new ListOf(of(node.get("element"), source));
      case "channel_type" -> new ChannelOf(of(node.get("value"), source));
      case "function_type" -> new FunctionOf(results(node.get("result"), source));
      case "interface_type" -> new InterfaceOf();
      case "struct_type" -> struct(node, source);
      case "generic_type" -> of(node.get("type"), source);
      default -> UNKNOWN;
    };
  }

  /** The types of a result list, named or not. */
  static List<GoType> results(@Nullable Syntax result, String source) {
    if (result == null) {
      return List.of();
    }
    if (!result.is("parameter_list")) {
      return List.of(of(result, source));
    }
    return result.parts().stream()
        .flatMap(parameter -> {
          GoType type = of(parameter.get("type"), source);
          int names = Math.max(1, parameter.all("name").size());
          return Collections.nCopies(names, type).stream();
        })
        .toList();
  }

  private static GoType qualified(Syntax node, String source) {
    Syntax pkg = node.get("package");
    Syntax name = node.get("name");
    return pkg == null || name == null ? UNKNOWN : new Foreign(pkg.text(source), name.text(source));
  }

  private static GoType selector(Syntax node, String source) {
    Syntax pkg = node.get("operand");
    Syntax name = node.get("field");
    return pkg == null || name == null || !pkg.is("identifier")
        ? UNKNOWN
        : new Foreign(pkg.text(source), name.text(source));
  }

  private static GoType struct(Syntax node, String source) {
    Syntax list = node.first("field_declaration_list");
    if (list == null) {
      return new StructOf(List.of());
    }
    List<Field> fields = new ArrayList<>();
    for (Syntax declaration : list.children()) {
      if (!declaration.is("field_declaration")) {
        continue;
      }
      GoType type = of(declaration.get("type"), source);
      List<Syntax> names = declaration.all("name");
      for (Syntax name : names) {
        fields.add(new Field(name.text(source), type, false));
      }
      if (names.isEmpty()) {
        fields.add(new Field(embeddedName(type), type, true));
      }
    }
    return new StructOf(List.copyOf(fields));
  }

  private static String embeddedName(GoType type) {
    return switch (type) {
      case Named named -> named.name();
      case Foreign foreign -> foreign.name();
      case Pointer pointer -> embeddedName(pointer.to());
      default -> "?";
    };
  }

  private static @Nullable Syntax last(Syntax node) {
    List<Syntax> parts = node.parts();
    return parts.isEmpty() ? null : parts.getLast();
  }
}
