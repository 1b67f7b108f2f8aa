package dev.lifebound.analysis.go;

import dev.lifebound.analysis.go.Frame.Local;
import dev.lifebound.analysis.go.Frame.Operand;
import dev.lifebound.analysis.lifetime.FieldName;
import dev.lifebound.analysis.lifetime.Op;
import dev.lifebound.analysis.lifetime.Terminator;
import dev.lifebound.analysis.lifetime.Value;
import dev.lifebound.analysis.lifetime.Variable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Translates expressions: the steps they take and the variable that holds the outcome. */
final class Expressions {
  private final Frame frame;
  private final Calls calls;

  Expressions(Frame frame, Calls calls) {
    this.frame = frame;
    this.calls = calls;
  }

  Operand value(Syntax node) {
    return switch (node.kind()) {
      case "identifier" -> identifier(node);
      case "parenthesized_expression" -> value(only(node));
      case "selector_expression" -> selector(node);
      case "index_expression" -> index(node, null);
      case "call_expression" -> calls.call(node);
      case "unary_expression" -> unary(node);
      case "binary_expression" -> binary(node);
      case "type_assertion_expression", "type_conversion_expression" -> retyped(node);
      case "composite_literal" -> composite(node);
      case "func_literal" -> calls.closure(node, null);
      case "nil" -> literal(node, null, GoType.UNKNOWN);
      case "true", "false" -> literal(node, frame.text(node), GoType.BOOL);
      case "int_literal", "float_literal", "imaginary_literal", "rune_literal" ->
          literal(node, frame.text(node), new GoType.Named("int"));
      case "interpreted_string_literal", "raw_string_literal" ->
          literal(node, frame.text(node), new GoType.Named("string"));
      case "slice_expression" -> {
        List<Operand> parts = new ArrayList<>();
        node.parts().forEach(part -> parts.add(value(part)));
        yield computed(node, "slice", parts, parts.getFirst().type());
      }
      default -> opaque(node);
    };
  }

  /** An expression of which only the calls inside are of interest. */
  private Operand opaque(Syntax node) {
    for (Syntax child : node.parts()) {
      if (isExpression(child)) {
        value(child);
      }
    }
    return unknown(node, GoType.UNKNOWN);
  }

  private static boolean isExpression(Syntax node) {
    return node.kind().endsWith("_expression")
        || node.kind().endsWith("_literal")
        || node.is("identifier");
  }

  Operand unknown(Syntax node, GoType type) {
    Variable result = frame.temporary(node);
    frame.unknown(node, List.of(result));
    return new Operand(result, type);
  }

  private Operand literal(Syntax node, @Nullable String text, GoType type) {
    Variable result = frame.temporary(node);
    frame.add(new Op.Literal(node.span(), result, text));
    return new Operand(result, type);
  }

  Operand computed(Syntax node, String operator, List<Operand> operands, GoType type) {
    Variable result = frame.temporary(node);
    List<Variable> variables = operands.stream().map(Operand::variable).toList();
    frame.add(new Op.Compute(node.span(), result, operator, variables));
    return new Operand(result, type);
  }

  static Syntax only(Syntax node) {
    List<Syntax> parts = node.parts();
    return parts.isEmpty() ? node : parts.getLast();
  }

  /** The expression inside parentheses. */
  static Syntax bare(Syntax node) {
    Syntax at = node;
    while (at.is("parenthesized_expression") && !at.parts().isEmpty()) {
      at = at.parts().getLast();
    }
    return at;
  }

  // --- names and fields --------------------------------------------------------------------------

  private Operand identifier(Syntax node) {
    String name = frame.text(node);
    Local local = frame.local(name);
    if (local != null) {
      return new Operand(local.variable(), local.type());
    }
    GoPackage.Global global = frame.pkg.globals().get(name);
    if (global != null) {
      Variable result = frame.temporary(node);
      frame.add(new Op.LoadGlobal(node.span(), result, name));
      return new Operand(result, global.type());
    }
    List<GoPackage.Declared> functions = frame.pkg.function(name);
    if (!functions.isEmpty()) {
      frame.later(node, ids(functions));
    }
    return switch (name) {
      case "nil" -> literal(node, null, GoType.UNKNOWN);
      case "true", "false" -> literal(node, name, GoType.BOOL);
      default -> computed(node, "name " + name, List.of(), GoType.UNKNOWN);
    };
  }

  static List<String> ids(List<GoPackage.Declared> functions) {
    return functions.stream().map(GoPackage.Declared::id).toList();
  }

