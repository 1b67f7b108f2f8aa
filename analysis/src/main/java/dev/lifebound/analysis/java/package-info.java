/**
 * The Java front end: sources to the form of {@link dev.lifebound.analysis.lifetime}.
 *
 * <p>javac's own parser reads the sources, so every syntax that the running JDK knows is known
 * here. Names are resolved by imports, packages and the classes of the scan itself: no class path,
 * no attribution, no generated code. The translation then speaks of what matters to lifetimes only:
 * maps and caches, arenas and their segments, native handles and what frees them, locks, calls.
 *
 * <h2>Words</h2>
 *
 * <ul>
 *   <li><b>handle</b>: an object that owns native memory; {@code NativeTypes} tells which classes
 *       make handles, by the bodies of their close methods or by the shipped table.
 *   <li><b>operand</b>: a translated expression: variable, static type, and what it shows of a map.
 *   <li><b>view</b>: {@code values()}, an iterator, a stream, an entry: something by which a map is
 *       read or changed without being named.
 *   <li><b>seed word</b>: a word without which a file cannot matter; the pre-filter looks for them.
 * </ul>
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li><b>Native or silent</b>: a free is told only for types known to be native. A {@code
 *       Map<String, InputStream>} never leads to a finding.
 *   <li><b>No trace</b>: nothing is written to disk or printed, nothing of the project runs, no
 *       annotation processor is looked for.
 *   <li><b>Any input</b>: a file that javac cannot parse is left out and named in a notice.
 *   <li><b>Determinism</b>: the same files give the same unit for any number of threads.
 * </ul>
 *
 * <p>Not modelled: exceptions that leave a method (such a path ends), reflection, values held in
 * arrays and collections that are no maps, what a lambda captures.
 */
@NullMarked
package dev.lifebound.analysis.java;

import org.jspecify.annotations.NullMarked;
