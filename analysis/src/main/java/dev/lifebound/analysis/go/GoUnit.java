package dev.lifebound.analysis.go;

import dev.lifebound.analysis.lifetime.FieldName;
import dev.lifebound.analysis.lifetime.Freeing;
import dev.lifebound.analysis.lifetime.Function;
import dev.lifebound.analysis.lifetime.MapDeclaration;
import dev.lifebound.analysis.lifetime.Op;
import dev.lifebound.analysis.lifetime.Place;
import dev.lifebound.analysis.lifetime.Span;
import dev.lifebound.analysis.lifetime.Summary;
import dev.lifebound.analysis.lifetime.Unit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Translates one cgo package into a {@link Unit}. */
final class GoUnit implements Frame.Sink {
  /** {@code T_unref} is half of a pair when the package also calls one of these. */
  private static final List<String> HOLDS =
      List.of("_ref", "_ref_sink", "_retain", "_incref", "_addref", "_get", "Ref", "Retain");

  private static final Pattern RELEASE_SUFFIX =
      Pattern.compile("(_unref|_decref|_put|_release|Release|Unref)$");

  private final GoPackage pkg;
  private final List<Function> functions = new ArrayList<>();
  private final Set<String> finalizers = new LinkedHashSet<>();
  private final Map<String, Integer> closures = new LinkedHashMap<>();

  private GoUnit(GoPackage pkg) {
    this.pkg = pkg;
  }

  static Unit translate(String name, GoPackage pkg) {
    return new GoUnit(pkg).unit(name);
  }

  private Unit unit(String name) {
    Map<Place, MapDeclaration> maps = maps();
    Map<String, Summary> known = new LinkedHashMap<>();
    boolean complete =
        pkg.files().stream()
            .flatMap(file -> file.root().children().stream())
            .noneMatch(node -> node.is(Syntax.ERROR));
    Summary anything =
        new Summary(List.of(), List.of(), maps.keySet(), Set.of(), List.of(), List.of(), Map.of());
    for (GoPackage.Declared declared : pkg.declared()) {
      if (declared.node().broken()) {
        known.put(declared.id(), anything);
        complete = false;
      } else {
        Statements.translate(pkg, declared, this, traits(declared));
      }
    }
    known.putAll(natives());
    List<Function> finished = functions.stream().map(this::withFinalizer).toList();
    return new Unit(name, "go", complete, finished, known, maps);
  }

  @Override
  public void function(Function function) {
    functions.add(function);
  }

  @Override
  public void finalizer(List<String> ids) {
    finalizers.addAll(ids);
  }

  @Override
  public String closureId(String enclosing) {
    return enclosing + "$" + closures.merge(enclosing, 1, Integer::sum);
  }

  private Function withFinalizer(Function function) {
    if (!finalizers.contains(function.id())) {
      return function;
    }
    Set<Function.Trait> traits = EnumSet.of(Function.Trait.FINALIZER);
    traits.addAll(function.traits());
    return new Function(
        function.id(),
        function.name(),
        function.file(),
        function.span(),
        function.parameters(),
        function.variables(),
        function.blocks(),
        traits,
        function.parts());
  }

  private static Set<Function.Trait> traits(GoPackage.Declared declared) {
    Set<Function.Trait> traits = EnumSet.noneOf(Function.Trait.class);
    if (declared.isExported()) {
      traits.add(Function.Trait.PUBLIC);
    }
    if (declared.receiver() == null && declared.name().equals("init")) {
      traits.add(Function.Trait.INITIALIZER);
    }
    if (isExportedToC(declared)) {
      traits.add(Function.Trait.CALLED_BY_NATIVE);
    }
    return traits;
  }

  /** Whether a {@code //export} comment stands in the lines above. */
  private static boolean isExportedToC(GoPackage.Declared declared) {
    var source = declared.file().source();
    for (int line = source.line(declared.node().span().start()) - 1; line >= 1; line--) {
      String text = source.lineText(line);
      if (!text.startsWith("//")) {
        return false;
      }
      if (text.startsWith("//export ")) {
        return true;
      }
    }
    return false;
  }

  // --- C functions -------------------------------------------------------------------------------

  /** Summaries of the C functions that are called, by the callee's name in calls. */
  private Map<String, Summary> natives() {
    Set<String> called = new LinkedHashSet<>();
    for (Function function : functions) {
      function.blocks().stream()
          .flatMap(block -> block.ops().stream())
          .forEach(op -> {
            if (op instanceof Op.Call call) {
              called.addAll(call.callees());
            }
          });
    }
    Map<String, Summary> known = new LinkedHashMap<>();
    for (String callee : called) {
      Summary summary = callee.startsWith("C.") ? pkg.natives().summary(callee.substring(2)) : null;
      if (summary != null) {
        known.put(callee, isPaired(callee, summary, called) ? Summary.NOTHING : summary);
      }
    }
    return known;
  }

