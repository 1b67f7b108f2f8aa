package dev.lifebound.crash.autopsy.heap;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import shark.HprofRecordReader;

/**
 * One object of a dump, as a stream gives it.
 *
 * @param id its number
 * @param type its class
 * @param bytes its fields
 */
record Instance(long id, ClassTable.Type type, ByteBuffer bytes) {
  /** No class has that many fields; what says so is damaged. */
  private static final long MOST_BYTES = 1 << 20;

  /** Reads a whole record; null when its class is not in the dump. */
  static @Nullable Instance read(HprofRecordReader reader, ClassTable classes) {
    long id = reader.readId();
    int _ = reader.readInt();
    ClassTable.Type type = classes.type(reader.readId());
    long length = reader.readUnsignedInt();
    if (length > MOST_BYTES) {
      throw new IllegalStateException("an object must be short: bytes=" + length);
    }
    if (type == null) {
      reader.skip(length);
      return null;
    }
    return new Instance(id, type, ByteBuffer.wrap(reader.readByteArray((int) length)));
  }

  long number(ClassTable.Field field) {
    return field.offset() + Long.BYTES <= bytes.limit() ? bytes.getLong(field.offset()) : 0;
  }

  /** The object a field refers to, 0 for null. */
  long reference(ClassTable.Field field, int idBytes) {
    if (field.offset() + idBytes > bytes.limit()) {
      return 0;
    }
    return idBytes == Long.BYTES
        ? bytes.getLong(field.offset())
        : Integer.toUnsignedLong(bytes.getInt(field.offset()));
  }

  /** The object that the field of a name refers to, 0 for none. */
  long reference(String name, int idBytes) {
    ClassTable.Field field = type.fields.get(name);
    return field == null || field.type() != ClassTable.REFERENCE ? 0 : reference(field, idBytes);
  }

  /** The number in the field of a name, or null when there is none. */
  @Nullable Long number(String name) {
    ClassTable.Field field = type.fields.get(name);
    return field == null || field.type() != ClassTable.LONG ? null : number(field);
  }
}
