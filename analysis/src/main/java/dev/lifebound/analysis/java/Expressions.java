package dev.lifebound.analysis.java;

import com.sun.source.tree.AnyPatternTree;
import com.sun.source.tree.ArrayAccessTree;
import com.sun.source.tree.AssignmentTree;
import com.sun.source.tree.BinaryTree;
import com.sun.source.tree.BindingPatternTree;
import com.sun.source.tree.CaseLabelTree;
import com.sun.source.tree.CompoundAssignmentTree;
import com.sun.source.tree.ConditionalExpressionTree;
import com.sun.source.tree.DeconstructionPatternTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.InstanceOfTree;
import com.sun.source.tree.LambdaExpressionTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MemberReferenceTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.NewArrayTree;
import com.sun.source.tree.NewClassTree;
import com.sun.source.tree.ParenthesizedTree;
import com.sun.source.tree.PatternCaseLabelTree;
import com.sun.source.tree.SwitchExpressionTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.TypeCastTree;
import com.sun.source.tree.UnaryTree;
import dev.lifebound.analysis.lifetime.Op;
import dev.lifebound.analysis.lifetime.Span;
import dev.lifebound.analysis.lifetime.Terminator;
import dev.lifebound.analysis.lifetime.Variable;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Expressions to steps; every expression ends in a variable. */
final class Expressions {
  private static final Pattern ZERO = Pattern.compile("0[lL]?");
  private static final TypeName BOOLEAN = TypeName.of("boolean");

  private final Body body;

  Expressions(Body body) {
    this.body = body;
  }

  ExpressionTree unwrap(ExpressionTree tree) {
    ExpressionTree inner = tree;
    while (inner instanceof ParenthesizedTree parenthesized) {
      inner = parenthesized.getExpression();
    }
    return inner;
  }

  Operand translate(ExpressionTree tree) {
    return switch (tree) {
      case ParenthesizedTree inner -> translate(inner.getExpression());
      case LiteralTree literal -> literal(literal);
      case IdentifierTree identifier -> identifier(identifier);
      case MemberSelectTree select -> select(select);
      case AssignmentTree assignment -> assignment(assignment);
      case CompoundAssignmentTree update -> update(update.getVariable(), update.getExpression());
      case MethodInvocationTree call -> body.calls.invoke(call, true);
      case NewClassTree creation -> body.calls.create(creation);
      case ConditionalExpressionTree choice -> choice(choice);
      case TypeCastTree cast -> translate(cast.getExpression()).as(body.type(cast.getType()));
      case UnaryTree unary -> unary(unary);
      case BinaryTree binary -> binary(binary);
      case InstanceOfTree test -> truth(test);
      case LambdaExpressionTree lambda -> {
        body.closures.later(lambda);
        yield unknown(tree);
      }
      case MemberReferenceTree reference -> {
        body.closures.later(reference);
        yield unknown(tree);
      }
      case SwitchExpressionTree selection -> selection(selection);
      case ArrayAccessTree access -> {
        Operand array = translate(access.getExpression());
        translate(access.getIndex());
        yield body.unknown(body.span(tree), body.text(tree), array.type().element());
      }
      case NewArrayTree array -> {
        if (array.getInitializers() != null) {
          array.getInitializers().forEach(this::translate);
        }
        yield unknown(tree);
      }
      default -> unknown(tree);
    };
  }

  private Operand unknown(Tree tree) {
    return body.unknown(body.span(tree), body.text(tree), TypeName.UNKNOWN);
  }

  private Operand literal(LiteralTree tree) {
    String text = body.text(tree);
    boolean none = tree.getKind() == Tree.Kind.NULL_LITERAL || ZERO.matcher(text).matches();
    return none ? body.nothing(body.span(tree)) : body.constant(body.span(tree), text);
  }

  // --- names -------------------------------------------------------------------------------------

