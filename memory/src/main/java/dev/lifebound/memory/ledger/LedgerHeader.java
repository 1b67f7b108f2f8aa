package dev.lifebound.memory.ledger;

import java.nio.ByteOrder;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a ledger says of the process that wrote it.
 *
 * @param version of the format, {@code major.minor}
 * @param byteOrder of the machine that wrote it
 * @param pid the process
 * @param jvm the virtual machine and the operating system
 * @param jvmStarted when the virtual machine started, or null when unknown
 * @param opened when the ledger was created
 * @param closed when the program closed it, or null: it is still open, or the process has died
 * @param droppedEvents events that found no place
 * @param refusedTexts names and stacks that found no room; known once the ledger is closed
 * @param tickNanos how far apart the times of events are that are not exact
 * @param stripes rings of events
 * @param records events that each ring keeps
 * @param stackOneIn blocks for each one whose events carry stacks; 0 for none
 * @param stackDepth most frames of a stack
 */
public record LedgerHeader(
    String version,
    ByteOrder byteOrder,
    long pid,
    String jvm,
    @Nullable Instant jvmStarted,
    Instant opened,
    @Nullable Instant closed,
    long droppedEvents,
    long refusedTexts,
    int tickNanos,
    int stripes,
    int records,
    int stackOneIn,
    int stackDepth) {}
