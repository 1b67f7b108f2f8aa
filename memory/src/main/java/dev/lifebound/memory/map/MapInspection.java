package dev.lifebound.memory.map;

/** tmp */
public record MapInspection(String name) {
  /** What made a table grow or be rebuilt. */
  public enum Trigger {
    /** Nothing has happened yet. */
    NONE,
    /** The table was full. */
    LOAD,
    /** Passers had stopped counting: rebuilt at the same size. */
    DEAD
  }
}
