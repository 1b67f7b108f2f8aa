package dev.lifebound.memory.map;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.Tracking;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterEach;

/** A registry whose blocks count when they are freed, and maps that own them. */
abstract class OwningMapFixture {
  final Registry registry = Registry.create(Tracking.OFF);

  final LongAdder freed = new LongAdder();

  final SegmentAllocator memory =
      SegmentAllocator.slicingAllocator(Arena.ofAuto().allocate(4 << 20));

  @AfterEach
  void nothingIsLeft() {
    registry.close();
    assertThat(registry.blocks()).isZero();
  }

  long block() {
    return registry.adopt(memory.allocate(16, 16), _ -> freed.increment(), "value");
  }

  NativeMap<String, Long> texts() {
    return NativeMap.create(Codecs.of(String.class), Codecs.handle(registry));
  }

  static long dead(NativeMap<?, ?> map) {
    return Objects.requireNonNull(map.lives).dead();
  }
}
