package dev.lifebound.memory.map;

import dev.lifebound.memory.handle.Registry;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeModel;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.lang.runtime.ObjectMethods;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Derives codecs from types, with what {@link Codecs#of} has not got.
 *
 * <pre>{@code
 * Codec<Order> orders =
 *     Codecs.deriving()
 *         .with(LocalDate.class, new LocalDateCodec())
 *         .lookup(MethodHandles.lookup())
 *         .of(Order.class);
 * }</pre>
 *
 * <p>Each call changes this object and returns it.
 */
public final class CodecDerivation {
  private static final String GIVE_CODEC =
      "give it a codec with Codecs.deriving().with(type, codec), or use a record of its parts";

  private static final MethodTypeDesc EQUALS =
      MethodTypeDesc.of(ConstantDescs.CD_boolean, ConstantDescs.CD_Object);
  private static final ClassDesc OBJECT_METHODS = ClassDesc.of(ObjectMethods.class.getName());

  private final Map<Class<?>, Codec<?>> own = new HashMap<>();
  private MethodHandles.@Nullable Lookup lookup;
  private @Nullable Registry registry;

  CodecDerivation() {}

  /** Uses this codec for the type, as a whole and as a component. */
  public <C> CodecDerivation with(Class<C> type, Codec<C> codec) {
    own.put(Objects.requireNonNull(type, "type must not be null"), Objects.requireNonNull(codec));
    return this;
  }

  /** Reaches records with these rights. Without one their package must be open to this library. */
  public CodecDerivation lookup(MethodHandles.Lookup rights) {
    this.lookup = rights;
    return this;
  }

  /** The registry of the handles in components that are {@link Owned}. */
  public CodecDerivation registry(Registry handles) {
    this.registry = handles;
    return this;
  }

  /**
   * The codec of a type.
   *
   * @throws UnsuitableTypeException when there is none
   */
  @SuppressWarnings("unchecked") // derived from the type; a primitive's is that of its box
  public <T> Codec<T> of(Class<T> type) {
    // The class of an enum constant with a body has no simple name, for one.
    String name = type.getSimpleName().isEmpty() ? type.getName() : type.getSimpleName();
    return (Codec<T>) derive(type, name, new ArrayDeque<>());
  }

  private TypeCodec<?> derive(Class<?> type, String path, Deque<Class<?>> within) {
    Codec<?> given = own.get(type);
    if (given != null) {
      return TypeCodec.of(given);
    }
    TypeCodec<?> simple = simple(type);
    if (simple != null) {
      return simple;
    }
    if (!type.isRecord()) {
      throw new UnsuitableTypeException(refusal(type, path));
    }
    if (within.contains(type)) {
      throw new UnsuitableTypeException(
          "a record must not contain itself: path=" + path + ", type=" + type.getName());
    }
    within.push(type);
    TypeCodec<?> codec = deriveRecord(type, path, within);
    within.pop();
    return codec;
  }

  private static @Nullable TypeCodec<?> simple(Class<?> type) {
    Class<?> boxed = MethodType.methodType(type).wrap().returnType();
    if (boxed == Long.class) {
      return new WordCodec.OfLong();
    } else if (boxed == Integer.class) {
      return new WordCodec.OfInt();
    } else if (boxed == Short.class) {
      return new WordCodec.OfShort();
    } else if (boxed == Byte.class) {
      return new WordCodec.OfByte();
    } else if (boxed == Character.class) {
      return new WordCodec.OfChar();
    } else if (boxed == Boolean.class) {
      return new WordCodec.OfBoolean();
    } else if (boxed == Double.class) {
      return new WordCodec.OfDouble();
    } else if (boxed == Float.class) {
      return new WordCodec.OfFloat();
    } else if (type == String.class) {
      return new StringCodec();
    } else if (type == byte[].class) {
      return new ByteCodecs.OfArray();
    } else if (type == UUID.class) {
      return new ByteCodecs.OfUuid();
    } else if (type == MemorySegment.class) {
      return new ByteCodecs.OfSegment();
    }
    return type.isEnum() ? ofEnum(type) : null;
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // isEnum() was asked
  private static TypeCodec<?> ofEnum(Class<?> type) {
    return new WordCodec.OfEnum(type);
  }

  private TypeCodec<?> deriveRecord(Class<?> type, String path, Deque<Class<?>> within) {
    List<RecordCodec.Column> columns = new ArrayList<>();
    RecordComponent[] components = type.getRecordComponents();
    String whyNoKey = ownEquals(type, path);
    int offset = 0;
    for (RecordComponent component : components) {
      String at = path + "." + component.getName();
      TypeCodec<?> codec =
          component.isAnnotationPresent(Owned.class)
              ? ownedHandle(component, at)
              : derive(component.getType(), at, within);
      if (whyNoKey == null) {
        whyNoKey = whyNoKey(codec, component.getType(), at);
      }
      RecordCodec.Column column =
          new RecordCodec.Column(at, objects(codec), accessor(type, component, at), offset);
      columns.add(column);
      offset = Math.addExact(offset, column.headBytes());
    }
    requireOneRegistry(columns, path);
    return new RecordCodec<>(type, columns, constructor(type, components, path), whyNoKey);
  }

  private static void requireOneRegistry(List<RecordCodec.Column> columns, String path) {
    long registries =
        columns.stream()
            .map(column -> column.codec().registry())
            .filter(Objects::nonNull)
            .distinct()
            .count();
    if (registries > 1) {
      throw new UnsuitableTypeException(
          "the handles of a record must be of one registry: path="
              + path
              + ", registries="
              + registries
              + "; use one registry, or one for the keys and one for the values");
    }
  }

  @SuppressWarnings("unchecked") // asked for components of its own type only
  private static TypeCodec<Object> objects(TypeCodec<?> codec) {
    return (TypeCodec<Object>) codec;
  }

  private TypeCodec<?> ownedHandle(RecordComponent component, String path) {
    Registry handles = registry;
    if (handles == null || component.getType() != long.class) {
      throw new UnsuitableTypeException(
          "an owned component must be a long, and its registry known: path="
              + path
              + ", type="
              + component.getType().getName()
              + ", registry="
              + handles
              + "; use Codecs.deriving().registry(registry)");
    }
    return new WordCodec.OfHandle(handles);
  }

  /** Why a component of this type is no part of a key; null when it may be. */
  private static @Nullable String whyNoKey(TypeCodec<?> codec, Class<?> type, String path) {
    if (codec.whyNoKey != null) {
      return codec.whyNoKey;
    }
    // Whatever its codec makes of it.
    if (type.isArray() || type == MemorySegment.class) {
      return "a key must be equal by value, and a record compares this component by identity: path="
          + path
          + ", type="
          + type.getSimpleName()
          + "; use a String, or a byte[] or MemorySegment itself as the key";
    }
    return null;
  }

  private static @Nullable String ownEquals(Class<?> type, String path) {
    try {
      Method equals = type.getMethod("equals", Object.class);
      return Modifier.isFinal(equals.getModifiers()) && !isWritten(type)
          ? null
          : "a key must be equal when its components are, and this record declares its own equals: path="
              + path
              + ", type="
              + type.getName()
              + "; use a record without one, or give it a codec of your own";
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("every type must have equals: type=" + type, e);
    }
  }

  /**
   * Whether a record's equals was written by hand. The one that a compiler makes is final, as
   * hardly any other is, and leaves the work to {@link ObjectMethods}. A class whose file is not to
   * be had is trusted.
   */
  private static boolean isWritten(Class<?> type) {
    try (InputStream file =
        type.getResourceAsStream("/" + type.getName().replace('.', '/') + ".class")) {
      return file != null
          && ClassFile.of().parse(file.readAllBytes()).methods().stream()
              .filter(method -> method.methodName().equalsString("equals"))
              .filter(method -> method.methodTypeSymbol().equals(EQUALS))
              .flatMap(method -> method.code().stream())
              .noneMatch(CodecDerivation::isLeftToObjectMethods);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isLeftToObjectMethods(CodeModel code) {
    return code.elementStream()
        .anyMatch(element ->
            element instanceof InvokeDynamicInstruction call
                && call.bootstrapMethod().owner().equals(OBJECT_METHODS));
  }

  private MethodHandle accessor(Class<?> type, RecordComponent component, String path) {
    Method method = component.getAccessor();
    try {
      return unreflected(method).asType(MethodType.methodType(Object.class, Object.class));
    } catch (IllegalAccessException | InaccessibleObjectException e) {
      throw closed(type, path, e);
    }
  }

  private MethodHandle unreflected(Method method) throws IllegalAccessException {
    if (lookup != null) {
      return lookup.unreflect(method);
    }
    method.setAccessible(true);
    return MethodHandles.lookup().unreflect(method);
  }

  private MethodHandle constructor(Class<?> type, RecordComponent[] components, String path) {
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      var constructor = type.getDeclaredConstructor(types);
      if (lookup != null) {
        return lookup.unreflectConstructor(constructor);
      }
      constructor.setAccessible(true);
      return MethodHandles.lookup().unreflectConstructor(constructor);
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("a record must have its canonical constructor: " + type, e);
    } catch (IllegalAccessException | InaccessibleObjectException e) {
      throw closed(type, path, e);
    }
  }

  private static UnsuitableTypeException closed(Class<?> type, String path, Exception cause) {
    return new UnsuitableTypeException(
        "a record must be open to this library: path="
            + path
            + ", type="
            + type.getName()
            + ", module="
            + type.getModule().getName()
            + "; open its package to dev.lifebound.memory, or use"
            + " Codecs.deriving().lookup(MethodHandles.lookup())",
        cause);
  }

  /** What is wrong with a type that no codec is derived for. */
  private static String refusal(Class<?> type, String path) {
    // The name of an array type that is asked for as a whole says that it is one.
    String brackets = type.isArray() && !path.endsWith("[]") ? "[]" : "";
    String at = "path=" + path + brackets + ", type=" + type.getTypeName();
    if (type.isArray()) {
      return "an array must be a byte[], others are equal by identity only: "
          + at
          + "; use a byte[] or a String, or give it a codec with Codecs.deriving().with(type, codec)";
    } else if (type.isHidden() || type.isSynthetic()) {
      return "a lambda must not be stored, it is code and not a value: "
          + at
          + "; store what it captures";
    } else if (type == Object.class) {
      return "a type must say what its values are, Object does not: "
          + at
          + "; name the type, or use a record";
    } else if (Collection.class.isAssignableFrom(type) || Map.class.isAssignableFrom(type)) {
      return "a collection must not be stored, it is mutable: " + at + "; " + GIVE_CODEC;
    } else if (type.isInterface() || Modifier.isAbstract(type.getModifiers())) {
      return "an interface or abstract class must not be stored, its values may be of any kind: "
          + at
          + "; "
          + GIVE_CODEC;
    } else if (isMutable(type)) {
      return "a class with fields that change must not be stored, its equality may change with them: "
          + at
          + "; "
          + GIVE_CODEC;
    }
    return "a type must be known to be equal by value, a class in general is not: "
        + at
        + "; "
        + GIVE_CODEC;
  }

  private static boolean isMutable(Class<?> type) {
    return Stream.<Class<?>>iterate(type, Objects::nonNull, Class::getSuperclass)
        .flatMap(each -> Arrays.stream(each.getDeclaredFields()))
        .mapToInt(Field::getModifiers)
        .anyMatch(modifiers -> !Modifier.isStatic(modifiers) && !Modifier.isFinal(modifiers));
  }
}
