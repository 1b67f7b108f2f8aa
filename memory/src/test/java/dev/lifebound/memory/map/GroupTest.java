package dev.lifebound.memory.map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class GroupTest {
  private final SplittableRandom random = new SplittableRandom(3);

  @Test
  void anEntryTakesItsHomeSlotWhenThatIsFree() {
    for (int i = 0; i < 1_000; i++) {
      long hash = random.nextLong();
      long control = Group.withPassers(0, random.nextInt(16));
      int shift = Group.freeShift(Group.free(control), hash);
      assertEquals(Group.homeShift(hash), shift);
      assertEquals(Group.homeSlot(7, hash), Group.slot(7, shift));
      long taken = Group.take(control, shift, Group.tag(hash));
      assertEquals(Group.passers(control), Group.passers(taken));
      assertEquals(0x80L << shift, Group.taken(taken));
      assertTrue((Group.matches(taken, Group.tag(hash)) & (0x80L << shift)) != 0);
      long released = Group.release(taken, 0x80L << shift);
      assertEquals(0, Group.taken(released));
      assertEquals(0, Group.matches(released, Group.tag(hash)) & (0x80L << shift));
    }
  }

  @Test
  void otherwiseItTakesTheNextFreeOneAroundTheGroup() {
    for (int i = 0; i < 1_000; i++) {
      long hash = random.nextLong();
      int home = Group.homeShift(hash) / Byte.SIZE;
      int ahead = 1 + random.nextInt(Group.SLOTS - 1);
      int expected = (home + ahead) % Group.SLOTS;
      // Free is that one, and whichever the walk meets later.
      long free = 0x80L << (expected * Byte.SIZE);
      for (int later = ahead + 1; later < Group.SLOTS; later++) {
        int slot = (home + later) % Group.SLOTS;
        free |= random.nextInt(2) * (0x80L << (slot * Byte.SIZE));
      }
      assertEquals(expected * Byte.SIZE, Group.freeShift(free, hash));
    }
  }

  @Test
  void anotherTagInTheHomeSlotDoesNotMatch() {
    for (int tag = 0; tag < 128; tag++) {
      long hash = (random.nextLong() & ~0x7fL) | tag;
      long other = hash ^ 2;
      long control = Group.take(0, Group.homeShift(other), Group.tag(other));
      long home = 0x80L << Group.homeShift(other);
      assertEquals(0, Group.matches(control, Group.tag(hash)) & home);
      assertEquals(home, Group.matches(control, Group.tag(other)) & home);
    }
  }
}
