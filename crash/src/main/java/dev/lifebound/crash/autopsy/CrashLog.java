package dev.lifebound.crash.autopsy;

/** The text that a dying process left behind: HotSpot's, or the last words of its C library. */
public sealed interface CrashLog permits HsErr, AbortMessage {}