  private Operand identifier(IdentifierTree tree) {
    String name = tree.getName().toString();
    Span span = body.span(tree);
    if (name.equals("this") || name.equals("super")) {
      Operand self = body.self();
      return self == null ? unknown(tree) : self;
    }
    Operand local = body.local(name);
    if (local != null) {
      return local;
    }
    TypeName captured = body.captured(name);
    if (captured != null) {
      return body.unknown(span, name, captured);
    }
    ClassModel.Field field = field(name);
    return field == null ? unknown(tree) : load(span, field, name);
  }

  /** A field by its simple name, as the scopes around the code see it. */
  ClassModel.@Nullable Field field(String name) {
    for (ClassModel at = body.owner; at != null; at = at.outer) {
      ClassModel.Field field = body.shared.index().field(at, name);
      if (field != null) {
        return field;
      }
    }
    String owner = body.owner.names.staticOwner(name);
    ClassModel model = owner == null ? null : body.shared.index().find(owner);
    return model == null ? null : body.shared.index().field(model, name);
  }

  private Operand load(Span span, ClassModel.Field field, String text) {
    if (field.isStatic()) {
      return body.loadStatic(span, field, text);
    }
    Operand base = body.instance(span, field.owner());
    return base == null
        ? body.unknown(span, text, field.type())
        : body.loadField(span, base, field, text);
  }

  /** The class that an expression names, or null when it is a value. */
  @Nullable TypeName typeNamed(ExpressionTree tree) {
    return switch (tree) {
      case IdentifierTree identifier -> {
        String name = identifier.getName().toString();
        boolean value =
            name.equals("this")
                || name.equals("super")
                || body.local(name) != null
                || body.captured(name) != null
                || field(name) != null;
        String found = value ? null : body.owner.names.find(name, body.owner);
        boolean looksLikeType = !value && Character.isUpperCase(name.charAt(0));
        yield found != null ? TypeName.of(found) : looksLikeType ? TypeName.of(name) : null;
      }
      case MemberSelectTree select -> {
        String text = select.toString();
        if (body.shared.index().has(text) || KnownTypes.contains(text)) {
          yield TypeName.of(text);
        }
        TypeName container = typeNamed(select.getExpression());
        String nested = container == null ? "" : container.name() + "." + select.getIdentifier();
        yield body.shared.index().has(nested) ? TypeName.of(nested) : null;
      }
      default -> null;
    };
  }

  private Operand select(MemberSelectTree tree) {
    String name = tree.getIdentifier().toString();
    Span span = body.span(tree);
    TypeName type = typeNamed(tree.getExpression());
    if (type != null) {
      ClassModel model = body.shared.index().find(type.name());
      if (model != null && name.equals("this")) {
        Operand instance = body.instance(span, model);
        return instance == null ? unknown(tree) : instance;
      }
      ClassModel.Field field = model == null ? null : body.shared.index().field(model, name);
      return field == null ? unknown(tree) : load(span, field, body.text(tree));
    }
    Operand base = translate(tree.getExpression());
    ClassModel model = body.shared.index().find(base.type().name());
    ClassModel.Field field = model == null ? null : body.shared.index().field(model, name);
    return field == null ? unknown(tree) : body.loadField(span, base, field, body.text(tree));
  }

  // --- assignments -------------------------------------------------------------------------------

  private Operand assignment(AssignmentTree tree) {
    ExpressionTree target = unwrap(tree.getVariable());
    if (target instanceof ArrayAccessTree access) {
      translate(access.getExpression());
      translate(access.getIndex());
      return translate(tree.getExpression());
    }
    Operand value = translate(tree.getExpression());
    return store(body.span(tree), target, value);
  }

