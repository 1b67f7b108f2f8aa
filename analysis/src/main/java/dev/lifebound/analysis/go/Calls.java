package dev.lifebound.analysis.go;

import dev.lifebound.analysis.go.Frame.Local;
import dev.lifebound.analysis.go.Frame.Operand;
import dev.lifebound.analysis.lifetime.Op;
import dev.lifebound.analysis.lifetime.Terminator;
import dev.lifebound.analysis.lifetime.Value;
import dev.lifebound.analysis.lifetime.Variable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Translates calls: built-ins, conversions, C functions, methods, locks, closures. */
final class Calls {
  /**
   * A call whose operands have been evaluated: {@code defer} makes it later.
   *
   * @param emit makes the call and gives its results
   */
  record Prepared(Emission emit) {
    Operand one() {
      return emit.results(1).getFirst();
    }
  }

  /** Makes a call and gives as many results as are wanted, at least one. */
  interface Emission {
    List<Operand> results(int wanted);
  }

  private static final Set<String> STOPS =
      Set.of(
          "os.Exit",
          "log.Fatal",
          "log.Fatalf",
          "log.Fatalln",
          "log.Panic",
          "log.Panicf",
          "log.Panicln",
          "runtime.Goexit",
          "syscall.Exit");

  private static final Set<String> SYNC_MAP =
      Set.of(
          "Store",
          "Load",
          "LoadOrStore",
          "LoadAndDelete",
          "Delete",
          "Range",
          "Clear",
          "Swap",
          "CompareAndDelete",
          "CompareAndSwap");

  private final Frame frame;
  private final Expressions expressions;
  private final Statements statements;
  private final ForeignCalls foreign;

  Calls(Frame frame, Statements statements) {
    this.frame = frame;
    this.statements = statements;
    this.expressions = new Expressions(frame, this);
    this.foreign = new ForeignCalls(frame, expressions);
  }

  Expressions expressions() {
    return expressions;
  }

  Operand call(Syntax node) {
    return prepare(node).one();
  }

  /** A call with several results. */
  List<Operand> call(Syntax node, int results) {
    return prepare(node).emit().results(results);
  }

  Prepared prepare(Syntax node) {
    Syntax function = node.get("function");
    Syntax list = node.get("arguments");
    if (function == null || list == null) {
      return ready(expressions.unknown(node, GoType.UNKNOWN));
    }
    Syntax callee = Expressions.bare(function);
    List<Syntax> arguments = list.parts();
    return switch (callee.kind()) {
      case "identifier" -> named(node, callee, arguments);
      case "selector_expression" -> selected(node, callee, arguments);
      case "func_literal" -> immediate(node, callee, arguments);
      case "unary_expression",
          "array_type",
          "slice_type",
          "map_type",
          "pointer_type",
          "interface_type",
          "qualified_type",
          "channel_type",
          "function_type" ->
          conversion(node, GoType.of(callee, frame.file.source().text()), arguments);
      default -> {
        expressions.value(callee);
        yield throughValue(node, arguments);
      }
    };
  }

  private static Prepared ready(Operand operand) {
    return new Prepared(count -> List.of(operand));
  }

  private List<Operand> evaluate(List<Syntax> arguments) {
    List<Operand> values = new ArrayList<>();
    for (Syntax argument : arguments) {
      values.add(
          argument.is("variadic_argument")
              ? expressions.value(Expressions.only(argument))
              : expressions.value(argument));
    }
    return values;
  }

  private static List<Variable> variables(List<Operand> operands) {
    return operands.stream().map(Operand::variable).toList();
  }

  /** A call that becomes an {@link Op.Call}; its results have the given types. */
  Prepared emitting(
      Syntax node,
      List<String> callees,
      List<Operand> arguments,
      Op.Call.Kind kind,
      List<GoType> types) {
    return new Prepared(count -> {
      List<Operand> results = new ArrayList<>();
      for (int i = 0; i < Math.max(count, 1); i++) {
        GoType type = i < types.size() ? types.get(i) : GoType.UNKNOWN;
        results.add(new Operand(frame.temporary(node), type));
      }
      frame.add(new Op.Call(node.span(), variables(results), callees, variables(arguments), kind));
      return results;
    });
  }

