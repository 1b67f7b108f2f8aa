/** Looks into the Java front end where a scan shows too little. */
@NullMarked
package dev.lifebound.analysis.java;

import org.jspecify.annotations.NullMarked;
