/** Placeholder. */
@NullMarked
package dev.lifebound.analysis;

import org.jspecify.annotations.NullMarked;
