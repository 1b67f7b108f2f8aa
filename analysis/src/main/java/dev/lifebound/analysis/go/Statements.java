package dev.lifebound.analysis.go;

import dev.lifebound.analysis.go.Frame.Inlined;
import dev.lifebound.analysis.go.Frame.Local;
import dev.lifebound.analysis.go.Frame.Operand;
import dev.lifebound.analysis.lifetime.Function;
import dev.lifebound.analysis.lifetime.FunctionBuilder;
import dev.lifebound.analysis.lifetime.Op;
import dev.lifebound.analysis.lifetime.Terminator;
import dev.lifebound.analysis.lifetime.Variable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Translates the statements of one function; loops and switches are in {@link Branching}. */
final class Statements {
  private final Frame frame;
  private final Calls calls;
  private final Expressions expressions;
  private final Branching branching;

  Statements(Frame frame) {
    this.frame = frame;
    this.calls = new Calls(frame, this);
    this.expressions = calls.expressions();
    this.branching = new Branching(frame, this, expressions);
  }

  /** Translates a whole declaration and hands the function over. */
  static void translate(
      GoPackage pkg, GoPackage.Declared declared, Frame.Sink sink, Set<Function.Trait> traits) {
    Syntax node = declared.node();
    FunctionBuilder builder =
        new FunctionBuilder(declared.id(), declared.name(), declared.file().source(), node.span());
    Frame frame = new Frame(pkg, declared.file(), builder, sink);
    Statements statements = new Statements(frame);
    statements.parameters(node.get("receiver"));
    statements.parameters(node.get("parameters"));
    statements.namedResults(node.get("result"));
    Syntax body = node.get("body");
    if (body != null) {
      statements.body(body);
    }
    sink.function(builder.build(traits));
  }

  private void parameters(@Nullable Syntax list) {
    if (list == null) {
      return;
    }
    for (Syntax parameter : list.parts()) {
      GoType type = GoType.of(parameter.get("type"), frame.file.source().text());
      GoType held = parameter.is("variadic_parameter_declaration") ? new GoType.ListOf(type) : type;
      List<Syntax> names = parameter.all("name");
      if (names.isEmpty()) {
        frame.builder.parameter("_");
      }
      for (Syntax name : names) {
        String text = frame.text(name);
        Variable variable = frame.builder.parameter(text);
        frame.scopes.element().put(text, new Local(variable, held, null));
      }
    }
  }

  private void namedResults(@Nullable Syntax result) {
    List<Local> results = new ArrayList<>();
    if (result != null && result.is("parameter_list")) {
      for (Syntax parameter : result.parts()) {
        GoType type = GoType.of(parameter.get("type"), frame.file.source().text());
        for (Syntax name : parameter.all("name")) {
          results.add(frame.declare(frame.text(name), type, null));
        }
      }
    }
    frame.namedResults = List.copyOf(results);
  }

  private void body(Syntax body) {
    block(body);
    if (frame.builder.isOpen()) {
      Syntax last = body;
      frame.builder.end(
          new Terminator.Return(
              new dev.lifebound.analysis.lifetime.Span(
                  Math.max(last.span().start(), last.span().end() - 1), last.span().end()),
              List.of()));
    }
  }

  void block(Syntax node) {
    frame.scopes.push(new LinkedHashMap<>());
    list(node);
    frame.scopes.pop();
  }

  /** The statements of a block or of a case. */
  void list(Syntax node) {
    for (Syntax child : node.parts()) {
      if (child.is("statement_list")) {
        list(child);
      } else {
        statement(child);
      }
    }
  }

  void statement(Syntax node) {
    switch (node.kind()) {
      case "block" -> block(node);
      case "expression_statement" -> expression(Expressions.only(node));
      case "short_var_declaration" -> define(node);
      case "assignment_statement" -> assign(node);
      case "var_declaration" -> variables(node);
      case "inc_statement", "dec_statement" -> {
        Syntax target = Expressions.only(node);
        Operand old = expressions.value(target);
        expressions.assign(
            target, expressions.computed(node, node.kind(), List.of(old), old.type()));
      }
      case "return_statement" -> returning(node);
      case "defer_statement" -> defer(node);
      case "go_statement" -> go(node);
      case "send_statement" -> node.parts().forEach(expressions::value);
      case "if_statement" -> branching.conditional(node);
      case "for_statement" -> branching.loop(node);
      case "expression_switch_statement" -> branching.choice(node);
      case "type_switch_statement", "select_statement" -> branching.alternatives(node);
      case "labeled_statement" -> branching.labeled(node);
      case "break_statement" -> branching.leave(node, true);
      case "continue_statement" -> branching.leave(node, false);
      case "goto_statement" -> branching.jump(node);
      default -> {}
    }
  }

