package dev.lifebound.analysis.java;

import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.NewClassTree;
import com.sun.source.tree.Tree;
import dev.lifebound.analysis.lifetime.Freeing;
import dev.lifebound.analysis.lifetime.Op;
import dev.lifebound.analysis.lifetime.Span;
import dev.lifebound.analysis.lifetime.Value;
import dev.lifebound.analysis.lifetime.Variable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.lang.model.element.Modifier;
import org.jspecify.annotations.Nullable;

/** Calls: of maps, of native memory, of the unit's own methods, of the rest of the world. */
final class Calls {
  private static final Set<String> COPIES = Set.of("copyOf", "addAll");
  private static final Set<String> WRAPPERS =
      Set.of("requireNonNull", "requireNonNullElse", "checkNotNull");
  private static final Set<String> READERS =
      Set.of("java.util.Collections", "java.util.Objects", "java.lang.String", "String");

  private final Body body;
  private final MapCalls maps;
  private final NativeCalls natives;

  Calls(Body body) {
    this.body = body;
    this.maps = new MapCalls(body);
    this.natives = new NativeCalls(body);
  }

  MapCalls maps() {
    return maps;
  }

  /** Translates a call; {@code used} tells whether anybody looks at the result. */
  Operand invoke(MethodInvocationTree tree, boolean used) {
    List<? extends ExpressionTree> arguments = tree.getArguments();
    return switch (body.expressions.unwrap(tree.getMethodSelect())) {
      case IdentifierTree identifier -> unqualified(tree, identifier.getName().toString());
      case MemberSelectTree select -> {
        String name = select.getIdentifier().toString();
        TypeName type = body.expressions.typeNamed(select.getExpression());
        if (type != null) {
          yield onType(tree, type, name, arguments);
        }
        Operand flagged = flag(select.getExpression(), name, tree);
        if (flagged != null) {
          yield flagged;
        }
        Operand receiver = body.expressions.translate(select.getExpression());
        if (select.getExpression().toString().equals("super")) {
          yield onSuper(tree, receiver, name, arguments);
        }
        yield on(tree, receiver, name, arguments, used);
      }
      default -> foreign(tree, null, arguments, TypeName.UNKNOWN);
    };
  }

  // --- whose method ------------------------------------------------------------------------------

  private Operand unqualified(MethodInvocationTree tree, String name) {
    List<? extends ExpressionTree> arguments = tree.getArguments();
    if (name.equals("super")) {
      operands(arguments);
      return body.unknown(body.span(tree), "super", TypeName.UNKNOWN);
    }
    if (name.equals("this")) {
      Operand self = body.self();
      Operand made = construct(tree, body.owner, operands(arguments));
      if (self != null) {
        body.out.add(new Op.Copy(body.span(tree), self.variable(), made.variable()));
      }
      return made;
    }
    for (ClassModel at = body.owner; at != null; at = at.outer) {
      List<ClassModel.Method> found = body.shared.index().methods(at, name, arguments.size());
      if (!found.isEmpty()) {
        Operand base = found.getFirst().isStatic() ? null : body.instance(body.span(tree), at);
        return call(tree, base, overridden(at, found, arguments.size()), operands(arguments));
      }
    }
    String owner = body.owner.names.staticOwner(name);
    return owner == null
        ? foreign(tree, null, arguments, TypeName.UNKNOWN)
        : onType(tree, TypeName.of(owner), name, arguments);
  }

