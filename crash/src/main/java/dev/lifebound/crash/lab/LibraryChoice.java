package dev.lifebound.crash.lab;

/** Which C library frees its own block in {@link Scenario#DEAD_PAGE}. */
public enum LibraryChoice {
  /** The system's zlib, or else a library compiled on the spot. */
  ANY,
  /** Only the system's zlib. */
  SYSTEM,
  /** Only a library compiled on the spot by a C compiler of the machine. */
  COMPILED,
  /** None: as on a machine that has neither zlib nor a C compiler. */
  NONE
}
