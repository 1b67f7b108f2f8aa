/**
 * Reports of crashes and leaks from other projects, replayed: each pattern once with raw pointers,
 * where it does damage, and once with Lifebound, where it does not. And the strategies of {@code
 * docs/design/isolation.md}, each with what it protects and what it does not.
 */
@NullMarked
package dev.lifebound.memory.replay;

import org.jspecify.annotations.NullMarked;
