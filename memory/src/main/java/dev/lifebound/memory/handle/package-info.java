/**
 * The registry of live native blocks: handles instead of addresses, leases instead of trust.
 *
 * <h2>Words</h2>
 *
 * <ul>
 *   <li><b>block</b>: one native allocation: address, size, state, generation.
 *   <li><b>handle</b>: a 64-bit name of a block, made of the registry's number, the slot and the
 *       slot's generation. Never an address. Zero names no block.
 *   <li><b>registry</b>: the concurrent table of live blocks with their reference counts and
 *       deallocators.
 *   <li><b>lease</b>: a pin that keeps a block from being freed while it is read.
 *   <li><b>owner</b>: an object that holds one reference, a {@link
 *       dev.lifebound.memory.handle.Block}, or a registry, which holds them all.
 *   <li><b>leak</b>: blocks whose owner was dropped, or that were live when their registry was
 *       closed.
 *   <li><b>stale</b>: said of a handle whose block is no longer live.
 * </ul>
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li><b>Temporal safety</b>: no operation on a handle touches the memory of a dead block. A
 *       stale handle is refused by its generation, before any read, also when slot and address have
 *       been given to another block since, and also long after its registry was closed: the slots
 *       of all registries are one table, and a generation never comes back.
 *   <li><b>Spatial safety</b>: every access through a lease is bounded by its block.
 *   <li><b>Exactly once</b>: a block's deallocator runs once, on the thread whose release or lease
 *       close was the last, and never while a lease is open.
 *   <li><b>No silent leak</b>: what a dropped owner held is freed, some time after a garbage
 *       collection, and reported.
 *   <li><b>No flag</b>: nothing here needs a JVM flag, unless the program hands in a segment that
 *       it made with a restricted method itself. {@link
 *       dev.lifebound.memory.handle.Lease#segment()} says what native access adds.
 * </ul>
 *
 * <h2>Ownership and threads</h2>
 *
 * <p>{@code allocate} and {@code adopt} return a handle with one reference, which the caller owns
 * and gives back with {@code release}. All methods of the registry may be called by any thread,
 * platform or virtual. A lease belongs to the thread that opened it.
 *
 * <p>Cleanup keeps no owner reachable. A deallocator or a listener that refers to a registry or a
 * {@code Block} does, and so defeats the cleaner.
 *
 * <h2>Not promised</h2>
 *
 * <p>Memory that C code frees without telling the registry is not seen here; that is what the guard
 * is for. A raw address taken out of a segment is outside every guarantee.
 */
@NullMarked
package dev.lifebound.memory.handle;

import org.jspecify.annotations.NullMarked;
