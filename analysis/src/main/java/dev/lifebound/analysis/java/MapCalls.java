package dev.lifebound.analysis.java;

import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.MemberReferenceTree;
import com.sun.source.tree.Tree;
import dev.lifebound.analysis.lifetime.Op;
import dev.lifebound.analysis.lifetime.Span;
import dev.lifebound.analysis.lifetime.Terminator;
import dev.lifebound.analysis.lifetime.Variable;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Calls on maps, caches, their views, iterators, streams and entries. */
final class MapCalls {
  private static final TypeName BOOLEAN = TypeName.of("boolean");

  private final Body body;

  MapCalls(Body body) {
    this.body = body;
  }

  /** The call's result, or null when the receiver is no map and shows none. */
  @Nullable Operand on(
      Tree tree,
      Operand receiver,
      String name,
      List<? extends ExpressionTree> arguments,
      boolean used) {
    return switch (receiver.view()) {
      case Operand.One entry -> onEntry(tree, entry, name, arguments);
      case Operand.All all -> onView(tree, receiver, all, name, arguments);
      case null ->
          KnownTypes.map(receiver.type()) == null
              ? null
              : onMap(tree, receiver, name, arguments, used);
    };
  }

  // --- maps --------------------------------------------------------------------------------------

  private Operand onMap(
      Tree tree, Operand map, String name, List<? extends ExpressionTree> arguments, boolean used) {
    Span span = body.span(tree);
    switch (name) {
      case "values", "sequencedValues" -> {
        return view(tree, map, Operand.Part.VALUES);
      }
      case "keySet", "navigableKeySet", "sequencedKeySet", "keys" -> {
        return view(tree, map, Operand.Part.KEYS);
      }
      case "entrySet", "sequencedEntrySet" -> {
        return view(tree, map, Operand.Part.ENTRIES);
      }
      case "asMap" -> {
        return map.as(new TypeName("java.util.concurrent.ConcurrentMap", map.type().arguments()));
      }
      case "forEach" -> {
        each(span, map, null, entry -> applyToEntry(arguments, entry));
        return body.nothing(span);
      }
      case "clear", "invalidateAll", "replaceAll", "cleanUp", "pollFirstEntry", "pollLastEntry" -> {
        body.calls.operands(arguments);
        clear(span, map);
        return unknown(tree, TypeName.UNKNOWN);
      }
      case "computeIfAbsent", "computeIfPresent", "compute", "merge" -> {
        return computed(tree, map, name, arguments);
      }
      default -> {}
    }
    List<Operand> values =
        name.equals("get") && arguments.size() == 2 ? List.of() : body.calls.operands(arguments);
    return values.isEmpty() && arguments.size() == 2
        ? computed(tree, map, "computeIfAbsent", arguments)
        : simple(tree, map, name, values, used);
  }

  /** Methods without function arguments. */
  private Operand simple(
      Tree tree, Operand map, String name, List<Operand> arguments, boolean used) {
    Span span = body.span(tree);
    TypeName type = KnownTypes.valueOf(map.type());
    int count = arguments.size();
    return switch (name) {
      case "get", "getOrDefault", "getIfPresent", "getUnchecked" ->
          count == 0 ? unknown(tree, type) : lookup(tree, map, arguments.getFirst());
      case "put", "replace" -> {
        Operand before =
            used && count == 2
                ? lookup(tree, map, arguments.getFirst())
                : body.nothing(span).as(type);
        if (count >= 2) {
          insert(span, map, arguments.getFirst(), arguments.getLast());
        }
        yield before;
      }
      case "putIfAbsent" -> putIfAbsent(tree, map, arguments);
      case "remove", "invalidate" -> {
        if (count == 0) {
          yield unknown(tree, type);
        }
        if (!matters(map)) {
          yield unknown(tree, type);
        }
        Variable to = body.temporary(body.text(tree));
        body.out.add(
            new Op.Remove(
                span, count == 1 ? to : null, map.variable(), arguments.getFirst().variable()));
        yield count == 1 ? Operand.of(to, type) : unknown(tree, BOOLEAN);
      }
      case "containsKey" -> {
        if (!matters(map)) {
          yield unknown(tree, BOOLEAN);
        }
        Variable found = body.temporary(body.text(tree));
        Variable value = body.temporary(body.text(tree));
        body.out.add(
            new Op.Lookup(span, value, found, map.variable(), arguments.getFirst().variable()));
        yield Operand.of(found, BOOLEAN);
      }
      default -> unknown(tree, TypeName.UNKNOWN);
    };
  }