  private Operand onType(
      MethodInvocationTree tree,
      TypeName type,
      String name,
      List<? extends ExpressionTree> arguments) {
    Operand known = natives.onType(tree, type, name, arguments);
    if (known != null) {
      return known;
    }
    ClassModel model = body.shared.index().find(type.name());
    if (model != null) {
      List<ClassModel.Method> found = body.shared.index().methods(model, name, arguments.size());
      if (!found.isEmpty()) {
        return call(tree, null, found, operands(arguments));
      }
    }
    if (arguments.size() >= 1 && WRAPPERS.contains(name)) {
      Operand first = body.expressions.translate(arguments.getFirst());
      operands(arguments.subList(1, arguments.size()));
      return first;
    }
    List<Operand> values = operands(arguments);
    if (COPIES.contains(name)
        && values.size() == 1
        && values.getFirst().view() instanceof Operand.All all) {
      Variable copy = body.temporary(body.text(tree));
      body.out.add(new Op.Copy(body.span(tree), copy, values.getFirst().variable()));
      return new Operand(copy, TypeName.UNKNOWN, all.copied());
    }
    return READERS.contains(type.name())
        ? body.unknown(body.span(tree), body.text(tree), TypeName.UNKNOWN)
        : unknownCall(tree, values, TypeName.UNKNOWN);
  }

  private Operand onSuper(
      MethodInvocationTree tree,
      Operand self,
      String name,
      List<? extends ExpressionTree> arguments) {
    for (TypeName parent : body.owner.parents) {
      ClassModel model = body.shared.index().find(parent.name());
      List<ClassModel.Method> found =
          model == null ? List.of() : body.shared.index().methods(model, name, arguments.size());
      if (!found.isEmpty()) {
        return call(tree, self, found, operands(arguments));
      }
    }
    return foreign(tree, null, arguments, TypeName.UNKNOWN);
  }

  /** A call on a value. */
  Operand on(
      Tree tree,
      Operand receiver,
      String name,
      List<? extends ExpressionTree> arguments,
      boolean used) {
    Operand result = maps.on(tree, receiver, name, arguments, used);
    if (result == null) {
      result = lock(tree, receiver, name);
    }
    if (result == null) {
      result = natives.on(tree, receiver, name, arguments);
    }
    if (result != null) {
      return result;
    }
    ClassModel model = body.shared.index().find(receiver.type().name());
    if (model != null) {
      List<ClassModel.Method> found = body.shared.index().methods(model, name, arguments.size());
      if (!found.isEmpty()) {
        List<ClassModel.Method> all = overridden(model, found, arguments.size());
        return call(tree, receiver, all, operands(arguments));
      }
      ClassModel.Field component = model.isRecord() ? model.fields.get(name) : null;
      if (component != null && arguments.isEmpty()) {
        return body.loadField(body.span(tree), receiver, component, body.text(tree));
      }
    }
    return foreign(tree, receiver, arguments, TypeName.UNKNOWN);
  }

  /** What a virtual call may mean: the methods found and those that override them. */
  List<ClassModel.Method> overridden(
      ClassModel model, List<ClassModel.Method> found, int arguments) {
    ClassModel.Method first = found.getFirst();
    if (first.isStatic() || first.is(Modifier.PRIVATE) || first.is(Modifier.FINAL)) {
      return found;
    }
    List<ClassModel.Method> all = new ArrayList<>(found);
    for (ClassModel below : body.shared.index().descendants(model)) {
      below.methods.stream()
          .filter(m -> m.name().equals(first.name()) && m.takes(arguments))
          .forEach(all::add);
    }
    return all;
  }

  // --- calling -----------------------------------------------------------------------------------

  List<Operand> operands(List<? extends ExpressionTree> arguments) {
    List<Operand> operands = new ArrayList<>();
    arguments.forEach(argument -> operands.add(body.expressions.translate(argument)));
    return operands;
  }

  Operand call(
      Tree tree,
      @Nullable Operand receiver,
      List<ClassModel.Method> methods,
      List<Operand> arguments) {
    List<ClassModel.Method> best = bestOverloads(methods, arguments);
    List<ClassModel.Method> bodies = best.stream().filter(m -> m.tree().getBody() != null).toList();
    List<Variable> variables = new ArrayList<>();
    if (!methods.getFirst().isStatic()) {
      variables.add(
          receiver == null
              ? body.unknown(body.span(tree), "this", TypeName.UNKNOWN).variable()
              : receiver.variable());
    }
    arguments.forEach(argument -> variables.add(argument.variable()));
    Variable to = body.temporary(body.text(tree));
    boolean certain = best.size() == 1 && bodies.size() == 1;
    body.out.add(
        new Op.Call(
            body.span(tree),
            List.of(to),
            bodies.stream().map(ClassModel.Method::id).toList(),
            variables,
            certain ? Op.Call.Kind.DIRECT : Op.Call.Kind.UNCERTAIN));
    return Operand.of(to, best.getFirst().result());
  }

