package dev.lifebound.analysis.java;

import com.sun.source.tree.AnnotatedTypeTree;
import com.sun.source.tree.ArrayTypeTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.ImportTree;
import com.sun.source.tree.IntersectionTypeTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.ParameterizedTypeTree;
import com.sun.source.tree.PrimitiveTypeTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.TypeParameterTree;
import com.sun.source.tree.WildcardTree;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the type names of one file mean: imports, package, nesting; no class path. */
final class Names {
  private final String packageName;
  private final Map<String, String> imported = new LinkedHashMap<>();
  private final List<String> onDemand = new ArrayList<>();
  private final Index index;

  Names(CompilationUnitTree tree, Index index) {
    this.index = index;
    this.packageName = tree.getPackageName() == null ? "" : tree.getPackageName().toString();
    for (ImportTree declaration : tree.getImports()) {
      String name = declaration.getQualifiedIdentifier().toString();
      if (declaration.isModule()) {
        onDemand.addAll(KnownTypes.packagesOf(name));
      } else if (name.endsWith(".*")) {
        onDemand.add(name.substring(0, name.length() - 2));
      } else {
        imported.put(name.substring(name.lastIndexOf('.') + 1), name);
      }
    }
    onDemand.add("java.lang");
  }

  String packageName() {
    return packageName;
  }

  /** The class that a statically imported member belongs to, or null. */
  @Nullable String staticOwner(String member) {
    String name = imported.get(member);
    return name == null ? null : name.substring(0, name.lastIndexOf('.'));
  }

  /** The type that a tree names within a class; null stands for {@code var}. */
  TypeName resolve(@Nullable Tree tree, ClassModel scope, Map<String, TypeName> variables) {
    return switch (tree) {
      case null -> TypeName.UNKNOWN;
      case IdentifierTree identifier -> simple(identifier.getName().toString(), scope, variables);
      case PrimitiveTypeTree primitive ->
          TypeName.of(primitive.getPrimitiveTypeKind().name().toLowerCase(Locale.ROOT));
      case ParameterizedTypeTree generic ->
          new TypeName(
              resolve(generic.getType(), scope, variables).name(),
              generic.getTypeArguments().stream()
                  .map(argument -> resolve(argument, scope, variables))
                  .toList());
      case ArrayTypeTree array ->
          TypeName.of(resolve(array.getType(), scope, variables).name() + "[]");
      case AnnotatedTypeTree annotated -> resolve(annotated.getUnderlyingType(), scope, variables);
      case WildcardTree wildcard -> resolve(wildcard.getBound(), scope, variables);
      case IntersectionTypeTree both -> resolve(both.getBounds().getFirst(), scope, variables);
      case MemberSelectTree select -> qualified(select, scope, variables);
      default -> TypeName.UNKNOWN;
    };
  }

  /** Type parameters by name, each with its bound. */
  Map<String, TypeName> variables(
      List<? extends TypeParameterTree> parameters, ClassModel scope, Map<String, TypeName> outer) {
    Map<String, TypeName> all = new LinkedHashMap<>(outer);
    parameters.forEach(p -> all.put(p.getName().toString(), TypeName.UNKNOWN));
    for (TypeParameterTree parameter : parameters) {
      if (!parameter.getBounds().isEmpty()) {
        TypeName bound = resolve(parameter.getBounds().getFirst(), scope, all);
        all.put(parameter.getName().toString(), bound);
      }
    }
    return all;
  }

  /** A type named by one identifier, or null when no class of that name is in sight. */
  @Nullable String find(String name, @Nullable ClassModel scope) {
    String member = member(name, scope, new HashSet<>());
    if (member != null) {
      return member;
    }
    String single = imported.get(name);
    if (single != null) {
      return single;
    }
    String sibling = packageName.isEmpty() ? name : packageName + "." + name;
    if (index.has(sibling)) {
      return sibling;
    }
    for (String container : onDemand) {
      String candidate = container + "." + name;
      if (index.has(candidate) || KnownTypes.contains(candidate)) {
        return candidate;
      }
    }
    return null;
  }

  private TypeName simple(String name, ClassModel scope, Map<String, TypeName> variables) {
    TypeName variable = variables.get(name);
    if (variable != null) {
      return variable;
    }
    String found = find(name, scope);
    return TypeName.of(found == null ? name : found);
  }

  private TypeName qualified(
      MemberSelectTree select, ClassModel scope, Map<String, TypeName> variables) {
    String text = select.toString();
    if (index.has(text) || KnownTypes.contains(text)) {
      return TypeName.of(text);
    }
    TypeName container = resolve(select.getExpression(), scope, variables);
    return TypeName.of(container.name() + "." + select.getIdentifier());
  }

  /** A class around the scope, nested in one of those, or inherited by one. */
  private @Nullable String member(String name, @Nullable ClassModel scope, Set<String> seen) {
    for (ClassModel at = scope; at != null; at = at.outer) {
      if (at.simpleName().equals(name)) {
        return at.name;
      }
      String inherited = inherited(name, at, seen);
      if (inherited != null) {
        return inherited;
      }
    }
    return null;
  }

  private @Nullable String inherited(String name, ClassModel at, Set<String> seen) {
    if (!seen.add(at.name)) {
      return null;
    }
    String nested = at.name + "." + name;
    if (index.has(nested) || KnownTypes.contains(nested)) {
      return nested;
    }
    for (TypeName parent : at.parents) {
      ClassModel model = index.find(parent.name());
      String found = model == null ? null : inherited(name, model, seen);
      if (found != null) {
        return found;
      }
    }
    return null;
  }
}