  /** Maps that cannot hold native memory are told as objects of which nothing is known. */
  private boolean matters(Operand map) {
    return body.shared.matters(map.type());
  }

  private void clear(Span span, Operand map) {
    if (matters(map)) {
      body.out.add(new Op.Clear(span, map.variable()));
    }
  }

  private Operand lookup(Tree tree, Operand map, Operand key) {
    if (!matters(map)) {
      return unknown(tree, KnownTypes.valueOf(map.type()));
    }
    Variable to = body.temporary(body.text(tree));
    body.out.add(new Op.Lookup(body.span(tree), to, null, map.variable(), key.variable()));
    return Operand.of(to, KnownTypes.valueOf(map.type()));
  }

  private void insert(Span span, Operand map, Operand key, Operand value) {
    if (matters(map)) {
      body.out.add(new Op.Insert(span, map.variable(), key.variable(), value.variable()));
    }
  }

  private Operand putIfAbsent(Tree tree, Operand map, List<Operand> arguments) {
    if (arguments.size() != 2) {
      return unknown(tree, TypeName.UNKNOWN);
    }
    Span span = body.span(tree);
    Operand before = lookup(tree, map, arguments.getFirst());
    whenNull(
        span,
        before,
        () -> {
          insert(span, map, arguments.getFirst(), arguments.getLast());
          body.out.add(new Op.Literal(span, before.variable(), null));
        },
        () -> {});
    return before;
  }

  private Operand computed(
      Tree tree, Operand map, String name, List<? extends ExpressionTree> arguments) {
    Span span = body.span(tree);
    TypeName type = KnownTypes.valueOf(map.type());
    if (arguments.size() < 2) {
      body.calls.operands(arguments);
      return unknown(tree, type);
    }
    Operand key = body.expressions.translate(arguments.getFirst()).as(KnownTypes.keyOf(map.type()));
    if (name.equals("merge")) {
      body.calls.operands(arguments.subList(1, arguments.size()));
      insert(span, map, key, unknown(tree, type));
      return unknown(tree, type);
    }
    ExpressionTree function = arguments.getLast();
    Operand before = lookup(tree, map, key);
    Variable result = body.temporary(body.text(tree));
    body.out.add(new Op.Copy(span, result, before.variable()));
    Runnable run =
        () -> {
          List<Operand> given =
              name.equals("computeIfAbsent") ? List.of(key) : List.of(key, before);
          Operand made = body.closures.apply(function, given);
          Operand value = made == null ? unknown(tree, type) : made;
          body.out.add(new Op.Copy(span, result, value.variable()));
          whenNull(
              span,
              value,
              () -> {
                if (!name.equals("computeIfAbsent") && matters(map)) {
                  body.out.add(new Op.Remove(span, null, map.variable(), key.variable()));
                }
              },
              () -> insert(span, map, key, value));
        };
    // Whoever computes holds the entry: to the map, free and removal are one step.
    body.out.add(new Op.Lock(span, map.variable()));
    switch (name) {
      case "computeIfAbsent" -> whenNull(span, before, run, () -> {});
      case "computeIfPresent" -> whenNull(span, before, () -> {}, run);
      default -> run.run();
    }
    body.out.add(new Op.Unlock(span, map.variable()));
    return Operand.of(result, type);
  }

