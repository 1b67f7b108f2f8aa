package dev.lifebound.analysis.go;

import dev.lifebound.analysis.go.Frame.Operand;
import dev.lifebound.analysis.lifetime.Op;
import dev.lifebound.analysis.lifetime.Terminator;
import dev.lifebound.analysis.lifetime.Variable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Calls of C functions, and of the standard library's concurrent map. */
final class ForeignCalls {
  /** The names under which cgo offers C's own types. */
  private static final Set<String> C_TYPES =
      Set.of(
          "char",
          "schar",
          "uchar",
          "short",
          "ushort",
          "int",
          "uint",
          "long",
          "ulong",
          "longlong",
          "ulonglong",
          "float",
          "double",
          "bool",
          "_Bool",
          "size_t",
          "ssize_t");

  private final Frame frame;
  private final Expressions expressions;

  ForeignCalls(Frame frame, Expressions expressions) {
    this.frame = frame;
    this.expressions = expressions;
  }

  /** Whether {@code C.name(x)} converts instead of calling. */
  boolean isConversion(String name) {
    return C_TYPES.contains(name)
        || name.endsWith("_t")
        || name.startsWith("struct_")
        || name.startsWith("union_")
        || name.startsWith("enum_")
        || frame.pkg.natives().isType(name);
  }

  Calls.Prepared nativeCall(
      Syntax node, String name, List<Syntax> arguments, List<Operand> values, Calls calls) {
    Calls.Prepared call =
        calls.emitting(
            node,
            List.of("C." + name),
            values,
            Op.Call.Kind.DIRECT,
            List.of(new GoType.Foreign("C", "?")));
    return new Calls.Prepared(count -> {
      List<Operand> results = call.emit().results(count);
      arguments.forEach(this::outArgument);
      return results;
    });
  }

  /** {@code C.open(&p)}: what p holds afterwards is C's. */
  private void outArgument(Syntax argument) {
    Syntax at = argument;
    while (at != null) {
      at = Expressions.bare(at);
      if (at.is("unary_expression")) {
        Syntax operator = at.get("operator");
        Syntax target = at.get("operand");
        if (operator != null && operator.is("&") && target != null && isPlace(target)) {
          expressions.assign(target, expressions.unknown(target, GoType.UNKNOWN));
        }
        return;
      }
      at = converted(at);
    }
  }

  private static boolean isPlace(Syntax target) {
    return target.is("identifier") || target.is("selector_expression");
  }

  /** What a conversion converts, or null for anything else. */
  private static @Nullable Syntax converted(Syntax node) {
    if (node.is("type_conversion_expression")) {
      return node.get("operand");
    }
    Syntax list = node.is("call_expression") ? node.get("arguments") : null;
    return list != null && list.parts().size() == 1 ? list.parts().getFirst() : null;
  }

  // --- sync.Map ----------------------------------------------------------------------------------

  List<Operand> syncMap(Syntax node, Operand map, String name, List<Operand> values) {
    Variable result = frame.temporary(node);
    Variable found = frame.builder.variable("ok");
    List<Operand> results = new ArrayList<>();
    results.add(new Operand(result, new GoType.InterfaceOf()));
    results.add(new Operand(found, GoType.BOOL));
    if (name.equals("Clear")) {
      frame.add(new Op.Clear(node.span(), map.variable()));
    } else if (name.equals("Range")) {
      frame.add(new Op.Next(node.span(), map.variable(), null, null));
    } else if (!values.isEmpty()) {
      keyed(node, map.variable(), name, values, result, found);
    }
    return results;
  }

  private void keyed(
      Syntax node,
      Variable map,
      String name,
      List<Operand> values,
      Variable result,
      Variable found) {
    Variable key = values.getFirst().variable();
    switch (name) {
      case "Delete", "CompareAndDelete" -> frame.add(new Op.Remove(node.span(), null, map, key));
      case "LoadAndDelete" -> {
        frame.add(new Op.Lookup(node.span(), result, found, map, key));
        frame.add(new Op.Remove(node.span(), null, map, key));
      }
      case "Load" -> frame.add(new Op.Lookup(node.span(), result, found, map, key));
      case "LoadOrStore" -> {
        frame.add(new Op.Lookup(node.span(), result, found, map, key));
        insertUnlessFound(node, map, values, found);
      }
      default -> {
        if (values.size() >= 2) {
          frame.add(new Op.Insert(node.span(), map, key, values.getLast().variable()));
        }
      }
    }
  }

  private void insertUnlessFound(Syntax node, Variable map, List<Operand> values, Variable found) {
    if (values.size() < 2) {
      return;
    }
    int insert = frame.builder.block();
    int after = frame.builder.block();
    frame.builder.end(new Terminator.Branch(found, after, insert));
    frame.builder.enter(insert);
    frame.add(new Op.Insert(node.span(), map, values.get(0).variable(), values.get(1).variable()));
    frame.builder.jump(after);
    frame.builder.enter(after);
  }
}