  private Operand selector(Syntax node) {
    Syntax operand = node.get("operand");
    Syntax field = node.get("field");
    if (operand == null || field == null) {
      return opaque(node);
    }
    if (operand.is("identifier") && frame.isImport(frame.text(operand))) {
      return computed(node, "name " + frame.text(node), List.of(), GoType.UNKNOWN);
    }
    Operand base = value(operand);
    String name = frame.text(field);
    List<GoPackage.Step> way = frame.pkg.field(base.type(), name);
    if (!way.isEmpty()) {
      return load(node, base, way);
    }
    List<GoPackage.Declared> methods = frame.pkg.method(base.type(), name);
    if (!methods.isEmpty()) {
      frame.later(node, ids(methods));
      return unknown(node, GoType.UNKNOWN);
    }
    Variable result = frame.temporary(node);
    FieldName fieldName = new FieldName(FieldName.UNKNOWN_OWNER, name);
    frame.add(new Op.LoadField(node.span(), result, base.variable(), fieldName));
    return new Operand(result, GoType.UNKNOWN);
  }

  /** Loads a field, through embedded structs where need be. */
  Operand load(Syntax node, Operand base, List<GoPackage.Step> way) {
    Operand at = base;
    for (GoPackage.Step step : way) {
      Variable result = frame.temporary(node);
      frame.add(new Op.LoadField(node.span(), result, at.variable(), name(step)));
      at = new Operand(result, step.field().type());
    }
    return at;
  }

  private static FieldName name(GoPackage.Step step) {
    return new FieldName(step.owner(), step.field().name());
  }

  /** {@code m[k]}; {@code found} is given in the form with two results. */
  Operand index(Syntax node, @Nullable Variable found) {
    Syntax operand = node.get("operand");
    Syntax key = node.get("index");
    if (operand == null || key == null) {
      return opaque(node);
    }
    Operand map = value(operand);
    Operand at = value(key);
    if (frame.pkg.underlying(map.type()) instanceof GoType.MapOf type) {
      Variable result = frame.temporary(node);
      frame.add(new Op.Lookup(node.span(), result, found, map.variable(), at.variable()));
      return new Operand(result, type.value());
    }
    GoType element =
        frame.pkg.underlying(frame.pkg.behind(map.type())) instanceof GoType.ListOf list
            ? list.element()
            : GoType.UNKNOWN;
    return computed(node, "index", List.of(map, at), element);
  }

  // --- operators ---------------------------------------------------------------------------------

  private Operand unary(Syntax node) {
    Syntax operand = node.get("operand");
    Syntax operator = node.get("operator");
    if (operand == null || operator == null) {
      return opaque(node);
    }
    Operand inner = value(operand);
    return switch (operator.kind()) {
      case "&" ->
          bare(operand).is("composite_literal")
              ? new Operand(inner.variable(), new GoType.Pointer(inner.type()))
              : computed(node, "&", List.of(inner), new GoType.Pointer(inner.type()));
      case "*" -> new Operand(inner.variable(), frame.pkg.behind(inner.type()));
      case "<-" ->
          unknown(
              node,
              frame.pkg.underlying(inner.type()) instanceof GoType.ChannelOf channel
                  ? channel.element()
                  : GoType.UNKNOWN);
      default -> computed(node, operator.kind(), List.of(inner), inner.type());
    };
  }

  private Operand binary(Syntax node) {
    Syntax left = node.get("left");
    Syntax right = node.get("right");
    Syntax operator = node.get("operator");
    if (left == null || right == null || operator == null) {
      return opaque(node);
    }
    Operand a = value(left);
    Operand b = value(right);
    return computed(node, operator.kind(), List.of(a, b), a.type());
  }

  /** A conversion or an assertion: the same value under another type. */
  private Operand retyped(Syntax node) {
    Syntax operand = node.get("operand");
    if (operand == null) {
      return opaque(node);
    }
    Operand inner = value(operand);
    return convert(node, inner, GoType.of(node.get("type"), frame.file.source().text()));
  }

  Operand convert(Syntax node, Operand inner, GoType type) {
    Variable result = frame.builder.variable(inner.variable().name());
    frame.add(new Op.Copy(node.span(), result, inner.variable()));
    return new Operand(result, type);
  }

  // --- literals of structs, maps and lists -------------------------------------------------------

  private Operand composite(Syntax node) {
    Variable object = frame.temporary(node);
    frame.add(new Op.Allocate(node.span(), object, Value.Origin.MANAGED));
    GoType type = GoType.of(node.get("type"), frame.file.source().text());
    fill(node.get("body"), object, type);
    return new Operand(object, type);
  }

  private void fill(@Nullable Syntax body, Variable object, GoType type) {
    if (body == null) {
      return;
    }
    int position = 0;
    for (Syntax element : body.parts()) {
      if (element.is("keyed_element")) {
        Syntax key = element.get("key");
        Syntax content = element.get("value");
        if (key != null && content != null) {
          keyed(key, content, object, type);
        }
      } else {
        Operand content = element(element, elementType(type));
        store(element, object, fieldAt(type, position), content);
      }
      position++;
    }
  }

  private void keyed(Syntax key, Syntax content, Variable object, GoType type) {
    if (frame.pkg.underlying(type) instanceof GoType.StructOf) {
      String name = frame.text(key);
      List<GoPackage.Step> way = frame.pkg.field(type, name);
      GoType wanted = way.size() == 1 ? way.getFirst().field().type() : GoType.UNKNOWN;
      Operand stored = element(content, wanted);
      store(content, object, way.size() == 1 ? way.getFirst() : null, stored);
    } else {
      element(key, GoType.UNKNOWN);
      element(content, elementType(type));
    }
  }

