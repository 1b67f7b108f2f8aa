/** Placeholder. */
@NullMarked
package dev.lifebound.crash;

import org.jspecify.annotations.NullMarked;
