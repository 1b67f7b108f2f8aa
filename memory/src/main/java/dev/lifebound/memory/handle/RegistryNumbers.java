package dev.lifebound.memory.handle;

import dev.lifebound.memory.os.Copies;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The registries of this copy of the library by their numbers, which are part of every handle.
 *
 * <p>Numbers are those of the process: copies of the library draw from the same ones. A registry is
 * held weakly, since a program may drop one that it has not closed. Any thread may call.
 */
final class RegistryNumbers {
  private static final AtomicReferenceArray<@Nullable WeakReference<Registry>> NUMBERS =
      new AtomicReferenceArray<>(Handles.MAX_REGISTRIES + 1);

  private static final AtomicInteger NEXT_NUMBER = new AtomicInteger();

  private RegistryNumbers() {}

  /**
   * Gives a number back. A class and not a lambda, whose capture of two values would cost a
   * millisecond of start.
   */
  record Return(int number, WeakReference<Registry> owner) implements Runnable {
    @Override
    public void run() {
      // Another registry may have it already, if this one was dropped.
      NUMBERS.compareAndSet(number, owner, null);
    }
  }

  /**
   * Takes a number that no registry of the process has.
   *
   * @throws IllegalStateException when all are taken
   */
  static int claim(WeakReference<Registry> mine) {
    CopyCalls.serve();
    // Numbers are those of the process: other copies of the library draw from the same ones.
    synchronized (Copies.lock()) {
      return claim(mine, Copies.others());
    }
  }

  private static int claim(WeakReference<Registry> mine, List<Copies.Copy> others) {
    // Round and round, so that a number comes back as late as it can: messages then name the right
    // registry for longer.
    for (int tried = 0; tried < Handles.MAX_REGISTRIES; tried++) {
      int n = Math.floorMod(NEXT_NUMBER.getAndIncrement(), Handles.MAX_REGISTRIES) + 1;
      WeakReference<Registry> owner = NUMBERS.get(n);
      if ((owner == null || owner.refersTo(null))
          && isFreeElsewhere(n, others)
          && NUMBERS.compareAndSet(n, owner, mine)) {
        return n;
      }
    }
    throw new IllegalStateException(
        "the process must not have more open registries: open="
            + Handles.MAX_REGISTRIES
            + "; share one registry, or drop those that are closed");
  }

  private static boolean isFreeElsewhere(int number, List<Copies.Copy> others) {
    for (Copies.Copy copy : others) {
      if (Boolean.TRUE.equals(copy.call("handle.number", number))) {
        return false;
      }
    }
    return true;
  }

  /** Whether a registry of this copy has the number. */
  static boolean isTaken(int number) {
    WeakReference<Registry> owner = NUMBERS.get(number);
    return owner != null && !owner.refersTo(null);
  }

  /** As {@link AdoptedBlocks.Source#settle}, for the registry that has issued the handle. */
  static void settle(long handle, AdoptedBlocks.@Nullable Freer freer) {
    BlockTable issuer = issuer(handle);
    if (issuer != null) {
      issuer.adopted.settle(handle, freer);
    }
  }

  /** As {@link AdoptedBlocks.Source#describe}; empty when the registry is gone. */
  static String describe(long handle) {
    BlockTable issuer = issuer(handle);
    return issuer == null ? "" : issuer.adopted.describe(handle);
  }

  private static @Nullable BlockTable issuer(long handle) {
    WeakReference<Registry> owner = NUMBERS.get(Handles.registry(handle));
    Registry registry = owner == null ? null : owner.get();
    return registry == null ? null : registry.table();
  }

  /** Every registry that the program can still use. */
  static void eachTable(Consumer<BlockTable> action) {
    for (int n = 1; n <= Handles.MAX_REGISTRIES; n++) {
      WeakReference<Registry> owner = NUMBERS.get(n);
      Registry registry = owner == null ? null : owner.get();
      if (registry != null) {
        action.accept(registry.table());
      }
    }
  }
}
