package dev.lifebound.analysis.java;

import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.LambdaExpressionTree;
import com.sun.source.tree.MemberReferenceTree;
import com.sun.source.tree.StatementTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import dev.lifebound.analysis.lifetime.Op;
import dev.lifebound.analysis.lifetime.Variable;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Lambdas and method references: written in place where known to run now, else run later. */
final class Closures {
  private final Body body;

  Closures(Body body) {
    this.body = body;
  }

  /** A function value that somebody will call, or not. */
  void later(ExpressionTree tree) {
    List<String> ids =
        switch (tree) {
          case LambdaExpressionTree lambda -> List.of(closure(lambda));
          case MemberReferenceTree reference -> referenced(reference);
          default -> List.of();
        };
    if (!ids.isEmpty()) {
      Operand self = body.self();
      List<Variable> arguments = self == null ? List.of() : List.of(self.variable());
      body.out.add(new Op.Call(body.span(tree), List.of(), ids, arguments, Op.Call.Kind.LATER));
    }
  }

  private String closure(LambdaExpressionTree lambda) {
    Body inner = body.closure(body.span(lambda));
    for (VariableTree parameter : lambda.getParameters()) {
      String name = parameter.getName().toString();
      inner.bind(
          name,
          Operand.of(
              inner.out.parameter(name.isEmpty() ? "_" : name), inner.type(parameter.getType())));
    }
    if (lambda.getBody() instanceof ExpressionTree value) {
      Operand result = inner.expressions.translate(value);
      inner.exits.doReturn(inner.span(value), result.variable());
    } else {
      inner.statements.translate((StatementTree) lambda.getBody());
    }
    inner.finish(Set.of());
    return inner.out.id();
  }

  private List<String> referenced(MemberReferenceTree reference) {
    TypeName type = body.expressions.typeNamed(reference.getQualifierExpression());
    boolean own = reference.getQualifierExpression().toString().equals("this");
    ClassModel model =
        own ? body.owner : type == null ? null : body.shared.index().find(type.name());
    if (model == null) {
      return List.of();
    }
    String name = reference.getName().toString();
    return body.shared.index().lineage(model).stream()
        .flatMap(at -> at.methods.stream())
        .filter(m -> m.name().equals(name) && m.tree().getBody() != null)
        .map(ClassModel.Method::id)
        .toList();
  }

  /** Writes a function value's code in place, applied to operands; null where it is not known. */
  @Nullable Operand apply(ExpressionTree function, List<Operand> arguments) {
    return switch (body.expressions.unwrap(function)) {
      case LambdaExpressionTree lambda -> applyLambda(lambda, arguments);
      case MemberReferenceTree reference -> applyReference(reference, arguments);
      default -> {
        body.expressions.translate(function);
        yield null;
      }
    };
  }

  private Operand applyLambda(LambdaExpressionTree lambda, List<Operand> arguments) {
    Variable result = body.temporary(body.text(lambda));
    int after = body.out.block();
    Operand[] value = {Operand.of(result, TypeName.UNKNOWN)};
    body.inScope(() -> value[0] = applyLambda(lambda, arguments, result, after));
    body.out.jump(after);
    body.out.enter(after);
    return value[0];
  }

  private Operand applyReference(MemberReferenceTree reference, List<Operand> arguments) {
    String name = reference.getName().toString();
    ExpressionTree qualifier = reference.getQualifierExpression();
    TypeName type = body.expressions.typeNamed(qualifier);
    if (type == null) {
      return applyTo(reference, body.expressions.translate(qualifier), name, arguments);
    }
    ClassModel model = body.shared.index().find(type.name());
    List<ClassModel.Method> statics =
        model == null
            ? List.of()
            : body.shared.index().methods(model, name, arguments.size()).stream()
                .filter(ClassModel.Method::isStatic)
                .toList();
    if (!statics.isEmpty()) {
      return body.calls.call(reference, null, statics, arguments);
    }
    return arguments.isEmpty() || name.equals("new")
        ? body.unknown(body.span(reference), body.text(reference), type)
        : applyTo(reference, arguments.getFirst(), name, arguments.subList(1, arguments.size()));
  }

  private Operand applyLambda(
      LambdaExpressionTree lambda, List<Operand> arguments, Variable result, int after) {
    for (int i = 0; i < Math.min(arguments.size(), lambda.getParameters().size()); i++) {
      Operand given = arguments.get(i);
      VariableTree parameter = lambda.getParameters().get(i);
      String name = parameter.getName().toString();
      Operand local = body.declare(name, given.type());
      body.out.add(new Op.Copy(body.span(parameter), local.variable(), given.variable()));
      body.rebind(name, given.view());
    }
    TypeName[] type = {TypeName.UNKNOWN};
    body.exits.withLambda(
        result,
        after,
        () -> {
          if (lambda.getBody() instanceof ExpressionTree expression) {
            Operand value = body.expressions.translate(expression);
            body.out.add(new Op.Copy(body.span(expression), result, value.variable()));
            type[0] = value.type();
          } else {
            body.statements.translate((StatementTree) lambda.getBody());
          }
        });
    return Operand.of(result, type[0]);
  }

  private Operand applyTo(Tree tree, Operand receiver, String name, List<Operand> arguments) {
    if (arguments.isEmpty()) {
      return body.calls.on(tree, receiver, name, List.of(), false);
    }
    ClassModel model = body.shared.index().find(receiver.type().name());
    if (model != null) {
      int count = arguments.size();
      List<ClassModel.Method> found = body.shared.index().methods(model, name, count);
      if (!found.isEmpty()) {
        return body.calls.call(
            tree, receiver, body.calls.overridden(model, found, count), arguments);
      }
    }
    return body.calls.unknownCall(tree, arguments, TypeName.UNKNOWN);
  }
}
