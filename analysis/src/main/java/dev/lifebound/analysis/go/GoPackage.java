package dev.lifebound.analysis.go;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The symbols of one package: types, globals, functions and methods, and questions about them. */
final class GoPackage {
  /**
   * A declared function or method.
   *
   * @param id unique within the package; a second one of a name, for another platform, is numbered
   * @param name as Go writes it: {@code Open}, {@code (*Conn).Close}
   * @param receiver the receiver's type name, or null
   * @param node the declaration
   * @param file where it stands
   * @param results the types it returns
   */
  record Declared(
      String id,
      String name,
      @Nullable String receiver,
      Syntax node,
      GoFile file,
      List<GoType> results) {
    boolean isExported() {
      Syntax identifier = node.get("name");
      return identifier != null && Character.isUpperCase(file.text(identifier).codePointAt(0));
    }
  }

  /** A package variable. */
  record Global(String name, GoType type, Syntax node, GoFile file) {}

  /** A way from a struct to a field, through embedded structs. */
  record Step(String owner, GoType.Field field) {}

  private static final int DEEPEST = 8;

  private final List<GoFile> files;
  private final CFunctions natives;
  private final Map<String, GoType> types = new LinkedHashMap<>();
  private final Map<String, TypeSite> typeSites = new LinkedHashMap<>();
  private final Map<String, Global> globals = new LinkedHashMap<>();
  private final Map<String, List<Declared>> functions = new LinkedHashMap<>();
  private final Map<String, Map<String, List<Declared>>> methods = new LinkedHashMap<>();
  private final Map<String, Declared> byId = new LinkedHashMap<>();
  private boolean readingGlobals;

  /** Where a type is declared. */
  record TypeSite(Syntax node, GoFile file) {}

  GoPackage(List<GoFile> files, CFunctions natives) {
    this.files = List.copyOf(files);
    this.natives = natives;
    for (GoFile file : files) {
      for (Syntax child : file.root().children()) {
        declare(child, file);
      }
    }
    // Initial values are read last: their types may be declared in a later file.
    readingGlobals = true;
    for (GoFile file : files) {
      for (Syntax child : file.root().children()) {
        if (child.is("var_declaration")) {
          declareGlobals(child, file);
        }
      }
    }
  }

  List<GoFile> files() {
    return files;
  }

  CFunctions natives() {
    return natives;
  }

  Map<String, GoType> types() {
    return types;
  }

  TypeSite typeSite(String name) {
    return Objects.requireNonNull(typeSites.get(name), name);
  }

  Map<String, Global> globals() {
    return globals;
  }

  Iterable<Declared> declared() {
    return byId.values();
  }

  List<Declared> function(String name) {
    return functions.getOrDefault(name, List.of());
  }

  /** The methods of a name on any type: what a call through an interface may mean. */
  List<Declared> methodsNamed(String name) {
    List<Declared> all = new ArrayList<>();
    methods.values().forEach(ofType -> all.addAll(ofType.getOrDefault(name, List.of())));
    return all;
  }

  // --- declarations ------------------------------------------------------------------------------

  private void declare(Syntax node, GoFile file) {
    String text = file.source().text();
    switch (node.kind()) {
      case "type_declaration" -> {
        for (Syntax spec : node.children()) {
          Syntax name = spec.get("name");
          if ((spec.is("type_spec") || spec.is("type_alias")) && name != null) {
            String typeName = name.text(text);
            types.put(typeName, structured(GoType.of(spec.get("type"), text), typeName));
            typeSites.put(typeName, new TypeSite(spec, file));
          }
        }
      }
      case "function_declaration" -> {
        Syntax name = node.get("name");
        if (name != null) {
          String id = name.text(text);
          functions
              .computeIfAbsent(id, key -> new ArrayList<>())
              .add(put(id, id, null, node, file));
        }
      }
      case "method_declaration" -> method(node, file, text);
      default -> {}
    }
  }