  /** Drops overloads of one class whose parameter types are known to differ from the arguments. */
  private List<ClassModel.Method> bestOverloads(
      List<ClassModel.Method> methods, List<Operand> arguments) {
    List<ClassModel.Method> fitting = methods.stream().filter(m -> fits(m, arguments)).toList();
    return fitting.isEmpty() ? methods : fitting;
  }

  private boolean fits(ClassModel.Method method, List<Operand> arguments) {
    for (int i = 0; i < Math.min(arguments.size(), method.parameters().size()); i++) {
      TypeName wanted = method.parameters().get(i);
      TypeName given = arguments.get(i).type();
      boolean comparable =
          body.shared.index().has(wanted.name()) && body.shared.index().has(given.name());
      if (comparable && !body.shared.index().ancestors(given.name()).contains(wanted.name())) {
        return false;
      }
    }
    return true;
  }

  /** A call of code outside the unit; maps handed to it are not judged any more. */
  Operand foreign(
      Tree tree,
      @Nullable Operand receiver,
      List<? extends ExpressionTree> arguments,
      TypeName type) {
    List<Operand> values = operands(arguments);
    String on = receiver == null ? "" : receiver.variable().name();
    if (on.equalsIgnoreCase("log") || on.equalsIgnoreCase("logger")) {
      return body.unknown(body.span(tree), body.text(tree), type);
    }
    return unknownCall(tree, values, type);
  }

  Operand unknownCall(Tree tree, List<Operand> values, TypeName type) {
    Variable to = body.temporary(body.text(tree));
    List<Variable> variables = values.stream().map(Operand::variable).toList();
    body.out.add(
        new Op.Call(body.span(tree), List.of(to), List.of(), variables, Op.Call.Kind.DIRECT));
    values.forEach(value -> handOutView(body.span(tree), value));
    return Operand.of(to, type);
  }

  // --- objects -----------------------------------------------------------------------------------

  Operand create(NewClassTree tree) {
    TypeName type = body.type(tree.getIdentifier());
    List<Operand> arguments = operands(tree.getArguments());
    if (!arguments.isEmpty() && arguments.getFirst().view() instanceof Operand.All all) {
      Variable copy = body.temporary(body.text(tree));
      body.out.add(new Op.Allocate(body.span(tree), copy, Value.Origin.MANAGED));
      return new Operand(copy, type, all.copied());
    }
    ClassModel model = body.shared.index().find(type.name());
    if (model != null && !model.isInterface()) {
      Operand made = construct(tree, model, arguments);
      anonymous(tree, made);
      return made.as(type);
    }
    Variable to = body.temporary(body.text(tree));
    body.out.add(new Op.Allocate(body.span(tree), to, Value.Origin.MANAGED));
    Operand made = Operand.of(to, type);
    anonymous(tree, made);
    return made;
  }

  private Operand construct(Tree tree, ClassModel model, List<Operand> arguments) {
    Variable to = body.temporary(body.text(tree));
    List<ClassModel.Method> found =
        model.methods.stream()
            .filter(m -> m.name().equals(ClassModel.CONSTRUCTOR) && m.takes(arguments.size()))
            .toList();
    List<ClassModel.Method> best = found.isEmpty() ? found : bestOverloads(found, arguments);
    List<String> ids =
        found.isEmpty()
            ? List.of(Classes.implicitConstructor(model))
            : best.stream().map(ClassModel.Method::id).toList();
    body.out.add(
        new Op.Call(
            body.span(tree),
            List.of(to),
            ids,
            arguments.stream().map(Operand::variable).toList(),
            ids.size() == 1 ? Op.Call.Kind.DIRECT : Op.Call.Kind.UNCERTAIN));
    return Operand.of(to, TypeName.of(model.name));
  }