  private void whenNull(Span span, Operand value, Runnable yes, Runnable no) {
    Variable none = body.nothing(span).variable();
    Variable test = body.temporary(value.variable().name() + " == null");
    body.out.add(new Op.Compute(span, test, "==", List.of(value.variable(), none)));
    int whenNull = body.out.block();
    int whenThere = body.out.block();
    int after = body.out.block();
    body.out.end(new Terminator.Branch(test, whenNull, whenThere));
    body.out.enter(whenNull);
    yes.run();
    body.out.jump(after);
    body.out.enter(whenThere);
    no.run();
    body.out.jump(after);
    body.out.enter(after);
  }

  private Operand unknown(Tree tree, TypeName type) {
    return body.unknown(body.span(tree), body.text(tree), type);
  }

  // --- views -------------------------------------------------------------------------------------

  private Operand view(Tree tree, Operand map, Operand.Part part) {
    Variable to = body.temporary(body.text(tree));
    body.out.add(new Op.Copy(body.span(tree), to, unknown(tree, TypeName.UNKNOWN).variable()));
    Variable cursor = body.temporary("cursor");
    return new Operand(
        to, TypeName.UNKNOWN, new Operand.All(map, part, Operand.Shape.COLLECTION, true, cursor));
  }

  private Operand onView(
      Tree tree,
      Operand receiver,
      Operand.All all,
      String name,
      List<? extends ExpressionTree> arguments) {
    Span span = body.span(tree);
    if (name.equals("next")) {
      return element(span, all);
    }
    if (name.startsWith("forEach")) {
      each(
          span,
          all,
          null,
          element -> {
            if (!arguments.isEmpty()) {
              body.closures.apply(arguments.getFirst(), List.of(element));
            }
          });
      return body.nothing(span);
    }
    if (all.shape() == Operand.Shape.STREAM) {
      return onStream(tree, receiver, all, name, arguments);
    }
    body.calls.operands(arguments);
    return switch (name) {
      case "iterator", "listIterator", "descendingIterator" ->
          new Operand(receiver.variable(), TypeName.UNKNOWN, all.as(Operand.Shape.ITERATOR));
      case "stream", "parallelStream" ->
          new Operand(receiver.variable(), TypeName.UNKNOWN, all.as(Operand.Shape.STREAM));
      case "toArray" -> new Operand(receiver.variable(), TypeName.UNKNOWN, all.copied());
      case "remove", "removeIf", "removeAll", "retainAll", "clear", "pollFirst", "pollLast" -> {
        removeFrom(span, all, name);
        yield unknown(tree, TypeName.UNKNOWN);
      }
      default -> unknown(tree, TypeName.UNKNOWN);
    };
  }

  private void removeFrom(Span span, Operand.All all, String name) {
    boolean last = name.equals("remove") && all.shape() == Operand.Shape.ITERATOR;
    if (!all.live()) {
      return;
    }
    if (!last) {
      clear(span, all.map());
    } else if (matters(all.map())) {
      body.out.add(new Op.Remove(span, null, all.map().variable(), all.cursor()));
    }
  }

  private Operand onStream(
      Tree tree,
      Operand receiver,
      Operand.All all,
      String name,
      List<? extends ExpressionTree> arguments) {
    Operand.View view =
        switch (name) {
          case "filter",
              "peek",
              "sorted",
              "distinct",
              "limit",
              "skip",
              "parallel",
              "sequential",
              "unordered",
              "onClose",
              "takeWhile",
              "dropWhile" ->
              all;
          case "toList", "collect", "toArray" -> all.copied();
          case "map" -> mapped(all, arguments);
          default -> null;
        };
    body.calls.operands(arguments);
    return view == null
        ? unknown(tree, TypeName.UNKNOWN)
        : new Operand(receiver.variable(), TypeName.UNKNOWN, view);
  }

