/** Placeholder. */
@NullMarked
package dev.lifebound.bench;

import org.jspecify.annotations.NullMarked;