  /** An anonymous class: its methods run at an unknown time. */
  private void anonymous(NewClassTree tree, Operand made) {
    ClassModel model =
        tree.getClassBody() == null ? null : body.shared.index().of(tree.getClassBody());
    if (model == null) {
      return;
    }
    List<String> ids =
        model.methods.stream()
            .filter(m -> m.tree().getBody() != null && !m.name().equals(ClassModel.CONSTRUCTOR))
            .map(ClassModel.Method::id)
            .toList();
    if (!ids.isEmpty()) {
      body.out.add(
          new Op.Call(
              body.span(tree), List.of(), ids, List.of(made.variable()), Op.Call.Kind.LATER));
    }
  }

  // --- odds and ends -----------------------------------------------------------------------------

  /** What a resource's end does: a free where its type is known to be native. */
  void close(Span span, Operand held, @Nullable Freeing freeing) {
    if (freeing != null) {
      body.free(span, held.variable(), freeing);
    }
  }

  /** A value leaves the method; a live map or view may then be changed by anybody. */
  void handOut(Span span, Operand value) {
    boolean visible =
        body.owner.methods.stream()
            .map(ClassModel.Method::tree)
            .filter(method -> contains(method, span))
            .noneMatch(m -> m.getModifiers().getFlags().contains(Modifier.PRIVATE));
    if (visible && KnownTypes.map(value.type()) != null) {
      body.out.add(new Op.Escape(span, value.variable()));
    }
    if (visible) {
      handOutView(span, value);
    }
  }

  private boolean contains(MethodTree method, Span span) {
    Span whole = body.span(method);
    return whole.start() <= span.start() && span.end() <= whole.end();
  }

  private void handOutView(Span span, Operand value) {
    if (value.view() instanceof Operand.All all
        && all.live()
        && all.shape() != Operand.Shape.STREAM) {
      body.out.add(new Op.Escape(span, all.map().variable()));
    }
  }

  private @Nullable Operand lock(Tree tree, Operand receiver, String name) {
    if (!KnownTypes.isLock(receiver.type())) {
      return null;
    }
    if (name.equals("readLock") || name.equals("writeLock")) {
      return receiver;
    }
    switch (name) {
      case "lock", "lockInterruptibly", "tryLock" ->
          body.out.add(new Op.Lock(body.span(tree), receiver.variable()));
      case "unlock", "unlockRead", "unlockWrite" ->
          body.out.add(new Op.Unlock(body.span(tree), receiver.variable()));
      default -> {}
    }
    return body.unknown(body.span(tree), body.text(tree), TypeName.UNKNOWN);
  }

  /** An atomic flag, told as the plain field that it stands for; null when it is none. */
  private @Nullable Operand flag(ExpressionTree receiver, String name, MethodInvocationTree tree) {
    String text = receiver.toString();
    ClassModel.Field field =
        body.expressions.field(text.startsWith("this.") ? text.substring(5) : text);
    if (field == null || !field.type().name().equals(KnownTypes.ATOMIC_BOOLEAN)) {
      return null;
    }
    List<Operand> arguments = operands(tree.getArguments());
    Span span = body.span(tree);
    Operand base = body.instance(span, field.owner());
    if (base == null) {
      return body.unknown(span, body.text(tree), TypeName.UNKNOWN);
    }
    Operand before = body.loadField(span, base, field, body.text(tree));
    if (!arguments.isEmpty() && !name.equals("get")) {
      body.expressions.storeField(span, base, field, arguments.getLast());
    }
    if (name.startsWith("compareAnd")) {
      Variable same = body.temporary(body.text(tree));
      Variable expected = arguments.getFirst().variable();
      body.out.add(new Op.Compute(span, same, "==", List.of(before.variable(), expected)));
      return Operand.of(same, TypeName.of("boolean"));
    }
    return before;
  }
}
