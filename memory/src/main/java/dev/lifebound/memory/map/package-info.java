/**
 * Maps in native memory that follow Go's map, grow without long pauses, and refuse use after close
 * and use by two threads.
 *
 * <h2>Words</h2>
 *
 * <ul>
 *   <li><b>slab</b>: one piece of native memory that a map takes from the system.
 *   <li><b>table</b>: up to 32 groups side by side in a slab, for the keys of one hash prefix.
 *   <li><b>group</b>: 8 slots and a control word of 8 tags, which a search compares at once.
 *   <li><b>directory</b>: finds the table by the top bits of the hash; on the heap.
 *   <li><b>passers</b>: the number of entries that found a group full and went on; 0 ends a search.
 *   <li><b>seed</b>: what makes one map's hash function differ from another's.
 *   <li><b>codec</b>: how values of a type stand in native memory.
 *   <li><b>word</b>: up to eight bytes of a key or value, in its slot.
 *   <li><b>cell</b>: a key or value that is no word, in the map's arena.
 *   <li><b>dead entry</b>: one that owned a reference of a block that has ended; it is no longer in
 *       the map for whoever asks.
 * </ul>
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li><b>Bounded pauses</b>: no single operation moves more entries than a table has, copies more
 *       than one leaf of the directory, or zeroes more than 64 KiB; nothing that grows with the
 *       map.
 *   <li><b>Every word</b>: there is no reserved key or value.
 *   <li><b>Temporal safety</b>: after {@code close} every use is refused, on every thread.
 *   <li><b>Unharmed</b>: a refused write, be it for the limit or for want of memory, changes
 *       nothing.
 *   <li><b>No tombstones</b>: a removal frees its slot at once; churn at constant size does not
 *       grow a map.
 *   <li><b>One life</b>: an entry that holds a handle owns one reference of its block and gives it
 *       back when it ends; when the block ends first, the entry is gone before the memory is freed.
 *   <li><b>No flag</b>: nothing here needs a JVM flag or makes the JVM warn.
 * </ul>
 *
 * <h2>Ownership and threads</h2>
 *
 * <p>Whoever builds a map closes it; one that is dropped open is reported, one line to the logger
 * {@code dev.lifebound.memory}, and freed at the collector's time. The maps for one writer may be
 * read by many threads while nobody writes. An overlap is a bug in the program; it is looked for in
 * every operation and answered by {@link dev.lifebound.memory.map.ConcurrentUseException} when it
 * is seen, which is a best effort.
 *
 * <h2>Not promised</h2>
 *
 * <p>Memory goes back to the system at close only. The hash function is not cryptographic: its seed
 * keeps strangers from guessing collisions, not somebody who can read the map's order.
 */
@NullMarked
package dev.lifebound.memory.map;

import org.jspecify.annotations.NullMarked;
