package dev.lifebound.analysis.java;

import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.TreeScanner;
import dev.lifebound.analysis.lifetime.Freeing;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import javax.lang.model.element.Modifier;
import org.jspecify.annotations.Nullable;

/**
 * Which types are native handles, and which of their methods free.
 *
 * <p>A class of the unit is a native handle when the body of its close, free or the like reaches a
 * native free: a {@code native} method that takes or owns a {@code long}, a C function called
 * through FFM, a well-known freeing function, the close of an arena or of another handle that it
 * holds. A class that refuses use after its close by itself is not one: its users get an exception,
 * not a crash. Everything else is known only by the shipped table. Without one of these a type is
 * never native, whatever its methods are called.
 */
final class NativeTypes {
  /** Names by which a method or C function says that it frees. */
  static final Pattern FREEING_NAME =
      Pattern.compile("(?i).*(free|close|dispose|release|destroy|delete|dealloc|finalize|unmap).*");

  private static final Set<String> CANDIDATES =
      Set.of("close", "free", "dispose", "release", "destroy", "delete", "deallocate", "end");
  private static final Set<String> COUNTING =
      Set.of("retain", "acquire", "tryAcquire", "incRef", "tryIncRef", "addRef", "ref", "pin");
  private static final int DEEPEST = 4;

  private final Index index;
  private final NativeTable table;
  private final Map<String, Map<String, Freeing>> byBody = new LinkedHashMap<>();

  NativeTypes(Index index, NativeTable table) {
    this.index = index;
    this.table = table;
    // The second pass finds classes that hold a handle of the first: one level, no deeper, so that
    // a stream over a stream over a native inflater does not count as native.
    Map<String, Map<String, Freeing>> direct = pass();
    byBody.putAll(direct);
    pass().forEach(byBody::putIfAbsent);
  }

  /** Names of the unit's classes that are native handles. */
  Set<String> handles() {
    return byBody.keySet();
  }

  /** Whether values of a type are native memory or own some. */
  boolean isNative(TypeName type) {
    ClassModel model = index.find(type.name());
    if (model != null && model.isInterface()) {
      return index.descendants(model).stream().anyMatch(d -> byBody.containsKey(d.name));
    }
    return index.ancestors(type.name()).stream()
        .anyMatch(name -> byBody.containsKey(name) || table.isNative(name));
  }

  /** Whether a class of the unit has a field of native memory, as a record of a segment has. */
  boolean holdsNative(TypeName type) {
    ClassModel model = index.find(type.name());
    return model != null
        && index.lineage(model).stream()
            .flatMap(at -> at.fields.values().stream())
            .anyMatch(field -> !field.isStatic() && isNative(field.type()));
  }

  /** Whether a type is an interface of the unit, so that its values may be anything. */
  boolean isOpen(TypeName type) {
    ClassModel model = index.find(type.name());
    return model != null && model.isInterface();
  }

  /** How a call without arguments on an object of a type frees it, or null. */
  @Nullable Freeing freeing(TypeName type, String method) {
    ClassModel model = index.find(type.name());
    if (model == null) {
      return table.freeing(type.name(), method);
    }
    for (String name : index.ancestors(type.name())) {
      Map<String, Freeing> methods = byBody.get(name);
      if (methods != null && methods.containsKey(method)) {
        return methods.get(method);
      }
      ClassModel at = index.find(name);
      if (at != null && declaresBody(at, method)) {
        // An override that was read and does not free hides what it inherits.
        return null;
      }
      Freeing listed = table.freeing(name, method);
      if (listed != null) {
        return listed;
      }
    }
    return inherited(model, method);
  }

  /** An abstract method frees when an implementation in the unit does. */
  private @Nullable Freeing inherited(ClassModel model, String method) {
    for (ClassModel below : index.descendants(model)) {
      Freeing freeing = byBody.getOrDefault(below.name, Map.of()).get(method);
      if (freeing != null) {
        return new Freeing(
            model.simpleName() + "." + method, freeing.knowledge(), freeing.effect());
      }
    }
    return null;
  }

