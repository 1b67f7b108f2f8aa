package dev.lifebound.analysis.go;

import dev.lifebound.analysis.lifetime.Function;
import dev.lifebound.analysis.lifetime.FunctionBuilder;
import dev.lifebound.analysis.lifetime.Op;
import dev.lifebound.analysis.lifetime.Variable;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The state of translating one function: its graph, scopes and jump targets. */
final class Frame {
  /**
   * A named local.
   *
   * @param closure the function literal it certainly holds, by id, or null
   */
  record Local(Variable variable, GoType type, @Nullable String closure) {}

  /** What an expression came to. */
  record Operand(Variable variable, GoType type) {}

  /** A statement that break or continue may leave. */
  record Target(@Nullable String label, int onBreak, int onContinue) {}

  /** A function literal that is translated in place: where its returns go. */
  record Inlined(int after, List<Variable> results) {}

  private static final int LONGEST_NAME = 60;

  final GoPackage pkg;
  final GoFile file;
  final FunctionBuilder builder;
  final Sink sink;
  final Deque<Target> targets = new ArrayDeque<>();
  final Deque<Inlined> inlined = new ArrayDeque<>();
  final Map<String, Integer> labels = new LinkedHashMap<>();
  final Deque<Map<String, Local>> scopes = new ArrayDeque<>();
  @Nullable String pendingLabel;
  List<Local> namedResults = List.of();

  /** Where finished functions and what they reveal of others go. */
  interface Sink {
    void function(Function function);

    /** The runtime calls this function at an unknown time. */
    void finalizer(List<String> ids);

    /** A fresh identifier for a closure in a function. */
    String closureId(String enclosing);
  }

  Frame(GoPackage pkg, GoFile file, FunctionBuilder builder, Sink sink) {
    this.pkg = pkg;
    this.file = file;
    this.builder = builder;
    this.sink = sink;
    scopes.push(new LinkedHashMap<>());
  }

  String text(Syntax node) {
    return file.text(node);
  }

  void add(Op op) {
    builder.add(op);
  }

  /** A temporary named by its expression. */
  Variable temporary(Syntax node) {
    String text = text(node).strip().replaceAll("\\s+", " ");
    return builder.variable(
        text.length() <= LONGEST_NAME ? text : text.substring(0, LONGEST_NAME - 3) + "...");
  }

  @Nullable Local local(String name) {
    for (Map<String, Local> scope : scopes) {
      Local local = scope.get(name);
      if (local != null) {
        return local;
      }
    }
    return null;
  }

  /** Declares a name in the innermost scope. */
  Local declare(String name, GoType type, @Nullable String closure) {
    Local local = new Local(builder.variable(name), type, closure);
    if (!name.equals("_")) {
      scopes.element().put(name, local);
    }
    return local;
  }

  /** Replaces what is known of a local. */
  void redeclare(String name, Local local) {
    for (Map<String, Local> scope : scopes) {
      if (scope.containsKey(name)) {
        scope.put(name, local);
        return;
      }
    }
  }

  /** Whether a name means an imported package here. */
  boolean isImport(String name) {
    return local(name) == null && file.imports().containsKey(name);
  }

  /** A call of nothing that is known: its results are equal only to themselves. */
  void unknown(Syntax at, List<Variable> results) {
    add(new Op.Call(at.span(), results, List.of(), List.of(), Op.Call.Kind.DIRECT));
  }

  /** What may be called later, for the maps it may remove from. */
  void later(Syntax at, List<String> ids) {
    if (!ids.isEmpty()) {
      add(new Op.Call(at.span(), List.of(), ids, List.of(), Op.Call.Kind.LATER));
    }
  }
}
