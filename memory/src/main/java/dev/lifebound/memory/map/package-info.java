/** Off-heap maps. */
@NullMarked
package dev.lifebound.memory.map;

import org.jspecify.annotations.NullMarked;
