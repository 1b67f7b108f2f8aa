package dev.lifebound.crash.lab;

import java.util.List;

/** How the Go victims are built. */
enum GoBuild {
  /** As {@code go build} does. */
  PLAIN(".", List.of()),
  /**
   * The same program; beside what it says, the compiler's decisions about its variables are told.
   */
  ESCAPES(".", List.of()),
  /** checkptr as it is often advised: for the packages named on the command line. */
  CHECKPTR_NAMED(".", List.of("-gcflags=-d=checkptr=1")),
  /** checkptr for all packages of the program's module. */
  CHECKPTR_ALL(".", List.of("-gcflags=lifebound.dev/lab/...=-d=checkptr=1")),
  /** With the experiment of Go 1.20. */
  ARENAS("./arena", List.of());

  private final String folder;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<String> flags;

  GoBuild(String folder, List<String> flags) {
    this.folder = folder;
    this.flags = flags;
  }

  String folder() {
    return folder;
  }

  List<String> flags() {
    return flags;
  }

  /** The build whose program serves. */
  GoBuild program() {
    return this == ESCAPES ? PLAIN : this;
  }
}
