/**
 * Measurements of the command line as a whole; started by {@code bench/run TOPIC}.
 *
 * <p>Every run is a process of its own, and where two things are compared their runs alternate, so
 * that a drifting machine meets both. Each program prints a table and closes with one line {@code
 * figures: name=value ...}. Nothing here is deployed.
 */
@NullMarked
package dev.lifebound.bench;

import org.jspecify.annotations.NullMarked;
