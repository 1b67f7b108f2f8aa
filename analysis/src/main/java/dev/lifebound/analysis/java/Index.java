package dev.lifebound.analysis.java;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.TreeScanner;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.lang.model.element.Modifier;
import org.jspecify.annotations.Nullable;

/** Every class of the unit by name, with its members and hierarchy. Read-only once built. */
final class Index {
  private final Map<String, ClassModel> classes = new LinkedHashMap<>();
  private final IdentityHashMap<ClassTree, ClassModel> byTree = new IdentityHashMap<>();
  private final Map<String, List<ClassModel>> children = new LinkedHashMap<>();

  static Index of(List<ParsedFile> files) {
    Index index = new Index();
    files.forEach(index::declare);
    // Hierarchy before members: a member's type may be a class inherited by its own.
    index.classes.values().forEach(index::resolveParents);
    index.classes.values().forEach(index::resolveMembers);
    return index;
  }

  boolean has(String name) {
    return classes.containsKey(name);
  }

  @Nullable ClassModel find(String name) {
    return classes.get(name);
  }

  /** The model of a class that stands in the indexed trees. */
  @Nullable ClassModel of(ClassTree tree) {
    return byTree.get(tree);
  }

  Collection<ClassModel> classes() {
    return classes.values();
  }

  /** A class and what it inherits from within the unit, nearest first. */
  List<ClassModel> lineage(ClassModel model) {
    List<ClassModel> lineage = new ArrayList<>();
    Deque<ClassModel> open = new ArrayDeque<>(List.of(model));
    Set<String> seen = new HashSet<>();
    while (!open.isEmpty()) {
      ClassModel next = open.removeFirst();
      if (seen.add(next.name)) {
        lineage.add(next);
        for (TypeName parent : next.parents) {
          ClassModel found = classes.get(parent.name());
          if (found != null) {
            open.addLast(found);
          }
        }
      }
    }
    return lineage;
  }

  /** All names a class descends from, its own first, those outside the unit included. */
  Set<String> ancestors(String name) {
    Set<String> all = new java.util.LinkedHashSet<>();
    all.add(name);
    ClassModel model = classes.get(name);
    if (model != null) {
      for (ClassModel at : lineage(model)) {
        all.add(at.name);
        at.parents.forEach(parent -> all.add(parent.name()));
      }
    }
    return all;
  }

  /** The classes of the unit below a class, in the order of their names' declaration. */
  List<ClassModel> descendants(ClassModel model) {
    List<ClassModel> all = new ArrayList<>();
    Set<String> seen = new HashSet<>(Set.of(model.name));
    Deque<ClassModel> open = new ArrayDeque<>(children.getOrDefault(model.name, List.of()));
    while (!open.isEmpty()) {
      ClassModel next = open.removeFirst();
      if (seen.add(next.name)) {
        all.add(next);
        open.addAll(children.getOrDefault(next.name, List.of()));
      }
    }
    return all;
  }

  /** A field as a class sees it: its own or an inherited one. */
  ClassModel.@Nullable Field field(ClassModel from, String name) {
    for (ClassModel at : lineage(from)) {
      ClassModel.Field field = at.fields.get(name);
      if (field != null) {
        return field;
      }
    }
    return null;
  }

  /** The methods that a call on a class may mean: those of the nearest class that has any. */
  List<ClassModel.Method> methods(ClassModel from, String name, int arguments) {
    for (ClassModel at : lineage(from)) {
      List<ClassModel.Method> found =
          at.methods.stream().filter(m -> m.name().equals(name) && m.takes(arguments)).toList();
      if (!found.isEmpty()) {
        return found;
      }
    }
    return List.of();
  }

  // --- building ----------------------------------------------------------------------------------

  private void declare(ParsedFile file) {
    Names names = new Names(file.tree(), this);
    Suppressions suppressions = new Suppressions(file);
    new TreeScanner<@Nullable Void, @Nullable ClassModel>() {
      private int anonymous;

      @Override
      public @Nullable Void visitClass(ClassTree tree, @Nullable ClassModel outer) {
        String simple =
            tree.getSimpleName().isEmpty() ? "$" + ++anonymous : tree.getSimpleName().toString();
        String container = outer == null ? names.packageName() : outer.name;
        String name = unique(container.isEmpty() ? simple : container + "." + simple);
        ClassModel model = new ClassModel(name, file, tree, outer, names, suppressions);
        classes.put(name, model);
        byTree.put(tree, model);
        return super.visitClass(tree, model);
      }
    }.scan(file.tree(), null);
  }

  /** Two source roots may declare one class twice; the first keeps the name. */
  private String unique(String name) {
    String unique = name;
    for (int i = 2; classes.containsKey(unique); i++) {
      unique = name + "~" + i;
    }
    return unique;
  }

  private void resolveParents(ClassModel model) {
    Map<String, TypeName> outer = model.outer == null ? Map.of() : model.outer.typeVariables;
    model.typeVariables.putAll(model.names.variables(model.tree.getTypeParameters(), model, outer));
    List<Tree> parents = new ArrayList<>();
    if (model.tree.getExtendsClause() != null) {
      parents.add(model.tree.getExtendsClause());
    }
    parents.addAll(model.tree.getImplementsClause());
    for (Tree parent : parents) {
      TypeName name = model.names.resolve(parent, model, model.typeVariables);
      if (!name.name().equals(model.name)) {
        model.parents.add(name);
        children.computeIfAbsent(name.name(), n -> new ArrayList<>()).add(model);
      }
    }
  }

  private void resolveMembers(ClassModel model) {
    Set<String> ids = new HashSet<>();
    for (Tree member : model.tree.getMembers()) {
      switch (member) {
        case VariableTree field -> {
          String name = field.getName().toString();
          TypeName type = model.names.resolve(field.getType(), model, model.typeVariables);
          boolean isStatic =
              field.getModifiers().getFlags().contains(Modifier.STATIC)
                  || model.isInterface()
                  || name.isEmpty();
          model.fields.put(name, new ClassModel.Field(model, name, type, isStatic, field));
        }
        case MethodTree method -> model.methods.add(method(model, method, ids));
        default -> {}
      }
    }
  }

  private static ClassModel.Method method(ClassModel model, MethodTree tree, Set<String> ids) {
    Map<String, TypeName> variables =
        model.names.variables(tree.getTypeParameters(), model, model.typeVariables);
    List<TypeName> parameters = new ArrayList<>();
    for (VariableTree parameter : tree.getParameters()) {
      parameters.add(model.names.resolve(parameter.getType(), model, variables));
    }
    String id =
        model.name
            + "#"
            + tree.getName()
            + parameters.stream()
                .map(TypeName::simpleName)
                .collect(java.util.stream.Collectors.joining(",", "(", ")"));
    String unique = id;
    for (int i = 2; !ids.add(unique); i++) {
      unique = id + "~" + i;
    }
    TypeName result = model.names.resolve(tree.getReturnType(), model, variables);
    return new ClassModel.Method(
        model, unique, tree.getName().toString(), parameters, result, tree);
  }
}
