package dev.lifebound.crash.autopsy.heap;

import org.jspecify.annotations.Nullable;

/**
 * A step of a climb.
 *
 * @param id the object that was reached, 0 at a static field
 * @param type its class, or null for an array
 * @param field the field or place by which it holds the step before
 * @param below the step before, or null for the first
 * @param keyId the object that is the key when this is an entry, else 0
 * @param keyText the key where it is a number in the entry itself, or the address
 */
record Step(
    long id,
    ClassTable.@Nullable Type type,
    String field,
    @Nullable Step below,
    long keyId,
    @Nullable String keyText,
    String text) {
  int length() {
    return below == null ? 1 : 1 + below.length();
  }

  /** The step with which the climb began: the object that holds the number itself. */
  Step root() {
    Step at = this;
    while (at.below != null) {
      at = at.below;
    }
    return at;
  }

  /** Whether it is an entry of a map whose key is known or asked for. */
  boolean isKeyed() {
    return keyText != null || (keyId != 0 && type != null);
  }

  /** Whether a map was passed on the way to it. */
  boolean isMapBelow() {
    for (Step at = this; at != null; at = at.below) {
      if (at.isKeyed()) {
        return true;
      }
    }
    return false;
  }

  /** Class and field, or what an array can tell. */
  String place() {
    if (id == 0) {
      return field;
    }
    return type == null ? "an array" : type.name + "." + field;
  }
}
