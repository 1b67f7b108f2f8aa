package dev.lifebound.analysis.lifetime;

/**
 * A field, told apart by the type that declares it.
 *
 * @param owner the declaring type's name within the unit; {@code ?} when unknown
 * @param name the field's name
 */
public record FieldName(String owner, String name) {
  /** The owner of a field whose declaring type is not known. */
  public static final String UNKNOWN_OWNER = "?";

  /** Whether the declaring type is known; only then do equal names mean the same field. */
  public boolean isKnown() {
    return !owner.equals(UNKNOWN_OWNER);
  }

  @Override
  public String toString() {
    return isKnown() ? owner + "." + name : name;
  }
}