  private static boolean declaresBody(ClassModel model, String method) {
    return model.methods.stream()
        .anyMatch(m -> m.name().equals(method) && m.takes(0) && m.tree().getBody() != null);
  }

  // --- bodies ------------------------------------------------------------------------------------

  private Map<String, Map<String, Freeing>> pass() {
    Map<String, Map<String, Freeing>> found = new LinkedHashMap<>();
    for (ClassModel model : index.classes()) {
      if (model.isInterface() || byBody.containsKey(model.name)) {
        continue;
      }
      Map<String, Freeing> methods = freeingMethods(model);
      if (!methods.isEmpty() && !refusesUseAfterClose(model)) {
        found.put(model.name, methods);
      }
    }
    return found;
  }

  private Map<String, Freeing> freeingMethods(ClassModel model) {
    Map<String, Freeing> methods = new LinkedHashMap<>();
    for (ClassModel.Method method : model.methods) {
      if (isCandidate(method) && frees(method, new HashSet<>(), 0)) {
        Freeing.Effect effect = isCounted(model) ? Freeing.Effect.RELEASE : Freeing.Effect.FREE;
        methods.put(
            method.name(), new Freeing(model.label(method.name()), Freeing.Knowledge.BODY, effect));
      }
    }
    return methods;
  }

  private static boolean isCandidate(ClassModel.Method method) {
    return CANDIDATES.contains(method.name())
        && method.parameters().isEmpty()
        && !method.isStatic()
        && !method.is(Modifier.PRIVATE);
  }

  private boolean isCounted(ClassModel model) {
    return index.lineage(model).stream()
        .flatMap(at -> at.methods.stream())
        .anyMatch(method -> COUNTING.contains(method.name()));
  }

  private boolean frees(ClassModel.Method method, Set<String> seen, int depth) {
    if (method.is(Modifier.NATIVE)) {
      return isNativeFree(method);
    }
    if (depth > DEEPEST || !seen.add(method.id()) || method.tree().getBody() == null) {
      return false;
    }
    boolean[] found = {false};
    new TreeScanner<@Nullable Void, @Nullable Void>() {
      @Override
      public @Nullable Void visitMethodInvocation(
          MethodInvocationTree call, @Nullable Void unused) {
        found[0] = found[0] || isFree(method, call, seen, depth);
        return found[0] ? null : super.visitMethodInvocation(call, null);
      }
    }.scan(method.tree().getBody(), null);
    return found[0];
  }

  /** A native method that says it frees and takes an address or belongs to an owner of one. */
  private static boolean isNativeFree(ClassModel.Method method) {
    boolean takesAddress = method.parameters().stream().anyMatch(t -> t.name().equals("long"));
    boolean ownsAddress =
        !method.isStatic()
            && method.owner().fields.values().stream()
                .anyMatch(f -> !f.isStatic() && f.type().name().equals("long"));
    return FREEING_NAME.matcher(method.name()).matches() && (takesAddress || ownsAddress);
  }

  private boolean isFree(
      ClassModel.Method in, MethodInvocationTree call, Set<String> seen, int depth) {
    ClassModel owner = in.owner();
    int arguments = call.getArguments().size();
    return switch (call.getMethodSelect()) {
      case IdentifierTree identifier ->
          anyFrees(owner, identifier.getName().toString(), arguments, seen, depth);
      case MemberSelectTree select -> {
        String name = select.getIdentifier().toString();
        ExpressionTree receiver = select.getExpression();
        if (receiver.toString().equals("this") || receiver.toString().equals("super")) {
          yield anyFrees(owner, name, arguments, seen, depth);
        }
        ClassModel.Field field = fieldOf(owner, receiver);
        if (field != null) {
          yield isFreeOnField(field, name);
        }
        yield isStaticFree(owner, receiver, name, arguments, seen, depth);
      }
      default -> false;
    };
  }

  private boolean anyFrees(
      ClassModel owner, String name, int arguments, Set<String> seen, int depth) {
    return index.methods(owner, name, arguments).stream().anyMatch(m -> frees(m, seen, depth + 1));
  }