  private Prepared conversion(Syntax node, GoType type, List<Syntax> arguments) {
    List<Operand> values = evaluate(arguments);
    return ready(
        values.isEmpty()
            ? expressions.unknown(node, type)
            : expressions.convert(node, values.getFirst(), type));
  }

  private Prepared throughValue(Syntax node, List<Syntax> arguments) {
    return emitting(node, List.of(), evaluate(arguments), Op.Call.Kind.THROUGH_VALUE, List.of());
  }

  // --- by name -----------------------------------------------------------------------------------

  private Prepared named(Syntax node, Syntax callee, List<Syntax> arguments) {
    String name = frame.text(callee);
    Local local = frame.local(name);
    if (local != null) {
      return local.closure() == null
          ? throughValue(node, arguments)
          : emitting(
              node,
              List.of(local.closure()),
              evaluate(arguments),
              Op.Call.Kind.UNCERTAIN,
              List.of());
    }
    List<GoPackage.Declared> functions = frame.pkg.function(name);
    if (!functions.isEmpty()) {
      return declared(node, functions, evaluate(arguments));
    }
    if (frame.pkg.types().containsKey(name)
        || GoType.PLAIN.contains(name)
        || name.equals("uintptr")
        || name.equals("bool")
        || name.equals("any")
        || name.equals("error")) {
      return conversion(node, new GoType.Named(name), arguments);
    }
    return frame.pkg.globals().containsKey(name)
        ? throughValue(node, arguments)
        : builtin(node, name, arguments);
  }

  private Prepared declared(
      Syntax node, List<GoPackage.Declared> functions, List<Operand> arguments) {
    Op.Call.Kind kind = functions.size() == 1 ? Op.Call.Kind.DIRECT : Op.Call.Kind.UNCERTAIN;
    return emitting(
        node, Expressions.ids(functions), arguments, kind, functions.getFirst().results());
  }

  private Prepared builtin(Syntax node, String name, List<Syntax> arguments) {
    return switch (name) {
      case "make", "new" -> {
        GoType type =
            arguments.isEmpty()
                ? GoType.UNKNOWN
                : GoType.of(arguments.getFirst(), frame.file.source().text());
        arguments.stream().skip(1).forEach(expressions::value);
        Variable object = frame.temporary(node);
        frame.add(new Op.Allocate(node.span(), object, Value.Origin.MANAGED));
        yield ready(new Operand(object, name.equals("new") ? new GoType.Pointer(type) : type));
      }
      case "delete" -> {
        List<Operand> values = evaluate(arguments);
        yield new Prepared(count -> {
          if (values.size() == 2) {
            frame.add(
                new Op.Remove(
                    node.span(), null, values.get(0).variable(), values.get(1).variable()));
          }
          return List.of(new Operand(frame.temporary(node), GoType.UNKNOWN));
        });
      }
      case "clear" -> {
        List<Operand> values = evaluate(arguments);
        yield new Prepared(count -> {
          values.forEach(v -> frame.add(new Op.Clear(node.span(), v.variable())));
          return List.of(new Operand(frame.temporary(node), GoType.UNKNOWN));
        });
      }
      case "panic" -> {
        evaluate(arguments);
        yield stop(node);
      }
      case "append" -> {
        List<Operand> values = evaluate(arguments);
        GoType type = values.isEmpty() ? GoType.UNKNOWN : values.getFirst().type();
        yield ready(expressions.unknown(node, type));
      }
      default -> {
        List<Operand> values = evaluate(arguments);
        yield ready(expressions.computed(node, name, values, GoType.UNKNOWN));
      }
    };
  }

  private Prepared stop(Syntax node) {
    return new Prepared(count -> {
      frame.builder.end(new Terminator.Stop());
      return List.of(new Operand(frame.temporary(node), GoType.UNKNOWN));
    });
  }

  // --- by selector -------------------------------------------------------------------------------