  private void expression(Syntax node) {
    Syntax bare = Expressions.bare(node);
    if (bare.is("call_expression")) {
      calls.prepare(bare).emit().results(0);
    } else {
      expressions.value(bare);
    }
  }

  // --- assignments -------------------------------------------------------------------------------

  /** The values of a right side, as many as the left side takes. */
  private List<Operand> values(List<Syntax> right, int wanted) {
    if (right.size() == 1 && wanted > 1) {
      return spread(Expressions.bare(right.getFirst()), wanted);
    }
    List<Operand> values = new ArrayList<>();
    right.forEach(node -> values.add(expressions.value(node)));
    return values;
  }

  /** One expression with several results. */
  private List<Operand> spread(Syntax node, int wanted) {
    List<Operand> values = new ArrayList<>();
    switch (node.kind()) {
      case "call_expression" -> values.addAll(calls.call(node, wanted));
      case "index_expression" -> {
        Variable found = frame.builder.variable("ok");
        values.add(expressions.index(node, found));
        values.add(new Operand(found, GoType.BOOL));
      }
      default -> values.add(expressions.value(node));
    }
    while (values.size() < wanted) {
      values.add(expressions.unknown(node, GoType.BOOL));
    }
    return values;
  }

  private static List<Syntax> side(@Nullable Syntax list) {
    if (list == null) {
      return List.of();
    }
    return list.is("expression_list") ? list.parts() : List.of(list);
  }

  void define(Syntax node) {
    List<Syntax> left = side(node.get("left"));
    List<Syntax> right = side(node.get("right"));
    boolean single = left.size() == 1 && right.size() == 1;
    if (single && Expressions.bare(right.getFirst()).is("func_literal")) {
      Syntax literal = Expressions.bare(right.getFirst());
      String name = frame.text(left.getFirst());
      String id = closure(literal, name);
      frame.builder.part(id);
      frame.declare(name, GoType.UNKNOWN, id);
      return;
    }
    List<Operand> values = values(right, left.size());
    for (int i = 0; i < Math.min(left.size(), values.size()); i++) {
      String name = frame.text(left.get(i));
      Local known = frame.scopes.element().get(name);
      if (known == null) {
        known = frame.declare(name, values.get(i).type(), null);
      }
      frame.add(new Op.Copy(left.get(i).span(), known.variable(), values.get(i).variable()));
    }
  }

  private void assign(Syntax node) {
    List<Syntax> left = side(node.get("left"));
    List<Syntax> right = side(node.get("right"));
    Syntax operator = node.get("operator");
    if (operator != null && !operator.is("=") && left.size() == 1 && right.size() == 1) {
      Operand old = expressions.value(left.getFirst());
      Operand change = expressions.value(right.getFirst());
      expressions.assign(
          left.getFirst(),
          expressions.computed(node, operator.kind(), List.of(old, change), old.type()));
      return;
    }
    List<Operand> values = values(right, left.size());
    for (int i = 0; i < Math.min(left.size(), values.size()); i++) {
      expressions.assign(left.get(i), values.get(i));
    }
  }

  private void variables(Syntax node) {
    for (Syntax spec : node.parts()) {
      if (spec.is("var_spec_list")) {
        variables(spec);
      }
      if (!spec.is("var_spec")) {
        continue;
      }
      GoType type = GoType.of(spec.get("type"), frame.file.source().text());
      List<Syntax> names = spec.all("name");
      List<Operand> values = values(side(spec.get("value")), names.size());
      for (int i = 0; i < names.size(); i++) {
        boolean given = i < values.size();
        GoType own = type instanceof GoType.Unknown && given ? values.get(i).type() : type;
        Local local = frame.declare(frame.text(names.get(i)), own, null);
        if (given) {
          frame.add(new Op.Copy(spec.span(), local.variable(), values.get(i).variable()));
        } else if (frame.pkg.underlying(own) instanceof GoType.StructOf) {
          frame.add(
              new Op.Allocate(
                  spec.span(),
                  local.variable(),
                  dev.lifebound.analysis.lifetime.Value.Origin.MANAGED));
        } else {
          frame.add(new Op.Literal(spec.span(), local.variable(), null));
        }
      }
    }
  }

  // --- leaving -----------------------------------------------------------------------------------

