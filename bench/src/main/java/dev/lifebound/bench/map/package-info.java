/**
 * The maps of {@code memory.map} against named peers: {@code bench/run map [--quick] [--plot DIR]}.
 *
 * <p>A {@link dev.lifebound.bench.map.Part} measures some rows and gives the figures they are
 * judged by; {@link dev.lifebound.bench.map.MapBench} lists the parts.
 */
@NullMarked
package dev.lifebound.bench.map;

import org.jspecify.annotations.NullMarked;
