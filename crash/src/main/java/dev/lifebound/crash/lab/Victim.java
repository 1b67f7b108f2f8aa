package dev.lifebound.crash.lab;

/** One scenario's story, told twice in a process that may die of it. */
interface Victim {
  /** The story on raw pointers. */
  Result unprotected();

  /** The same story, the same read, under protection. */
  Result protectedRun();
}
