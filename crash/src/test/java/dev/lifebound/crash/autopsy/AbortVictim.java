package dev.lifebound.crash.autopsy;

import dev.lifebound.memory.handle.DoubleReleaseException;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.Tracking;
import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerName;
import dev.lifebound.memory.ledger.LedgerSettings;
import java.io.IOException;
import java.nio.file.Path;

/** A program that the C library aborts. */
final class AbortVictim {
  /** What it did to deserve it. */
  enum Cause {
    /** Java has freed the block, and C frees it again. */
    FREED_AGAIN_BY_C,
    /** Two frees of one block, both recorded. */
    FREED_TWICE_BY_JAVA,
    /** A second release is refused, and then C does what was refused. */
    REFUSED_THEN_FREED,
    /** An address within a block. */
    INNER_POINTER,
    /** The allocator's words behind a block are overwritten. */
    OVERWRITTEN
  }

  /** Small enough for the allocator to notice, and not a size that the JVM asks for meanwhile. */
  private static final long BYTES = 1000;

  private static final LedgerName TAG = LedgerName.of("session");

  private AbortVictim() {}

  public static void main(String[] arguments) throws IOException {
    Ledger ledger =
        Ledger.create(
                Path.of(arguments[1]).resolve("ledger"), LedgerSettings.defaults().withStacks(1, 8))
            .install();
    Registry registry = Registry.create(Tracking.FULL);
    long address = RawMemory.malloc(BYTES);
    switch (Cause.valueOf(arguments[0])) {
      case FREED_AGAIN_BY_C -> {
        registry.release(adopted(registry, address));
        RawMemory.free(address);
      }
      case FREED_TWICE_BY_JAVA -> {
        ledger.allocate(7, address, BYTES, TAG);
        for (int i = 0; i < 2; i++) {
          ledger.free(7, address, BYTES, TAG);
          RawMemory.free(address);
        }
      }
      case REFUSED_THEN_FREED -> {
        long handle = adopted(registry, address);
        registry.release(handle);
        try {
          registry.release(handle);
        } catch (DoubleReleaseException e) {
          RawMemory.free(address);
        }
      }
      case INNER_POINTER -> {
        long _ = adopted(registry, address);
        RawMemory.free(address + 8);
      }
      case OVERWRITTEN -> {
        long _ = adopted(registry, address);
        long behind = RawMemory.malloc(2000);
        long _ = RawMemory.malloc(2000);
        for (long at = behind - 16; at < behind; at++) {
          RawMemory.write(at);
        }
        RawMemory.free(behind);
      }
    }
    Runtime.getRuntime().halt(CrashVictim.SURVIVED);
  }

  private static long adopted(Registry registry, long address) {
    return registry.adopt(
        RawMemory.at(address, BYTES), dead -> RawMemory.free(dead.address()), "session");
  }
}
