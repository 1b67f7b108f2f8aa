package dev.lifebound.crash.autopsy.heap;

import dev.lifebound.crash.autopsy.heap.HeapSearch.Held;
import dev.lifebound.crash.autopsy.heap.HeapSearch.Target;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import shark.HprofRecord.HeapDumpRecord.ObjectRecord.ClassDumpRecord.StaticFieldRecord;
import shark.HprofRecordReader;
import shark.HprofRecordTag;
import shark.PrimitiveType;
import shark.ValueHolder;

/**
 * From the objects that hold a number to the maps and fields of the program that hold these.
 *
 * <p>Each pass over the dump goes one reference up. A climb passes through what is there to hold
 * things: boxes, pointers, collections, arrays, entries of maps. It ends
 *
 * <ul>
 *   <li>at a static field;
 *   <li>at a field of a class of the program, if a map was passed; if none was, the field is kept,
 *       and the climb goes on for a while, since the object may itself be the value of a map;
 *   <li>without a holder at what only manages memory: the sessions of arenas, cleaners, and
 *       Lifebound's own registry. These know every address.
 * </ul>
 *
 * <p>An entry of a map is an object with a {@code key} and a {@code value} or {@code val}; its key
 * is read along the way. Open tables that alternate keys and values (identity and immutable maps)
 * are known by their class.
 */
final class Climb {
  private static final int MOST_PASSES = 16;
  private static final int MOST_STEPS = 12;

  /** References to one object that are followed. */
  private static final int MOST_REFERRERS = 64;

  private static final int MOST_HOLDERS = 200;
  private static final EnumSet<HprofRecordTag> OBJECTS =
      EnumSet.of(
          HprofRecordTag.CLASS_DUMP,
          HprofRecordTag.INSTANCE_DUMP,
          HprofRecordTag.OBJECT_ARRAY_DUMP,
          HprofRecordTag.PRIMITIVE_ARRAY_DUMP);

  /** Links between entries that lead away from the map, or back. */
  private static final Set<String> SIDE_LINKS = Set.of("before", "after", "prev", "parent", "pred");

  private static final Set<String> ALTERNATING =
      Set.of("java.util.IdentityHashMap", "java.util.ImmutableCollections$MapN");

  /**
   * A step of a climb.
   *
   * @param id the object that was reached, 0 at a static field
   * @param type its class, or null for an array
   * @param field the field or place by which it holds the step before
   * @param below the step before, or null for the first
   * @param keyId the object that is the key when this is an entry, else 0
   * @param keyText the key where it is a number in the entry itself, or the address
   */
  private record Step(
      long id,
      ClassTable.@Nullable Type type,
      String field,
      @Nullable Step below,
      long keyId,
      @Nullable String keyText,
      String text) {
    int length() {
      return below == null ? 1 : 1 + below.length();
    }
  }

  private record Hit(long number, String pointer, Step step) {}

  private final DumpFile dump;
  private final ClassTable classes;
  private final Target target;
  private final KeyTexts keys;
  private final Map<Step, Hit> hits = new HashMap<>();
  private final List<Step> ends = new ArrayList<>();
  private final Set<List<Object>> seen = new HashSet<>();
  private final Map<Long, Integer> referrers = new HashMap<>();
  private Map<Long, List<Step>> frontier = new HashMap<>();
  private Numbers reached = new Numbers(List.of());
  private Numbers asked = new Numbers(List.of());
  private Map<Long, List<Step>> next = new LinkedHashMap<>();

  Climb(DumpFile dump, ClassTable classes, Target target) {
    this.dump = dump;
    this.classes = classes;
    this.target = target;
    this.keys = new KeyTexts(dump.idBytes());
  }

  List<Held> holders() throws UnreadableDumpException {
    dump.pass(OBJECTS, this::search);
    for (int pass = 0; pass < MOST_PASSES && (!next.isEmpty() || keys.isWaiting()); pass++) {
      frontier = next;
      next = new LinkedHashMap<>();
      KeyTexts.Round round = keys.begin();
      reached = new Numbers(frontier.keySet());
      asked = new Numbers(round.objects());
      dump.pass(OBJECTS, (tag, _, reader) -> climb(tag, reader, round));
    }
    if (!next.isEmpty()) {
      next.values().forEach(steps -> steps.forEach(this::endWithin));
      dump.note(
          "heap-search-ended",
          "the climb from the address to a field was ended after " + MOST_PASSES + " steps");
    }
    return held();
  }

