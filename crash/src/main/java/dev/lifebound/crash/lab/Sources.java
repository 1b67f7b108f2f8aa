package dev.lifebound.crash.lab;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The sources of victims that are not written in Java: resources of this package. */
final class Sources {
  /** Every file of the Go module; a test holds this list against the folder. */
  static final List<String> GO =
      List.of(
          "go.mod",
          "main.go",
          "arena/arena.go",
          "beliefs/cbytes.go",
          "beliefs/checkptr.go",
          "beliefs/hashbits.go",
          "beliefs/header.go",
          "beliefs/imported/imported.go",
          "beliefs/overflow.go",
          "beliefs/probing.go",
          "buckets/header.go",
          "buckets/pointer.go",
          "buckets/uintptr.go",
          "buckets/walk.go",
          "concurrent/concurrent.go",
          "doublefree/doublefree.go",
          "escape/kept.go",
          "escape/number.go",
          "escape/pointer.go",
          "escape/report.go",
          "finalizer/cpointer.go",
          "finalizer/early.go",
          "finalizer/late.go",
          "freedkey/lookup.go",
          "freedkey/reuse.go",
          "growth/badpointer.go",
          "growth/cpointers.go",
          "growth/uintptr.go",
          "nilmap/nilmap.go",
          "recipe/block.go",
          "recipe/check.go",
          "recipe/fault.go",
          "recipe/huge.go",
          "recipe/large.go",
          "recipe/print.go",
          "recipe/small.go",
          "tell/tell.go");

  private Sources() {}

  /** Writes the whole Go module into a folder. */
  static void copyGo(Path folder) throws IOException {
    for (String name : GO) {
      copy("go/" + name, folder.resolve(name));
    }
  }

  /** Writes one resource into a file. */
  static void copy(String resource, Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    try (InputStream in = Sources.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the source must be in the jar: resource=" + resource);
      }
      Files.copy(in, file);
    }
  }
}