  private void returning(Syntax node) {
    List<Syntax> right = node.parts().isEmpty() ? List.of() : side(node.parts().getFirst());
    Inlined inlined = frame.inlined.peek();
    if (inlined != null) {
      List<Operand> values = values(right, Math.max(right.size(), inlined.results().size()));
      for (int i = 0; i < Math.min(values.size(), inlined.results().size()); i++) {
        frame.add(new Op.Copy(node.span(), inlined.results().get(i), values.get(i).variable()));
      }
      frame.builder.end(new Terminator.Jump(inlined.after()));
      return;
    }
    List<Variable> results = new ArrayList<>();
    if (right.isEmpty()) {
      frame.namedResults.forEach(local -> results.add(local.variable()));
    } else {
      int wanted = Math.max(right.size(), frame.namedResults.size());
      values(right, wanted).forEach(value -> results.add(value.variable()));
    }
    frame.builder.end(new Terminator.Return(node.span(), results));
  }

  private void defer(Syntax node) {
    Syntax call = Expressions.bare(Expressions.only(node));
    if (!call.is("call_expression")) {
      return;
    }
    Calls.Prepared prepared = calls.prepare(call);
    int deferred = frame.builder.block();
    int after = frame.builder.block();
    frame.add(new Op.Defer(node.span(), deferred));
    frame.builder.jump(after);
    frame.builder.enter(deferred);
    prepared.emit().results(0);
    if (frame.builder.isOpen()) {
      frame.builder.end(new Terminator.EndDefer());
    }
    frame.builder.enter(after);
  }

  /** Another goroutine: what it removes counts. */
  private void go(Syntax node) {
    Syntax call = Expressions.bare(Expressions.only(node));
    Syntax function = call.get("function");
    Syntax arguments = call.get("arguments");
    if (function == null || arguments == null) {
      return;
    }
    arguments.parts().forEach(expressions::value);
    Syntax callee = Expressions.bare(function);
    if (callee.is("func_literal") || callee.is("identifier")) {
      expressions.value(callee);
    } else if (callee.is("selector_expression")) {
      Syntax field = callee.get("field");
      List<GoPackage.Declared> methods =
          field == null ? List.of() : frame.pkg.methodsNamed(frame.text(field));
      frame.later(node, Expressions.ids(methods));
    }
  }

  // --- function literals -------------------------------------------------------------------------

  /** Translates a literal as a function of its own; gives its identifier. */
  String closure(Syntax literal, @Nullable String name) {
    String id = frame.sink.closureId(frame.builder.id());
    String shown = frame.builder.name() + (name == null ? " (func literal)" : " (" + name + ")");
    FunctionBuilder builder = new FunctionBuilder(id, shown, frame.file.source(), literal.span());
    Frame inner = new Frame(frame.pkg, frame.file, builder, frame.sink);
    Statements statements = new Statements(inner);
    statements.parameters(literal.get("parameters"));
    statements.namedResults(literal.get("result"));
    statements.capture(frame, literal);
    Syntax body = literal.get("body");
    if (body != null) {
      statements.body(body);
    }
    frame.sink.function(builder.build(Set.of()));
    return id;
  }

  /** The enclosing function's locals, each an unknown value of a known type. */
  private void capture(Frame outer, Syntax literal) {
    Map<String, Local> captured = new LinkedHashMap<>();
    outer.scopes.descendingIterator().forEachRemaining(captured::putAll);
    captured.forEach((name, local) -> {
      if (frame.local(name) == null) {
        Local own = frame.declare(name, local.type(), null);
        frame.add(new Op.Compute(literal.span(), own.variable(), "captured " + name, List.of()));
      }
    });
  }

  /** Translates a literal where it is called. */
  List<Operand> inline(Syntax node, Syntax literal, List<Operand> arguments, int wanted) {
    frame.scopes.push(new LinkedHashMap<>());
    bind(literal.get("parameters"), arguments, node);
    List<Operand> results = new ArrayList<>();
    List<GoType> types = GoType.results(literal.get("result"), frame.file.source().text());
    for (int i = 0; i < Math.max(1, wanted); i++) {
      Variable variable = frame.temporary(node);
      results.add(new Operand(variable, i < types.size() ? types.get(i) : GoType.UNKNOWN));
    }
    int after = frame.builder.block();
    frame.inlined.push(new Inlined(after, results.stream().map(Operand::variable).toList()));
    Syntax body = literal.get("body");
    if (body != null) {
      block(body);
    }
    frame.builder.jump(after);
    frame.inlined.pop();
    frame.scopes.pop();
    frame.builder.enter(after);
    return results;
  }

  private void bind(@Nullable Syntax list, List<Operand> arguments, Syntax at) {
    int index = 0;
    for (Syntax parameter : list == null ? List.<Syntax>of() : list.parts()) {
      GoType type = GoType.of(parameter.get("type"), frame.file.source().text());
      for (Syntax name : parameter.all("name")) {
        Local local = frame.declare(frame.text(name), type, null);
        if (index < arguments.size()) {
          frame.add(new Op.Copy(at.span(), local.variable(), arguments.get(index).variable()));
        }
        index++;
      }
    }
  }
}
