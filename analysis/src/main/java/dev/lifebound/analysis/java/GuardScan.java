package dev.lifebound.analysis.java;

import com.sun.source.tree.AssignmentTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.IfTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.ThrowTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.TreeScanner;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The fields that a method sets, and those by whose content it refuses with an exception. */
final class GuardScan extends TreeScanner<@Nullable Void, @Nullable Void> {
  private final Predicate<String> isField;
  private final Set<String> marked = new HashSet<>();
  private final Set<String> tested = new HashSet<>();

  GuardScan(Predicate<String> isField) {
    this.isField = isField;
  }

  /** Fields that are assigned, or set as an atomic is. */
  Set<String> marked() {
    return marked;
  }

  /** Fields in the condition of an {@code if} that throws. */
  Set<String> tested() {
    return tested;
  }

  @Override
  public @Nullable Void visitAssignment(AssignmentTree tree, @Nullable Void unused) {
    String field = name(tree.getVariable());
    if (field != null) {
      marked.add(field);
    }
    return super.visitAssignment(tree, null);
  }

  @Override
  public @Nullable Void visitMethodInvocation(MethodInvocationTree tree, @Nullable Void unused) {
    if (tree.getMethodSelect() instanceof MemberSelectTree select) {
      String method = select.getIdentifier().toString();
      String field = name(select.getExpression());
      if (field != null
          && (method.equals("set")
              || method.equals("getAndSet")
              || method.startsWith("compareAnd"))) {
        marked.add(field);
      }
    }
    return super.visitMethodInvocation(tree, null);
  }

  @Override
  public @Nullable Void visitIf(IfTree tree, @Nullable Void unused) {
    if (throwsAny(tree.getThenStatement()) || throwsAny(tree.getElseStatement())) {
      fieldsIn(tree.getCondition());
    }
    return super.visitIf(tree, null);
  }

  private void fieldsIn(Tree condition) {
    new TreeScanner<@Nullable Void, @Nullable Void>() {
      @Override
      public @Nullable Void visitIdentifier(IdentifierTree tree, @Nullable Void unused) {
        add(tree);
        return null;
      }

      @Override
      public @Nullable Void visitMemberSelect(MemberSelectTree tree, @Nullable Void unused) {
        add(tree);
        return super.visitMemberSelect(tree, null);
      }

      private void add(ExpressionTree tree) {
        String field = name(tree);
        if (field != null) {
          tested.add(field);
        }
      }
    }.scan(condition, null);
  }

  private static boolean throwsAny(@Nullable Tree tree) {
    boolean[] found = {false};
    new TreeScanner<@Nullable Void, @Nullable Void>() {
      @Override
      public @Nullable Void visitThrow(ThrowTree tree, @Nullable Void unused) {
        found[0] = true;
        return null;
      }
    }.scan(tree, null);
    return found[0];
  }

  private @Nullable String name(ExpressionTree tree) {
    String name =
        switch (tree) {
          case IdentifierTree identifier -> identifier.getName().toString();
          case MemberSelectTree select when select.getExpression().toString().equals("this") ->
              select.getIdentifier().toString();
          default -> "";
        };
    return isField.test(name) ? name : null;
  }
}