  // ---- the first pass: who holds the number ----

  private void search(HprofRecordTag tag, HprofRecordReader reader) {
    switch (tag) {
      case INSTANCE_DUMP -> {
        Instance object = Instance.read(reader, classes);
        if (object != null && object.type().longs.length > 0) {
          search(object);
        }
      }
      case PRIMITIVE_ARRAY_DUMP -> searchArray(reader);
      case OBJECT_ARRAY_DUMP -> reader.skipObjectArrayDumpRecord();
      case CLASS_DUMP -> searchStatics(reader);
      default -> throw new IllegalStateException("a record must be of an object: tag=" + tag);
    }
  }

  private void search(HprofRecordTag tag, long length, HprofRecordReader reader) {
    search(tag, reader);
  }

  private void search(Instance object) {
    if (manages(object.type())) {
      return;
    }
    for (ClassTable.Field field : object.type().longs) {
      long number = object.number(field);
      boolean matches = target.matches(number) || covers(object, field, number);
      if (matches && isAddress(object.type(), field)) {
        hit(
            number,
            Pointers.describe(object.type(), field),
            new Step(
                object.id(),
                object.type(),
                field.name(),
                null,
                0,
                null,
                object.type().name + "." + field.name() + " = 0x" + Long.toHexString(number)));
      }
    }
  }

  /** A segment's length or a buffer's capacity is no address. */
  private static boolean isAddress(ClassTable.Type type, ClassTable.Field field) {
    return !Pointers.isPointer(type) || !Pointers.describe(type, field).startsWith("long ");
  }

  /** Whether a segment reaches over the address that was touched. */
  private boolean covers(Instance object, ClassTable.Field field, long number) {
    Long length = object.number("length");
    return field.name().equals("min")
        && length != null
        && length > 0
        && Long.compareUnsigned(number, target.address()) <= 0
        && Long.compareUnsigned(target.address() - number, length) < 0;
  }

  private void searchArray(HprofRecordReader reader) {
    long id = reader.readId();
    int _ = reader.readInt();
    long length = reader.readUnsignedInt();
    int type = reader.readUnsignedByte();
    if (type != ClassTable.LONG) {
      reader.skip(length * bytes(type));
      return;
    }
    for (long i = 0; i < length; i++) {
      long number = reader.readLong();
      if (target.matches(number)) {
        hit(
            number,
            "long[]",
            new Step(
                id,
                null,
                "[" + i + "]",
                null,
                0,
                null,
                "long[" + i + "] = 0x" + Long.toHexString(number)));
      }
    }
  }

  private static int bytes(int type) {
    Integer bytes = PrimitiveType.Companion.getByteSizeByHprofType().get(type);
    if (bytes == null) {
      throw new IllegalStateException("an array must be of a known type: type=" + type);
    }
    return bytes;
  }

  private void searchStatics(HprofRecordReader reader) {
    statics(
        reader,
        (type, field) -> {
          if (field.getValue() instanceof ValueHolder.LongHolder holder
              && target.matches(holder.getValue())
              && !manages(type)) {
            String place = type.name + "." + classes.text(field.getNameStringId());
            Step step =
                new Step(
                    0,
                    type,
                    place,
                    null,
                    0,
                    null,
                    "static long " + place + " = 0x" + Long.toHexString(holder.getValue()));
            hits.put(step, new Hit(holder.getValue(), "static long", step));
            ends.add(step);
          }
        });
  }

  private interface Static {
    void take(ClassTable.Type type, StaticFieldRecord field);
  }

  private void statics(HprofRecordReader reader, Static taker) {
    var dumped = reader.readClassDumpRecord();
    ClassTable.Type type = classes.type(dumped.getId());
    if (type != null) {
      dumped.getStaticFields().forEach(field -> taker.take(type, field));
    }
  }

  private void hit(long number, String pointer, Step step) {
    if (hits.size() >= HeapSearch.MOST) {
      dump.note(
          "heap-many-holders",
          "more than " + HeapSearch.MOST + " objects hold the address; the others were left out");
      return;
    }
    hits.put(step, new Hit(number, pointer, step));
    if (step.type != null && isProgram(step.type)) {
      // The field itself is a place; the object may be a map's value besides.
      ends.add(step);
    }
    add(step);
  }

  private void add(Step step) {
    next.computeIfAbsent(step.id, _ -> new ArrayList<>()).add(step);
  }

  // ---- the further passes: who refers to these ----

