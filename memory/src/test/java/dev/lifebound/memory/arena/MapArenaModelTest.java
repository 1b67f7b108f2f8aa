package dev.lifebound.memory.arena;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Seeded random operations against a plain reference; the seed is in every failure. */
class MapArenaModelTest {
  private static final int STEPS = 4_000;
  private static final long LIMIT_BYTES = 3 << 20;

  private record Block(long position, long byteSize, long seed, MemorySegment segment) {
    byte[] content() {
      byte[] bytes = new byte[(int) byteSize];
      new Random(seed).nextBytes(bytes);
      return bytes;
    }
  }

  /** A mark and the number of blocks that were live at it. */
  private record Moment(Mark mark, int blocks) {}

  static Stream<Arguments> worlds() {
    List<Arguments> worlds = new ArrayList<>();
    for (MapArenaTest.Form form : MapArenaTest.Form.values()) {
      for (String mode : new String[] {"plain", "zeroing", "checked", "limited"}) {
        for (long seed = 1; seed <= 3; seed++) {
          worlds.add(Arguments.of(form, mode, seed));
        }
      }
    }
    return worlds.stream();
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void theArenaBehavesAsItsModel(MapArenaTest.Form form, String mode, long seed) {
    new World(form, mode, seed).run();
  }

  private static final class World {
    final String context;
    final boolean checked;
    final boolean zeroing;
    final Random random;
    final MapArena arena;
    final List<Block> live = new ArrayList<>();
    final List<Block> dead = new ArrayList<>();
    final List<Moment> marks = new ArrayList<>();
    final TreeMap<Long, Block> byPosition = new TreeMap<>();

    /** By slab number: the 8-byte units that have ever been in a block. */
    final Map<Long, BitSet> everUsed = new HashMap<>();

    World(MapArenaTest.Form form, String mode, long seed) {
      context = form + " " + mode + " seed " + seed;
      checked = mode.equals("checked");
      zeroing = mode.equals("zeroing");
      random = new Random(seed);
      MapArenaBuilder builder = MapArena.builder("model").slabBytes(1 << 10, 64 << 10);
      builder.checked(checked);
      if (zeroing) {
        builder.zeroRecycled();
      }
      if (mode.equals("limited")) {
        builder.limitBytes(LIMIT_BYTES);
      }
      arena = form.build(builder);
    }

    void run() {
      for (int step = 0; step < STEPS; step++) {
        step(random.nextInt(100));
        arena.checkInvariants();
      }
      live.forEach(this::verify);
      arena.close();
      for (Block block : live) {
        assertThatThrownBy(() -> arena.getByte(block.position))
            .as(context)
            .isInstanceOf(ArenaClosedException.class);
        assertThatThrownBy(() -> block.segment.get(JAVA_BYTE, 0))
            .as(context)
            .isInstanceOf(IllegalStateException.class);
      }
    }

    void step(int choice) {
      if (choice < 60) {
        allocate();
      } else if (choice < 75) {
        if (!live.isEmpty()) {
          verify(live.get(random.nextInt(live.size())));
        }
      } else if (choice < 85) {
        marks.add(new Moment(arena.mark(), live.size()));
      } else if (choice < 92 && !marks.isEmpty()) {
        int at = random.nextInt(marks.size());
        Moment moment = marks.get(at);
        arena.rollback(moment.mark);
        forgetMarks(at);
        kill(moment.blocks);
      } else if (choice < 96 && !marks.isEmpty()) {
        int at = random.nextInt(marks.size());
        arena.keep(marks.get(at).mark);
        forgetMarks(at);
      } else if (choice == 99) {
        arena.reset();
        forgetMarks(0);
        kill(0);
      } else if (!dead.isEmpty()) {
        useDead(dead.get(random.nextInt(dead.size())));
      }
    }

    void allocate() {
      long size =
          switch (random.nextInt(20)) {
            case 0 -> 1L + random.nextInt(100_000);
            case 1, 2 -> 1L + random.nextInt(9_000);
            default -> 1L + random.nextInt(200);
          };
      long alignment = random.nextInt(4) == 0 ? 1L << random.nextInt(13) : 8;
      boolean askZero = random.nextInt(5) == 0;
      long position;
      try {
        position = askZero ? arena.allocateZeroedBlock(size) : arena.allocateBlock(size, alignment);
      } catch (ArenaLimitException e) {
        assertThat(arena.reservedBytes()).as(context).isLessThanOrEqualTo(LIMIT_BYTES);
        return;
      }
      MemorySegment segment = arena.segment(position, size);
      long expected = askZero ? 8 : Math.max(8, alignment);
      assertThat(segment.address() % expected).as(context).isZero();
      Block block = new Block(position, size, random.nextLong(), segment);
      assertNoOverlap(block);
      assertZeroes(block, askZero || zeroing);
      MemorySegment.copy(block.content(), 0, segment, JAVA_BYTE, 0, (int) size);
      live.add(block);
      byPosition.put(position, block);
    }

    void assertNoOverlap(Block block) {
      Map.Entry<Long, Block> below = byPosition.floorEntry(block.position);
      Map.Entry<Long, Block> above = byPosition.ceilingEntry(block.position);
      if (below != null) {
        assertThat(below.getKey() + below.getValue().byteSize)
            .as(context)
            .isLessThanOrEqualTo(block.position);
      }
      if (above != null) {
        assertThat(block.position + block.byteSize).as(context).isLessThanOrEqualTo(above.getKey());
      }
    }

    /** Memory that was never in a block is zero; recycled memory where it was asked for. */
    void assertZeroes(Block block, boolean all) {
      BitSet used = everUsed.computeIfAbsent(block.position >>> 32, slab -> new BitSet());
      int firstUnit = (int) ((block.position & 0xFFFF_FFFFL) / 8);
      for (int at = 0; at < block.byteSize; at++) {
        if (all || !used.get(firstUnit + at / 8)) {
          byte found = block.segment.get(JAVA_BYTE, at);
          if (found != 0) {
            assertThat(found).as(context + " offset " + at + " of " + block).isZero();
          }
        }
      }
      used.set(firstUnit, firstUnit + (int) Math.ceilDiv(block.byteSize, 8));
    }

    void verify(Block block) {
      byte[] bytes = new byte[(int) block.byteSize];
      arena.read(block.position, bytes, 0, bytes.length);
      assertThat(bytes).as(context).isEqualTo(block.content());
      assertThat(block.segment.get(JAVA_BYTE, 0)).as(context).isEqualTo(bytes[0]);
    }

    void forgetMarks(int from) {
      List<Moment> gone = marks.subList(from, marks.size());
      for (Moment moment : gone) {
        assertThatThrownBy(() -> arena.rollback(moment.mark))
            .as(context)
            .isInstanceOf(StaleMarkException.class);
      }
      gone.clear();
    }

    void kill(int from) {
      List<Block> gone = live.subList(from, live.size());
      gone.forEach(block -> byPosition.remove(block.position));
      dead.addAll(gone);
      gone.clear();
    }

    /** In checked mode a dead block is refused; otherwise it is readable, whatever it holds. */
    void useDead(Block block) {
      if (checked) {
        assertThatThrownBy(() -> arena.getByte(block.position))
            .as(context)
            .isInstanceOf(RolledBackException.class);
        assertThatThrownBy(() -> block.segment.get(JAVA_BYTE, 0))
            .as(context)
            .isInstanceOf(IllegalStateException.class);
      } else {
        assertThat(block.segment.get(JAVA_BYTE, 0))
            .as(context)
            .isEqualTo(arena.getByte(block.position));
      }
    }
  }
}
