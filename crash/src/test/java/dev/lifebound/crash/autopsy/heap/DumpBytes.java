package dev.lifebound.crash.autopsy.heap;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * A heap dump of some hundred bytes that has every kind of record: one map, of one program, under
 * whose key {@code anna} an address lies.
 */
final class DumpBytes {
  static final long NUMBER = 0x7e00_1234_5000L;
  static final String PLACE = "p.Holder.MAP";

  private static final int OBJECT = 2;
  private static final int BYTE = 8;
  private static final int INT = 10;
  private static final int LONG = 11;
  private static final int[] ELEMENT_BYTES = {1, 2, 4, 8, 1, 2, 4, 8};

  private static final long OBJECT_CLASS = 0x100;
  private static final long LONG_CLASS = 0x101;
  private static final long NODE_CLASS = 0x102;
  private static final long MAP_CLASS = 0x103;
  private static final long HOLDER_CLASS = 0x104;
  private static final long STRING_CLASS = 0x105;
  private static final long BOX = 0x200;
  private static final long NODE = 0x201;
  private static final long TABLE = 0x202;
  private static final long MAP = 0x203;
  private static final long KEY = 0x204;
  private static final long CHARACTERS = 0x205;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final DataOutputStream out = new DataOutputStream(bytes);
  private long names = 0x1000;

  private DumpBytes() {}

  /** Writes the body of a record. */
  private interface Body {
    void write(DataOutputStream to) throws IOException;
  }

  static byte[] of() throws IOException {
    DumpBytes dump = new DumpBytes();
    dump.write();
    return dump.bytes.toByteArray();
  }

  private void write() throws IOException {
    out.write("JAVA PROFILE 1.0.2\0".getBytes(StandardCharsets.US_ASCII));
    out.writeInt(Long.BYTES);
    out.writeLong(1_795_000_000_000L);
    loaded(OBJECT_CLASS, "java/lang/Object");
    loaded(LONG_CLASS, "java/lang/Long");
    loaded(NODE_CLASS, "java/util/HashMap$Node");
    loaded(MAP_CLASS, "java/util/HashMap");
    loaded(HOLDER_CLASS, "p/Holder");
    loaded(STRING_CLASS, "java/lang/String");
    long value = name("value");
    long key = name("key");
    long table = name("table");
    long place = name("MAP");
    long coder = name("coder");
    long hash = name("hash");
    record(0x03, to -> to.writeInt(9)); // a class was unloaded
    record(0x04, to -> to.write(new byte[32])); // a frame
    record(0x05, to -> to.write(new byte[12])); // a stack without frames
    record(0x07, to -> to.write(new byte[24])); // a summary
    record(
        0x1c,
        to -> {
          roots(to);
          type(to, OBJECT_CLASS, 0, 0, 0);
          type(to, LONG_CLASS, OBJECT_CLASS, 0, 0, value, LONG);
          type(to, NODE_CLASS, OBJECT_CLASS, 0, 0, hash, INT, key, OBJECT, value, OBJECT);
          type(to, MAP_CLASS, OBJECT_CLASS, 0, 0, table, OBJECT);
          type(to, HOLDER_CLASS, OBJECT_CLASS, place, MAP);
          type(to, STRING_CLASS, OBJECT_CLASS, 0, 0, value, OBJECT, coder, BYTE);
        });
    record(
        0x1c,
        to -> {
          instance(to, BOX, LONG_CLASS, Long.BYTES, fields -> fields.writeLong(NUMBER));
          instance(
              to,
              NODE,
              NODE_CLASS,
              20,
              fields -> {
                fields.writeInt(1);
                fields.writeLong(KEY);
                fields.writeLong(BOX);
              });
          instance(to, MAP, MAP_CLASS, 8, fields -> fields.writeLong(TABLE));
          instance(
              to,
              KEY,
              STRING_CLASS,
              9,
              fields -> {
                fields.writeLong(CHARACTERS);
                fields.writeByte(0);
              });
          array(to);
          primitives(to);
        });
    record(0x2c, _ -> {});
  }

  private long name(String text) throws IOException {
    long id = names++;
    record(
        0x01,
        to -> {
          to.writeLong(id);
          to.write(text.getBytes(StandardCharsets.UTF_8));
        });
    return id;
  }

  private void loaded(long type, String text) throws IOException {
    long id = name(text);
    record(
        0x02,
        to -> {
          to.writeInt((int) type);
          to.writeLong(type);
          to.writeInt(0);
          to.writeLong(id);
        });
  }

  private void record(int tag, Body body) throws IOException {
    ByteArrayOutputStream inner = new ByteArrayOutputStream();
    body.write(new DataOutputStream(inner));
    out.writeByte(tag);
    out.writeInt(0);
    out.writeInt(inner.size());
    inner.writeTo(out);
  }

  private static void roots(DataOutputStream to) throws IOException {
    int[][] roots = {{0xff, 0}, {1, 8}, {2, 8}, {3, 8}, {4, 4}, {5, 0}, {6, 4}, {7, 0}, {8, 8}};
    for (int[] root : roots) {
      to.writeByte(root[0]);
      to.writeLong(MAP);
      to.write(new byte[root[1]]);
    }
  }

  /** A class with at most one static field that refers to an object, and pairs of name and type. */
  private static void type(
      DataOutputStream to, long id, long parent, long staticName, long staticValue, long... fields)
      throws IOException {
    to.writeByte(0x20);
    to.writeLong(id);
    to.writeInt(0);
    to.writeLong(parent);
    to.write(new byte[5 * Long.BYTES]);
    to.writeInt(16);
    to.writeShort(1); // of the constant pool
    to.writeShort(7);
    to.writeByte(INT);
    to.writeInt(42);
    to.writeShort(staticName == 0 ? 0 : 1);
    if (staticName != 0) {
      to.writeLong(staticName);
      to.writeByte(OBJECT);
      to.writeLong(staticValue);
    }
    to.writeShort(fields.length / 2);
    for (int i = 0; i < fields.length; i += 2) {
      to.writeLong(fields[i]);
      to.writeByte((int) fields[i + 1]);
    }
  }

  private static void instance(DataOutputStream to, long id, long type, int length, Body fields)
      throws IOException {
    to.writeByte(0x21);
    to.writeLong(id);
    to.writeInt(0);
    to.writeLong(type);
    to.writeInt(length);
    fields.write(to);
  }

  private static void array(DataOutputStream to) throws IOException {
    to.writeByte(0x22);
    to.writeLong(TABLE);
    to.writeInt(0);
    to.writeInt(2);
    to.writeLong(OBJECT_CLASS);
    to.writeLong(0);
    to.writeLong(NODE);
  }

  private static void primitives(DataOutputStream to) throws IOException {
    for (int type = 4; type <= LONG; type++) {
      to.writeByte(0x23);
      to.writeLong(type == BYTE ? CHARACTERS : 0x300 + type);
      to.writeInt(0);
      to.writeInt(4);
      to.writeByte(type);
      to.write(
          type == BYTE
              ? "anna".getBytes(StandardCharsets.US_ASCII)
              : new byte[4 * ELEMENT_BYTES[type - 4]]);
    }
  }
}
