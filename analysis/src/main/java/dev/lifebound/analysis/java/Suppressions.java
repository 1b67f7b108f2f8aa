package dev.lifebound.analysis.java;

import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.TreeScanner;
import dev.lifebound.analysis.lifetime.Span;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the authors of a file answer for themselves: {@code @SuppressWarnings("lifebound:LBJ003")}
 * on a class, method, field or variable silences one rule there, {@code "lifebound"} all. Comments
 * that name an owner are the scanner's matter.
 */
final class Suppressions {
  private static final String ALL = "lifebound";

  private record Region(Span span, String word) {}

  private final ParsedFile file;
  private final List<Region> regions = new ArrayList<>();

  Suppressions(ParsedFile file) {
    this.file = file;
    new TreeScanner<@Nullable Void, @Nullable Void>() {
      @Override
      public @Nullable Void visitClass(ClassTree tree, @Nullable Void unused) {
        add(tree.getModifiers(), tree);
        return super.visitClass(tree, null);
      }

      @Override
      public @Nullable Void visitMethod(MethodTree tree, @Nullable Void unused) {
        add(tree.getModifiers(), tree);
        return super.visitMethod(tree, null);
      }

      @Override
      public @Nullable Void visitVariable(VariableTree tree, @Nullable Void unused) {
        add(tree.getModifiers(), tree);
        return super.visitVariable(tree, null);
      }
    }.scan(file.tree(), null);
  }

  private void add(@Nullable ModifiersTree modifiers, Tree tree) {
    if (modifiers == null) {
      return;
    }
    for (AnnotationTree annotation : modifiers.getAnnotations()) {
      if (annotation.getAnnotationType().toString().endsWith("SuppressWarnings")) {
        new TreeScanner<@Nullable Void, @Nullable Void>() {
          @Override
          public @Nullable Void visitLiteral(LiteralTree literal, @Nullable Void unused) {
            if (literal.getValue() instanceof String word && word.startsWith(ALL)) {
              regions.add(new Region(file.span(tree), word));
            }
            return null;
          }
        }.scan(annotation.getArguments(), null);
      }
    }
  }

  /** Whether one of the rules is silenced at a place. */
  boolean silence(Span at, List<String> rules) {
    for (Region region : regions) {
      boolean inside = region.span().start() <= at.start() && at.end() <= region.span().end();
      if (inside
          && (region.word().equals(ALL)
              || rules.stream().anyMatch(rule -> region.word().equals(ALL + ":" + rule)))) {
        return true;
      }
    }
    return false;
  }
}
