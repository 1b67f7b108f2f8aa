package dev.lifebound.memory.guard;

import dev.lifebound.memory.handle.AdoptedBlocks;
import dev.lifebound.memory.handle.CFrees;
import dev.lifebound.memory.os.Copies;
import dev.lifebound.memory.os.ProcessHolder;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Blocks that the registries of another copy of the library have adopted, in this copy's table: a
 * free by C moves their state words, and the other copy then does what follows.
 */
final class AdoptedElsewhere implements BiFunction<String, long[], @Nullable Object> {
  private static final System.Logger LOG = System.getLogger("dev.lifebound.memory");

  private final AdoptedBlocks table;
  private final AdoptedBlocks.Source source;

  private AdoptedElsewhere(Copies.Copy copy, AdoptedBlocks table) {
    this.table = table;
    this.source =
        new AdoptedBlocks.Source() {
          @Override
          public void settle(long handle, AdoptedBlocks.@Nullable Freer freer) {
            Object _ = copy.call("handle.settle", handle, plain(freer));
          }

          @Override
          public String describe(long handle) {
            return String.valueOf(copy.call("handle.describe", handle));
          }
        };
  }

  private static Object[] plain(AdoptedBlocks.@Nullable Freer freer) {
    return freer == null
        ? new Object[0]
        : new Object[] {
          freer.caller(), freer.library(), freer.thread(), freer.threadName(), freer.nanoTime()
        };
  }

  /** Makes the copy tell this table of its blocks, at once and from now on. */
  static void bind(Copies.Copy copy, AdoptedBlocks table) {
    Object layout = copy.call("handle.layout");
    if (CFrees.layout().equals(layout)) {
      Object _ = copy.call("handle.listen", new AdoptedElsewhere(copy, table));
    } else if (layout != null) {
      LOG.log(
          System.Logger.Level.WARNING,
          "copies of the library must agree on a handle's bits: second="
              + copy
              + ", first="
              + ProcessHolder.self()
              + "; the watch does not know blocks that the second adopts: put one version on the"
              + " class path");
    }
  }

  @Override
  public @Nullable Object apply(String call, long[] words) {
    switch (call) {
      case "entered" -> table.entered(source, words[0], words[1], words[2], words[3]);
      case "left" -> table.left(words[0], words[1]);
      case "freeOwed" -> table.freeOwed(words[0], words[1], words[2]);
      default -> {
        // A later version's.
      }
    }
    return null;
  }
}
