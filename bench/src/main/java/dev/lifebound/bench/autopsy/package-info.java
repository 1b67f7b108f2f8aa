/** Crashes by the hundred, and whether their autopsies are right and quick. */
@NullMarked
package dev.lifebound.bench.autopsy;

import org.jspecify.annotations.NullMarked;
