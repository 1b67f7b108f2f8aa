package dev.lifebound.analysis.go;

import dev.lifebound.analysis.lifetime.Freeing;
import dev.lifebound.analysis.lifetime.Summary;
import dev.lifebound.analysis.lifetime.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The C functions of one package: what their bodies do, and which type names are pointers.
 *
 * <p>A parameter counts as freed when the body frees it on every path on which it is not null: the
 * free stands in no loop and under no test but one for null, and no return precedes it. Whatever is
 * less certain counts as not freed.
 */
final class CFunctions {
  private static final int ROUNDS = 4;

  private record Definition(String name, List<String> parameters, Syntax body, String source) {}

  private final NativeFunctions natives;
  private final List<Definition> definitions = new ArrayList<>();
  private final Set<String> pointerTypes = new LinkedHashSet<>();
  private final Set<String> typeNames = new LinkedHashSet<>();
  private final Map<String, Summary> summaries = new LinkedHashMap<>();

  CFunctions(NativeFunctions natives) {
    this.natives = natives;
  }

  /** Adds a translation unit: a preamble, or a file beside the Go files. */
  void add(Syntax root, String source) {
    for (Syntax child : root.children()) {
      collect(child, source);
    }
  }

  private void collect(Syntax node, String source) {
    switch (node.kind()) {
      case "function_definition" -> {
        if (!node.broken()) {
          define(node, source);
        }
      }
      case "type_definition" -> typedef(node, source);
      case "preproc_if",
          "preproc_ifdef",
          "preproc_else",
          "preproc_elif",
          "linkage_specification",
          "declaration_list" ->
          node.children().forEach(child -> collect(child, source));
      default -> {}
    }
  }

  /** What calling the C function does; null when nothing is known of it. */
  @Nullable Summary summary(String name) {
    Summary summary = summaries.get(name);
    return summary == null ? natives.summary(name) : summary;
  }

  /** Whether a typedef of this package makes the name a pointer. */
  boolean isPointerType(String name) {
    return pointerTypes.contains(name);
  }

  /** Whether {@code C.name(x)} is a conversion. */
  boolean isType(String name) {
    return typeNames.contains(name);
  }

  /** Works the bodies out; calls among them are followed some rounds deep. */
  void summarize() {
    for (int round = 0; round < ROUNDS; round++) {
      boolean changed = false;
      for (Definition definition : definitions) {
        Summary summary = new Body(definition).summary();
        changed |= !summary.equals(summaries.put(definition.name(), summary));
      }
      if (!changed) {
        return;
      }
    }
  }

  private void typedef(Syntax node, String source) {
    for (Syntax declarator : node.all("declarator")) {
      Syntax name = innermost(declarator);
      if (name != null) {
        typeNames.add(name.text(source));
        if (declarator.is("pointer_declarator")) {
          pointerTypes.add(name.text(source));
        }
      }
    }
  }

  private void define(Syntax node, String source) {
    Syntax declarator = node.get("declarator");
    while (declarator != null && !declarator.is("function_declarator")) {
      declarator = declarator.get("declarator");
    }
    Syntax body = node.get("body");
    Syntax name = declarator == null ? null : declarator.get("declarator");
    Syntax list = declarator == null ? null : declarator.get("parameters");
    if (name == null || list == null || body == null || !name.is("identifier")) {
      return;
    }
    List<String> parameters = new ArrayList<>();
    for (Syntax parameter : list.parts()) {
      Syntax inner = innermost(parameter.get("declarator"));
      parameters.add(inner == null ? "" : inner.text(source));
    }
    definitions.add(new Definition(name.text(source), parameters, body, source));
  }

  /** The name inside a declarator. */
  private static @Nullable Syntax innermost(@Nullable Syntax declarator) {
    Syntax at = declarator;
    while (at != null && !at.is("identifier") && !at.is("type_identifier")) {
      at = at.get("declarator");
    }
    return at;
  }

  /** Walks one body in order. */
  private final class Body {
    private final Definition definition;
    private final Map<Integer, Freeing> freed = new LinkedHashMap<>();
    private final Set<String> assigned = new LinkedHashSet<>();
    private final Set<String> fresh = new LinkedHashSet<>();
    private boolean returned;
    private boolean returnsFresh;
    private boolean returnsOther;

    Body(Definition definition) {
      this.definition = definition;
    }

    Summary summary() {
      visit(definition.body(), true);
      List<Summary.Freed> frees = new ArrayList<>();
      freed.forEach((index, freeing) -> {
        if (!assigned.contains(definition.parameters().get(index))) {
          frees.add(new Summary.Freed(new Value.Parameter(index), freeing, "", ""));
        }
      });
      List<@Nullable Value> results =
          returnsFresh && !returnsOther
              ? List.of(new Value.Fresh(0, 0, Value.Origin.NATIVE))
              : List.of();
      return new Summary(frees, List.of(), Set.of(), Set.of(), List.of(), results, Map.of());
    }