  private void climb(HprofRecordTag tag, HprofRecordReader reader, KeyTexts.Round round) {
    switch (tag) {
      case INSTANCE_DUMP -> {
        Instance object = Instance.read(reader, classes);
        if (object != null) {
          if (asked.contains(object.id())) {
            keys.take(object);
          }
          climb(object);
        }
      }
      case OBJECT_ARRAY_DUMP -> climbArray(reader);
      case PRIMITIVE_ARRAY_DUMP -> characters(reader, round);
      case CLASS_DUMP ->
          statics(
              reader,
              (type, field) -> {
                if (field.getValue() instanceof ValueHolder.ReferenceHolder holder) {
                  List<Step> held = frontier.get(holder.getValue());
                  if (held != null) {
                    String name = classes.text(field.getNameStringId());
                    held.forEach(step -> endAtStatic(step, type, name));
                  }
                }
              });
      default -> throw new IllegalStateException("a record must be of an object: tag=" + tag);
    }
  }

  private void endAtStatic(Step below, ClassTable.Type type, String field) {
    if (!manages(type) && !field.startsWith("<")) {
      String place = type.name + "." + field;
      ends.add(new Step(0, type, place, below, 0, null, "static " + place));
    }
  }

  private void climb(Instance object) {
    for (ClassTable.Field field : object.type().references) {
      long reference = object.reference(field, dump.idBytes());
      if (!reached.contains(reference)) {
        continue;
      }
      List<Step> held = frontier.get(reference);
      if (held != null && !SIDE_LINKS.contains(field.name())) {
        for (Step below : held) {
          step(object, field, below);
        }
      }
    }
  }

  private void step(Instance object, ClassTable.Field field, Step below) {
    ClassTable.Type type = object.type();
    if (manages(type) || isFull(below.id) || below.length() >= MOST_STEPS) {
      return;
    }
    boolean entry = isEntry(type);
    boolean value = entry && (field.name().equals("value") || field.name().equals("val"));
    boolean key = entry && field.name().equals("key");
    long keyId = value ? object.reference("key", dump.idBytes()) : 0;
    String keyText = key ? address(below) : null;
    if (ALTERNATING.stream().anyMatch(type::is)
        && field.name().equals("table")
        && below.type == null) {
      keyId = below.keyId;
    } else if (below.type == null && !entry) {
      keyId = 0;
    }
    String place = field.owner() + "." + field.name();
    Step step = new Step(object.id(), type, field.name(), below, keyId, keyText, place);
    if (!seen.add(List.of(object.id(), field.name(), below.id, root(below)))) {
      return;
    }
    keys.want(keyId);
    if (isProgram(type)) {
      ends.add(step);
      if (isMapBelow(below)) {
        return;
      }
    }
    add(step);
  }

  private void climbArray(HprofRecordReader reader) {
    long id = reader.readId();
    int _ = reader.readInt();
    long length = reader.readUnsignedInt();
    long _ = reader.readId();
    long before = 0;
    for (long i = 0; i < length; i++) {
      long element = reader.readId();
      List<Step> held = reached.contains(element) ? frontier.get(element) : null;
      if (held != null) {
        for (Step below : held) {
          if (isFull(below.id) || !seen.add(List.of(id, i, below.id, root(below)))) {
            continue;
          }
          // The key of an open table lies right before its value.
          add(
              new Step(
                  id, null, "[" + i + "]", below, i % 2 == 1 ? before : 0, null, "[" + i + "]"));
        }
      }
      before = element;
    }
  }

  private void characters(HprofRecordReader reader, KeyTexts.Round round) {
    long id = reader.readId();
    int _ = reader.readInt();
    long length = reader.readUnsignedInt();
    int type = reader.readUnsignedByte();
    long bytes = length * bytes(type);
    Byte coder = round.arrays().get(id);
    if (coder == null) {
      reader.skip(bytes);
      return;
    }
    int some = (int) Math.min(bytes, KeyTexts.mostBytes());
    keys.take(id, coder, reader.readByteArray(some));
    reader.skip(bytes - some);
  }

  private boolean isFull(long id) {
    return referrers.merge(id, 1, Integer::sum) > MOST_REFERRERS || seen.size() > HeapSearch.MOST;
  }

  private Hit root(Step step) {
    Step at = step;
    while (at.below != null) {
      at = at.below;
    }
    Hit hit = hits.get(at);
    if (hit == null) {
      throw new IllegalStateException("a climb must begin at a hit: " + step.text);
    }
    return hit;
  }

