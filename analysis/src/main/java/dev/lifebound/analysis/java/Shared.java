package dev.lifebound.analysis.java;

/** What the translation of every method reads and none changes. */
record Shared(Index index, NativeTypes natives, NativeTable table) {
  /** Whether a map can hold native memory as far as its type tells; most maps cannot. */
  boolean matters(TypeName map) {
    return KnownTypes.map(map) != null
        && (mayBeNative(KnownTypes.keyOf(map)) || mayBeNative(KnownTypes.valueOf(map)));
  }

  private boolean mayBeNative(TypeName type) {
    return natives.isNative(type) || natives.holdsNative(type);
  }
}
