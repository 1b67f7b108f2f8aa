package dev.lifebound.memory.ledger;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One event of a ledger. Numbers that are not known, or that the event's type does not have, are 0.
 *
 * @param type what happened
 * @param typeCode the type's number, for one of a newer version
 * @param time when, by the machine's clock
 * @param nanoTime when, by the process's {@link System#nanoTime()}
 * @param exact whether the time is that of the event, and not of the last tick before it
 * @param thread the thread's number: Java's, or the operating system's for {@code nativeThread}
 * @param threadName its name, or null when unknown
 * @param nativeThread whether the thread's number is the operating system's
 * @param block the block's handle, or the guard's number for it when {@code guardBlock}
 * @param guardBlock see there
 * @param address of the block; of a fault, where it happened
 * @param size of the block in bytes; of a leak, of all its blocks
 * @param blocks of a leak, how many
 * @param name of the map, tag, operation or library; of a note, its text; or null
 * @param key of a map's entry, or null
 * @param pc the instruction, of what machine code recorded
 * @param fault of a fault or a report, what kind; or null
 * @param delivered of a fault or a report, whether the access threw instead of being continued
 * @param stack frames, innermost first; empty when none was taken
 * @param stripe the ring that holds it
 * @param sequence its number in that ring, from 1
 */
public record LedgerEvent(
    EventType type,
    int typeCode,
    Instant time,
    long nanoTime,
    boolean exact,
    long thread,
    @Nullable String threadName,
    boolean nativeThread,
    long block,
    boolean guardBlock,
    long address,
    long size,
    long blocks,
    @Nullable String name,
    @Nullable String key,
    long pc,
    @Nullable String fault,
    boolean delivered,
    List<String> stack,
    int stripe,
    long sequence) {
  public LedgerEvent {
    stack = List.copyOf(stack);
  }

  /** {@code allocate}, {@code free}, ..., or {@code type 77} of a newer version. */
  public String typeText() {
    return type == EventType.UNKNOWN ? "type " + typeCode : type.text();
  }
}
