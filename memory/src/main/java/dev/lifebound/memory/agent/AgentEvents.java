package dev.lifebound.memory.agent;

import dev.lifebound.memory.guard.GuardReport;
import dev.lifebound.memory.guard.GuardedBlock;
import dev.lifebound.memory.guard.WatchReport;
import java.util.Locale;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.MemoryAddress;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/**
 * The agent's events of the flight recorder; {@code docs/formats/jfr-events.md} is their page.
 * Loaded when a recording was started.
 */
final class AgentEvents {
  private AgentEvents() {}

  /** What all of them have; their own stack would be the reporting thread's. */
  @StackTrace(false)
  abstract static class Misuse extends Event {
    @Label("Kind")
    @Nullable String kind;

    @Label("Outcome")
    @Nullable String outcome;

    @Label("Address")
    @MemoryAddress
    long address;

    @Label("Block")
    long block;

    @Label("Size")
    @DataAmount
    long bytes;

    @Label("Offset")
    long offset;

    @Label("Code")
    @Nullable String code;

    @Label("Accessing Thread")
    @Nullable String accessThread;

    @Label("Access")
    @Nullable String accessed;

    @Label("Free")
    @Nullable String freed;

    @Label("Allocation")
    @Nullable String allocated;
  }

  @Name("dev.lifebound.UseAfterFree")
  @Label("Use After Free")
  @Description("A freed native block was read or written")
  @Category("Lifebound")
  static final class UseAfterFree extends Misuse {}

  @Name("dev.lifebound.OutOfBlock")
  @Label("Access Outside Of A Block")
  @Description("Memory before or behind a native block was read or written")
  @Category("Lifebound")
  static final class OutOfBlock extends Misuse {}

  @Name("dev.lifebound.FreeRefused")
  @Label("Free Refused")
  @Description("A native block was freed twice, or something was freed that is no block")
  @Category("Lifebound")
  static final class FreeRefused extends Misuse {}

  @Name("dev.lifebound.FreeByC")
  @Label("Block Freed By C")
  @Description("C code freed a block that a registry has adopted")
  @Category("Lifebound")
  @StackTrace(false)
  static final class FreeByC extends Event {
    @Label("Kind")
    @Nullable String kind;

    @Label("Address")
    @MemoryAddress
    long address;

    @Label("Block")
    @Nullable String block;

    @Label("Message")
    @Nullable String message;
  }

  static void misuse(GuardReport report, ReportText.Parts parts) {
    Misuse event =
        switch (report.kind()) {
          case USE_AFTER_FREE, WRITE_AFTER_FREE -> new UseAfterFree();
          case OVERFLOW, UNDERFLOW, WILD, SLACK_WRITTEN -> new OutOfBlock();
          case DOUBLE_FREE, INVALID_FREE -> new FreeRefused();
        };
    if (event.isEnabled()) {
      event.kind = report.kind().text();
      event.outcome = report.outcome().name().toLowerCase(Locale.ROOT);
      event.address = report.address();
      GuardedBlock block = report.block();
      if (block != null) {
        event.block = block.number();
        event.bytes = block.byteSize();
        event.offset = report.offset();
      }
      event.code = parts.code();
      event.accessThread = report.access().thread();
      event.accessed = parts.accessed().strip();
      event.freed = parts.freed().strip();
      event.allocated = parts.allocated().strip();
      event.commit();
    }
  }

  static void freeByC(WatchReport report) {
    FreeByC event = new FreeByC();
    if (event.isEnabled()) {
      event.kind = report.kind().name().toLowerCase(Locale.ROOT);
      event.address = report.address();
      event.block = report.block();
      event.message = report.text();
      event.commit();
    }
  }
}
