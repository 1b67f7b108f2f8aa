/** Handles, leases, read sections and bound keys against what people write by hand. */
@NullMarked
package dev.lifebound.bench.handles;

import org.jspecify.annotations.NullMarked;
