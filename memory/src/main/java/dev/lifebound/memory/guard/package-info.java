/**
 * Blocks on pages of their own, which die when the block is freed.
 *
 * <p>There are two guards. {@link dev.lifebound.memory.guard.Guard} arms the process: its machine
 * code stands in front of the JVM's signal handlers, so that no access to a dead block ends the
 * process, whoever makes it; each is recorded, and either thrown or run on the old bytes. {@link
 * dev.lifebound.memory.guard.GuardPool} is the portable base in Java alone, without machine code,
 * for programs that allocate through it. What follows holds for the pool in Java, and for both
 * where not said otherwise; {@code docs/design/guard.md} describes the other, {@code
 * docs/design/guard-limits.md} what neither can see.
 *
 * <p>A read or write of a freed block then raises a signal that HotSpot turns into an {@link
 * java.lang.InternalError} in the accessing Java thread, instead of ending the process or answering
 * with whatever lies there now. The pool knows the block behind the address and says so.
 *
 * <h2>Words</h2>
 *
 * <ul>
 *   <li><b>guarded block</b>: a block with pages of its own and a dead page behind it. Its end is
 *       aligned to the end of its last page, so that an overflow meets the dead page.
 *   <li><b>dead page</b>: a page on which every access raises SIGBUS. Two ways to make one are
 *       tried, in this order: {@code userfaultfd} with its SIGBUS feature, and mapping the page
 *       onto an empty in-memory file. Neither needs a privilege.
 * </ul>
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li><b>Delay</b>: pages are handed out by address, round and round; a stale pointer stays
 *       caught until the pool comes round to its pages again. That is a whole round for a block
 *       that dies young, and less for one that lived while the pool went round: its pages may be
 *       next.
 *   <li><b>After close</b>: every block of a closed pool is dead for good; its addresses are never
 *       given to anybody else.
 *   <li><b>No guess</b>: an error is translated only when the accessed address lies in a block of
 *       this pool that is dead; any other error passes through unchanged.
 * </ul>
 *
 * <h2>The watch</h2>
 *
 * <p>{@link dev.lifebound.memory.guard.Watch} points the slots through which chosen libraries call
 * their allocator at stubs of machine code. A stub never waits, takes no lock, calls no Java and
 * attaches no thread.
 *
 * <ul>
 *   <li><b>Adopted blocks</b>: a free by C moves the registry's state word by one compare-and-set,
 *       and adds a lease that the watch's thread gives back after names, children and bound maps
 *       have heard. Whoever closes the last lease gives the memory back, by the function that C
 *       called. A second free is refused.
 *   <li><b>Sampled blocks</b>: one in so many allocations comes from an {@link
 *       dev.lifebound.memory.guard.Armed} guard. From then on frees are watched in every library of
 *       the process, as a guarded block must not reach the C library; also after the end of the
 *       watch, while such a block lives.
 *   <li><b>Undo</b>: every slot keeps its old value, is given it back at the end, and lies in a
 *       library that is never unloaded.
 * </ul>
 *
 * <h2>Threads</h2>
 *
 * <p>Any thread may call any method, also from an upcall out of native code.
 *
 * <h2>Not promised</h2>
 *
 * <p>Delivery is imprecise: the faulting load leaves an arbitrary value, a store is skipped, and
 * statements behind it may have run before the exception appears. Abandon the unit of work, never
 * continue with the value. The typed reads of {@link dev.lifebound.memory.guard.GuardPool} hold the
 * value back until the error had its chance; code of your own may not: {@code Byte.valueOf} under
 * the C2 compiler indexes its table by the arbitrary value and ends the process.
 *
 * <p>{@code GuardPool} alone: accesses by C code, by the kernel on the program's behalf, and by a
 * few kinds of compiled Java code are not turned into an exception: an {@code int} load widened to
 * {@code long} and the Vector API under C2, and compare-and-set in the interpreter, end the
 * process, as they would without the guard. An armed {@code Guard} recovers them.
 */
@NullMarked
package dev.lifebound.memory.guard;

import org.jspecify.annotations.NullMarked;
