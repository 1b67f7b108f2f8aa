/**
 * The commands of the {@code lifebound} program, one class each.
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li><b>Clean output</b>: standard output carries the result and nothing else; errors, progress
 *       and warnings go to standard error.
 *   <li><b>Exit codes</b>: {@value dev.lifebound.cli.command.ExitCode#USAGE} for a usage error of
 *       any command; a command documents the others in its help.
 *   <li><b>Whole files</b>: a file named by {@code -o} holds the whole result or is untouched.
 *   <li><b>Stable errors</b>: every error is one line, {@code lifebound: what is wrong: name=value;
 *       what to do [code]}; {@code docs/troubleshooting.md} has an entry for every code. A stack
 *       trace is shown only with {@code --debug}.
 * </ul>
 *
 * <p>A command runs on the thread that calls {@link dev.lifebound.cli.command.Lifebound#run} and
 * keeps no state after it.
 */
@NullMarked
package dev.lifebound.cli.command;

import org.jspecify.annotations.NullMarked;
