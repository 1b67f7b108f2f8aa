/**
 * Who in a Java heap holds a native address, by a heap dump in the HPROF format.
 *
 * <h2>Words</h2>
 *
 * <ul>
 *   <li><b>target</b>: the address, or the block that it lies in.
 *   <li><b>hit</b>: an object, an array element or a static field with a number that is the target:
 *       a {@code Long} or {@code long}, a {@code MemorySegment}, a JNA {@code Pointer}, a direct
 *       {@code ByteBuffer}, or any other field of 64 bits.
 *   <li><b>holder</b>: where the program keeps a hit: a map with its key, or the class and field.
 *   <li><b>climb</b>: from a hit to who refers to it, and on, until a holder is found.
 * </ul>
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li><b>Bounded memory</b>: a dump is read as a stream, several times, and never held: memory is
 *       that of the class table and of what was found, at most {@code MOST} objects. A dump of 2 GB
 *       is searched in a heap of 512 MB.
 *   <li><b>What was found counts</b>: a dump that ends early, or has a record of an unknown kind,
 *       gives what lies before that place, and a notice.
 * </ul>
 *
 * <p>The format is read by Shark ({@code com.squareup.leakcanary:shark-hprof}), the reader of
 * LeakCanary, which streams: 28 million objects of 2.5 GB in 1.8 s at 512 MB. Its own heap graph is
 * not used: it indexes every object in memory, which does not fit that heap. Only this package sees
 * Shark, Okio or Kotlin.
 *
 * <p>A search is done by one thread. Not promised: local variables as holders, and maps that keep
 * their entries in other forms than an entry object, an open table or a field for each.
 */
@NullMarked
package dev.lifebound.crash.autopsy.heap;

import org.jspecify.annotations.NullMarked;
