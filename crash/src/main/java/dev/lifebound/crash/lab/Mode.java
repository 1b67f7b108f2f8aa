package dev.lifebound.crash.lab;

import java.util.Locale;

/** Whether a scenario runs on raw pointers or under the protection of the memory module. */
public enum Mode {
  /** The map holds raw pointers. */
  UNPROTECTED,
  /** The map holds handles, or the guard watches the block. */
  PROTECTED;

  /** The name in lower case, as every output writes it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
