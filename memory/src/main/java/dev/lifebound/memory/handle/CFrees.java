package dev.lifebound.memory.handle;

import org.jspecify.annotations.Nullable;

/**
 * Where the watch and the registries meet: who hears of adopted blocks, and the bits of the words
 * that native code changes. Internal: public only because {@code memory.guard} is another package.
 */
public final class CFrees {
  /** A handle's bits from here on are its registry's number. */
  public static final int REGISTRY_SHIFT = Handles.REGISTRY_SHIFT;

  public static final int HANDLE_GENERATION_SHIFT = Handles.SLOT_BITS;
  public static final long HANDLE_GENERATION_MASK = Handles.GENERATION_MASK;
  public static final int GENERATION_SHIFT = SlotTable.GENERATION_SHIFT;
  public static final int STATE_SHIFT = SlotTable.STATE_SHIFT;
  public static final long STATE_MASK = SlotTable.STATE_MASK;
  public static final long LIVE = SlotTable.LIVE;
  public static final long FREED_BY_C = SlotTable.FREED_BY_C;
  public static final long ONE_LEASE = SlotTable.ONE_LEASE;

  /** The bits of the count of leases, in place. */
  public static final long LEASES = SlotTable.LEASES;

  static volatile @Nullable AdoptedBlocks listener;

  /** Set while a guard is armed in strict mode. */
  static volatile @Nullable DeadBlocks dead;

  private CFrees() {}

  /**
   * Leases of such blocks ask from now on; null ends that. Leases that are open stay as they are.
   */
  public static void askForDead(@Nullable DeadBlocks blocks) {
    dead = blocks;
  }

  /** Where the bits lie that native code reads and changes; copies must agree on it. */
  public static String layout() {
    return "registry "
        + REGISTRY_SHIFT
        + ", handle "
        + HANDLE_GENERATION_SHIFT
        + " "
        + HANDLE_GENERATION_MASK
        + ", state "
        + GENERATION_SHIFT
        + " "
        + STATE_SHIFT
        + " "
        + STATE_MASK
        + " "
        + LIVE
        + " "
        + FREED_BY_C
        + " "
        + ONE_LEASE
        + " "
        + LEASES;
  }

  /** From now on this listener hears of adopted blocks, and at once of those that are live. */
  public static synchronized void listen(AdoptedBlocks all) {
    listener = all;
    RegistryNumbers.eachTable(table -> table.adopted.announceAll(all));
  }
}
