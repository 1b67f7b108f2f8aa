/**
 * Finds native memory that a map still holds after it was freed, in Go and Java sources.
 *
 * <p>{@link dev.lifebound.analysis.Scanner} is the door: paths in, a {@link
 * dev.lifebound.finding.Report} out. Behind it a front end for each language translates sources to
 * the language-neutral form of {@code lifetime}, whose engine follows the paths, and {@code rule}
 * judges.
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li><b>Never silent</b>: a file that is not analysed, or not wholly, is named in a notice.
 *   <li><b>Never broken by input</b>: whatever the files hold, a scan ends with a report.
 *   <li><b>Determinism</b>: the same files give the same report for any number of threads.
 * </ul>
 *
 * <p>A scan runs no code of the project and starts no process. Any thread may start a scan.
 */
@NullMarked
package dev.lifebound.analysis;

import org.jspecify.annotations.NullMarked;
