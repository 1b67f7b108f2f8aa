/**
 * The Go front end: from the files of one package to a {@link
 * dev.lifebound.analysis.lifetime.Unit}.
 *
 * <p>Go and the C of the cgo preamble are parsed with tree-sitter; {@code TreeSitter} is the only
 * class that sees the binding and copies each tree into {@code Syntax}, so that no native memory
 * outlives a parse. On top stands a light typing of our own: types, fields, methods and globals of
 * the package, the types of expressions, and which of them are pointers to C memory. No Go
 * toolchain is needed, so files that cannot be built here are analysed all the same.
 *
 * <h2>Words</h2>
 *
 * <ul>
 *   <li><b>package</b>: the files of one folder with one package clause; test files cannot use cgo
 *       and are left out.
 *   <li><b>cgo package</b>: one in which some file imports {@code "C"}; it is analysed as a whole,
 *       since the map may stand in a file that does not.
 *   <li><b>native table</b>: what well-known C functions do to their arguments, shipped as {@code
 *       native-functions.yaml} and extended by the project's {@code .lifebound.yaml}.
 * </ul>
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li><b>Tolerance</b>: a file with syntax errors is analysed where its tree is whole; a function
 *       that holds an error counts as one that may remove anything.
 *   <li><b>Bounded depth</b>: a tree nested deeper than a limit is cut there and reported.
 * </ul>
 *
 * <p>Parsing and translating keep to one thread for each package; packages are independent. Not
 * promised: type checking. A type that is not understood is unknown, and unknown means silence.
 */
@NullMarked
package dev.lifebound.analysis.go;

import org.jspecify.annotations.NullMarked;
