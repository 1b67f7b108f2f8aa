package dev.lifebound.crash.autopsy.heap;

import dev.lifebound.crash.autopsy.heap.HeapSearch.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import shark.HprofRecordReader;
import shark.HprofRecordTag;
import shark.ValueHolder;

/** The first pass: the objects, arrays and static fields that hold the number itself. */
final class NumberSearch {
  /**
   * A number that was found.
   *
   * @param number itself
   * @param pointer what it is: {@code Long}, {@code MemorySegment}, ...
   */
  record Hit(long number, String pointer) {}

  /**
   * No block is that long. What is, or begins at zero, was stretched without a length being known
   * ({@code reinterpret(Long.MAX_VALUE)}), and says nothing of what lies in it.
   */
  private static final long LONGEST_BYTES = 1L << 40;

  private final DumpFile dump;
  private final ClassTable classes;
  private final Target target;
  private final Map<Step, Hit> hits = new LinkedHashMap<>();
  private final List<Step> starts = new ArrayList<>();
  private final List<Step> ends = new ArrayList<>();

  NumberSearch(DumpFile dump, ClassTable classes, Target target) {
    this.dump = dump;
    this.classes = classes;
    this.target = target;
  }

  /** What was found, by the step with which a climb from it begins. */
  Map<Step, Hit> hits() {
    return hits;
  }

  /** The objects from which to climb. */
  List<Step> starts() {
    return starts;
  }

  /** Those that are places already. */
  List<Step> ends() {
    return ends;
  }

  /** Takes one record of an object. */
  void search(HprofRecordTag tag, HprofRecordReader reader) {
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

  private void search(Instance object) {
    if (ClassKinds.manages(object.type())) {
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
        && number != 0
        && length > 0
        && length <= LONGEST_BYTES
        && Long.compareUnsigned(number, target.address()) <= 0
        && Long.compareUnsigned(target.address() - number, length) < 0;
  }

  private void searchArray(HprofRecordReader reader) {
    long id = reader.readId();
    int _ = reader.readInt();
    long length = reader.readUnsignedInt();
    int type = reader.readUnsignedByte();
    if (type != ClassTable.LONG) {
      reader.skip(length * ClassTable.elementBytes(type));
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

  private void searchStatics(HprofRecordReader reader) {
    classes.statics(
        reader,
        (type, field) -> {
          if (field.getValue() instanceof ValueHolder.LongHolder holder
              && target.matches(holder.getValue())
              && !ClassKinds.manages(type)) {
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
            hits.put(step, new Hit(holder.getValue(), "static long"));
            ends.add(step);
          }
        });
  }

  private void hit(long number, String pointer, Step step) {
    if (hits.size() >= HeapSearch.MOST) {
      dump.note(
          "heap-many-holders",
          "more than " + HeapSearch.MOST + " objects hold the address; the others were left out");
      return;
    }
    hits.put(step, new Hit(number, pointer));
    if (step.type() != null && ClassKinds.isProgram(step.type())) {
      // The field itself is a place; the object may be a map's value besides.
      ends.add(step);
    }
    starts.add(step);
  }
}