  /** A release whose reference the package has taken itself frees nothing for others. */
  private static boolean isPaired(String callee, Summary summary, Set<String> called) {
    boolean releases =
        summary.frees().stream()
            .anyMatch(freed -> freed.freeing().effect() == Freeing.Effect.RELEASE);
    String stem = RELEASE_SUFFIX.matcher(callee).replaceFirst("");
    return releases && HOLDS.stream().anyMatch(hold -> called.contains(stem + hold));
  }

  // --- maps --------------------------------------------------------------------------------------

  private Map<Place, MapDeclaration> maps() {
    Map<Place, MapDeclaration> maps = new LinkedHashMap<>();
    Set<String> lasting = lastingTypes();
    for (GoPackage.Global global : pkg.globals().values()) {
      if (pkg.isMap(global.type())) {
        Place place = new Place.Global(global.name());
        maps.put(
            place, declaration(place, global.type(), global.file(), global.node().span(), true));
      }
    }
    pkg.types()
        .forEach((owner, type) -> {
          if (type instanceof GoType.StructOf struct) {
            fields(owner, struct, lasting.contains(owner), maps);
          }
        });
    return maps;
  }

  private void fields(
      String owner, GoType.StructOf struct, boolean lasting, Map<Place, MapDeclaration> maps) {
    String root = owner.contains(".") ? owner.substring(0, owner.indexOf('.')) : owner;
    GoPackage.TypeSite site = pkg.typeSite(root);
    for (GoType.Field field : struct.fields()) {
      if (pkg.isMap(field.type())) {
        Place place = new Place.Field(new FieldName(owner, field.name()));
        maps.put(
            place,
            declaration(
                place,
                field.type(),
                site.file(),
                fieldSpan(site.node(), site.file(), field.name()),
                lasting));
      }
    }
  }

  private static Span fieldSpan(Syntax node, GoFile file, String name) {
    for (Syntax child : node.children()) {
      if (child.is("field_declaration")
          && child.all("name").stream().anyMatch(n -> file.text(n).equals(name))) {
        return child.span();
      }
      Span inner = fieldSpan(child, file, name);
      if (!inner.equals(child.span())) {
        return inner;
      }
    }
    return node.span();
  }

  private MapDeclaration declaration(
      Place place, GoType type, GoFile file, Span span, boolean lasting) {
    MapDeclaration.Kind key = MapDeclaration.Kind.ANY;
    MapDeclaration.Kind value = MapDeclaration.Kind.ANY;
    String valueType = null;
    if (pkg.underlying(type) instanceof GoType.MapOf map) {
      key = kind(map.key());
      value = kind(map.value());
      valueType = valueType(map.value());
    }
    return new MapDeclaration(
        place, key, value, valueType, place.text(), file.source(), span, lasting);
  }

  private @Nullable String valueType(GoType value) {
    String name = GoPackage.named(value);
    boolean struct =
        name != null && pkg.underlying(new GoType.Named(name)) instanceof GoType.StructOf;
    return struct ? name : null;
  }

  private MapDeclaration.Kind kind(GoType type) {
    if (pkg.isNativePointer(type)) {
      return MapDeclaration.Kind.NATIVE_POINTER;
    }
    return switch (pkg.underlying(type)) {
      case GoType.Named named -> predeclared(named.name());
      case GoType.StructOf struct ->
          struct.fields().isEmpty() ? MapDeclaration.Kind.MARKER : MapDeclaration.Kind.OBJECT;
      case GoType.Foreign foreign -> foreign(foreign);
      case GoType.InterfaceOf any -> MapDeclaration.Kind.ANY;
      case GoType.Unknown unknown -> MapDeclaration.Kind.ANY;
      default -> MapDeclaration.Kind.OBJECT;
    };
  }

  private static MapDeclaration.Kind predeclared(String name) {
    return switch (name) {
      case "uintptr" -> MapDeclaration.Kind.ADDRESS;
      case "bool" -> MapDeclaration.Kind.MARKER;
      default -> GoType.PLAIN.contains(name) ? MapDeclaration.Kind.PLAIN : MapDeclaration.Kind.ANY;
    };
  }

  private static MapDeclaration.Kind foreign(GoType.Foreign type) {
    if (!type.pkg().equals("C")) {
      return MapDeclaration.Kind.ANY;
    }
    return type.name().contains("intptr") ? MapDeclaration.Kind.ADDRESS : MapDeclaration.Kind.PLAIN;
  }

  /** The types of which some instance is reachable from a global without passing a map. */
  private Set<String> lastingTypes() {
    Set<String> lasting = new LinkedHashSet<>();
    List<GoType> open = new ArrayList<>();
    pkg.globals().values().forEach(global -> open.add(global.type()));
    while (!open.isEmpty()) {
      String name = GoPackage.named(open.removeLast());
      if (name != null
          && pkg.underlying(new GoType.Named(name)) instanceof GoType.StructOf struct
          && lasting.add(name)) {
        struct.fields().forEach(field -> open.add(field.type()));
      }
    }
    return lasting;
  }
}
