package dev.lifebound.analysis.lifetime;

import org.jspecify.annotations.Nullable;

/**
 * What a front end knows of a map's declaration.
 *
 * @param place where it is declared
 * @param key what its keys are
 * @param value what its values are
 * @param valueType the declared type of a value that is an object of this unit, without pointer
 *     signs, as {@link FieldName#owner()} writes it; or null
 * @param text the type as the source writes it
 * @param file where it is declared
 * @param span the declaration
 * @param programLifetime whether an instance certainly lives as long as the program
 * @param concurrent whether threads may use it without a lock, so that each sees every moment of it
 */
public record MapDeclaration(
    Place place,
    Kind key,
    Kind value,
    @Nullable String valueType,
    String text,
    SourceFile file,
    Span span,
    boolean programLifetime,
    boolean concurrent) {

  /** A map that is not made for use without a lock. */
  public MapDeclaration(
      Place place,
      Kind key,
      Kind value,
      @Nullable String valueType,
      String text,
      SourceFile file,
      Span span,
      boolean programLifetime) {
    this(place, key, value, valueType, text, file, span, programLifetime, false);
  }

  /** What keys or values are, as far as lifetimes care. */
  public enum Kind {
    /** A typed or untyped pointer to native memory. */
    NATIVE_POINTER,
    /** An address kept as a number. */
    ADDRESS,
    /** A number, a string or another plain value. */
    PLAIN,
    /** A boolean or an empty struct: the map is a set. */
    MARKER,
    /** An object of the managed runtime. */
    OBJECT,
    /** Anything: an interface, {@code Object}. */
    ANY
  }
}
