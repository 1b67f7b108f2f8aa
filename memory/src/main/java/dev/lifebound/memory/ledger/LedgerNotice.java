package dev.lifebound.memory.ledger;

/**
 * Something in a ledger that could not be read, or that a reader should know.
 *
 * @param code stable, lower case with hyphens
 * @param message one line: what, and what it means
 */
public record LedgerNotice(String code, String message) {}
