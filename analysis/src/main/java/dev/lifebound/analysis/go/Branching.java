package dev.lifebound.analysis.go;

import dev.lifebound.analysis.go.Frame.Operand;
import dev.lifebound.analysis.go.Frame.Target;
import dev.lifebound.analysis.lifetime.Op;
import dev.lifebound.analysis.lifetime.Terminator;
import dev.lifebound.analysis.lifetime.Variable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Translates conditionals, loops, switches and jumps. */
final class Branching {
  private static final int NOWHERE = -1;

  private final Frame frame;
  private final Statements statements;
  private final Expressions expressions;

  Branching(Frame frame, Statements statements, Expressions expressions) {
    this.frame = frame;
    this.statements = statements;
    this.expressions = expressions;
  }

  void conditional(Syntax node) {
    frame.scopes.push(new LinkedHashMap<>());
    initialize(node.get("initializer"));
    Syntax condition = node.get("condition");
    Syntax consequence = node.get("consequence");
    Syntax alternative = node.get("alternative");
    int then = frame.builder.block();
    int after = frame.builder.block();
    int otherwise = alternative == null ? after : frame.builder.block();
    if (condition == null) {
      frame.builder.end(new Terminator.Choice(List.of(then, otherwise)));
    } else {
      expressions.condition(condition, then, otherwise);
    }
    frame.builder.enter(then);
    if (consequence != null) {
      statements.block(consequence);
    }
    frame.builder.jump(after);
    if (alternative != null) {
      frame.builder.enter(otherwise);
      statements.statement(alternative);
      frame.builder.jump(after);
    }
    frame.builder.enter(after);
    frame.scopes.pop();
  }

  private void initialize(@Nullable Syntax initializer) {
    if (initializer != null) {
      statements.statement(initializer);
    }
  }

  private @Nullable String takeLabel() {
    String label = frame.pendingLabel;
    frame.pendingLabel = null;
    return label;
  }

  // --- loops -------------------------------------------------------------------------------------

  void loop(Syntax node) {
    String label = takeLabel();
    frame.scopes.push(new LinkedHashMap<>());
    Syntax clause = node.first("for_clause");
    Syntax range = node.first("range_clause");
    Syntax body = node.get("body");
    initialize(clause == null ? null : clause.get("initializer"));
    Operand subject = range == null ? null : subject(range);
    int head = frame.builder.block();
    int inside = frame.builder.block();
    int after = frame.builder.block();
    frame.builder.jump(head);
    frame.builder.enter(head);
    boolean endless = false;
    if (range != null && subject != null) {
      round(range, subject);
    } else {
      Syntax condition = clause == null ? bareCondition(node) : clause.get("condition");
      endless = condition == null;
      if (condition != null) {
        expressions.value(condition);
      }
    }
    frame.builder.end(new Terminator.Loop(inside, endless ? NOWHERE : after));
    frame.builder.enter(inside);
    frame.targets.push(new Target(label, after, head));
    if (body != null) {
      statements.block(body);
    }
    frame.targets.pop();
    initialize(clause == null ? null : clause.get("update"));
    frame.builder.jump(head);
    frame.builder.enter(after);
    frame.scopes.pop();
  }

  private static @Nullable Syntax bareCondition(Syntax node) {
    for (Syntax child : node.parts()) {
      if (child.field() == null && !child.is("for_clause") && !child.is("range_clause")) {
        return child;
      }
    }
    return null;
  }

  private Operand subject(Syntax range) {
    Syntax right = range.get("right");
    return right == null ? expressions.unknown(range, GoType.UNKNOWN) : expressions.value(right);
  }

  /** One round: assigns or declares the loop's variables. */
  private void round(Syntax range, Operand subject) {
    Syntax list = range.get("left");
    List<Syntax> names = list == null ? List.of() : list.parts();
    Variable key = frame.builder.variable(names.isEmpty() ? "_" : frame.text(names.get(0)));
    Variable value = frame.builder.variable(names.size() < 2 ? "_" : frame.text(names.get(1)));
    GoType keyType = new GoType.Named("int");
    GoType valueType = GoType.UNKNOWN;
    switch (frame.pkg.underlying(frame.pkg.behind(subject.type()))) {
      case GoType.MapOf map -> {
        frame.add(new Op.Next(range.span(), subject.variable(), key, value));
        keyType = map.key();
        valueType = map.value();
      }
      case GoType.ListOf elements -> {
        frame.unknown(range, List.of(key, value));
        valueType = elements.element();
      }
      case GoType.ChannelOf channel -> {
        frame.unknown(range, List.of(key, value));
        keyType = channel.element();
      }
      default -> {
        frame.unknown(range, List.of(key, value));
        keyType = GoType.UNKNOWN;
      }
    }
    boolean declares = frame.text(range).contains(":=");
    bind(names, 0, new Operand(key, keyType), declares);
    bind(names, 1, new Operand(value, valueType), declares);
  }

  private void bind(List<Syntax> names, int index, Operand content, boolean declares) {
    if (index >= names.size()) {
      return;
    }
    Syntax name = names.get(index);
    if (declares) {
      Frame.Local local = frame.declare(frame.text(name), content.type(), null);
      frame.add(new Op.Copy(name.span(), local.variable(), content.variable()));
    } else {
      expressions.assign(name, content);
    }
  }

  // --- switches ----------------------------------------------------------------------------------

