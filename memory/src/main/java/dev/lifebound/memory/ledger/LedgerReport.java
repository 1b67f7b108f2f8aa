package dev.lifebound.memory.ledger;

import java.util.List;
import java.util.Objects;

/**
 * What one thread did to a block, as another thread tells it afterwards: a report of the guard, or
 * a free by C.
 *
 * @param type {@link EventType#REPORT}, {@link EventType#REPORT_FREED}, {@link
 *     EventType#REPORT_ALLOCATED}, {@link EventType#FREE_BY_C} or {@link EventType#DOUBLE_FREE}
 * @param kind of a report, the number of its kind, at most 15; else 0
 * @param delivered of a report, whether the access threw
 * @param nanoTime when, as {@link System#nanoTime}
 * @param address that was touched or given to {@code free}; of the other sites, the block's
 * @param byteSize of the block, 0 unknown
 * @param block the guard's number or the handle, 0 unknown
 * @param guardBlock whether it is the guard's
 * @param pc the instruction, or the return address of the call; 0 unknown
 * @param library the file's name in which {@code pc} lies
 * @param stack lines of text, innermost frame first; empty when none was taken
 * @param thread the operating system's number of the thread
 * @param threadName its name; empty when unknown
 */
public record LedgerReport(
    EventType type,
    int kind,
    boolean delivered,
    long nanoTime,
    long address,
    long byteSize,
    long block,
    boolean guardBlock,
    long pc,
    String library,
    List<String> stack,
    int thread,
    String threadName) {
  private static final int MAX_KIND = 15;

  public LedgerReport {
    Objects.requireNonNull(type, "a report must have a type");
    if (kind < 0 || kind > MAX_KIND) {
      throw new IllegalArgumentException("a kind must be from 0 to " + MAX_KIND + ": kind=" + kind);
    }
    stack = List.copyOf(stack);
  }

  /** A Java frame as a line of {@link #stack}. */
  public static String line(StackTraceElement frame) {
    return Stacks.text(frame);
  }

  /** The flags of its record. */
  int flags() {
    int high = kind > Layout.FLAG_DETAIL_MASK ? Layout.FLAG_KIND_HIGH : 0;
    return Layout.FLAG_EXACT
        | (guardBlock ? Layout.FLAG_GUARD_BLOCK : 0)
        | (delivered ? Layout.FLAG_DELIVERED : 0)
        | high
        | (kind & Layout.FLAG_DETAIL_MASK);
  }
}