  private String address(Step step) {
    return "0x" + Long.toHexString(root(step).number);
  }

  private static boolean isEntry(ClassTable.Type type) {
    return type.fields.containsKey("key")
        && (type.fields.containsKey("value") || type.fields.containsKey("val"));
  }

  private static boolean isKeyed(Step step) {
    return step.keyText != null || (step.keyId != 0 && step.type != null);
  }

  private static boolean isMapBelow(Step step) {
    for (Step at = step; at != null; at = at.below) {
      if (isKeyed(at)) {
        return true;
      }
    }
    return false;
  }

  /** Classes that know every address because they manage memory. */
  private static boolean manages(ClassTable.Type type) {
    String name = type.name;
    return (name.startsWith("dev.lifebound.memory.") && !isBoundMap(name))
        || (name.startsWith("java.lang.ref.")
            && !type.is("java.lang.ref.WeakReference")
            && !type.is("java.lang.ref.SoftReference"))
        || name.startsWith("jdk.internal.ref.")
        || name.startsWith("java.nio.DirectByteBuffer$Deallocator")
        || (name.startsWith("jdk.internal.foreign.")
            && !name.equals("jdk.internal.foreign.NativeMemorySegmentImpl"))
        || name.startsWith("java.util.zip.");
  }

  private static boolean isBoundMap(String name) {
    return name.startsWith("dev.lifebound.memory.handle.Bound")
        || name.startsWith("dev.lifebound.memory.handle.OwningMap");
  }

  /** Classes whose fields are places that a reader of the program knows. */
  private static boolean isProgram(ClassTable.Type type) {
    String name = type.name;
    return !Pointers.isPointer(type)
        && !isEntry(type)
        && !name.startsWith("java.")
        && !name.startsWith("javax.")
        && !name.startsWith("jdk.")
        && !name.startsWith("sun.")
        && !name.startsWith("com.sun.")
        && !name.startsWith("dev.lifebound.memory.");
  }

  // ---- what was found ----

  private void endWithin(Step step) {
    if (isMapBelow(step)) {
      ends.add(step);
    }
  }

  private List<Held> held() {
    Map<List<Object>, Held> found = new LinkedHashMap<>();
    Set<Hit> inMap = new HashSet<>();
    for (Step end : ends) {
      if (isMapBelow(end)) {
        inMap.add(root(end));
      }
    }
    for (Step end : ends) {
      Held held = held(end);
      boolean mapped = held.map() != null;
      // Where a map was found for the same number, the fields on the way to it add nothing.
      if (mapped || !inMap.contains(root(end))) {
        found.putIfAbsent(List.of(held.place(), String.valueOf(held.key()), held.number()), held);
      }
    }
    return found.values().stream()
        .sorted(
            Comparator.comparing((Held held) -> held.map() == null)
                .thenComparing(held -> Long.compareUnsigned(held.number(), target.from()) < 0)
                .thenComparingLong(Held::number)
                .thenComparing(Held::place))
        .limit(MOST_HOLDERS)
        .toList();
  }

  private Held held(Step end) {
    List<String> chain = new ArrayList<>();
    Consumer<Step> collect = step -> chain.addFirst(step.text);
    String key = null;
    String map = null;
    ClassTable.Type above = null;
    for (Step at = end; at != null; at = at.below) {
      collect.accept(at);
      if (isKeyed(at) && map == null) {
        key = at.keyText != null ? at.keyText : keys.text(at.keyId);
        map = mapClass(above, at);
      }
      above = at.type != null && !isEntry(at.type) ? at.type : above;
    }
    Hit hit = root(end);
    return new Held(place(end), key, map, hit.pointer, hit.number, chain);
  }

  private static String mapClass(ClassTable.@Nullable Type above, Step entry) {
    ClassTable.Type own = entry.type;
    if (own != null && !isEntry(own)) {
      return own.name;
    }
    if (above != null && above.name.startsWith("java.")) {
      // The parts of a map that lead to its entries are the map.
      return above.name.replaceFirst("\\$(?:Index|HeadIndex|TreeBin|Segment)$", "");
    }
    return own == null ? "map" : own.name.replaceFirst("\\$.*", "");
  }

  private static String place(Step end) {
    ClassTable.Type type = end.type;
    if (end.id == 0) {
      return end.field;
    }
    return type == null ? "an array" : type.name + "." + end.field;
  }
}
