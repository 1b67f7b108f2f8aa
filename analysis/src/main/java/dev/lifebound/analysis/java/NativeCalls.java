package dev.lifebound.analysis.java;

import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.Tree;
import dev.lifebound.analysis.lifetime.Freeing;
import dev.lifebound.analysis.lifetime.Op;
import dev.lifebound.analysis.lifetime.Span;
import dev.lifebound.analysis.lifetime.Value;
import dev.lifebound.analysis.lifetime.Variable;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Calls on arenas, segments, C functions and native handles. */
final class NativeCalls {
  private static final TypeName SEGMENT = TypeName.of(KnownTypes.SEGMENT);
  private static final Set<String> SLICES = Set.of("asSlice", "asReadOnly", "asByteBuffer");

  private final Body body;

  NativeCalls(Body body) {
    this.body = body;
  }

  /** A static call, or null when the class is none of ours. */
  @Nullable Operand onType(
      Tree tree, TypeName type, String name, List<? extends ExpressionTree> arguments) {
    Span span = body.span(tree);
    if (type.name().equals(KnownTypes.ARENA)) {
      Variable to = body.temporary(body.text(tree));
      body.out.add(new Op.Allocate(span, to, Value.Origin.MANAGED));
      return Operand.of(to, type);
    }
    if (type.name().equals(KnownTypes.SEGMENT)) {
      body.calls.operands(arguments);
      return body.unknown(span, body.text(tree), SEGMENT);
    }
    if (type.name().equals(KnownTypes.ALLOCATOR) && !arguments.isEmpty()) {
      Operand owner = body.calls.operands(arguments).getFirst();
      return derived(tree, owner, type);
    }
    int freed = body.shared.table().freedArgument(type.name(), name);
    return freed < 0 ? null : free(tree, type.simpleName() + "." + name, freed, arguments);
  }

  /** A call on a value, or null when it is none of ours. */
  @Nullable Operand on(
      Tree tree, Operand receiver, String name, List<? extends ExpressionTree> arguments) {
    String type = receiver.type().name();
    Freeing freeing =
        arguments.isEmpty() ? body.shared.natives().freeing(receiver.type(), name) : null;
    if (freeing != null) {
      body.free(body.span(tree), receiver.variable(), freeing);
      return body.nothing(body.span(tree));
    }
    if (type.equals(KnownTypes.SEGMENT)) {
      return onSegment(tree, receiver, name, arguments);
    }
    if (type.equals(KnownTypes.METHOD_HANDLE)) {
      return onHandle(tree, receiver, name, arguments);
    }
    int freed = body.shared.table().freedArgument(type, name);
    if (freed >= 0) {
      return free(tree, receiver.type().simpleName() + "." + name, freed, arguments);
    }
    Set<String> ancestors = body.shared.index().ancestors(type);
    boolean allocates =
        ancestors.contains(KnownTypes.ARENA) || ancestors.contains(KnownTypes.ALLOCATOR);
    if (allocates && name.startsWith("allocate")) {
      body.calls.operands(arguments);
      return derived(tree, receiver, SEGMENT);
    }
    return null;
  }

  private Operand derived(Tree tree, Operand owner, TypeName type) {
    Variable to = body.temporary(body.text(tree));
    body.out.add(new Op.Derive(body.span(tree), to, owner.variable()));
    return Operand.of(to, type);
  }

  private Operand onSegment(
      Tree tree, Operand segment, String name, List<? extends ExpressionTree> arguments) {
    List<Operand> values = body.calls.operands(arguments);
    if (name.equals("reinterpret")) {
      // With an arena the result lives as long as that arena; without one, for ever: only the
      // memory's true owner knows.
      Operand arena =
          values.stream()
              .filter(
                  v -> body.shared.index().ancestors(v.type().name()).contains(KnownTypes.ARENA))
              .findFirst()
              .orElse(segment);
      return derived(tree, arena, SEGMENT);
    }
    if (SLICES.contains(name)) {
      return derived(
          tree,
          segment,
          name.equals("asByteBuffer") ? TypeName.of("java.nio.ByteBuffer") : SEGMENT);
    }
    body.out.add(new Op.Use(body.span(tree), segment.variable()));
    boolean address =
        name.startsWith("get")
            && !arguments.isEmpty()
            && arguments.getFirst().toString().endsWith("ADDRESS");
    return body.unknown(body.span(tree), body.text(tree), address ? SEGMENT : TypeName.UNKNOWN);
  }

  /** A C function: frees its argument where the name by which it was looked up says so. */
  private Operand onHandle(
      Tree tree, Operand handle, String name, List<? extends ExpressionTree> arguments) {
    List<Operand> values = body.calls.operands(arguments);
    ClassModel.Field field = body.expressions.field(handle.variable().name());
    Freeing freeing = field == null ? null : NativeTypes.freedBy(field);
    if (freeing != null && name.startsWith("invoke") && values.size() == 1) {
      body.free(body.span(tree), values.getFirst().variable(), freeing);
    } else {
      values.forEach(value -> body.out.add(new Op.Use(body.span(tree), value.variable())));
    }
    return body.unknown(body.span(tree), body.text(tree), TypeName.UNKNOWN);
  }

  private Operand free(
      Tree tree, String label, int argument, List<? extends ExpressionTree> arguments) {
    List<Operand> values = body.calls.operands(arguments);
    if (argument < values.size()) {
      Freeing freeing = new Freeing(label, Freeing.Knowledge.NAME_TABLE, Freeing.Effect.FREE);
      body.free(body.span(tree), values.get(argument).variable(), freeing);
    }
    return body.nothing(body.span(tree));
  }
}
