/**
 * Explains the death of a JVM from what it left behind.
 *
 * <p>Today the package reads the {@code hs_err} file, and turns the incidents of a ledger into
 * findings; joining both with a heap dump comes on top of that.
 *
 * <h2>Words</h2>
 *
 * <ul>
 *   <li><b>{@code hs_err} file</b>: the text that HotSpot writes when it dies of a fatal error. It
 *       does not exist when C code calls {@code abort()}.
 *   <li><b>problematic frame</b>: the frame HotSpot blames: where the program counter stood.
 *   <li><b>application frame</b>: the innermost Java frame that belongs to no package of the JDK.
 * </ul>
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li><b>Tolerance</b>: a truncated file, an unknown section or a changed spacing costs the
 *       fields it hides and nothing else; no text makes the reader throw.
 *   <li><b>Bounded reading</b>: the reader looks at no more than the first 4 MiB of a file.
 * </ul>
 *
 * <p>Every type is an immutable value that any thread may share. Not promised: that a field is
 * present; HotSpot writes the file while the process falls apart.
 */
@NullMarked
package dev.lifebound.crash.autopsy;

import org.jspecify.annotations.NullMarked;
