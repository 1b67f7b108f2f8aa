package dev.lifebound.bench.map;

import dev.lifebound.memory.map.LongLongCursor;
import dev.lifebound.memory.map.LongLongMap;
import dev.lifebound.memory.map.PresizedLongLongMap;
import it.unimi.dsi.fastutil.longs.Long2LongMap;
import it.unimi.dsi.fastutil.longs.Long2LongOpenHashMap;
import it.unimi.dsi.fastutil.objects.ObjectIterator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import net.openhft.chronicle.map.ChronicleMap;
import org.agrona.collections.Long2LongHashMap;
import org.eclipse.collections.impl.map.mutable.primitive.LongLongHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The maps that are compared. Each has its own loops, although they look alike, so that each has
 * its own compiled form and profile.
 */
final class Subjects {
  static final String OURS = "LongLongMap";
  static final String PRESIZED = "PresizedLongLongMap";
  static final String FASTUTIL = "fastutil";
  static final String HASH_MAP = "HashMap";
  static final String CONCURRENT = "ConcurrentHashMap";

  private Subjects() {}

  /** What the figures need. */
  static List<Subject> few() {
    return List.of(new Ours(), new Presized(), new Fastutil(), new Boxed(), new BoxedConcurrent());
  }

  static List<Subject> all() {
    return List.of(
        new Ours(),
        new Presized(),
        new Fastutil(),
        new Agrona(),
        new Eclipse(),
        new Boxed(),
        new BoxedConcurrent(),
        new Chronicle());
  }

  private static <T> T opened(@Nullable T map) {
    if (map == null) {
      throw new IllegalStateException("a subject must be open");
    }
    return map;
  }

  static final class Ours extends Subject {
    private @Nullable LongLongMap map;

    Ours() {
      super(OURS);
    }

    LongLongMap map() {
      return opened(map);
    }

    @Override
    void open(long entries) {
      map = LongLongMap.create();
    }

    @Override
    void put(long key, long value) {
      opened(map).put(key, value);
    }

    @Override
    long get(long key) {
      return opened(map).get(key, -1);
    }

    @Override
    void remove(long key) {
      opened(map).remove(key);
    }

    @Override
    long sum() {
      long sum = 0;
      LongLongCursor cursor = opened(map).cursor();
      while (cursor.next()) {
        sum += cursor.key() + cursor.value();
      }
      return sum;
    }

    @Override
    long tight(long[] keys, int from, int to) {
      LongLongMap map = opened(this.map);
      long sum = 0;
      for (int i = from; i < to; i++) {
        sum += map.get(keys[i], -1);
      }
      return sum;
    }

    @Override
    public void close() {
      opened(map).close();
      map = null;
    }
  }

  static final class Presized extends Subject {
    private @Nullable PresizedLongLongMap map;

    /** What {@link #sum} adds up to. */
    private long total;

    Presized() {
      super(PRESIZED);
    }

    @Override
    void open(long entries) {
      map = PresizedLongLongMap.of(entries);
    }

    @Override
    void put(long key, long value) {
      opened(map).put(key, value);
    }

    @Override
    long get(long key) {
      return opened(map).get(key, -1);
    }

    @Override
    void remove(long key) {
      opened(map).remove(key);
    }

    @Override
    long sum() {
      total = 0;
      opened(map).forEach((key, value) -> total += key + value);
      return total;
    }

    @Override
    long tight(long[] keys, int from, int to) {
      PresizedLongLongMap map = opened(this.map);
      long sum = 0;
      for (int i = from; i < to; i++) {
        sum += map.get(keys[i], -1);
      }
      return sum;
    }

    @Override
    public void close() {
      opened(map).close();
      map = null;
    }
  }

  static final class Fastutil extends Subject {
    private @Nullable Long2LongOpenHashMap map;

    Fastutil() {
      super(FASTUTIL);
    }

    @Override
    void open(long entries) {
      map = new Long2LongOpenHashMap();
      map.defaultReturnValue(-1);
    }

    @Override
    void put(long key, long value) {
      opened(map).put(key, value);
    }

    @Override
    long get(long key) {
      return opened(map).get(key);
    }

    @Override
    void remove(long key) {
      opened(map).remove(key);
    }

    @Override
    long sum() {
      long sum = 0;
      ObjectIterator<Long2LongMap.Entry> entries = opened(map).long2LongEntrySet().fastIterator();
      while (entries.hasNext()) {
        Long2LongMap.Entry entry = entries.next();
        sum += entry.getLongKey() + entry.getLongValue();
      }
      return sum;
    }

    @Override
    long tight(long[] keys, int from, int to) {
      Long2LongOpenHashMap map = opened(this.map);
      long sum = 0;
      for (int i = from; i < to; i++) {
        sum += map.get(keys[i]);
      }
      return sum;
    }

    @Override
    public void close() {
      map = null;
    }
  }

  static final class Agrona extends Subject {
    private @Nullable Long2LongHashMap map;
    private long total;

    Agrona() {
      super("Agrona");
    }

