/**
 * The door: the {@code lifebound} program.
 *
 * <p>{@link dev.lifebound.cli.Main} connects the commands of {@link dev.lifebound.cli.command} with
 * the process: its streams, its terminal, its exit code. This is the only place where every module
 * is seen.
 */
@NullMarked
package dev.lifebound.cli;

import org.jspecify.annotations.NullMarked;
