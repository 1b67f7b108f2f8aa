/**
 * Native memory, and the maps that hold it, bound to one life.
 *
 * <p>A Java program that keeps a native address outlives the memory behind it: C code frees the
 * block, a map still holds the pointer, and the next use kills the process or answers wrongly. This
 * module replaces the address by a name that can be refused.
 *
 * <ul>
 *   <li>{@link dev.lifebound.memory.handle}: the registry of live blocks, handles and leases. Needs
 *       no JVM flag.
 *   <li>{@link dev.lifebound.memory.arena}: memory for one whole map, bump-allocated and released
 *       in one step. Needs no JVM flag.
 *   <li>{@link dev.lifebound.memory.guard}: blocks on pages of their own that die at free, so that
 *       even a raw access to a freed block becomes an exception. Linux; needs {@code
 *       --enable-native-access}.
 *   <li>{@code dev.lifebound.memory.os}: system calls. Internal; no promise to anybody.
 * </ul>
 *
 * <p>Nothing here depends on another library, uses {@code sun.misc.Unsafe} or needs {@code
 * --add-opens} or a preview feature.
 */
@NullMarked
package dev.lifebound.memory;

import org.jspecify.annotations.NullMarked;