    @Override
    void open(long entries) {
      map = new Long2LongHashMap(-1);
    }

    @Override
    void put(long key, long value) {
      opened(map).put(key, value);
    }

    @Override
    long get(long key) {
      return opened(map).get(key);
    }

    @Override
    void remove(long key) {
      opened(map).remove(key);
    }

    @Override
    long sum() {
      total = 0;
      opened(map).forEachLong((key, value) -> total += key + value);
      return total;
    }

    @Override
    long tight(long[] keys, int from, int to) {
      Long2LongHashMap map = opened(this.map);
      long sum = 0;
      for (int i = from; i < to; i++) {
        sum += map.get(keys[i]);
      }
      return sum;
    }

    @Override
    public void close() {
      map = null;
    }
  }

  static final class Eclipse extends Subject {
    private @Nullable LongLongHashMap map;
    private long total;

    Eclipse() {
      super("Eclipse Collections");
    }

    @Override
    void open(long entries) {
      map = new LongLongHashMap();
    }

    @Override
    void put(long key, long value) {
      opened(map).put(key, value);
    }

    @Override
    long get(long key) {
      return opened(map).getIfAbsent(key, -1);
    }

    @Override
    void remove(long key) {
      opened(map).remove(key);
    }

    @Override
    long sum() {
      total = 0;
      opened(map).forEachKeyValue((key, value) -> total += key + value);
      return total;
    }

    @Override
    long tight(long[] keys, int from, int to) {
      LongLongHashMap map = opened(this.map);
      long sum = 0;
      for (int i = from; i < to; i++) {
        sum += map.getIfAbsent(keys[i], -1);
      }
      return sum;
    }

    @Override
    public void close() {
      map = null;
    }
  }

  static final class Boxed extends Subject {
    private @Nullable HashMap<Long, Long> map;

    Boxed() {
      super(HASH_MAP);
    }

    @Override
    void open(long entries) {
      map = new HashMap<>();
    }

    @Override
    void put(long key, long value) {
      opened(map).put(key, value);
    }

    @Override
    long get(long key) {
      Long value = opened(map).get(key);
      return value == null ? -1 : value;
    }

    @Override
    void remove(long key) {
      opened(map).remove(key);
    }

    @Override
    long sum() {
      long sum = 0;
      for (Map.Entry<Long, Long> entry : opened(map).entrySet()) {
        sum += entry.getKey() + entry.getValue();
      }
      return sum;
    }

    @Override
    long tight(long[] keys, int from, int to) {
      HashMap<Long, Long> map = opened(this.map);
      long sum = 0;
      for (int i = from; i < to; i++) {
        Long value = map.get(keys[i]);
        sum += value == null ? -1 : value;
      }
      return sum;
    }

    @Override
    public void close() {
      map = null;
    }
  }

  static final class BoxedConcurrent extends Subject {
    private @Nullable ConcurrentHashMap<Long, Long> map;

    BoxedConcurrent() {
      super(CONCURRENT);
    }

    @Override
    void open(long entries) {
      map = new ConcurrentHashMap<>();
    }

    @Override
    void put(long key, long value) {
      opened(map).put(key, value);
    }

    @Override
    long get(long key) {
      Long value = opened(map).get(key);
      return value == null ? -1 : value;
    }

    @Override
    void remove(long key) {
      opened(map).remove(key);
    }

    @Override
    long sum() {
      long sum = 0;
      for (Map.Entry<Long, Long> entry : opened(map).entrySet()) {
        sum += entry.getKey() + entry.getValue();
      }
      return sum;
    }

    @Override
    long tight(long[] keys, int from, int to) {
      ConcurrentHashMap<Long, Long> map = opened(this.map);
      long sum = 0;
      for (int i = from; i < to; i++) {
        Long value = map.get(keys[i]);
        sum += value == null ? -1 : value;
      }
      return sum;
    }

    @Override
    public void close() {
      map = null;
    }
  }

  /** Made for its entries beforehand: it cannot grow. */
  static final class Chronicle extends Subject {
    private @Nullable ChronicleMap<Long, Long> map;
    private long total;

    Chronicle() {
      super("Chronicle Map (presized)");
    }

    @Override
    void open(long entries) {
      map = ChronicleMap.of(Long.class, Long.class).entries(entries + entries / 4 + 1).create();
    }

    @Override
    void put(long key, long value) {
      opened(map).put(key, value);
    }

    @Override
    long get(long key) {
      Long value = opened(map).get(key);
      return value == null ? -1 : value;
    }

    @Override
    void remove(long key) {
      opened(map).remove(key);
    }

    @Override
    long sum() {
      total = 0;
      opened(map).forEach((key, value) -> total += key + value);
      return total;
    }

    @Override
    long tight(long[] keys, int from, int to) {
      ChronicleMap<Long, Long> map = opened(this.map);
      long sum = 0;
      for (int i = from; i < to; i++) {
        Long value = map.get(keys[i]);
        sum += value == null ? -1 : value;
      }
      return sum;
    }

    @Override
    public void close() {
      opened(map).close();
      map = null;
    }
  }
}
