/** Placeholder. */
@NullMarked
package dev.lifebound.memory;

import org.jspecify.annotations.NullMarked;
