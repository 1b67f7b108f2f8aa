/** Scans sources written for the purpose and holds the findings against what they announce. */
@NullMarked
package dev.lifebound.analysis;

import org.jspecify.annotations.NullMarked;
