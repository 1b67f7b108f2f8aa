package dev.lifebound.crash.autopsy.heap;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import shark.HprofRecord.HeapDumpRecord.ObjectRecord.ClassDumpRecord;
import shark.HprofRecord.HeapDumpRecord.ObjectRecord.ClassDumpRecord.FieldRecord;
import shark.HprofRecord.HeapDumpRecord.ObjectRecord.ClassDumpRecord.StaticFieldRecord;
import shark.HprofRecordReader;
import shark.HprofRecordTag;
import shark.PrimitiveType;

/** The classes of a dump: names, and where each field lies within an object's bytes. */
final class ClassTable {
  /**
   * Records are written in the byte order of the network; a type's number is that of the format.
   */
  static final int REFERENCE = PrimitiveType.REFERENCE_HPROF_TYPE;

  static final int LONG = PrimitiveType.LONG.getHprofType();

  /** Names in class files have at most 65,535 bytes; VM-made ones are not much longer. */
  private static final int MOST_NAME_BYTES = 1 << 20;

  /**
   * A field of an object.
   *
   * @param name as declared
   * @param owner the class that declares it
   * @param type of the format
   * @param offset within the object's bytes
   */
  record Field(String name, String owner, int type, int offset) {}

  /** A class with all fields of its objects, its own first. */
  static final class Type {
    final String name;
    final List<String> supers;
    final Field[] longs;
    final Field[] references;
    final Map<String, Field> fields;

    Type(String name, List<String> supers, List<Field> fields) {
      this.name = name;
      this.supers = supers;
      this.longs = fields.stream().filter(f -> f.type == LONG).toArray(Field[]::new);
      this.references = fields.stream().filter(f -> f.type == REFERENCE).toArray(Field[]::new);
      this.fields = new HashMap<>();
      fields.forEach(field -> this.fields.putIfAbsent(field.name, field));
    }

    boolean is(String type) {
      return name.equals(type) || supers.contains(type);
    }

    /** The name without package and enclosing classes. */
    String simpleName() {
      return name.substring(Math.max(name.lastIndexOf('.'), name.lastIndexOf('$')) + 1);
    }
  }

  private static final class Raw {
    long nameId;
    long superId;
    List<FieldRecord> fields = List.of();
    List<Long> staticNames = List.of();
  }

  private final Map<Long, Raw> raws = new HashMap<>();
  private final Map<Long, String> strings = new HashMap<>();
  private final Map<Long, Type> types = new HashMap<>();

  /** Objects of one class often come one after the other. */
  private long lastId;

  private @Nullable Type last;
  private final int idBytes;

  private ClassTable(int idBytes) {
    this.idBytes = idBytes;
  }

  /** Two passes: the classes, then of all strings those that name them and their fields. */
  static ClassTable read(DumpFile dump) throws UnreadableDumpException {
    ClassTable table = new ClassTable(dump.idBytes());
    dump.pass(
        EnumSet.of(HprofRecordTag.LOAD_CLASS, HprofRecordTag.CLASS_DUMP),
        (tag, _, reader) -> {
          if (tag == HprofRecordTag.LOAD_CLASS) {
            var loaded = reader.readLoadClassRecord();
            table.raw(loaded.getId()).nameId = loaded.getClassNameStringId();
          } else {
            table.learn(reader.readClassDumpRecord());
          }
        });
    Set<Long> wanted = new HashSet<>();
    for (Raw raw : table.raws.values()) {
      wanted.add(raw.nameId);
      raw.fields.forEach(field -> wanted.add(field.getNameStringId()));
      wanted.addAll(raw.staticNames);
    }
    dump.pass(
        EnumSet.of(HprofRecordTag.STRING_IN_UTF8),
        (_, length, reader) -> {
          long id = reader.readId();
          long bytes = length - dump.idBytes();
          if (bytes < 0 || bytes > MOST_NAME_BYTES) {
            throw new IllegalStateException("a name must be short: bytes=" + bytes);
          }
          if (wanted.contains(id)) {
            table.strings.put(
                id, new String(reader.readByteArray((int) bytes), StandardCharsets.UTF_8));
          } else {
            reader.skip(bytes);
          }
        });
    return table;
  }

  /** Takes one static field. */
  interface Static {
    void take(Type type, StaticFieldRecord field);
  }

  /** Reads a class and gives its static fields, if it is in this table. */
  void statics(HprofRecordReader reader, Static taker) {
    ClassDumpRecord dumped = reader.readClassDumpRecord();
    Type type = type(dumped.getId());
    if (type != null) {
      dumped.getStaticFields().forEach(field -> taker.take(type, field));
    }
  }

  private Raw raw(long id) {
    return raws.computeIfAbsent(id, _ -> new Raw());
  }

  private void learn(ClassDumpRecord dumped) {
    Raw raw = raw(dumped.getId());
    raw.superId = dumped.getSuperclassId();
    raw.fields = List.copyOf(dumped.getFields());
    raw.staticNames =
        dumped.getStaticFields().stream().map(StaticFieldRecord::getNameStringId).toList();
  }

  /** The class of a number, or null when the dump has none. */
  @Nullable Type type(long id) {
    if (id == lastId) {
      return last;
    }
    Type type = types.get(id);
    if (type == null && raws.containsKey(id)) {
      type = build(id);
      types.put(id, type);
    }
    lastId = id;
    last = type;
    return type;
  }

  private Type build(long id) {
    List<Field> fields = new ArrayList<>();
    List<String> supers = new ArrayList<>();
    int offset = 0;
    long at = id;
    Set<Long> seen = new HashSet<>();
    while (at != 0 && seen.add(at)) {
      Raw raw = raws.get(at);
      if (raw == null) {
        break;
      }
      String owner = name(raw.nameId);
      if (at != id) {
        supers.add(owner);
      }
      for (FieldRecord field : raw.fields) {
        fields.add(new Field(text(field.getNameStringId()), owner, field.getType(), offset));
        offset += bytes(field.getType());
      }
      at = raw.superId;
    }
    return new Type(name(raws.getOrDefault(id, new Raw()).nameId), supers, fields);
  }

  private int bytes(int type) {
    if (type == REFERENCE) {
      return idBytes;
    }
    return PrimitiveType.Companion.getByteSizeByHprofType().getOrDefault(type, 0);
  }

  /** The bytes of one element of an array of primitives. */
  static int elementBytes(int type) {
    Integer bytes = PrimitiveType.Companion.getByteSizeByHprofType().get(type);
    if (bytes == null) {
      throw new IllegalStateException("an array must be of a known type: type=" + type);
    }
    return bytes;
  }

  private String name(long stringId) {
    return text(stringId).replace('/', '.');
  }

  /** The text of a name. */
  String text(long stringId) {
    return strings.getOrDefault(stringId, "?");
  }
}
