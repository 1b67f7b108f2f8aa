package dev.lifebound.memory.guard;

import dev.lifebound.memory.handle.Site;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * This package's values as types of the JDK alone, for other copies of the library: see {@link
 * dev.lifebound.memory.os.Copies}. What is written here is read here, by another copy's class.
 */
final class Plain {
  private Plain() {}

  static Object[] of(Site site) {
    return new Object[] {
      site.thread(), site.nanoTime(), site.frames().toArray(StackTraceElement[]::new)
    };
  }

  static Site site(Object plain) {
    Object[] p = (Object[]) plain;
    return new Site((String) p[0], (long) p[1], List.of((StackTraceElement[]) p[2]));
  }

  static Object @Nullable [] of(@Nullable GuardedBlock block) {
    if (block == null) {
      return null;
    }
    Site freed = block.freed();
    return new Object[] {
      block.number(),
      block.address(),
      block.byteSize(),
      of(block.allocated()),
      freed == null ? new Object[0] : of(freed)
    };
  }

  static @Nullable GuardedBlock block(@Nullable Object plain) {
    if (plain == null) {
      return null;
    }
    Object[] p = (Object[]) plain;
    Object[] freed = (Object[]) p[4];
    return new GuardedBlock(
        (long) p[0], (long) p[1], (long) p[2], site(p[3]), freed.length == 0 ? null : site(freed));
  }

  static @Nullable Object[] of(GuardReport report) {
    return new @Nullable Object[] {
      report.kind().number(),
      report.outcome().number(),
      report.address(),
      of(report.block()),
      of(report.access()),
      report.pc(),
      longs(report.frames()),
      longs(report.allocFrames()),
      longs(report.freeFrames()),
      report.accessTid()
    };
  }

  static GuardReport report(@Nullable Object[] p) {
    return new GuardReport(
        GuardReport.Kind.of((int) there(p[0])),
        GuardReport.Outcome.of((int) there(p[1])),
        (long) there(p[2]),
        block(p[3]),
        site(there(p[4])),
        (long) there(p[5]),
        list(there(p[6])),
        list(there(p[7])),
        list(there(p[8])),
        (int) there(p[9]));
  }

  private static Object there(@Nullable Object part) {
    return Objects.requireNonNull(part, "a part of a report must be there");
  }

  private static long[] longs(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  private static List<Long> list(Object values) {
    return Arrays.stream((long[]) values).boxed().toList();
  }

  static Object[] of(WatchReport report) {
    return new Object[] {
      report.kind().name(),
      report.address(),
      report.block(),
      report.caller(),
      report.thread(),
      report.nanos()
    };
  }

  static WatchReport watchReport(Object[] p) {
    return new WatchReport(
        WatchReport.Kind.valueOf((String) p[0]),
        (long) p[1],
        (String) p[2],
        (long) p[3],
        (int) p[4],
        (long) p[5]);
  }

  static Map<String, Object> of(GuardOptions options) {
    Map<String, Object> plain = new HashMap<>();
    plain.put("mode", options.mode().name());
    PageDeath pages = options.pages();
    if (pages != null) {
      plain.put("pages", pages.name());
    }
    plain.put("slots", options.slots());
    plain.put("byteLimit", options.byteLimit());
    plain.put("mappingLimit", options.mappingLimit());
    plain.put("left", options.align() == Align.START);
    plain.put("quarantineBytes", options.quarantineBytes());
    plain.put("stackFrames", options.stackFrames());
    plain.put("javaStacks", options.javaStacks());
    plain.put("selfTest", options.selfTest());
    plain.put("explainUncaught", options.explainUncaught());
    return plain;
  }

  static GuardOptions options(Map<String, Object> plain) {
    Object pages = plain.get("pages");
    GuardOptions options =
        GuardOptions.of(Mode.valueOf(String.valueOf(plain.get("mode"))))
            .slots((int) there(plain.get("slots")))
            .byteLimit((long) there(plain.get("byteLimit")))
            .mappingLimit((int) there(plain.get("mappingLimit")))
            .align((boolean) there(plain.get("left")) ? Align.START : Align.END)
            .quarantineBytes((long) there(plain.get("quarantineBytes")))
            .stackFrames((int) there(plain.get("stackFrames")))
            .javaStacks((boolean) there(plain.get("javaStacks")))
            .selfTest((boolean) there(plain.get("selfTest")))
            .explainUncaught((boolean) there(plain.get("explainUncaught")));
    return pages == null ? options : options.pages(PageDeath.valueOf(String.valueOf(pages)));
  }

  /** By name, so that a version with more counters and one with fewer understand each other. */
  static Map<String, Long> of(GuardCounters counters) {
    Map<String, Long> plain = new HashMap<>();
    for (RecordComponent part : GuardCounters.class.getRecordComponents()) {
      try {
        plain.put(part.getName(), (Long) there(part.getAccessor().invoke(counters)));
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("a counter must be readable: name=" + part.getName(), e);
      }
    }
    return plain;
  }

  static GuardCounters counters(Map<String, Long> plain) {
    RecordComponent[] parts = GuardCounters.class.getRecordComponents();
    Class<?>[] types = Arrays.stream(parts).map(RecordComponent::getType).toArray(Class<?>[]::new);
    Object[] values =
        Arrays.stream(parts).map(part -> plain.getOrDefault(part.getName(), 0L)).toArray();
    try {
      Constructor<GuardCounters> all = GuardCounters.class.getDeclaredConstructor(types);
      return all.newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("counters must be longs: counters=" + plain, e);
    }
  }
}
