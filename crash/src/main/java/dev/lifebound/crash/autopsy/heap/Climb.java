package dev.lifebound.crash.autopsy.heap;

import dev.lifebound.crash.autopsy.heap.HeapSearch.Held;
import dev.lifebound.crash.autopsy.heap.HeapSearch.Target;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import shark.HprofRecordReader;
import shark.HprofRecordTag;
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

  private final DumpFile dump;
  private final ClassTable classes;
  private final NumberSearch search;
  private final Holders holders;
  private final KeyTexts keys;
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
    this.keys = new KeyTexts(dump.idBytes());
    this.search = new NumberSearch(dump, classes, target);
    this.holders = new Holders(target, search.hits(), keys);
  }

  List<Held> holders() throws UnreadableDumpException {
    dump.pass(OBJECTS, (tag, _, reader) -> search.search(tag, reader));
    search.starts().forEach(this::add);
    ends.addAll(search.ends());
    for (int pass = 0; pass < MOST_PASSES && (!next.isEmpty() || keys.isWaiting()); pass++) {
      frontier = next;
      next = new LinkedHashMap<>();
      KeyTexts.Round round = keys.begin();
      reached = new Numbers(frontier.keySet());
      asked = new Numbers(round.objects());
      dump.pass(OBJECTS, (tag, _, reader) -> climb(tag, reader, round));
    }
    if (!next.isEmpty()) {
      next.values().forEach(steps -> ends.addAll(steps.stream().filter(Step::isMapBelow).toList()));
      dump.note(
          "heap-search-ended",
          "the climb from the address to a field was ended after " + MOST_PASSES + " steps");
    }
    return holders.of(ends);
  }

  private void add(Step step) {
    next.computeIfAbsent(step.id(), _ -> new ArrayList<>()).add(step);
  }

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
          classes.statics(
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
    if (ClassKinds.hasPlaces(type) && !field.startsWith("<")) {
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
    if (ClassKinds.manages(type) || isFull(below.id()) || below.length() >= MOST_STEPS) {
      return;
    }
    boolean entry = ClassKinds.isEntry(type);
    boolean value = entry && (field.name().equals("value") || field.name().equals("val"));
    boolean key = entry && field.name().equals("key");
    long keyId = value ? object.reference("key", dump.idBytes()) : 0;
    String keyText = key ? "0x" + Long.toHexString(holders.hit(below).number()) : null;
    if (ALTERNATING.stream().anyMatch(type::is)
        && field.name().equals("table")
        && below.type() == null) {
      keyId = below.keyId();
    } else if (below.type() == null && !entry) {
      keyId = 0;
    }
    String place = field.owner() + "." + field.name();
    Step step = new Step(object.id(), type, field.name(), below, keyId, keyText, place);
    if (!seen.add(List.of(object.id(), field.name(), below.id(), below.root()))) {
      return;
    }
    keys.want(keyId);
    if (ClassKinds.isProgram(type)) {
      ends.add(step);
      if (below.isMapBelow()) {
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
          if (isFull(below.id()) || !seen.add(List.of(id, i, below.id(), below.root()))) {
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
    long bytes = length * ClassTable.elementBytes(type);
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
}