  /** An element, which may be a literal without its type. */
  private Operand element(Syntax node, GoType type) {
    Syntax inner = node.is("literal_element") ? only(node) : node;
    if (inner.is("literal_value")) {
      Variable object = frame.temporary(inner);
      frame.add(new Op.Allocate(inner.span(), object, Value.Origin.MANAGED));
      fill(inner, object, frame.pkg.behind(type));
      return new Operand(object, type);
    }
    return value(inner);
  }

  private GoType elementType(GoType type) {
    return switch (frame.pkg.underlying(type)) {
      case GoType.ListOf list -> list.element();
      case GoType.MapOf map -> map.value();
      default -> GoType.UNKNOWN;
    };
  }

  private GoPackage.@Nullable Step fieldAt(GoType type, int position) {
    String owner = GoPackage.named(type);
    return owner != null
            && frame.pkg.underlying(type) instanceof GoType.StructOf struct
            && position < struct.fields().size()
        ? new GoPackage.Step(owner, struct.fields().get(position))
        : null;
  }

  private void store(Syntax node, Variable object, GoPackage.@Nullable Step step, Operand content) {
    if (step != null) {
      frame.add(new Op.StoreField(node.span(), object, name(step), content.variable()));
    }
  }

  // --- assignment --------------------------------------------------------------------------------

  /** Stores a value in whatever the left side names. */
  void assign(Syntax target, Operand content) {
    Syntax left = bare(target);
    switch (left.kind()) {
      case "identifier" -> assignName(left, content);
      case "selector_expression" -> assignField(left, content);
      case "index_expression" -> assignEntry(left, content);
      case "unary_expression" -> {
        Syntax operand = left.get("operand");
        if (operand != null) {
          value(operand);
        }
      }
      default -> {}
    }
  }

  private void assignName(Syntax left, Operand content) {
    String name = frame.text(left);
    Local local = frame.local(name);
    if (local != null) {
      frame.add(new Op.Copy(left.span(), local.variable(), content.variable()));
      if (local.closure() != null) {
        frame.redeclare(name, new Local(local.variable(), local.type(), null));
      }
    } else if (frame.pkg.globals().containsKey(name)) {
      frame.add(new Op.StoreGlobal(left.span(), name, content.variable()));
    }
  }

  private void assignField(Syntax left, Operand content) {
    Syntax operand = left.get("operand");
    Syntax field = left.get("field");
    if (operand == null || field == null) {
      return;
    }
    Operand base = value(operand);
    List<GoPackage.Step> way = frame.pkg.field(base.type(), frame.text(field));
    if (way.isEmpty()) {
      FieldName name = new FieldName(FieldName.UNKNOWN_OWNER, frame.text(field));
      frame.add(new Op.StoreField(left.span(), base.variable(), name, content.variable()));
      return;
    }
    Operand owner = load(left, base, way.subList(0, way.size() - 1));
    frame.add(
        new Op.StoreField(left.span(), owner.variable(), name(way.getLast()), content.variable()));
  }

  private void assignEntry(Syntax left, Operand content) {
    Syntax operand = left.get("operand");
    Syntax key = left.get("index");
    if (operand == null || key == null) {
      return;
    }
    Operand map = value(operand);
    Operand at = value(key);
    if (frame.pkg.isMap(map.type())) {
      frame.add(new Op.Insert(left.span(), map.variable(), at.variable(), content.variable()));
    }
  }

  // --- conditions --------------------------------------------------------------------------------

  /** Ends the current block with a test. */
  void condition(Syntax node, int whenTrue, int whenFalse) {
    Syntax test = bare(node);
    Syntax operator = test.get("operator");
    Syntax left = test.get("left");
    Syntax right = test.get("right");
    if (test.is("binary_expression") && operator != null && left != null && right != null) {
      switch (operator.kind()) {
        case "&&" -> {
          int more = frame.builder.block();
          condition(left, more, whenFalse);
          frame.builder.enter(more);
          condition(right, whenTrue, whenFalse);
          return;
        }
        case "||" -> {
          int more = frame.builder.block();
          condition(left, whenTrue, more);
          frame.builder.enter(more);
          condition(right, whenTrue, whenFalse);
          return;
        }
        case "!=" -> {
          Operand equal = computed(test, "==", List.of(value(left), value(right)), GoType.BOOL);
          branch(equal, whenFalse, whenTrue);
          return;
        }
        default -> {}
      }
    }
    Syntax operand = test.get("operand");
    boolean negated =
        test.is("unary_expression") && operator != null && operator.kind().equals("!");
    if (negated && operand != null) {
      condition(operand, whenFalse, whenTrue);
    } else {
      branch(value(test), whenTrue, whenFalse);
    }
  }

  private void branch(Operand test, int whenTrue, int whenFalse) {
    frame.builder.end(new Terminator.Branch(test.variable(), whenTrue, whenFalse));
  }
}
