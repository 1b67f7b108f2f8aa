/** Placeholder. */
@NullMarked
package dev.lifebound.cli;

import org.jspecify.annotations.NullMarked;
