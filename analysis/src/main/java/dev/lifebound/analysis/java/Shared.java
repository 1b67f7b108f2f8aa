package dev.lifebound.analysis.java;

/** What the translation of every method reads and none changes. */
record Shared(Index index, NativeTypes natives, NativeTable table) {}
