/**
 * Follows a native block from its allocation into a map and past its free, in no language at all.
 *
 * <p>A front end (Go, Java) translates each function into a graph of {@link
 * dev.lifebound.analysis.lifetime.Block}s whose {@link dev.lifebound.analysis.lifetime.Op}s speak
 * only of what matters to lifetimes: maps, frees, fields, calls, locks. The {@link
 * dev.lifebound.analysis.lifetime.Engine} walks the paths of every function and answers with {@link
 * dev.lifebound.analysis.lifetime.Facts}. Rules read facts; they see neither trees nor paths.
 *
 * <h2>Words</h2>
 *
 * <ul>
 *   <li><b>unit</b>: what is analysed together: a Go package, the Java sources of one run.
 *   <li><b>variable</b>: a local of one function, named by a number; temporaries included.
 *   <li><b>value</b>: what a variable holds, as a symbol: a parameter, a field of a value, the
 *       entry of a map under a key, the result of a call. Two equal values are the same thing at
 *       run time (<em>must alias</em>); two different values may still be the same thing.
 *   <li><b>place</b>: where a map or a lock is declared: a field of a type, a package variable, a
 *       local. Maps and locks are told apart by place, not by instance.
 *   <li><b>group free</b>: a free that ends every value derived from an owner: an arena's {@code
 *       close}.
 *   <li><b>summary</b>: what calling a function does to its arguments, to maps, and what it
 *       returns.
 *   <li><b>settled</b>: said of a freed value and a map when the path removes, overwrites or drops
 *       the entry, or may do so; a settled pair is never reported.
 * </ul>
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li><b>Real paths</b>: what a fact says happened lies on one path through the function's graph,
 *       with one outcome for each repeated test. Correlations beyond equal tests are not known.
 *   <li><b>Silence in doubt</b>: where an unknown callee, an unknown key or a callback may have
 *       removed the entry, the pair counts as settled. Misses are accepted, false alarms are not.
 *   <li><b>Bounded</b>: a path passes a loop's body once, and the states of a function are limited;
 *       beyond the limit states that differ only in their tests are merged.
 *   <li><b>Determinism</b>: facts come in source order for any number of threads.
 * </ul>
 *
 * <p>Every type is immutable or confined to the thread that builds it. Not promised: soundness.
 * Instances are merged by type, threads are not interleaved, and arithmetic is opaque.
 */
@NullMarked
package dev.lifebound.analysis.lifetime;

import org.jspecify.annotations.NullMarked;