  private void method(Syntax node, GoFile file, String text) {
    Syntax name = node.get("name");
    Syntax list = node.get("receiver");
    Syntax parameter = list == null ? null : list.first("parameter_declaration");
    if (name == null || parameter == null) {
      return;
    }
    GoType type = GoType.of(parameter.get("type"), text);
    boolean pointer = type instanceof GoType.Pointer;
    String receiver = named(type);
    if (receiver != null) {
      String method = name.text(text);
      String display = pointer ? "(*" + receiver + ")." + method : receiver + "." + method;
      methods
          .computeIfAbsent(receiver, key -> new LinkedHashMap<>())
          .computeIfAbsent(method, key -> new ArrayList<>())
          .add(put(receiver + "." + method, display, receiver, node, file));
    }
  }

  private Declared put(
      String id, String name, @Nullable String receiver, Syntax node, GoFile file) {
    String unique = id;
    for (int i = 2; byId.containsKey(unique); i++) {
      unique = id + "#" + i;
    }
    List<GoType> results = GoType.results(node.get("result"), file.source().text());
    Declared declared = new Declared(unique, name, receiver, node, file, results);
    byId.put(unique, declared);
    return declared;
  }

  private void declareGlobals(Syntax node, GoFile file) {
    for (Syntax spec : node.children()) {
      if (spec.is("var_spec_list")) {
        declareGlobals(spec, file);
      }
      if (!spec.is("var_spec")) {
        continue;
      }
      GoType declared = GoType.of(spec.get("type"), file.source().text());
      Syntax value = spec.get("value");
      List<Syntax> values = value == null ? List.of() : value.parts();
      List<Syntax> names = spec.all("name");
      for (int i = 0; i < names.size(); i++) {
        String name = file.text(names.get(i));
        GoType type =
            declared instanceof GoType.Unknown && i < values.size()
                ? initial(values.get(i), file)
                : declared;
        globals.put(name, new Global(name, structured(type, name), names.get(i), file));
        typeSites.putIfAbsent(name, new TypeSite(names.get(i), file));
      }
    }
  }

  /** Gives an anonymous struct the name of what it is the type of. */
  private GoType structured(GoType type, String name) {
    if (type instanceof GoType.StructOf struct) {
      List<GoType.Field> fields = new ArrayList<>();
      for (GoType.Field field : struct.fields()) {
        GoType inner = field.type();
        if (inner instanceof GoType.StructOf) {
          String innerName = name + "." + field.name();
          types.put(innerName, structured(inner, innerName));
          inner = new GoType.Named(innerName);
        }
        fields.add(new GoType.Field(field.name(), inner, field.embedded()));
      }
      GoType.StructOf named = new GoType.StructOf(List.copyOf(fields));
      if (types.get(name) == null && globalNamed(name)) {
        types.put(name, named);
        return new GoType.Named(name);
      }
      return named;
    }
    return type;
  }

  /** Types are declared before globals, so a name without a site is a global's. */
  private boolean globalNamed(String name) {
    return !typeSites.containsKey(name) && readingGlobals;
  }

  /** The type of a global's initial value. */
  private GoType initial(Syntax value, GoFile file) {
    String text = file.source().text();
    return switch (value.kind()) {
      case "composite_literal" -> GoType.of(value.get("type"), text);
      case "unary_expression" -> {
        Syntax operand = value.get("operand");
        yield operand != null && operand.is("composite_literal")
            ? new GoType.Pointer(initial(operand, file))
            : GoType.UNKNOWN;
      }
      case "call_expression" -> call(value, file);
      case "parenthesized_expression" ->
          value.parts().isEmpty() ? GoType.UNKNOWN : initial(value.parts().getFirst(), file);
      default -> GoType.UNKNOWN;
    };
  }

  private GoType call(Syntax value, GoFile file) {
    String text = file.source().text();
    Syntax function = value.get("function");
    Syntax arguments = value.get("arguments");
    String name = function == null ? "" : function.text(text);
    if (arguments != null && !arguments.parts().isEmpty()) {
      GoType first = GoType.of(arguments.parts().getFirst(), text);
      if (name.equals("make")) {
        return first;
      }
      if (name.equals("new")) {
        return new GoType.Pointer(first);
      }
    }
    List<Declared> known = function(name);
    return known.size() == 1 && known.getFirst().results().size() == 1
        ? known.getFirst().results().getFirst()
        : GoType.UNKNOWN;
  }

  // --- questions ---------------------------------------------------------------------------------

  /** What a type is made of, names followed. */
  GoType underlying(GoType type) {
    GoType at = type;
    for (int i = 0; i < DEEPEST && at instanceof GoType.Named named; i++) {
      GoType next = types.get(named.name());
      if (next == null) {
        return at;
      }
      at = next;
    }
    return at;
  }