  /** {@code switch x { case a, b: }}: tests in order, so that equal tests correlate. */
  void choice(Syntax node) {
    String label = takeLabel();
    frame.scopes.push(new LinkedHashMap<>());
    initialize(node.get("initializer"));
    Syntax tag = node.get("value");
    Operand value = tag == null ? null : expressions.value(tag);
    List<Syntax> cases = new ArrayList<>();
    for (Syntax child : node.parts()) {
      if (child.is("expression_case") || child.is("default_case")) {
        cases.add(child);
      }
    }
    int after = frame.builder.block();
    List<Integer> bodies = new ArrayList<>();
    cases.forEach(c -> bodies.add(frame.builder.block()));
    int otherwise = after;
    for (int i = 0; i < cases.size(); i++) {
      if (cases.get(i).is("default_case")) {
        otherwise = bodies.get(i);
        continue;
      }
      Syntax values = cases.get(i).get("value");
      for (Syntax test : values == null ? List.<Syntax>of() : values.parts()) {
        int next = frame.builder.block();
        if (value == null) {
          expressions.condition(test, bodies.get(i), next);
        } else {
          Operand equal =
              expressions.computed(
                  test, "==", List.of(value, expressions.value(test)), GoType.BOOL);
          frame.builder.end(new Terminator.Branch(equal.variable(), bodies.get(i), next));
        }
        frame.builder.enter(next);
      }
    }
    frame.builder.jump(otherwise);
    bodies(cases, bodies, after, label, chosen -> {});
    frame.builder.enter(after);
    frame.scopes.pop();
  }

  private void bodies(
      List<Syntax> cases,
      List<Integer> bodies,
      int after,
      @Nullable String label,
      Consumer<Syntax> prologue) {
    frame.targets.push(new Target(label, after, NOWHERE));
    for (int i = 0; i < cases.size(); i++) {
      frame.builder.enter(bodies.get(i));
      frame.scopes.push(new LinkedHashMap<>());
      prologue.accept(cases.get(i));
      Syntax content = cases.get(i).first("statement_list");
      boolean falls = false;
      if (content != null) {
        statements.list(content);
        falls = !content.parts().isEmpty() && content.parts().getLast().is("fallthrough_statement");
      }
      frame.builder.jump(falls && i + 1 < bodies.size() ? bodies.get(i + 1) : after);
      frame.scopes.pop();
    }
    frame.targets.pop();
  }

  /** Type switches and selects: any way may be taken. */
  void alternatives(Syntax node) {
    String label = takeLabel();
    frame.scopes.push(new LinkedHashMap<>());
    initialize(node.get("initializer"));
    Syntax subject = node.get("value");
    Operand value = subject == null ? null : expressions.value(subject);
    Syntax alias = node.get("alias");
    List<Syntax> cases = new ArrayList<>();
    boolean open = node.is("type_switch_statement");
    for (Syntax child : node.parts()) {
      if (child.is("type_case") || child.is("default_case") || child.is("communication_case")) {
        cases.add(child);
        open &= !child.is("default_case");
      }
    }
    int after = frame.builder.block();
    List<Integer> bodies = new ArrayList<>();
    cases.forEach(c -> bodies.add(frame.builder.block()));
    List<Integer> targets = new ArrayList<>(bodies);
    if (open || targets.isEmpty()) {
      targets.add(after);
    }
    frame.builder.end(new Terminator.Choice(targets));
    bodies(cases, bodies, after, label, chosen -> enterCase(chosen, alias, value));
    frame.builder.enter(after);
    frame.scopes.pop();
  }

  private void enterCase(Syntax node, @Nullable Syntax alias, @Nullable Operand value) {
    Syntax communication = node.get("communication");
    if (communication != null) {
      if (communication.is("receive_statement")) {
        receive(communication);
      } else {
        statements.statement(communication);
      }
    }
    if (alias != null && value != null) {
      List<Syntax> types = node.all("type");
      GoType type =
          types.size() == 1
              ? GoType.of(types.getFirst(), frame.file.source().text())
              : GoType.UNKNOWN;
      String name = frame.text(Expressions.only(alias));
      Frame.Local local = frame.declare(name, type, null);
      frame.add(new Op.Copy(alias.span(), local.variable(), value.variable()));
    }
  }

  private void receive(Syntax node) {
    Syntax left = node.get("left");
    Syntax right = node.get("right");
    Operand value = right == null ? null : expressions.value(right);
    if (left == null || value == null) {
      return;
    }
    boolean declares = frame.text(node).contains(":=");
    List<Syntax> names = left.is("expression_list") ? left.parts() : List.of(left);
    bind(names, 0, value, declares);
    bind(names, 1, expressions.unknown(node, GoType.BOOL), declares);
  }

  // --- jumps -------------------------------------------------------------------------------------

  void labeled(Syntax node) {
    Syntax label = node.get("label");
    String name = label == null ? "" : frame.text(label);
    int target = labelBlock(name);
    frame.builder.jump(target);
    frame.builder.enter(target);
    frame.pendingLabel = name;
    for (Syntax child : node.parts()) {
      if (!"label".equals(child.field())) {
        statements.statement(child);
      }
    }
    frame.pendingLabel = null;
  }

  private int labelBlock(String name) {
    return frame.labels.computeIfAbsent(name, key -> frame.builder.block());
  }

  void jump(Syntax node) {
    Syntax label = node.first("label_name");
    frame.builder.end(new Terminator.Jump(labelBlock(label == null ? "" : frame.text(label))));
  }

  void leave(Syntax node, boolean breaks) {
    Syntax label = node.first("label_name");
    String name = label == null ? null : frame.text(label);
    for (Target target : frame.targets) {
      int block = breaks ? target.onBreak() : target.onContinue();
      boolean meant = name == null ? block != NOWHERE : name.equals(target.label());
      if (meant) {
        frame.builder.end(new Terminator.Jump(block));
        return;
      }
    }
    frame.builder.end(new Terminator.Stop());
  }
}
