package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.util.ArrayList;
import java.util.List;

/** Walks the one table of a {@link PresizedLongLongMap} for a {@link MapInspection}. */
final class PresizedInspector {
  private static final int PARTS = Inspector.PARTS;

  private PresizedInspector() {}

  static MapInspection inspect(PresizedLongLongMap map) {
    List<Long> searched = new ArrayList<>();
    long[] taken = new long[PARTS];
    long[] slots = new long[PARTS];
    long tombstones = 0;
    for (long g = 0; g < map.groups; g++) {
      long control = Group.control(map.segment, g);
      if (Group.passers(control) == Group.STUCK) {
        tombstones++;
      }
      for (long bits = Group.taken(control); bits != 0; bits &= bits - 1) {
        long key = map.segment.get(JAVA_LONG_UNALIGNED, Group.slot(g, bits));
        int steps = (int) Math.floorMod(g - map.homeOf(key), map.groups);
        while (searched.size() <= steps) {
          searched.add(0L);
        }
        searched.set(steps, searched.get(steps) + 1);
      }
      // Groups lie in the order of the hashes.
      int part = (int) (g * PARTS / map.groups);
      taken[part] += Long.bitCount(Group.taken(control));
      slots[part] += Group.SLOTS;
    }
    List<Double> occupancy = new ArrayList<>();
    for (int i = 0; i < PARTS; i++) {
      if (slots[i] != 0) {
        occupancy.add((double) taken[i] / slots[i]);
      }
    }
    return new MapInspection(
        map.name,
        map.size,
        1,
        map.groups * Group.SLOTS,
        tombstones,
        0,
        searched,
        occupancy,
        new MapInspection.Bytes(map.byteSize(), 0, 0, 0, 0, 0),
        MapInspection.Cells.NONE,
        new MapInspection.Growth(
            List.of(new MapInspection.Stage(0, 0, 1, map.size, 1)),
            MapInspection.Trigger.NONE,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0));
  }
}
