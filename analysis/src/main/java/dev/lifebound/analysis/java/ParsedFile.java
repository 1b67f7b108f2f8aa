package dev.lifebound.analysis.java;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.SourcePositions;
import dev.lifebound.analysis.lifetime.SourceFile;
import dev.lifebound.analysis.lifetime.Span;

/** A file without syntax errors, its tree and where the tree's parts stand. */
record ParsedFile(SourceFile source, CompilationUnitTree tree, SourcePositions positions) {

  /** Where a tree stands; empty, at the start of the file, for trees that the parser made up. */
  Span span(Tree part) {
    long start = positions.getStartPosition(tree, part);
    long end = positions.getEndPosition(tree, part);
    if (start < 0) {
      return new Span(0, 0);
    }
    return new Span((int) start, (int) Math.max(start, end));
  }

  /** The text of a tree. */
  String text(Tree part) {
    Span span = span(part);
    return source.text().substring(span.start(), span.end());
  }
}