  private Operand store(Span span, ExpressionTree target, Operand value) {
    if (target instanceof IdentifierTree identifier) {
      String name = identifier.getName().toString();
      Operand local = body.local(name);
      if (local != null) {
        body.out.add(new Op.Copy(span, local.variable(), value.variable()));
        body.rebind(name, value.view());
        return value;
      }
      ClassModel.Field field = body.captured(name) == null ? field(name) : null;
      if (field != null) {
        storeField(
            span, field.isStatic() ? null : body.instance(span, field.owner()), field, value);
      }
    } else if (target instanceof MemberSelectTree select) {
      TypeName type = typeNamed(select.getExpression());
      Operand base = type == null ? translate(select.getExpression()) : null;
      String owner = base == null ? (type == null ? "" : type.name()) : base.type().name();
      ClassModel model = body.shared.index().find(owner);
      ClassModel.Field field =
          model == null
              ? null
              : body.shared.index().field(model, select.getIdentifier().toString());
      if (field != null) {
        storeField(span, base, field, value);
      }
    }
    return value;
  }

  /** Stores in a field; without a base only static fields are reached. */
  void storeField(Span span, @Nullable Operand base, ClassModel.Field field, Operand value) {
    if (field.isStatic()) {
      body.out.add(new Op.StoreGlobal(span, field.globalName(), value.variable()));
    } else if (base != null) {
      body.out.add(new Op.StoreField(span, base.variable(), Body.name(field), value.variable()));
    }
  }

  private Operand update(ExpressionTree target, @Nullable ExpressionTree by) {
    Operand before = translate(target);
    if (by != null) {
      translate(by);
    }
    Operand after = body.unknown(body.span(target), body.text(target), before.type());
    return store(body.span(target), unwrap(target), after);
  }

  // --- operators ---------------------------------------------------------------------------------

  private Operand unary(UnaryTree tree) {
    return switch (tree.getKind()) {
      case LOGICAL_COMPLEMENT -> truth(tree);
      case PREFIX_INCREMENT, PREFIX_DECREMENT, POSTFIX_INCREMENT, POSTFIX_DECREMENT ->
          update(tree.getExpression(), null);
      default -> {
        Operand of = translate(tree.getExpression());
        yield computed(tree, tree.getKind().name(), List.of(of.variable()), of.type());
      }
    };
  }

  private Operand binary(BinaryTree tree) {
    return switch (tree.getKind()) {
      case CONDITIONAL_AND, CONDITIONAL_OR, NOT_EQUAL_TO -> truth(tree);
      case EQUAL_TO -> {
        Operand left = translate(tree.getLeftOperand());
        Operand right = translate(tree.getRightOperand());
        yield computed(tree, "==", List.of(left.variable(), right.variable()), BOOLEAN);
      }
      default -> {
        Operand left = translate(tree.getLeftOperand());
        Operand right = translate(tree.getRightOperand());
        yield computed(
            tree,
            tree.getKind().name(),
            List.of(left.variable(), right.variable()),
            TypeName.UNKNOWN);
      }
    };
  }

  private Operand computed(Tree tree, String operator, List<Variable> operands, TypeName type) {
    Variable to = body.temporary(body.text(tree));
    body.out.add(new Op.Compute(body.span(tree), to, operator, operands));
    return Operand.of(to, type);
  }

  /** A condition as a value. */
  private Operand truth(ExpressionTree tree) {
    Span span = body.span(tree);
    Variable to = body.temporary(body.text(tree));
    int yes = body.out.block();
    int no = body.out.block();
    int after = body.out.block();
    branch(tree, yes, no);
    body.out.enter(yes);
    body.out.add(new Op.Literal(span, to, "true"));
    body.out.jump(after);
    body.out.enter(no);
    body.out.add(new Op.Literal(span, to, "false"));
    body.out.jump(after);
    body.out.enter(after);
    return Operand.of(to, BOOLEAN);
  }

  private Operand choice(ConditionalExpressionTree tree) {
    Variable to = body.temporary(body.text(tree));
    int yes = body.out.block();
    int no = body.out.block();
    int after = body.out.block();
    branch(tree.getCondition(), yes, no);
    body.out.enter(yes);
    Operand first = translate(tree.getTrueExpression());
    body.out.add(new Op.Copy(body.span(tree), to, first.variable()));
    body.out.jump(after);
    body.out.enter(no);
    Operand second = translate(tree.getFalseExpression());
    body.out.add(new Op.Copy(body.span(tree), to, second.variable()));
    body.out.jump(after);
    body.out.enter(after);
    return Operand.of(to, first.type().isKnown() ? first.type() : second.type());
  }

