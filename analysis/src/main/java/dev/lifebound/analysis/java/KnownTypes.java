package dev.lifebound.analysis.java;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The types outside the unit whose meaning the translation knows. */
final class KnownTypes {
  static final String SEGMENT = "java.lang.foreign.MemorySegment";
  static final String ARENA = "java.lang.foreign.Arena";
  static final String ALLOCATOR = "java.lang.foreign.SegmentAllocator";
  static final String METHOD_HANDLE = "java.lang.invoke.MethodHandle";
  static final String CLEANABLE = "java.lang.ref.Cleaner.Cleanable";
  static final String ATOMIC_BOOLEAN = "java.util.concurrent.atomic.AtomicBoolean";
  static final String ENTRY = "java.util.Map.Entry";
  static final String ITERATOR = "java.util.Iterator";

  /**
   * A map or cache type.
   *
   * @param key the type argument that is the key; negative when keys are primitive
   * @param value the type argument that is the value
   * @param concurrent whether several threads may use it without a lock
   */
  record MapShape(int key, int value, boolean concurrent) {}

  private static final MapShape PLAIN = new MapShape(0, 1, false);
  private static final MapShape CONCURRENT = new MapShape(0, 1, true);
  private static final MapShape PRIMITIVE_KEYS = new MapShape(-1, 0, false);
  private static final Map<String, MapShape> MAPS = new LinkedHashMap<>();

  static {
    for (String name :
        List.of(
            "Map",
            "HashMap",
            "LinkedHashMap",
            "TreeMap",
            "SortedMap",
            "NavigableMap",
            "Hashtable",
            "WeakHashMap",
            "IdentityHashMap",
            "EnumMap",
            "AbstractMap",
            "SequencedMap")) {
      MAPS.put("java.util." + name, PLAIN);
    }
    for (String name :
        List.of(
            "ConcurrentMap",
            "ConcurrentHashMap",
            "ConcurrentSkipListMap",
            "ConcurrentNavigableMap")) {
      MAPS.put("java.util.concurrent." + name, CONCURRENT);
    }
    for (String name : List.of("Cache", "LoadingCache")) {
      MAPS.put("com.google.common.cache." + name, CONCURRENT);
      MAPS.put("com.github.benmanes.caffeine.cache." + name, CONCURRENT);
    }
    for (String name : List.of("Int2ObjectHashMap", "Long2ObjectHashMap")) {
      MAPS.put("org.agrona.collections." + name, PRIMITIVE_KEYS);
    }
    for (String name : List.of("IntObjectMap", "IntObjectHashMap", "LongObjectMap")) {
      MAPS.put("io.netty.util.collection." + name, PRIMITIVE_KEYS);
    }
  }

  private static final Set<String> LOCKS =
      Set.of(
          "java.util.concurrent.locks.Lock",
          "java.util.concurrent.locks.ReentrantLock",
          "java.util.concurrent.locks.ReadWriteLock",
          "java.util.concurrent.locks.ReentrantReadWriteLock",
          "java.util.concurrent.locks.StampedLock");

  private static final Set<String> OTHERS = new HashSet<>();

  static {
    OTHERS.addAll(
        List.of(
            SEGMENT,
            ARENA,
            ALLOCATOR,
            METHOD_HANDLE,
            CLEANABLE,
            ATOMIC_BOOLEAN,
            ENTRY,
            ITERATOR,
            "java.util.Collections",
            "java.util.List",
            "java.util.Set",
            "java.util.Collection",
            "java.util.ArrayList",
            "java.util.Objects",
            "java.lang.ref.Cleaner",
            "java.lang.AutoCloseable",
            "java.io.Closeable"));
    OTHERS.addAll(LOCKS);
    OTHERS.addAll(MAPS.keySet());
    OTHERS.addAll(NativeTable.SHIPPED.typeNames());
  }

  private KnownTypes() {}

  static boolean contains(String name) {
    return OTHERS.contains(name);
  }

  /** The packages that a module import opens to us. */
  static List<String> packagesOf(String module) {
    return module.equals("java.base") || module.equals("java.se")
        ? List.of(
            "java.util",
            "java.util.concurrent",
            "java.util.concurrent.atomic",
            "java.util.concurrent.locks",
            "java.lang.foreign",
            "java.lang.invoke",
            "java.lang.ref",
            "java.io")
        : List.of();
  }

  static @Nullable MapShape map(TypeName type) {
    return MAPS.get(type.name());
  }

  /** The type of a map's keys. */
  static TypeName keyOf(TypeName map) {
    MapShape shape = map(map);
    return shape == null ? TypeName.UNKNOWN : map.argument(shape.key());
  }

  /** The type of a map's values. */
  static TypeName valueOf(TypeName map) {
    MapShape shape = map(map);
    return shape == null ? TypeName.UNKNOWN : map.argument(shape.value());
  }

  static boolean isLock(TypeName type) {
    return LOCKS.contains(type.name());
  }
}
