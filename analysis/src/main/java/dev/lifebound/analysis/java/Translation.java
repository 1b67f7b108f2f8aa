package dev.lifebound.analysis.java;

import dev.lifebound.analysis.lifetime.FieldName;
import dev.lifebound.analysis.lifetime.Function;
import dev.lifebound.analysis.lifetime.MapDeclaration;
import dev.lifebound.analysis.lifetime.Place;
import dev.lifebound.analysis.lifetime.Unit;
import dev.lifebound.finding.Location;
import dev.lifebound.finding.Notice;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import javax.lang.model.element.Modifier;
import org.jspecify.annotations.Nullable;

/** Parsed files to one {@link Unit}. */
final class Translation {
  private static final Set<String> PLAIN =
      Set.of(
          "byte",
          "short",
          "int",
          "float",
          "double",
          "char",
          "String",
          "java.lang.String",
          "Integer",
          "java.lang.Integer",
          "Long",
          "long",
          "java.lang.Long",
          "UUID",
          "java.util.UUID",
          "Class",
          "java.lang.Class");

  private static final String LANGUAGE = "java";

  private final Shared shared;

  Translation(Index index, NativeTypes natives) {
    this.shared = new Shared(index, natives, NativeTable.SHIPPED);
  }

  /** The unit; a class whose translation recurses too deeply is named in a notice. */
  Unit unit(int threads, Consumer<Notice> notices) {
    List<ClassModel> classes = List.copyOf(shared.index().classes());
    Map<Place, MapDeclaration> maps = maps(classes);
    List<Function> functions = new ArrayList<>();
    if (maps.isEmpty()) {
      return new Unit(LANGUAGE, LANGUAGE, true, functions, Map.of(), maps);
    }
    for (Translated translated : Workers.map(threads, classes, this::translate)) {
      functions.addAll(translated.functions());
      if (translated.notice() != null) {
        notices.accept(translated.notice());
      }
    }
    functions.sort(
        Comparator.comparing((Function f) -> f.file().path())
            .thenComparingInt(f -> f.span().start())
            .thenComparing(Function::id));
    return new Unit(
        LANGUAGE, LANGUAGE, true, Relevance.keep(functions, maps.keySet()), Map.of(), maps);
  }

  private record Translated(List<Function> functions, @Nullable Notice notice) {}

  private Translated translate(ClassModel model) {
    try {
      return new Translated(Classes.translate(shared, model), null);
    } catch (StackOverflowError e) {
      String path = model.file.source().path();
      return new Translated(
          List.of(),
          new Notice(
              "class-too-deep",
              "a class must not nest expressions without end: file=%s, class=%s; it was left out"
                  .formatted(path, model.name),
              Location.ofFile(path)));
    }
  }

  // --- maps --------------------------------------------------------------------------------------

  private Map<Place, MapDeclaration> maps(List<ClassModel> classes) {
    Map<Place, MapDeclaration> maps = new LinkedHashMap<>();
    for (ClassModel model : classes) {
      for (ClassModel.Field field : model.fields.values()) {
        if (shared.matters(field.type()) && !isAnsweredFor(field)) {
          MapDeclaration declaration = declaration(field);
          maps.put(declaration.place(), declaration);
        }
      }
    }
    return maps;
  }

  /** A map whose authors answer for it is not declared, and no rule speaks of it. */
  private static boolean isAnsweredFor(ClassModel.Field field) {
    ClassModel owner = field.owner();
    return owner.suppressions.silence(owner.file.span(field.tree()), List.of("LBJ001", "LBJ003"));
  }

  private MapDeclaration declaration(ClassModel.Field field) {
    Place place =
        field.isStatic()
            ? new Place.Global(field.globalName())
            : new Place.Field(new FieldName(field.owner().name, field.name()));
    TypeName value = KnownTypes.valueOf(field.type());
    boolean fixed = field.tree().getModifiers().getFlags().contains(Modifier.FINAL);
    return new MapDeclaration(
        place,
        kind(KnownTypes.keyOf(field.type())),
        kind(value),
        shared.index().has(value.name()) ? value.name() : null,
        field.owner().file.text(field.tree().getType()),
        field.owner().file.source(),
        field.owner().file.span(field.tree()),
        field.isStatic() && fixed,
        isConcurrent(field));
  }

  private MapDeclaration.Kind kind(TypeName type) {
    if (PLAIN.contains(type.name())) {
      return MapDeclaration.Kind.PLAIN;
    }
    if (type.name().equals("boolean") || type.name().endsWith("Boolean")) {
      return MapDeclaration.Kind.MARKER;
    }
    if (!type.isKnown() || shared.natives().isOpen(type)) {
      return MapDeclaration.Kind.ANY;
    }
    return shared.natives().isNative(type)
        ? MapDeclaration.Kind.NATIVE_POINTER
        : MapDeclaration.Kind.OBJECT;
  }

  /** Whether the declared type or the initializer says that threads share the map. */
  private static boolean isConcurrent(ClassModel.Field field) {
    KnownTypes.MapShape shape = KnownTypes.map(field.type());
    if (shape != null && shape.concurrent()) {
      return true;
    }
    String made =
        field.tree().getInitializer() == null
            ? ""
            : field.owner().file.text(field.tree().getInitializer());
    return made.contains("Concurrent") || made.contains("synchronizedMap");
  }
}