    private void visit(Syntax node, boolean certain) {
      switch (node.kind()) {
        case "if_statement" -> branch(node, certain);
        case "for_statement", "while_statement", "do_statement", "switch_statement" ->
            visitAll(node, false);
        case "conditional_expression" -> visitAll(node, false);
        case "call_expression" -> {
          visitAll(node, certain);
          call(node, certain && !returned);
        }
        case "assignment_expression" -> {
          visitAll(node, certain);
          assign(node.get("left"), node.get("right"));
        }
        case "init_declarator" -> {
          visitAll(node, certain);
          Syntax name = innermost(node.get("declarator"));
          if (name != null && isFresh(node.get("value"))) {
            fresh.add(text(name));
          }
        }
        case "return_statement" -> {
          visitAll(node, certain);
          returned(node);
        }
        case "goto_statement" -> returned = true;
        default -> visitAll(node, certain);
      }
    }

    private void visitAll(Syntax node, boolean certain) {
      node.children().forEach(child -> visit(child, certain));
    }

    /** A test for null leaves what it guards certain. */
    private void branch(Syntax node, boolean certain) {
      Syntax condition = node.get("condition");
      Syntax consequence = node.get("consequence");
      Syntax alternative = node.get("alternative");
      String guard = condition == null ? null : nullTest(condition, true);
      String absent = condition == null ? null : nullTest(condition, false);
      boolean before = returned;
      if (consequence != null) {
        visit(consequence, certain && guard != null);
      }
      if (absent != null) {
        // "if (!p) return;" leaves what follows certain.
        returned = before;
      }
      if (alternative != null) {
        visit(alternative, false);
      }
    }

    /** The parameter that a condition says is there (or is not), or null. */
    private @Nullable String nullTest(Syntax condition, boolean present) {
      String text = text(condition).replaceAll("[()\\s]", "");
      for (String parameter : definition.parameters()) {
        if (parameter.isEmpty()) {
          continue;
        }
        boolean hit =
            present
                ? text.equals(parameter)
                    || text.equals(parameter + "!=NULL")
                    || text.equals(parameter + "!=0")
                    || text.equals("NULL!=" + parameter)
                : text.equals("!" + parameter)
                    || text.equals(parameter + "==NULL")
                    || text.equals(parameter + "==0")
                    || text.equals("NULL==" + parameter);
        if (hit) {
          return parameter;
        }
      }
      return null;
    }

    private void call(Syntax node, boolean certain) {
      Syntax function = node.get("function");
      Syntax arguments = node.get("arguments");
      if (!certain || function == null || arguments == null || !function.is("identifier")) {
        return;
      }
      Summary summary = CFunctions.this.summary(text(function));
      if (summary == null) {
        return;
      }
      boolean body = summaries.containsKey(text(function));
      List<Syntax> actual = arguments.parts();
      for (Summary.Freed free : summary.frees()) {
        if (free.value() instanceof Value.Parameter parameter
            && parameter.index() < actual.size()) {
          int index = definition.parameters().indexOf(name(actual.get(parameter.index())));
          if (index >= 0) {
            freed.putIfAbsent(index, freeing(free.freeing(), body));
          }
        }
      }
    }

    private Freeing freeing(Freeing inner, boolean body) {
      boolean sure = body || inner.knowledge() != Freeing.Knowledge.NAME_TABLE;
      return new Freeing(
          "C." + definition.name(),
          sure ? Freeing.Knowledge.BODY : inner.knowledge(),
          inner.effect());
    }

    /** The variable behind casts and parentheses, or an empty name. */
    private String name(Syntax expression) {
      Syntax at = expression;
      while (at != null) {
        switch (at.kind()) {
          case "identifier" -> {
            return text(at);
          }
          case "cast_expression" -> at = at.get("value");
          case "parenthesized_expression" ->
              at = at.parts().isEmpty() ? null : at.parts().getLast();
          default -> {
            return "";
          }
        }
      }
      return "";
    }

    private void assign(@Nullable Syntax left, @Nullable Syntax right) {
      String name = left == null ? "" : name(left);
      if (!name.isEmpty()) {
        if (isFresh(right)) {
          fresh.add(name);
        } else {
          fresh.remove(name);
        }
        // "free(p); p = NULL;" is harmless: the free came first.
        int index = definition.parameters().indexOf(name);
        if (index >= 0 && !freed.containsKey(index)) {
          assigned.add(name);
        }
      }
    }

    private boolean isFresh(@Nullable Syntax value) {
      Syntax at = value;
      while (at != null && at.is("cast_expression")) {
        at = at.get("value");
      }
      Syntax function = at == null || !at.is("call_expression") ? null : at.get("function");
      Summary summary = function == null ? null : CFunctions.this.summary(text(function));
      return summary != null
          && !summary.results().isEmpty()
          && summary.results().getFirst() instanceof Value.Fresh;
    }

    private void returned(Syntax node) {
      returned = true;
      if (node.parts().isEmpty()) {
        return;
      }
      Syntax value = node.parts().getFirst();
      if (isFresh(value) || fresh.contains(name(value))) {
        returnsFresh = true;
      } else if (!text(value).equals("NULL") && !text(value).equals("0")) {
        returnsOther = true;
      }
    }

    private String text(Syntax node) {
      return node.text(definition.source());
    }
  }
}
