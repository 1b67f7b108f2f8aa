package dev.lifebound.memory.handle;

import java.util.Locale;

/** How much a registry remembers of each block's life, for its messages. */
public enum Tracking {
  /**
   * Nothing beyond the slot: messages name block, size and tag where the slot still knows them. A
   * registry that is closed with live blocks frees them without a word; what the program drops is
   * reported at every level.
   */
  OFF,
  /** One block in 256 has its allocation and free recorded; a close reports what was live. */
  SAMPLED,
  /**
   * Every block, with the last few leases, retains and releases of each; costs a stack walk at each
   * of them, at allocation and at free.
   */
  FULL;

  /** The system property that sets the level of registries built without one. */
  public static final String PROPERTY = "lifebound.tracking";

  static final int SAMPLE_ONE_IN = 256;

  static Tracking fromProperty() {
    String value = System.getProperty(PROPERTY, "off");
    try {
      return valueOf(value.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "the tracking level must be off, sampled or full: "
              + PROPERTY
              + "="
              + value
              + "; correct the -D"
              + PROPERTY
              + " option",
          e);
    }
  }
}
