package dev.lifebound.analysis.java;

import java.util.List;

/**
 * A type as a source names it.
 *
 * @param name the qualified name where imports or the index tell it, else the text of the source;
 *     {@code ?} when unknown; arrays end with {@code []}
 * @param arguments the type arguments
 */
record TypeName(String name, List<TypeName> arguments) {
  static final TypeName UNKNOWN = of("?");

  TypeName {
    arguments = List.copyOf(arguments);
  }

  static TypeName of(String name) {
    return new TypeName(name, List.of());
  }

  boolean isKnown() {
    return !name.equals("?");
  }

  /** A type argument, or the unknown type where the source is silent. */
  TypeName argument(int index) {
    return index >= 0 && index < arguments.size() ? arguments.get(index) : UNKNOWN;
  }

  /** The element of an array type. */
  TypeName element() {
    return name.endsWith("[]") ? of(name.substring(0, name.length() - 2)) : UNKNOWN;
  }

  String simpleName() {
    return name.substring(name.lastIndexOf('.') + 1);
  }
}