  private static Operand.@Nullable View mapped(
      Operand.All all, List<? extends ExpressionTree> arguments) {
    if (arguments.size() == 1
        && all.part() == Operand.Part.ENTRIES
        && arguments.getFirst() instanceof MemberReferenceTree reference) {
      return switch (reference.getName().toString()) {
        case "getKey" -> all.showing(Operand.Part.KEYS);
        case "getValue" -> all.showing(Operand.Part.VALUES);
        default -> null;
      };
    }
    return null;
  }

  // --- entries -----------------------------------------------------------------------------------

  private @Nullable Operand onEntry(
      Tree tree, Operand.One entry, String name, List<? extends ExpressionTree> arguments) {
    return switch (name) {
      case "getKey" -> entry.key();
      case "getValue" -> entry.value();
      case "setValue" -> {
        List<Operand> values = body.calls.operands(arguments);
        if (values.size() == 1) {
          insert(body.span(tree), entry.map(), entry.key(), values.getFirst());
        }
        yield entry.value();
      }
      default -> null;
    };
  }

  private void applyToEntry(List<? extends ExpressionTree> arguments, Operand entry) {
    if (!arguments.isEmpty() && entry.view() instanceof Operand.One one) {
      body.closures.apply(arguments.getFirst(), List.of(one.key(), one.value()));
    }
  }

  // --- loops -------------------------------------------------------------------------------------

  /** One round of a loop over whatever the operand shows. */
  private Operand element(Span span, Operand.All all) {
    Operand map = all.map();
    Operand key = Operand.of(all.cursor(), KnownTypes.keyOf(map.type()));
    Operand value =
        Operand.of(
            body.temporary("value of " + map.variable().name()), KnownTypes.valueOf(map.type()));
    if (matters(map)) {
      body.out.add(new Op.Next(span, map.variable(), key.variable(), value.variable()));
    } else {
      Operand any = body.unknown(span, key.variable().name(), key.type());
      body.out.add(new Op.Copy(span, key.variable(), any.variable()));
      any = body.unknown(span, value.variable().name(), value.type());
      body.out.add(new Op.Copy(span, value.variable(), any.variable()));
    }
    return switch (all.part()) {
      case KEYS -> key;
      case VALUES -> value;
      case ENTRIES -> {
        Operand entry = body.unknown(span, "entry", TypeName.of(KnownTypes.ENTRY));
        yield new Operand(entry.variable(), entry.type(), new Operand.One(map, key, value));
      }
    };
  }

  /** A loop over a map's entries by {@code Map.forEach}. */
  private void each(Span span, Operand map, @Nullable String label, Consumer<Operand> code) {
    Variable cursor = body.temporary("key of " + map.variable().name());
    Operand.All all =
        new Operand.All(map, Operand.Part.ENTRIES, Operand.Shape.COLLECTION, true, cursor);
    each(span, all, label, code);
  }

  private void each(Span span, Operand.All all, @Nullable String label, Consumer<Operand> code) {
    rounds(label, () -> code.accept(element(span, all)));
  }

  /** A loop over an expression that may show a map, or be anything else. */
  void loop(Span span, Operand over, @Nullable String label, Consumer<Operand> code) {
    if (over.view() instanceof Operand.All all) {
      each(span, all, label, code);
    } else {
      TypeName type =
          over.type().name().endsWith("[]") ? over.type().element() : over.type().argument(0);
      rounds(label, () -> code.accept(body.unknown(span, "element", type)));
    }
  }

  private void rounds(@Nullable String label, Runnable code) {
    int head = body.out.block();
    int inside = body.out.block();
    int after = body.out.block();
    body.out.jump(head);
    body.out.enter(head);
    body.out.end(new Terminator.Loop(inside, after));
    body.out.enter(inside);
    body.exits.withLoop(label, after, head, code);
    body.out.jump(head);
    body.out.enter(after);
  }
}
