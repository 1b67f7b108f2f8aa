/**
 * The crash laboratory: plays a use-after-free to its end, once unprotected and once protected, and
 * tells what happened.
 *
 * <p>{@link dev.lifebound.crash.lab.Laboratory} is the door. It lists the scenarios, runs them and
 * returns one {@link dev.lifebound.crash.lab.Outcome} per scenario and mode; {@link
 * dev.lifebound.crash.lab.LabTable} and {@link dev.lifebound.crash.lab.LabJson} print them.
 *
 * <h2>Words</h2>
 *
 * <ul>
 *   <li><b>scenario</b>: one way in which C frees a block that a Java map still holds.
 *   <li><b>mode</b>: unprotected (raw pointers, as most programs keep them) or protected (handles
 *       or the guard of the memory module).
 *   <li><b>victim</b>: the fresh JVM that plays one scenario in one mode. It may die; nothing else
 *       does.
 *   <li><b>laboratory</b>: the JVM that starts the victims and judges how they ended.
 *   <li><b>testimony</b>: the lines a victim writes before and after the dangerous access. They
 *       leave the process at once, so they survive its death.
 * </ul>
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li><b>Isolation</b>: every dangerous access happens in a victim; the laboratory itself makes
 *       no native call.
 *   <li><b>Bounded time</b>: a victim that does not end within the request's limit is killed with
 *       all its descendants. A victim whose laboratory dies ends too.
 *   <li><b>No traces</b>: victims run in a temporary folder that takes {@code hs_err} and every
 *       other file; it is deleted when the run ends, also by exception, interrupt or an orderly
 *       shutdown of the laboratory's JVM. Victims leave no core file.
 *   <li><b>Honesty</b>: a protected victim does the same read as the unprotected one; the outcome
 *       is what it saw, never what was hoped for. What cannot run says why.
 * </ul>
 *
 * <p>A {@code Laboratory} may be used by any thread; each run owns its victims and its folder. The
 * values are immutable. Not promised: that an unprotected scenario harms in the same way on every
 * machine; the C allocator decides that.
 */
@NullMarked
package dev.lifebound.crash.lab;

import org.jspecify.annotations.NullMarked;
