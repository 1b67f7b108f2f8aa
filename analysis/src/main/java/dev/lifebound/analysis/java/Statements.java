package dev.lifebound.analysis.java;

import com.sun.source.tree.AssertTree;
import com.sun.source.tree.BlockTree;
import com.sun.source.tree.BreakTree;
import com.sun.source.tree.CaseTree;
import com.sun.source.tree.CatchTree;
import com.sun.source.tree.ContinueTree;
import com.sun.source.tree.DefaultCaseLabelTree;
import com.sun.source.tree.DoWhileLoopTree;
import com.sun.source.tree.EnhancedForLoopTree;
import com.sun.source.tree.ExpressionStatementTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.ForLoopTree;
import com.sun.source.tree.IfTree;
import com.sun.source.tree.LabeledStatementTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.ReturnTree;
import com.sun.source.tree.StatementTree;
import com.sun.source.tree.SwitchTree;
import com.sun.source.tree.SynchronizedTree;
import com.sun.source.tree.ThrowTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.TryTree;
import com.sun.source.tree.VariableTree;
import com.sun.source.tree.WhileLoopTree;
import com.sun.source.tree.YieldTree;
import com.sun.source.util.TreeScanner;
import dev.lifebound.analysis.lifetime.Freeing;
import dev.lifebound.analysis.lifetime.Op;
import dev.lifebound.analysis.lifetime.Span;
import dev.lifebound.analysis.lifetime.Terminator;
import dev.lifebound.analysis.lifetime.Variable;
import java.util.ArrayList;
import java.util.List;
import javax.lang.model.element.Modifier;
import org.jspecify.annotations.Nullable;

/** Statements to blocks. */
final class Statements {
  /* Exceptions: a handler is entered from the start of its try block, so that what the block did is
   * not held against a handler that undoes it; where the block is one statement (a close, mostly),
   * from its end, for a close that throws has closed. Exceptions that leave the method end the path.
   */
  private final Body body;

  Statements(Body body) {
    this.body = body;
  }

  void translateAll(List<? extends StatementTree> statements) {
    statements.forEach(this::translate);
  }

  void translate(@Nullable StatementTree tree) {
    translate(tree, null);
  }

  private void translate(@Nullable StatementTree tree, @Nullable String label) {
    switch (tree) {
      case null -> {}
      case BlockTree block -> body.inScope(() -> translateAll(block.getStatements()));
      case ExpressionStatementTree statement -> expression(statement.getExpression());
      case VariableTree variable -> variable(variable);
      case IfTree choice -> choice(choice);
      case ReturnTree end -> end(end);
      case ThrowTree failure -> {
        body.expressions.translate(failure.getExpression());
        body.exits.doThrow();
      }
      case WhileLoopTree loop ->
          loop(label, loop.getCondition(), loop.getStatement(), List.of(), false);
      case DoWhileLoopTree loop ->
          loop(label, loop.getCondition(), loop.getStatement(), List.of(), true);
      case ForLoopTree loop ->
          body.inScope(() -> {
            translateAll(loop.getInitializer());
            loop(label, loop.getCondition(), loop.getStatement(), loop.getUpdate(), false);
          });
      case EnhancedForLoopTree loop -> each(label, loop);
      case LabeledStatementTree labeled -> labeled(labeled);
      case BreakTree leave -> body.exits.doBreak(string(leave.getLabel()));
      case ContinueTree again -> body.exits.doContinue(string(again.getLabel()));
      case YieldTree result ->
          body.exits.doYield(
              body.span(result), body.expressions.translate(result.getValue()).variable());
      case SynchronizedTree locked -> locked(locked);
      case TryTree attempt -> attempt(attempt);
      case SwitchTree selection -> cases(selection.getExpression(), selection.getCases(), null);
      case AssertTree ignored -> {}
      default -> {}
    }
  }

  private static @Nullable String string(@Nullable CharSequence text) {
    return text == null ? null : text.toString();
  }

  private void expression(ExpressionTree tree) {
    if (tree instanceof MethodInvocationTree call) {
      body.calls.invoke(call, false);
    } else {
      body.expressions.translate(tree);
    }
  }

  private void variable(VariableTree tree) {
    ExpressionTree initializer = tree.getInitializer();
    TypeName declared = body.type(tree.getType());
    if (initializer == null) {
      body.declare(tree.getName().toString(), declared);
      return;
    }
    Operand value = body.expressions.translate(initializer);
    TypeName type = declared.isKnown() ? declared : value.type();
    Operand local = body.declare(tree.getName().toString(), type);
    body.out.add(new Op.Copy(body.span(tree), local.variable(), value.variable()));
    body.rebind(tree.getName().toString(), value.view());
  }

