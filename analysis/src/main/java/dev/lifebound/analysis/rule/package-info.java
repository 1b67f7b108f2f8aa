/**
 * The rules: each reads {@link dev.lifebound.analysis.lifetime.Facts} and says which of them are
 * hazards.
 *
 * <p>One class, one page {@code docs/rules/ID.md} and one folder {@code testdata/ID} for each rule;
 * a test fails when one of the three is missing. A rule decides colour and words; it never looks at
 * a tree. Rules keep no state and may run on any thread.
 */
@NullMarked
package dev.lifebound.analysis.rule;

import org.jspecify.annotations.NullMarked;
