/**
 * The map arena: a bump-allocated pool of native memory that backs one whole map and is released in
 * one step.
 *
 * <h2>Words</h2>
 *
 * <ul>
 *   <li><b>slab</b>: one piece of native memory that the arena takes from the system and cuts
 *       blocks from.
 *   <li><b>block</b>: what {@code allocateBlock} or {@code allocate} hands out. A block has no
 *       header and is not given back alone.
 *   <li><b>position</b>: a {@code long} that names a byte in an arena: slab number and offset.
 *       Never an address. Zero names no byte.
 *   <li><b>mark</b>: a moment of an arena to which it can be rolled back.
 *   <li><b>recycled</b>: said of memory that was part of a block before a rollback or reset.
 *   <li><b>checked mode</b>: {@code -Dlifebound.check}, or a switch of the builder: slower, and
 *       refuses more.
 * </ul>
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li><b>Temporal safety</b>: after {@code close} every position and every segment of the arena
 *       is refused, on every thread. After a rollback or reset the same holds of the dead blocks in
 *       checked mode only.
 *   <li><b>Spatial safety</b>: a segment is bounded by its block; an access at a position by its
 *       slab, in checked mode by its block.
 *   <li><b>No overlap</b>: no two blocks share a byte, unless a rollback or reset between them made
 *       the first one dead.
 *   <li><b>Zeroes</b>: memory that was never part of a block is zero. Recycled memory keeps its old
 *       content unless the arena or the call asks for zeroes.
 *   <li><b>Unharmed</b>: a refused request, be it for the limit, for want of memory or for a bad
 *       argument, changes nothing.
 *   <li><b>No flag</b>: nothing here needs a JVM flag or makes the JVM warn.
 * </ul>
 *
 * <h2>Ownership and threads</h2>
 *
 * <p>Whoever builds an arena closes it; any thread may. An arena that is dropped open is never
 * freed. A single-owner arena allocates for one thread, the first that asks, and refuses the others
 * by name; a shared arena allocates for any number, platform or virtual. Reading and writing is
 * open to every thread in both. A position or segment handed to another thread needs a
 * happens-before edge, like any object; without one a read may be refused, never misdirected.
 *
 * <h2>Not promised</h2>
 *
 * <p>Memory goes back to the system at close only (in checked mode at rollback and reset too). In
 * default mode a position may be moved by arithmetic into another block of its slab, and a stale
 * position after a rollback or reset reads whatever lies there now. A raw address taken out of a
 * segment is outside every guarantee.
 */
@NullMarked
package dev.lifebound.memory.arena;

import org.jspecify.annotations.NullMarked;