  private void choice(IfTree tree) {
    int yes = body.out.block();
    int no = body.out.block();
    int after = body.out.block();
    body.expressions.branch(tree.getCondition(), yes, no);
    body.out.enter(yes);
    translate(tree.getThenStatement());
    body.out.jump(after);
    body.out.enter(no);
    translate(tree.getElseStatement());
    body.out.jump(after);
    body.out.enter(after);
  }

  private void end(ReturnTree tree) {
    Span span = body.span(tree);
    if (tree.getExpression() == null) {
      body.exits.doReturn(span, null);
      return;
    }
    Operand value = body.expressions.translate(tree.getExpression());
    body.calls.handOut(span, value);
    body.exits.doReturn(span, value.variable());
  }

  private void labeled(LabeledStatementTree tree) {
    String label = tree.getLabel().toString();
    int after = body.out.block();
    body.exits.withLoop(label, after, Exits.NONE, () -> translate(tree.getStatement(), label));
    body.out.jump(after);
    body.out.enter(after);
  }

  private void loop(
      @Nullable String label,
      @Nullable ExpressionTree condition,
      StatementTree statement,
      List<? extends StatementTree> update,
      boolean late) {
    boolean endless =
        condition == null || body.expressions.unwrap(condition) instanceof LiteralTree;
    int head = body.out.block();
    int inside = body.out.block();
    int again = body.out.block();
    int after = body.out.block();
    body.out.jump(head);
    body.out.enter(head);
    body.out.end(new Terminator.Loop(inside, endless ? -1 : after));
    body.out.enter(inside);
    if (!late && !endless && condition != null) {
      body.expressions.translate(condition);
    }
    body.exits.withLoop(label, after, again, () -> translate(statement));
    body.out.jump(again);
    body.out.enter(again);
    translateAll(update);
    if (late && !endless && condition != null) {
      body.expressions.translate(condition);
    }
    body.out.jump(head);
    body.out.enter(after);
  }

  private void each(@Nullable String label, EnhancedForLoopTree tree) {
    Operand over = body.expressions.translate(tree.getExpression());
    String name = tree.getVariable().getName().toString();
    TypeName declared = body.type(tree.getVariable().getType());
    body.calls
        .maps()
        .loop(
            body.span(tree.getExpression()),
            over,
            label,
            element ->
                body.inScope(() -> {
                  Operand local =
                      body.declare(name, declared.isKnown() ? declared : element.type());
                  body.out.add(
                      new Op.Copy(
                          body.span(tree.getVariable()), local.variable(), element.variable()));
                  body.rebind(name, element.view());
                  translate(tree.getStatement());
                }));
  }

  private void locked(SynchronizedTree tree) {
    Span span = body.span(tree);
    ExpressionTree on = body.expressions.unwrap(tree.getExpression());
    String text = on.toString();
    Variable lock =
        text.equals("this") || text.endsWith(".class")
            ? body.monitor(span)
            : body.expressions.translate(on).variable();
    locked(span, lock, () -> translate(tree.getBlock()));
  }

  /** Code under a lock, released on every way out. */
  void locked(Span span, Variable lock, Runnable code) {
    body.out.add(new Op.Lock(span, lock));
    body.exits.withCleanup(() -> body.out.add(new Op.Unlock(span, lock)), code);
  }

  // --- try ---------------------------------------------------------------------------------------

  private void attempt(TryTree tree) {
    BlockTree last = tree.getFinallyBlock();
    if (last == null) {
      caught(tree);
    } else {
      body.exits.withCleanup(() -> translate(last), () -> caught(tree));
    }
  }

