package dev.lifebound.memory.handle;

import java.util.List;

/**
 * A read section that has kept frees waiting for longer than the registry's warning time.
 *
 * @param thread the name of the thread that holds it
 * @param heldNanos how long frees have waited for it
 * @param waitingFrees blocks that wait now
 * @param stack where the thread is now
 */
public record LongSection(
    String thread, long heldNanos, int waitingFrees, List<StackTraceElement> stack) {}