  private ClassModel.@Nullable Field fieldOf(ClassModel owner, ExpressionTree receiver) {
    return switch (receiver) {
      case IdentifierTree identifier -> index.field(owner, identifier.getName().toString());
      case MemberSelectTree select when select.getExpression().toString().equals("this") ->
          index.field(owner, select.getIdentifier().toString());
      default -> null;
    };
  }

  private boolean isFreeOnField(ClassModel.Field field, String method) {
    String type = field.type().name();
    if (type.equals(KnownTypes.METHOD_HANDLE)) {
      return method.startsWith("invoke") && freedBy(field) != null;
    }
    if (table.freedArgument(type, method) >= 0) {
      return true;
    }
    if (field.isStatic()) {
      return false;
    }
    if (type.equals(KnownTypes.CLEANABLE)) {
      return method.equals("clean") && ownsAddress(field.owner());
    }
    Freeing freeing = freeing(field.type(), method);
    return freeing != null && freeing.effect() != Freeing.Effect.RELEASE;
  }

  private static boolean ownsAddress(ClassModel model) {
    return model.fields.values().stream()
        .filter(field -> !field.isStatic())
        .map(field -> field.type().name())
        .anyMatch(type -> type.equals("long") || type.equals(KnownTypes.SEGMENT));
  }

  private boolean isStaticFree(
      ClassModel owner,
      ExpressionTree receiver,
      String name,
      int arguments,
      Set<String> seen,
      int depth) {
    if (!(receiver instanceof IdentifierTree || receiver instanceof MemberSelectTree)) {
      return false;
    }
    String type = owner.names.resolve(receiver, owner, owner.typeVariables).name();
    if (table.freedArgument(type, name) >= 0) {
      return true;
    }
    ClassModel model = index.find(type);
    return model != null
        && index.methods(model, name, arguments).stream()
            .anyMatch(m -> m.isStatic() && frees(m, seen, depth + 1));
  }

  /** How the C function behind a method handle field frees, told by the name it is looked up by. */
  static @Nullable Freeing freedBy(ClassModel.Field field) {
    VariableTree tree = field.tree();
    String text =
        tree.getInitializer() == null ? "" : field.owner().file.text(tree.getInitializer());
    if (text.contains("\"free\"")) {
      return new Freeing("free", Freeing.Knowledge.STANDARD, Freeing.Effect.FREE);
    }
    return FREEING_NAME.matcher(field.name()).matches()
        ? new Freeing(field.name(), Freeing.Knowledge.NAME_TABLE, Freeing.Effect.FREE)
        : null;
  }

  // --- classes that guard themselves -------------------------------------------------------------

  /** Whether a freeing method sets a field by which another method refuses to go on. */
  private boolean refusesUseAfterClose(ClassModel model) {
    Set<String> marked = new HashSet<>();
    Set<String> tested = new HashSet<>();
    for (ClassModel at : index.lineage(model)) {
      for (ClassModel.Method method : at.methods) {
        MethodTree tree = method.tree();
        if (tree.getBody() != null && !method.name().equals(ClassModel.CONSTRUCTOR)) {
          GuardScan scan = new GuardScan(name -> index.field(model, name) != null);
          scan.scan(tree.getBody(), null);
          if (FREEING_NAME.matcher(method.name()).matches()) {
            marked.addAll(scan.marked());
          } else {
            tested.addAll(scan.tested());
          }
        }
      }
    }
    marked.retainAll(tested);
    return !marked.isEmpty();
  }

  /** The names of the unit's types by which other files could mention a native handle. */
  static Set<String> simpleNames(Index index, NativeTypes natives) {
    Set<String> names = new HashSet<>();
    for (String handle : natives.handles()) {
      ClassModel model = index.find(handle);
      if (model != null) {
        index.lineage(model).forEach(at -> names.add(at.simpleName()));
        index.descendants(model).forEach(at -> names.add(at.simpleName()));
      }
    }
    for (ClassModel model : index.classes()) {
      List<ClassModel.Method> methods = model.methods;
      if (methods.stream().anyMatch(m -> m.is(Modifier.NATIVE) && isNativeFree(m))) {
        names.add(model.simpleName());
      }
    }
    return names;
  }
}
