package dev.lifebound.memory.guard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.Registry;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A leased block that was freed past the registry: the lease's accessors throw, in strict mode. */
class LeaseOfDeadBlockProcessTest {
  /** Reads through a lease before and after the free, often enough to be compiled. */
  static final class Child {
    private static final int WARM = 30_000;

    private Child() {}

    public static void main(String[] args) {
      try (Armed guard = Guard.arm(GuardOptions.of(Mode.valueOf(args[0])).selfTest(false));
          Registry registry = Registry.create()) {
        MemorySegment block = guard.tryAllocate(64).orElseThrow();
        block.fill((byte) 7);
        long handle = registry.adopt(block, _ -> {}, "guarded");
        long sum = 0;
        try (Lease lease = registry.lease(handle)) {
          for (int i = 0; i < WARM; i++) {
            sum += lease.getInt(4L * (i & 7)) + lease.getByte(i & 63);
          }
          System.out.println("warm " + (sum != 0));
          guard.free(block.address());
          access("read", () -> lease.getLong(8), block);
          access(
              "write",
              () -> {
                lease.setInt(4, 1);
                return 0;
              },
              block);
          access(
              "copy",
              () -> {
                byte[] bytes = new byte[16];
                lease.read(0, bytes, 0, 16);
                return bytes[3];
              },
              block);
        }
        Lease own = registry.lease(registry.allocate(64, "own"));
        System.out.println("own " + own.getLong(0));
        own.close();
      }
    }

    private interface Access {
      long run();
    }

    private static void access(String name, Access access, MemorySegment block) {
      try {
        System.out.println(name + " gave " + access.run());
      } catch (UseAfterFreeException e) {
        System.out.println(
            name
                + " threw, of the block "
                + (e.block().address() == block.address())
                + ", freed "
                + (e.block().freed() != null));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-Xint", "-XX:TieredStopAtLevel=1", "-XX:-TieredCompilation"})
  void inStrictModeTheAccessorThrowsBeforeTheAccess(String flag) throws Exception {
    ChildJvm child =
        ChildJvm.run(Child.class, List.of("--enable-native-access=ALL-UNNAMED", flag), "STRICT");
    assertThat(child.exit()).as(child.out()).isZero();
    assertThat(child.out().lines())
        .containsExactly(
            "warm true",
            "read threw, of the block true, freed true",
            "write threw, of the block true, freed true",
            "copy threw, of the block true, freed true",
            "own 0");
  }

  @Test
  void inRecoverModeItGoesOnOnTheOldBytes() throws Exception {
    ChildJvm child =
        ChildJvm.run(Child.class, List.of("--enable-native-access=ALL-UNNAMED"), "RECOVER");
    assertThat(child.exit()).as(child.out()).isZero();
    assertThat(child.out().lines())
        .containsExactly(
            "warm true",
            "read gave " + 0x0707070707070707L,
            "write gave 0",
            "copy gave 7",
            "own 0");
  }
}