  private void caught(TryTree tree) {
    if (tree.getCatches().isEmpty()) {
      resources(tree, 0);
      return;
    }
    List<Integer> handlers = body.blocks(tree.getCatches().size());
    int after = body.out.block();
    boolean late = tree.getResources().isEmpty() && tree.getBlock().getStatements().size() == 1;
    if (!late) {
      enterAny(handlers);
    }
    body.exits.withCatches(handlers, () -> resources(tree, 0));
    if (late && body.out.isOpen()) {
      enterAny(handlers);
    }
    body.out.jump(after);
    for (int i = 0; i < handlers.size(); i++) {
      CatchTree handler = tree.getCatches().get(i);
      body.out.enter(handlers.get(i));
      body.inScope(() -> {
        VariableTree parameter = handler.getParameter();
        Operand local =
            body.declare(parameter.getName().toString(), body.type(parameter.getType()));
        Operand thrown = body.unknown(body.span(parameter), local.variable().name(), local.type());
        body.out.add(new Op.Copy(body.span(parameter), local.variable(), thrown.variable()));
        translate(handler.getBlock());
      });
      body.out.jump(after);
    }
    body.out.enter(after);
  }

  /** Goes on, or to one of the handlers. */
  private void enterAny(List<Integer> handlers) {
    int on = body.out.block();
    List<Integer> ways = new ArrayList<>(List.of(on));
    ways.addAll(handlers);
    body.out.end(new Terminator.Choice(ways));
    body.out.enter(on);
  }

  private void resources(TryTree tree, int from) {
    if (from == tree.getResources().size()) {
      translate(tree.getBlock());
      return;
    }
    body.inScope(() -> {
      Tree resource = tree.getResources().get(from);
      Operand held;
      if (resource instanceof VariableTree declared) {
        variable(declared);
        Operand local = body.local(declared.getName().toString());
        held = local == null ? body.nothing(body.span(declared)) : local;
      } else {
        held = body.expressions.translate((ExpressionTree) resource);
      }
      Freeing freeing = body.shared.natives().freeing(held.type(), "close");
      Span span = body.span(resource);
      body.exits.withCleanup(
          () -> body.calls.close(span, held, freeing), () -> resources(tree, from + 1));
    });
  }

  // --- switch ------------------------------------------------------------------------------------

  /** A switch; {@code result} takes the value of a switch expression. */
  void cases(ExpressionTree selector, List<? extends CaseTree> cases, @Nullable Variable result) {
    Operand subject = body.expressions.translate(selector);
    List<Integer> entries = body.blocks(cases.size());
    int after = body.out.block();
    List<Integer> ways = new ArrayList<>(entries);
    boolean complete =
        result != null
            || cases.stream()
                .flatMap(c -> c.getLabels().stream())
                .anyMatch(DefaultCaseLabelTree.class::isInstance);
    if (!complete || ways.isEmpty()) {
      ways.add(after);
    }
    body.out.end(new Terminator.Choice(ways));
    Runnable all =
        () ->
            body.inScope(() -> {
              for (int i = 0; i < cases.size(); i++) {
                int next = i + 1 < cases.size() ? entries.get(i + 1) : after;
                body.out.enter(entries.get(i));
                one(cases.get(i), subject, result, next, after);
              }
            });
    if (result == null) {
      body.exits.withLoop(null, after, Exits.NONE, all);
    } else {
      body.exits.withYield(result, after, all);
    }
    body.out.enter(after);
  }

  private void one(CaseTree tree, Operand subject, @Nullable Variable result, int next, int after) {
    tree.getLabels().forEach(label -> body.expressions.bindLabel(label, subject));
    if (tree.getGuard() != null) {
      int pass = body.out.block();
      body.expressions.branch(tree.getGuard(), pass, next);
      body.out.enter(pass);
    }
    if (tree.getStatements() != null) {
      translateAll(tree.getStatements());
      body.out.jump(next);
      return;
    }
    switch (tree.getBody()) {
      case ExpressionTree value when result != null -> {
        Operand operand = body.expressions.translate(value);
        body.out.add(new Op.Copy(body.span(value), result, operand.variable()));
      }
      case ExpressionTree value -> expression(value);
      case StatementTree statement -> translate(statement);
      default -> {}
    }
    body.out.jump(after);
  }

  /** Whether a method holds its own monitor while it runs. */
  static boolean isSynchronized(ClassModel.Method method) {
    return method.is(Modifier.SYNCHRONIZED);
  }

  /** Whether a tree calls {@code this(...)}. */
  static boolean delegates(ClassModel.Method constructor) {
    boolean[] found = {false};
    new TreeScanner<@Nullable Void, @Nullable Void>() {
      @Override
      public @Nullable Void visitMethodInvocation(
          MethodInvocationTree call, @Nullable Void unused) {
        found[0] |= call.getMethodSelect().toString().equals("this");
        return super.visitMethodInvocation(call, null);
      }
    }.scan(constructor.tree().getBody(), null);
    return found[0];
  }
}
