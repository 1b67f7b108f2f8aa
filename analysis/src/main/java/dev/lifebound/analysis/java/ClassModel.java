package dev.lifebound.analysis.java;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.lang.model.element.Modifier;
import org.jspecify.annotations.Nullable;

/** A class of the unit: what other classes need to know of it. Complete once indexed. */
final class ClassModel {
  /** A field; a record's components are fields. */
  record Field(ClassModel owner, String name, TypeName type, boolean isStatic, VariableTree tree) {
    /** How the intermediate form names a static field. */
    String globalName() {
      return owner.name + "." + name;
    }
  }

  /** A method or constructor. */
  record Method(
      ClassModel owner,
      String id,
      String name,
      List<TypeName> parameters,
      TypeName result,
      MethodTree tree) {
    boolean is(Modifier modifier) {
      return tree.getModifiers().getFlags().contains(modifier);
    }

    boolean isStatic() {
      return is(Modifier.STATIC);
    }

    boolean isVarargs() {
      return !tree.getParameters().isEmpty()
          && owner.file.text(tree.getParameters().getLast()).contains("...");
    }

    /** Whether a call with so many arguments may mean this method. */
    boolean takes(int arguments) {
      return parameters.size() == arguments || (isVarargs() && arguments >= parameters.size() - 1);
    }
  }

  static final String CONSTRUCTOR = "<init>";

  /** Unique within the unit; nested classes are separated by a dot. */
  final String name;

  final ParsedFile file;
  final ClassTree tree;
  final @Nullable ClassModel outer;
  final Names names;
  final Suppressions suppressions;
  final Map<String, TypeName> typeVariables = new LinkedHashMap<>();
  final Map<String, Field> fields = new LinkedHashMap<>();
  final List<Method> methods = new ArrayList<>();

  /** Superclass and interfaces, superclass first. */
  final List<TypeName> parents = new ArrayList<>();

  ClassModel(
      String name,
      ParsedFile file,
      ClassTree tree,
      @Nullable ClassModel outer,
      Names names,
      Suppressions suppressions) {
    this.name = name;
    this.file = file;
    this.tree = tree;
    this.outer = outer;
    this.names = names;
    this.suppressions = suppressions;
  }

  boolean isInterface() {
    return tree.getKind() == Tree.Kind.INTERFACE || tree.getKind() == Tree.Kind.ANNOTATION_TYPE;
  }

  boolean isRecord() {
    return tree.getKind() == Tree.Kind.RECORD;
  }

  /** The name as the source writes it; an anonymous class has that of its place. */
  String simpleName() {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  /** How messages name a method. */
  String label(String method) {
    return simpleName() + "." + (method.equals(CONSTRUCTOR) ? "new" : method);
  }

  @Override
  public String toString() {
    return name;
  }
}
