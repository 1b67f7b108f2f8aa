/**
 * Measurements of the map arena against {@code malloc} and Netty; started by {@code bench/run
 * arena}.
 *
 * <p>All variants of one comparison run in one process, in short batches that alternate, so that a
 * drifting machine meets all of them alike. What is published are ratios.
 */
@NullMarked
package dev.lifebound.bench.arena;

import org.jspecify.annotations.NullMarked;