  private Operand selection(SwitchExpressionTree tree) {
    Variable to = body.temporary(body.text(tree));
    body.statements.cases(tree.getExpression(), tree.getCases(), to);
    return Operand.of(to, TypeName.UNKNOWN);
  }

  /** Ends the current block with the two ways of a condition. */
  void branch(ExpressionTree condition, int whenTrue, int whenFalse) {
    ExpressionTree tree = unwrap(condition);
    switch (tree.getKind()) {
      case LOGICAL_COMPLEMENT -> branch(((UnaryTree) tree).getExpression(), whenFalse, whenTrue);
      case CONDITIONAL_AND -> {
        int more = body.out.block();
        branch(((BinaryTree) tree).getLeftOperand(), more, whenFalse);
        body.out.enter(more);
        branch(((BinaryTree) tree).getRightOperand(), whenTrue, whenFalse);
      }
      case CONDITIONAL_OR -> {
        int more = body.out.block();
        branch(((BinaryTree) tree).getLeftOperand(), whenTrue, more);
        body.out.enter(more);
        branch(((BinaryTree) tree).getRightOperand(), whenTrue, whenFalse);
      }
      case NOT_EQUAL_TO -> {
        Operand left = translate(((BinaryTree) tree).getLeftOperand());
        Operand right = translate(((BinaryTree) tree).getRightOperand());
        Operand equal = computed(tree, "==", List.of(left.variable(), right.variable()), BOOLEAN);
        body.out.end(new Terminator.Branch(equal.variable(), whenFalse, whenTrue));
      }
      case INSTANCE_OF -> {
        InstanceOfTree test = (InstanceOfTree) tree;
        Operand subject = translate(test.getExpression());
        String type = test.getType() == null ? "pattern" : test.getType().toString();
        Operand is = computed(tree, "instanceof " + type, List.of(subject.variable()), BOOLEAN);
        if (test.getPattern() != null) {
          bind(test.getPattern(), subject);
        }
        body.out.end(new Terminator.Branch(is.variable(), whenTrue, whenFalse));
      }
      default ->
          body.out.end(new Terminator.Branch(translate(tree).variable(), whenTrue, whenFalse));
    }
  }

  // --- patterns ----------------------------------------------------------------------------------

  void bindLabel(CaseLabelTree label, Operand subject) {
    if (label instanceof PatternCaseLabelTree pattern) {
      bind(pattern.getPattern(), subject);
    }
  }

  private void bind(Tree pattern, Operand subject) {
    Span span = body.span(pattern);
    switch (pattern) {
      case BindingPatternTree binding -> {
        TypeName declared = body.type(binding.getVariable().getType());
        Operand local =
            body.declare(
                binding.getVariable().getName().toString(),
                declared.isKnown() ? declared : subject.type());
        body.out.add(new Op.Copy(span, local.variable(), subject.variable()));
      }
      case DeconstructionPatternTree parts -> {
        ClassModel model = body.shared.index().find(body.type(parts.getDeconstructor()).name());
        List<ClassModel.Field> fields =
            model == null
                ? List.of()
                : model.fields.values().stream().filter(f -> !f.isStatic()).toList();
        for (int i = 0; i < parts.getNestedPatterns().size(); i++) {
          Operand part =
              i < fields.size()
                  ? body.loadField(span, subject, fields.get(i), fields.get(i).name())
                  : body.unknown(span, "component", TypeName.UNKNOWN);
          bind(parts.getNestedPatterns().get(i), part);
        }
      }
      case AnyPatternTree ignored -> {}
      default -> {}
    }
  }
}
