package dev.lifebound.memory.ledger;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * The text area: names and stacks, each once.
 *
 * <p>A text's number is its place, so that a reader needs no other text to find it. A text is whole
 * before its number is given to anybody. The area never grows; what does not fit gets the number
 * zero and is counted. Any thread; a known text takes no lock.
 */
class Texts {
  static final int NAME_MAX_BYTES = 1_024;

  private final MemorySegment area;
  private final ConcurrentMap<String, Integer> names = new ConcurrentHashMap<>();
  private final ConcurrentMap<Long, Integer> stacks = new ConcurrentHashMap<>();
  final LongAdder refused = new LongAdder();
  private long used;

  Texts(MemorySegment area) {
    this.area = area;
  }

  /** The number of a name. */
  int name(String text) {
    Integer known = names.get(text);
    return known != null ? known : add(names, text, Layout.TEXT_NAME, text);
  }

  /** The number of a stack that was added, or zero. */
  int knownStack(long hash) {
    Integer known = stacks.get(hash);
    return known != null ? known : 0;
  }

  /** The number of a stack, given the numbers of its frames' names. */
  int stack(long hash, int[] frames) {
    ByteBuffer bytes =
        ByteBuffer.allocate(frames.length * Integer.BYTES).order(ByteOrder.nativeOrder());
    bytes.asIntBuffer().put(frames);
    return add(stacks, hash, Layout.TEXT_STACK, bytes.array());
  }

  private int add(ConcurrentMap<String, Integer> ids, String key, int kind, String text) {
    return add(ids, key, kind, Utf8.cut(text, NAME_MAX_BYTES));
  }

  private synchronized <K> int add(ConcurrentMap<K, Integer> ids, K key, int kind, byte[] bytes) {
    Integer known = ids.get(key);
    if (known != null) {
      return known;
    }
    long end = used + Layout.TEXT_HEADER_BYTES + bytes.length;
    if (end > area.byteSize()) {
      refused.increment();
      return 0;
    }
    int word = (kind << Layout.TEXT_KIND_SHIFT) | bytes.length;
    MemorySegment.copy(bytes, 0, area, JAVA_BYTE, used + Layout.TEXT_HEADER_BYTES, bytes.length);
    area.set(Layout.INT, used + Layout.TEXT_CHECK_OFFSET, Layout.textCheck(word, bytes));
    area.set(Layout.INT, used, word);
    int id = Layout.textId(used);
    used = (end + Layout.TEXT_ALIGNMENT - 1) & -Layout.TEXT_ALIGNMENT;
    // The record that carries the number is committed by a release store after this.
    ids.put(key, id);
    return id;
  }

  /** Bytes in use. */
  synchronized long used() {
    return used;
  }

  synchronized void checkInvariants() {
    if (used < 0 || used > area.byteSize() || used % Layout.TEXT_ALIGNMENT != 0) {
      throw new IllegalStateException(
          "the text area must be used up to a place in it: used="
              + used
              + ", bytes="
              + area.byteSize());
    }
    for (int id : names.values()) {
      check(id, Layout.TEXT_NAME);
    }
    for (int id : stacks.values()) {
      check(id, Layout.TEXT_STACK);
    }
  }

  private void check(int id, int kind) {
    long at = Layout.textDistance(id);
    int word = area.get(Layout.INT, at);
    int length = word & Layout.TEXT_LENGTH_MASK;
    byte[] bytes = area.asSlice(at + Layout.TEXT_HEADER_BYTES, length).toArray(JAVA_BYTE);
    if (at >= used
        || word >>> Layout.TEXT_KIND_SHIFT != kind
        || area.get(Layout.INT, at + Layout.TEXT_CHECK_OFFSET) != Layout.textCheck(word, bytes)) {
      throw new IllegalStateException(
          "a text must be whole and of its kind: id=" + id + ", kind=" + kind + ", used=" + used);
    }
  }
}
