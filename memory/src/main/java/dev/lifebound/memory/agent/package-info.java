/**
 * The guard in a program that was not changed: the module's jar is a Java agent.
 *
 * <p>{@code -javaagent:lifebound-memory.jar=watch=librocksdbjni*,sample=1/1024,mode=recover} arms
 * the guard before {@code main} and reports every use of freed memory that it sees. {@code
 * lifebound run} and {@code lifebound attach} pass the options.
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li><b>Harmless</b>: whatever cannot be done is said in one line on standard error, and the
 *       program runs on as without the agent. No exception leaves the agent.
 *   <li><b>One line at start</b>: what was armed, what was not, and why.
 *   <li><b>One report for each block</b> and kind of misuse, to standard error, to the ledger and
 *       to the flight recorder.
 *   <li><b>Any Java</b>: the entry class is compiled for Java 11 and touches nothing newer before
 *       it has looked at the version.
 * </ul>
 *
 * <h2>Ownership and threads</h2>
 *
 * <p>The agent has the process: it is armed once and stays so until the process ends. Reports are
 * written by a thread of its own, never by the thread that misused the memory.
 *
 * <h2>Not promised</h2>
 *
 * <p>With sampling a misuse is seen when its block was a sampled one. The agent opens no port and
 * reads no file but its own and those of the process itself.
 */
@NullMarked
package dev.lifebound.memory.agent;

import org.jspecify.annotations.NullMarked;
