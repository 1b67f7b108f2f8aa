package dev.lifebound.analysis.java;

import com.sun.source.tree.BlockTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import dev.lifebound.analysis.lifetime.Function;
import dev.lifebound.analysis.lifetime.FunctionBuilder;
import dev.lifebound.analysis.lifetime.Op;
import dev.lifebound.analysis.lifetime.Span;
import dev.lifebound.analysis.lifetime.Value;
import dev.lifebound.analysis.lifetime.Variable;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.lang.model.element.Modifier;
import org.jspecify.annotations.Nullable;

/** The functions of one class: methods, constructors, initializers. */
final class Classes {
  private static final String STATIC_INITIALIZER = "<clinit>";
  private static final Set<String> TEARDOWN =
      Set.of(
          "close",
          "dispose",
          "destroy",
          "shutdown",
          "shutdownNow",
          "stop",
          "terminate",
          "free",
          "release",
          "finalize",
          "tearDown",
          "teardown",
          "cleanup",
          "cleanUp",
          "doClose",
          "closeInternal",
          "unload",
          "disposeInternal",
          "delete",
          "deallocate");

  private final Shared shared;
  private final ClassModel model;
  private final List<Function> functions = new ArrayList<>();

  private Classes(Shared shared, ClassModel model) {
    this.shared = shared;
    this.model = model;
  }

  static List<Function> translate(Shared shared, ClassModel model) {
    Classes classes = new Classes(shared, model);
    classes.all();
    return classes.functions;
  }

  /** The name by which calls know the constructor that nobody wrote. */
  static String implicitConstructor(ClassModel model) {
    return model.name + "#" + ClassModel.CONSTRUCTOR;
  }

  private void all() {
    boolean written = false;
    for (ClassModel.Method method : model.methods) {
      if (method.tree().getBody() == null) {
        continue;
      }
      if (method.name().equals(ClassModel.CONSTRUCTOR)) {
        written = true;
        constructor(method);
      } else {
        method(method);
      }
    }
    if (!written && !model.isInterface()) {
      implicit();
    }
    initializer();
  }

  private Body body(String id, String label, Tree tree, Map<String, TypeName> variables) {
    Span span = model.file.span(tree);
    FunctionBuilder out = new FunctionBuilder(id, model.label(label), model.file.source(), span);
    return new Body(shared, model, out, variables, null, functions);
  }

  private Body body(ClassModel.Method method) {
    Map<String, TypeName> variables =
        model.names.variables(method.tree().getTypeParameters(), model, model.typeVariables);
    return body(method.id(), method.name(), method.tree(), variables);
  }

  private static void parameters(Body body, ClassModel.Method method) {
    for (int i = 0; i < method.tree().getParameters().size(); i++) {
      VariableTree parameter = method.tree().getParameters().get(i);
      String name = parameter.getName().toString();
      body.bind(name, Operand.of(body.out.parameter(name), method.parameters().get(i)));
    }
  }

  private void method(ClassModel.Method method) {
    Body body = body(method);
    if (!method.isStatic()) {
      body.self(Operand.of(body.out.parameter("this"), TypeName.of(model.name)));
    }
    parameters(body, method);
    Runnable code = () -> body.statements.translate(method.tree().getBody());
    if (Statements.isSynchronized(method)) {
      Span span = body.span(method.tree());
      body.statements.locked(span, body.monitor(span), code);
    } else {
      code.run();
    }
    body.finish(traits(method));
  }

  private static Set<Function.Trait> traits(ClassModel.Method method) {
    Set<Function.Trait> traits = EnumSet.noneOf(Function.Trait.class);
    if (!method.is(Modifier.PRIVATE)) {
      traits.add(Function.Trait.PUBLIC);
    }
    if (method.name().equals("finalize") && method.parameters().isEmpty()) {
      traits.add(Function.Trait.FINALIZER);
    }
    if (TEARDOWN.contains(method.name()) && method.parameters().isEmpty() && !method.isStatic()) {
      traits.add(Function.Trait.TEARDOWN);
    }
    return traits;
  }

  // --- constructors ------------------------------------------------------------------------------

  /* A constructor is a function that makes an object and returns it: its caller then knows what the
   * fields hold.
   */
  private void constructor(ClassModel.Method method) {
    Body body = body(method);
    parameters(body, method);
    Operand self = made(body, body.span(method.tree()));
    if (!Statements.delegates(method)) {
      fields(body);
    }
    body.statements.translate(method.tree().getBody());
    if (model.isRecord() && method.parameters().isEmpty() && hasComponents()) {
      // A compact constructor: its parameters are the components, which it may not store itself.
      body.finish(Set.of(Function.Trait.PUBLIC));
      return;
    }
    body.exits.doReturn(body.span(method.tree()), self.variable());
    body.finish(Set.of(Function.Trait.PUBLIC));
  }

  private boolean hasComponents() {
    return model.fields.values().stream().anyMatch(field -> !field.isStatic());
  }

  private static Operand made(Body body, Span span) {
    Variable self = body.temporary("this");
    body.out.add(new Op.Allocate(span, self, Value.Origin.MANAGED));
    Operand operand = Operand.of(self, TypeName.of(body.owner.name));
    body.self(operand);
    return operand;
  }

  private void implicit() {
    Body body =
        body(implicitConstructor(model), ClassModel.CONSTRUCTOR, model.tree, model.typeVariables);
    Span span = new Span(body.span(model.tree).start(), body.span(model.tree).start());
    List<Operand> components = new ArrayList<>();
    if (model.isRecord()) {
      instanceFields()
          .forEach(f -> components.add(Operand.of(body.out.parameter(f.name()), f.type())));
    }
    Operand self = made(body, span);
    int next = 0;
    if (model.isRecord()) {
      for (ClassModel.Field field : instanceFields()) {
        body.expressions.storeField(span, self, field, components.get(next++));
      }
    } else {
      fields(body);
    }
    body.exits.doReturn(span, self.variable());
    body.finish(Set.of(Function.Trait.PUBLIC));
  }

  private List<ClassModel.Field> instanceFields() {
    return model.fields.values().stream().filter(field -> !field.isStatic()).toList();
  }

  /** Field initializers and initializer blocks, in source order. */
  private void fields(Body body) {
    for (Tree member : model.tree.getMembers()) {
      if (member instanceof VariableTree tree && tree.getInitializer() != null) {
        ClassModel.Field field = model.fields.get(tree.getName().toString());
        if (field != null && !field.isStatic()) {
          store(body, field, tree);
        }
      }
      if (member instanceof BlockTree block && !block.isStatic()) {
        body.statements.translate(block);
      }
    }
  }

  private static void store(Body body, ClassModel.Field field, VariableTree tree) {
    Operand value = body.expressions.translate(tree.getInitializer());
    body.expressions.storeField(body.span(tree), body.self(), field, value);
  }

  private void initializer() {
    Body body =
        body(
            model.name + "#" + STATIC_INITIALIZER,
            STATIC_INITIALIZER,
            model.tree,
            model.typeVariables);
    boolean any = false;
    for (Tree member : model.tree.getMembers()) {
      if (member instanceof VariableTree tree && tree.getInitializer() != null) {
        ClassModel.@Nullable Field field = model.fields.get(tree.getName().toString());
        if (field != null && field.isStatic()) {
          store(body, field, tree);
          any = true;
        }
      }
      if (member instanceof BlockTree block && block.isStatic()) {
        body.statements.translate(block);
        any = true;
      }
    }
    if (any) {
      body.finish(Set.of(Function.Trait.INITIALIZER));
    }
  }
}
