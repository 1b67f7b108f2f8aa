/** The guard: how much misuse it catches, and what it costs. */
@NullMarked
package dev.lifebound.bench.guard;

import org.jspecify.annotations.NullMarked;
