package dev.lifebound.memory.map;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A map that nobody closed and nobody can reach is reported, and its memory freed. */
class DroppedMapTest {
  private static final Logger LOGGER = Logger.getLogger("dev.lifebound.memory");

  /** More than any collection takes; a test that waits so long has failed. */
  private static final int TRIES = 600;

  private final BlockingQueue<String> reports = new LinkedBlockingQueue<>();

  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          reports.add(entry.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @BeforeEach
  void listen() {
    LOGGER.setUseParentHandlers(false);
    LOGGER.addHandler(handler);
  }

  @AfterEach
  void stopListening() {
    LOGGER.removeHandler(handler);
    LOGGER.setUseParentHandlers(true);
  }

  /** Every form. */
  enum Form {
    LONGS,
    PRESIZED,
    TYPED,
    SET,
    CONCURRENT_LONGS,
    CONCURRENT
  }

  /** With an entry, whose memory is looked at later. */
  private static AutoCloseable make(Form form, String name) {
    return switch (form) {
      case LONGS -> {
        LongLongMap map = LongLongMap.builder().name(name).build();
        map.put(1, 2);
        yield map;
      }
      case PRESIZED -> PresizedLongLongMap.of(100, name, 1);
      case TYPED -> {
        NativeMap<String, String> map =
            NativeMap.builder(String.class, String.class).name(name).build();
        map.put("key", "a value that is no word");
        yield map;
      }
      case SET -> {
        NativeSet<String> set = NativeSet.builder(String.class).name(name).build();
        boolean _ = set.add("a key that is no word");
        yield set;
      }
      case CONCURRENT_LONGS -> {
        ConcurrentLongLongMap map = ConcurrentNativeMap.builder().name(name).buildLongLong();
        map.put(1, 2);
        yield map;
      }
      case CONCURRENT -> {
        ConcurrentNativeMap<String, String> map =
            ConcurrentNativeMap.builder()
                .name(name)
                .build(Codecs.of(String.class), Codecs.of(String.class));
        map.put("key", "a value that is no word");
        yield map;
      }
    };
  }

  /** The report on this map. */
  private String report(String map) throws InterruptedException {
    for (int i = 0; i < TRIES; i++) {
      System.gc();
      String report = reports.poll(100, TimeUnit.MILLISECONDS);
      if (report != null && report.contains("map=" + map + ",")) {
        return report;
      }
    }
    throw new AssertionError("a dropped map must be reported: map=" + map);
  }

  private static void drop(Form form, String name) {
    AutoCloseable _ = make(form, name);
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void isReportedAndFreed(Form form) throws Exception {
    // One that is closed is not reported, though it was made and dropped before.
    make(form, "closed " + form).close();
    drop(form, "dropped " + form);
    String report = report("dropped " + form);
    assertThat(report)
        .startsWith("every map must be closed: cause=map dropped, map=dropped " + form + ", bytes=")
        .doesNotContain("bytes=0,")
        .endsWith(", leases=0, memory=freed; close the map with try-with-resources");
    assertThat(reports).noneMatch(text -> text.contains("map=closed " + form));
  }

  private static Map<Long, Long> view(String name) {
    ConcurrentLongLongMap map = ConcurrentNativeMap.builder().name(name).buildLongLong();
    map.put(1, 2);
    return map.asConcurrentMap();
  }

  /** A view is a way to use the map: while somebody has one the map is not dropped. */
  @Test
  void aMapWhoseViewIsUsedStays() throws Exception {
    @Nullable Map<Long, Long> view = view("viewed");
    drop(Form.CONCURRENT, "another");
    report("another");
    assertThat(view).containsEntry(1L, 2L);
    assertThat(reports).noneMatch(text -> text.contains("map=viewed,"));
    view = null;
    report("viewed");
  }

  @SuppressWarnings("MustBeClosedChecker") // what the test is about
  private static MemorySegment leased(String name) {
    NativeMap<String, String> map =
        NativeMap.builder(String.class, String.class).name(name).build();
    map.put("key", "a value that is no word");
    return map.lease("key").orElseThrow().segment();
  }

  /** Nobody can say whether the segment is still read. */
  @Test
  void memoryOfALeaseThatWasDroppedOpenStays() throws Exception {
    MemorySegment segment = leased("leased");
    assertThat(report("leased"))
        .contains("leases=1, memory=kept, since a segment of it may be in use");
    assertThat(segment.get(JAVA_BYTE, 0)).isNotZero();
  }

  private static MemorySegment kept(String name) {
    NativeMap<String, String> map =
        NativeMap.builder(String.class, String.class).name(name).build();
    map.put("key", "a value that is no word");
    return map.read("key", segment -> segment).orElseThrow();
  }

  /** A segment that was kept past its callback throws when it is used, as after a close. */
  @Test
  void aSegmentThatWasKeptPastItsCallbackThrows() throws Exception {
    MemorySegment segment = kept("kept");
    assertThat(report("kept")).contains("leases=0, memory=freed");
    assertThatThrownBy(() -> segment.get(JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
  }
}
