/**
 * The ledger: a file that tells what happened to native blocks, also when the process is dead.
 *
 * <p>A process that is killed by a stale pointer takes its heap with it. What it has stored in a
 * mapped file stays, since the pages belong to the operating system. So every event in a block's
 * life is one record of 64 bytes in such a file.
 *
 * <h2>Words</h2>
 *
 * <ul>
 *   <li><b>event</b>: one thing that happened to a block: allocated, freed, bound to a map, ...
 *   <li><b>record</b>: an event's 64 bytes. Its <b>commit word</b> is written last.
 *   <li><b>stripe</b>: a ring of records with one writer at a time.
 *   <li><b>incident</b>: an event that tells of a mistake: a stale use, a second free, a fault.
 *   <li><b>text area</b>: names and stacks, each once; a record has their numbers.
 * </ul>
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li><b>No torn record</b>: a process may end between any two instructions; a record is either
 *       whole or not there. Each carries a check of 16 bits, so that a reader also notices what
 *       happens to a file later.
 *   <li><b>No lost event</b>: an event whose method has returned is in the file. The death of the
 *       machine is not covered: nothing waits for the disk.
 *   <li><b>Newest first to stay</b>: size is bounded; each stripe keeps its newest events. A thread
 *       that dies leaves its newest events until a later owner of the stripe has written a ring
 *       full. Incidents have a copy in a ring of their own.
 *   <li><b>No waiting</b>: no event takes a lock or touches a word that other threads write. At its
 *       first event a platform thread gets its stripe under a lock.
 *   <li><b>No harm</b>: a full disk or a missing folder is an error when the ledger is created, or
 *       events are dropped and counted; never an exception out of an event, never a signal. No JVM
 *       flag is needed.
 *   <li><b>For its owner</b>: the file is created with mode 0600 and never follows a link.
 * </ul>
 *
 * <h2>Threads</h2>
 *
 * <p>Any thread may report events. A platform thread owns a stripe; virtual threads, and platform
 * threads beyond the number of stripes, borrow one of some shared stripes for each event, which
 * costs an uncontended atomic operation. Of these the newest events of each shared stripe survive,
 * which need not be those of each thread. Machine code writes stripes of its own, with an atomic
 * add for each event.
 *
 * <h2>Time</h2>
 *
 * <p>Times are {@link System#nanoTime()}. A program with many events has a clock that ticks once in
 * a millisecond, since reading the true time would cost more than all the rest; incidents always
 * have the true time. The order within a thread is exact, between threads only as good as the tick.
 *
 * <h2>Ownership</h2>
 *
 * <p>Who creates a {@link dev.lifebound.memory.ledger.Ledger} closes it. The memory stays mapped
 * until the ledger is unreachable, or for good once machine code has asked for its address. A
 * ledger left open at the end of the process is as readable as a closed one.
 *
 * <h2>Not promised</h2>
 *
 * <p>Cutting the file of a living process, as {@code > FILE} does, takes the memory away under its
 * writers. While a guard is armed, it gives them other memory and says that the events are lost;
 * without one they get an {@code InternalError}. Remove the file instead. On a file system that
 * writes data to a new place each time (btrfs, zfs) a disk that fills up later may have the same
 * effect; put the ledger on a memory file system there.
 */
@NullMarked
package dev.lifebound.memory.ledger;

import org.jspecify.annotations.NullMarked;
