package dev.lifebound.analysis.lifetime;

/**
 * A local variable, parameter or temporary of one function.
 *
 * @param id its number within the function, from 0
 * @param name as the source writes it, or a made-up name for a temporary
 */
public record Variable(int id, String name) {}
