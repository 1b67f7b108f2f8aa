/**
 * The work of {@code bench/run handles} and {@code bench/run arena}, one by one under JMH: {@code
 * bench/run TOPIC --jmh}.
 *
 * <p>They are a second opinion about single figures, with JMH's own guards against what a compiler
 * may leave out. Published ratios come from the interleaved runs, {@code
 * dev.lifebound.bench.Contest}: JMH measures one variant after the other, some minutes apart, and
 * on a machine that others share the order of two variants then changes from run to run. Batches of
 * a millisecond that alternate meet the same machine.
 */
package dev.lifebound.bench.jmh;
