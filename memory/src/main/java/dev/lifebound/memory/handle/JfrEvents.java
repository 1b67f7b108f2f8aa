package dev.lifebound.memory.handle;

import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/**
 * The events of the flight recorder; {@code docs/formats/jfr-events.md} is their page.
 *
 * <p>Loaded when a recording was started, see {@link Events}. While no recording has the event,
 * {@code isEnabled()} is one static branch, and the compiler removes the event object.
 */
final class JfrEvents {
  static final int SAMPLE_ONE_IN = 256;

  private JfrEvents() {}

  @Name("dev.lifebound.Allocate")
  @Label("Block Allocated")
  @Description("A block was allocated or adopted; one in sampledOneIn is recorded, at random")
  @Category("Lifebound")
  static final class Allocate extends Event {
    @Label("Handle")
    long handle;

    @Label("Block")
    @Nullable String block;

    @Label("Size")
    @DataAmount
    long bytes;

    @Label("Tag")
    @Nullable String tag;

    @Label("Sampled One In")
    int sampledOneIn;
  }

  @Name("dev.lifebound.StaleUse")
  @Label("Stale Handle Used")
  @Description("A use of a stale handle was refused")
  @Category("Lifebound")
  static final class StaleUse extends Event {
    @Label("Handle")
    long handle;

    @Label("Block")
    @Nullable String block;

    @Label("Operation")
    @Nullable String operation;

    @Label("Message")
    @Nullable String message;
  }

  @Name("dev.lifebound.DoubleFree")
  @Label("Double Free Refused")
  @Description("A release was refused, as no reference was left to give back")
  @Category("Lifebound")
  static final class DoubleFree extends Event {
    @Label("Handle")
    long handle;

    @Label("Block")
    @Nullable String block;

    @Label("Message")
    @Nullable String message;
  }

  @Name("dev.lifebound.Leak")
  @Label("Blocks Leaked")
  @Description("Blocks of one tag and allocation site were dropped, or live at close")
  @Category("Lifebound")
  @StackTrace(false) // it would be the cleaner's
  static final class Leaked extends Event {
    @Label("Handle")
    long handle;

    @Label("Block")
    @Nullable String block;

    @Label("Cause")
    @Nullable String cause;

    @Label("Tag")
    @Nullable String tag;

    @Label("Blocks")
    long blocks;

    @Label("Size")
    @DataAmount
    long bytes;

    @Label("Allocation Site")
    @Nullable String allocated;

    @Label("Last Touches")
    @Nullable String touches;
  }

  @Name("dev.lifebound.DeferredFree")
  @Label("Free Deferred")
  @Description("A block ended while a lease or a read section pinned it; it is freed by the last")
  @Category("Lifebound")
  static final class DeferredFree extends Event {
    @Label("Handle")
    long handle;

    @Label("Block")
    @Nullable String block;

    @Label("By")
    @Nullable String by;

    @Label("Size")
    @DataAmount
    long bytes;

    @Label("Tag")
    @Nullable String tag;
  }

  static void allocated(long handle, long bytes, String tag) {
    Allocate event = new Allocate();
    if (event.isEnabled() && ThreadLocalRandom.current().nextInt(SAMPLE_ONE_IN) == 0) {
      event.handle = handle;
      event.block = Handles.block(handle);
      event.bytes = bytes;
      event.tag = tag;
      event.sampledOneIn = SAMPLE_ONE_IN;
      event.commit();
    }
  }

  static void staleUse(long handle, String operation, StaleHandleException refusal) {
    StaleUse event = new StaleUse();
    if (event.isEnabled()) {
      event.handle = handle;
      event.block = Handles.block(handle);
      event.operation = operation;
      event.message = refusal.getMessage();
      event.commit();
    }
  }

  static void doubleFree(long handle, DoubleReleaseException refusal) {
    DoubleFree event = new DoubleFree();
    if (event.isEnabled()) {
      event.handle = handle;
      event.block = Handles.block(handle);
      event.message = refusal.getMessage();
      event.commit();
    }
  }

  static void leak(Leak leak) {
    Leaked event = new Leaked();
    if (event.isEnabled()) {
      event.handle = leak.handle();
      event.block = Handles.block(leak.handle());
      event.cause = leak.cause().text();
      event.tag = leak.tag();
      event.blocks = leak.blocks();
      event.bytes = leak.bytes();
      Site allocated = leak.allocated();
      event.allocated = allocated == null ? null : frames(allocated);
      event.touches =
          leak.touches().stream()
              .map(touch -> touch.operation() + "\n" + frames(touch.site()))
              .collect(Collectors.joining("\n"));
      event.commit();
    }
  }

  private static String frames(Site site) {
    return site.frames().stream().map(frame -> "at " + frame).collect(Collectors.joining("\n"));
  }

  static void deferredFree(BlockTable table, long handle, String by) {
    DeferredFree event = new DeferredFree();
    if (event.isEnabled()) {
      int slot = Handles.slot(handle);
      event.handle = handle;
      event.block = Handles.block(handle);
      event.by = by;
      event.bytes = SlotTable.size(slot);
      event.tag = table.tags.name(SlotTable.tag(slot));
      // The last lease may have been closed meanwhile, and the slot have another block.
      if (SlotTable.generation(SlotTable.stateAcquire(slot)) != Handles.generation(handle)) {
        event.bytes = -1;
        event.tag = null;
      }
      event.commit();
    }
  }
}
