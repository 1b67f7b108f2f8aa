/**
 * System calls and C library functions, and nothing else.
 *
 * <p>Internal: public only because sibling packages call it; no compatibility is promised. This is
 * the one package of the module that uses {@link java.lang.foreign.Linker}.
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li><b>Laziness</b>: loading any other package of the module links no native function. The
 *       first call here does, and needs {@code --enable-native-access} for this module to pass
 *       without a warning.
 *   <li><b>Errors</b>: every failed call throws {@link dev.lifebound.memory.os.SystemCallException}
 *       with the call's name, its arguments and the text of {@code errno}; no result code is
 *       dropped.
 * </ul>
 *
 * <p>All methods may be called by any thread. Nobody here owns memory: who maps must unmap.
 */
@NullMarked
package dev.lifebound.memory.os;

import org.jspecify.annotations.NullMarked;
