package dev.lifebound.analysis.java;

import com.sun.source.tree.Tree;
import dev.lifebound.analysis.lifetime.FieldName;
import dev.lifebound.analysis.lifetime.Freeing;
import dev.lifebound.analysis.lifetime.Function;
import dev.lifebound.analysis.lifetime.FunctionBuilder;
import dev.lifebound.analysis.lifetime.Op;
import dev.lifebound.analysis.lifetime.Span;
import dev.lifebound.analysis.lifetime.Variable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The translation of one method, initializer or lambda: its names, its graph, its closures. */
final class Body {
  private static final int LONGEST_NAME = 60;

  /** A made-up field: the instance around an inner class's instance. */
  private static final String ENCLOSING = "this$0";

  private static final String MONITOR = "<monitor>";

  final Shared shared;
  final ClassModel owner;
  final FunctionBuilder out;
  final Exits exits;
  final Statements statements;
  final Expressions expressions;
  final Calls calls;
  final Closures closures;
  final Map<String, TypeName> typeVariables;
  private final @Nullable Body around;
  private final List<Function> sink;
  private final Deque<Map<String, Operand>> scopes = new ArrayDeque<>();
  private @Nullable Operand self;
  private int written;

  Body(
      Shared shared,
      ClassModel owner,
      FunctionBuilder out,
      Map<String, TypeName> typeVariables,
      @Nullable Body around,
      List<Function> sink) {
    this.shared = shared;
    this.owner = owner;
    this.out = out;
    this.typeVariables = typeVariables;
    this.around = around;
    this.sink = sink;
    this.exits = new Exits(out);
    this.statements = new Statements(this);
    this.expressions = new Expressions(this);
    this.calls = new Calls(this);
    this.closures = new Closures(this);
    scopes.push(new LinkedHashMap<>());
  }

  // --- trees -------------------------------------------------------------------------------------

  Span span(Tree tree) {
    return owner.file.span(tree);
  }

  /** An expression as messages show it. */
  String text(Tree tree) {
    String text = owner.file.text(tree).replaceAll("\\s+", " ");
    return text.length() <= LONGEST_NAME ? text : text.substring(0, LONGEST_NAME - 3) + "...";
  }

  TypeName type(@Nullable Tree tree) {
    return owner.names.resolve(tree, owner, typeVariables);
  }

  // --- names -------------------------------------------------------------------------------------

  void inScope(Runnable code) {
    scopes.push(new LinkedHashMap<>());
    code.run();
    scopes.pop();
  }

  /** A new local variable; an unnamed one is declared and never found. */
  Operand declare(String name, TypeName type) {
    Operand local = Operand.of(out.variable(name.isEmpty() ? "_" : name), type);
    bind(name, local);
    return local;
  }

  void bind(String name, Operand operand) {
    scopes.element().put(name, operand);
  }

  /** A local variable of this method, or null. */
  @Nullable Operand local(String name) {
    for (Map<String, Operand> scope : scopes) {
      Operand found = scope.get(name);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  /** The type of a variable captured from a method around, or null when there is none. */
  @Nullable TypeName captured(String name) {
    for (Body at = around; at != null; at = at.around) {
      Operand found = at.local(name);
      if (found != null) {
        return found.type();
      }
    }
    return null;
  }

  /** Replaces what a local shows of a map after an assignment. */
  void rebind(String name, Operand.@Nullable View view) {
    for (Map<String, Operand> scope : scopes) {
      Operand found = scope.get(name);
      if (found != null) {
        scope.put(name, new Operand(found.variable(), found.type(), view));
        return;
      }
    }
  }

  // --- steps -------------------------------------------------------------------------------------

  /** A temporary. */
  Variable temporary(String name) {
    return out.variable(name);
  }

  /** A value of which nothing is known. */
  Operand unknown(Span span, String name, TypeName type) {
    Variable to = temporary(name);
    out.add(new Op.Call(span, List.of(to), List.of(), List.of(), Op.Call.Kind.DIRECT));
    return Operand.of(to, type);
  }

  Operand nothing(Span span) {
    Variable to = temporary("null");
    out.add(new Op.Literal(span, to, null));
    return Operand.of(to, TypeName.UNKNOWN);
  }

  Operand constant(Span span, String text) {
    Variable to = temporary(text);
    out.add(new Op.Literal(span, to, text));
    return Operand.of(to, TypeName.UNKNOWN);
  }

  void self(Operand operand) {
    self = operand;
  }

  /** {@code this}, or null in a static context. */
  @Nullable Operand self() {
    return self;
  }

  /** The instance of a class around this one, own class included; null in a static context. */
  @Nullable Operand instance(Span span, ClassModel of) {
    Operand at = self;
    for (ClassModel model = owner; at != null && model != null; model = model.outer) {
      if (model == of || shared.index().lineage(model).contains(of)) {
        return at;
      }
      if (model.outer != null) {
        Variable to = temporary(model.outer.simpleName() + ".this");
        FieldName link = new FieldName(model.name, ENCLOSING);
        out.add(new Op.LoadField(span, to, at.variable(), link));
        at = Operand.of(to, TypeName.of(model.outer.name));
      }
    }
    return null;
  }

  /** The monitor of {@code this}, or of the class in a static context. */
  Variable monitor(Span span) {
    Variable to = temporary(MONITOR);
    if (self == null) {
      out.add(new Op.LoadGlobal(span, to, owner.name + "." + MONITOR));
    } else {
      out.add(new Op.LoadField(span, to, self.variable(), new FieldName(owner.name, MONITOR)));
    }
    return to;
  }

  Operand loadField(Span span, Operand base, ClassModel.Field field, String text) {
    Variable to = temporary(text);
    if (field.isStatic()) {
      out.add(new Op.LoadGlobal(span, to, field.globalName()));
    } else {
      out.add(new Op.LoadField(span, to, base.variable(), name(field)));
    }
    return Operand.of(to, field.type());
  }

  Operand loadStatic(Span span, ClassModel.Field field, String text) {
    Variable to = temporary(text);
    out.add(new Op.LoadGlobal(span, to, field.globalName()));
    return Operand.of(to, field.type());
  }

  static FieldName name(ClassModel.Field field) {
    return new FieldName(field.owner().name, field.name());
  }

  // --- closures ----------------------------------------------------------------------------------

  /** A body for a closure written in this one; it runs at an unknown time on the same instance. */
  Body closure(Span span) {
    String id = out.id() + "$" + ++written;
    FunctionBuilder inner = new FunctionBuilder(id, out.name(), out.file(), span);
    out.part(id);
    Body body = new Body(shared, owner, inner, typeVariables, this, sink);
    if (self != null) {
      body.self(Operand.of(inner.parameter("this"), self.type()));
    }
    return body;
  }

  /** A free, unless the authors answer for it themselves. */
  void free(Span span, Variable value, Freeing freeing) {
    List<String> rules =
        freeing.effect() == Freeing.Effect.GROUP_FREE
            ? List.of("LBJ001", "LBJ003")
            : List.of("LBJ003");
    if (!owner.suppressions.silence(span, rules)) {
      out.add(new Op.Free(span, value, freeing));
    }
  }

  /** Ends the translation. */
  void finish(Set<Function.Trait> traits) {
    sink.add(out.build(traits));
  }

  List<Function> sink() {
    return sink;
  }

  /** Blocks for as many ways. */
  List<Integer> blocks(int count) {
    List<Integer> blocks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      blocks.add(out.block());
    }
    return blocks;
  }
}