  private Prepared selected(Syntax node, Syntax callee, List<Syntax> arguments) {
    Syntax operand = callee.get("operand");
    Syntax field = callee.get("field");
    if (operand == null || field == null) {
      return throughValue(node, arguments);
    }
    String name = frame.text(field);
    if (operand.is("identifier") && frame.isImport(frame.text(operand))) {
      return imported(node, frame.text(operand), name, arguments);
    }
    Operand receiver = expressions.value(operand);
    List<GoPackage.Declared> methods = frame.pkg.method(receiver.type(), name);
    if (!methods.isEmpty()) {
      List<Operand> all = new ArrayList<>();
      all.add(receiver);
      all.addAll(evaluate(arguments));
      return declared(node, methods, all);
    }
    Prepared special = special(node, receiver, name, arguments);
    if (special != null) {
      return special;
    }
    List<GoPackage.Step> way = frame.pkg.field(receiver.type(), name);
    if (!way.isEmpty()) {
      expressions.load(callee, receiver, way);
      return throughValue(node, arguments);
    }
    List<Operand> all = new ArrayList<>();
    all.add(receiver);
    all.addAll(evaluate(arguments));
    List<String> candidates = Expressions.ids(frame.pkg.methodsNamed(name));
    return emitting(node, candidates, all, Op.Call.Kind.UNCERTAIN, List.of());
  }

  /** Locks, once-blocks and the concurrent map of the standard library; else null. */
  private @Nullable Prepared special(
      Syntax node, Operand receiver, String name, List<Syntax> arguments) {
    boolean takes = name.equals("Lock") || name.equals("RLock");
    boolean gives = name.equals("Unlock") || name.equals("RUnlock");
    if ((takes || gives) && arguments.isEmpty()) {
      List<GoPackage.Step> way = frame.pkg.embeddedLock(receiver.type());
      Operand lock = way.isEmpty() ? receiver : expressions.load(node, receiver, way);
      return new Prepared(count -> {
        frame.add(
            takes
                ? new Op.Lock(node.span(), lock.variable())
                : new Op.Unlock(node.span(), lock.variable()));
        return List.of(new Operand(frame.temporary(node), GoType.UNKNOWN));
      });
    }
    if (name.equals("Do")
        && arguments.size() == 1
        && Expressions.bare(arguments.getFirst()).is("func_literal")) {
      return immediate(node, Expressions.bare(arguments.getFirst()), List.of());
    }
    if (frame.pkg.isSyncMap(receiver.type()) && SYNC_MAP.contains(name)) {
      List<Operand> values = evaluate(arguments);
      return new Prepared(count -> foreign.syncMap(node, receiver, name, values));
    }
    return null;
  }

  private Prepared imported(Syntax node, String pkg, String name, List<Syntax> arguments) {
    String path = frame.file.imports().getOrDefault(pkg, pkg);
    String full = path + "." + name;
    if (path.equals("C")) {
      return foreign.isConversion(name)
          ? conversion(node, new GoType.Foreign("C", name), arguments)
          : foreign.nativeCall(node, name, arguments, evaluate(arguments), this);
    }
    if (full.equals("unsafe.Pointer")) {
      return conversion(node, new GoType.Foreign("unsafe", "Pointer"), arguments);
    }
    if (STOPS.contains(full)) {
      evaluate(arguments);
      return stop(node);
    }
    if (full.equals("runtime.SetFinalizer") || full.equals("runtime.AddCleanup")) {
      arguments.stream().skip(1).limit(1).forEach(this::finalizer);
    }
    return emitting(node, List.of(), evaluate(arguments), Op.Call.Kind.DIRECT, List.of());
  }

  /** Names the function that a finalizer argument means. */
  private void finalizer(Syntax argument) {
    Syntax target = Expressions.bare(argument);
    String text = frame.text(target);
    String method = text.substring(text.lastIndexOf('.') + 1);
    frame.sink.finalizer(Expressions.ids(frame.pkg.methodsNamed(method)));
    frame.sink.finalizer(Expressions.ids(frame.pkg.function(text)));
  }

  // --- function literals -------------------------------------------------------------------------

  /** A literal that is kept or handed on: a function of its own that may run at any time. */
  Operand closure(Syntax literal, @Nullable String name) {
    String id = statements.closure(literal, name);
    frame.builder.part(id);
    frame.later(literal, List.of(id));
    return new Operand(frame.temporary(literal), GoType.UNKNOWN);
  }

  /** A literal that is called on the spot: translated in place. */
  private Prepared immediate(Syntax node, Syntax literal, List<Syntax> arguments) {
    List<Operand> values = evaluate(arguments);
    return new Prepared(count -> statements.inline(node, literal, values, count));
  }
}
