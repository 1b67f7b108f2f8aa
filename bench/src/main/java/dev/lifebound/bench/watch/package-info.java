/**
 * What the watch costs a native library, and how surely it finds a bug that repeats.
 *
 * <p>Run by {@code bench/run guard}; needs gcc.
 */
@NullMarked
package dev.lifebound.bench.watch;

import org.jspecify.annotations.NullMarked;