  /** The type behind one pointer, or the type itself. */
  GoType behind(GoType type) {
    return underlying(type) instanceof GoType.Pointer pointer ? pointer.to() : type;
  }

  /** The name of the package's type that a value or pointer has, or null. */
  static @Nullable String named(GoType type) {
    return switch (type) {
      case GoType.Named named -> named.name();
      case GoType.Pointer pointer -> named(pointer.to());
      default -> null;
    };
  }

  boolean isMap(GoType type) {
    return underlying(type) instanceof GoType.MapOf || isSyncMap(type);
  }

  boolean isSyncMap(GoType type) {
    return behind(type).equals(new GoType.Foreign("sync", "Map"));
  }

  /** The way to a field by name, or an empty list. */
  List<Step> field(GoType type, String name) {
    return field(behind(type), name, 0);
  }

  private List<Step> field(GoType type, String name, int depth) {
    String owner = named(type);
    if (depth > DEEPEST || !(underlying(type) instanceof GoType.StructOf struct)) {
      return List.of();
    }
    String ownerName = owner == null ? "?" : owner;
    for (GoType.Field field : struct.fields()) {
      if (field.name().equals(name)) {
        return List.of(new Step(ownerName, field));
      }
    }
    for (GoType.Field field : struct.fields()) {
      if (field.embedded()) {
        List<Step> rest = field(behind(field.type()), name, depth + 1);
        if (!rest.isEmpty()) {
          List<Step> way = new ArrayList<>();
          way.add(new Step(ownerName, field));
          way.addAll(rest);
          return way;
        }
      }
    }
    return List.of();
  }

  /** The embedded field that answers to {@code Lock}, or an empty way. */
  List<Step> embeddedLock(GoType type) {
    GoType at = behind(type);
    if (underlying(at) instanceof GoType.StructOf struct) {
      String owner = named(at);
      for (GoType.Field field : struct.fields()) {
        if (field.embedded() && isLock(field.type())) {
          return List.of(new Step(owner == null ? "?" : owner, field));
        }
      }
    }
    return List.of();
  }

  boolean isLock(GoType type) {
    return behind(type) instanceof GoType.Foreign foreign
        && foreign.pkg().equals("sync")
        && (foreign.name().equals("Mutex")
            || foreign.name().equals("RWMutex")
            || foreign.name().equals("Locker"));
  }

  /** The method that a call on a value of this type means; empty when that is not known. */
  List<Declared> method(GoType type, String name) {
    return method(behind(type), name, 0);
  }

  private List<Declared> method(GoType type, String name, int depth) {
    String owner = named(type);
    if (owner == null || depth > DEEPEST) {
      return List.of();
    }
    List<Declared> own = methods.getOrDefault(owner, Map.of()).getOrDefault(name, List.of());
    if (!own.isEmpty()) {
      return own;
    }
    if (underlying(type) instanceof GoType.StructOf struct) {
      for (GoType.Field field : struct.fields()) {
        if (field.embedded()) {
          List<Declared> promoted = method(behind(field.type()), name, depth + 1);
          if (!promoted.isEmpty()) {
            return promoted;
          }
        }
      }
    }
    return List.of();
  }

  /** Whether values of the type are addresses of C memory. */
  boolean isNativePointer(GoType type) {
    return switch (type) {
      case GoType.Pointer pointer -> isNativeTarget(pointer.to());
      case GoType.Foreign foreign ->
          (foreign.pkg().equals("unsafe") && foreign.name().equals("Pointer"))
              || (foreign.pkg().equals("C") && natives.isPointerType(foreign.name()));
      case GoType.Named named -> {
        GoType under = underlying(named);
        yield !(under instanceof GoType.Named) && isNativePointer(under);
      }
      default -> false;
    };
  }

  private boolean isNativeTarget(GoType target) {
    return switch (target) {
      case GoType.Foreign foreign -> foreign.pkg().equals("C");
      case GoType.Named named -> {
        GoType under = underlying(named);
        yield !(under instanceof GoType.Named) && isNativeTarget(under);
      }
      case GoType.Pointer pointer -> isNativeTarget(pointer.to());
      default -> false;
    };
  }
}
