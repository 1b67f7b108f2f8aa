package dev.lifebound.memory.handle;

/** Recounts a slot table while it is at rest. */
final class SlotAudit {
  private SlotAudit() {}

  static void check(BlockTable table) {
    long[] waiting = new long[1];
    long[] counted = new long[1];
    table.walk(slot -> {
      long word = SlotTable.stateAcquire(slot);
      int state = SlotTable.state(word);
      boolean counts = SlotTable.references(word) != 0 || SlotTable.leases(word) != 0;
      if (state != SlotTable.DEAD && state != SlotTable.LIVE && !counts) {
        waiting[0]++;
      } else if ((state == SlotTable.DEAD) == counts) {
        throw new IllegalStateException(
            "a slot must have counts exactly while it is not dead: slot="
                + slot
                + ", state="
                + state
                + ", references="
                + SlotTable.references(word)
                + ", leases="
                + SlotTable.leases(word));
      }
      if (state == SlotTable.LIVE && SlotTable.references(word) == 0) {
        throw new IllegalStateException("a live slot must have a reference: slot=" + slot);
      }
      if (state != SlotTable.DEAD) {
        counted[0]++;
      }
    });
    if (waiting[0] != table.sections.waiting()) {
      throw new IllegalStateException(
          "blocks without pin must wait for a read section: counted="
              + waiting[0]
              + ", waiting="
              + table.sections.waiting());
    }
    if (counted[0] != table.undead()) {
      throw new IllegalStateException(
          "the count of blocks must be that of the slots: counted="
              + counted[0]
              + ", count="
              + table.undead());
    }
  }
}
