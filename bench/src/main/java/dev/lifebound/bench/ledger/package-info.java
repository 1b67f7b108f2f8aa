/**
 * Is a ledger cheap enough to be always on, and does it survive its process? {@link
 * dev.lifebound.bench.ledger.LedgerBench} is the entry point.
 */
@NullMarked
package dev.lifebound.bench.ledger;

import org.jspecify.annotations.NullMarked;
