package dev.lifebound.memory.guard;

/** How the pages of a freed block die. In the order in which they are tried. */
public enum PageDeath {
  /**
   * {@code userfaultfd} with SIGBUS. One memory mapping in all; the old bytes go to a side copy.
   */
  USERFAULTFD(1),
  /** Pages mapped onto an empty in-memory file; two mappings for a live block. */
  REMAP(2),
  /** {@code PROT_NONE}; two mappings for a live block. */
  PROTECT(3);

  /** {@code LB_UFFD} and so on, in lifebound.h. */
  final int number;

  PageDeath(int number) {
    this.number = number;
  }
}
