package dev.lifebound.memory.guard;

import dev.lifebound.memory.handle.Site;
import dev.lifebound.memory.os.HotSpot;
import dev.lifebound.memory.os.JavaNames;
import dev.lifebound.memory.os.JavaStacks;
import dev.lifebound.memory.os.LibC;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Makes reports of the machine code's records. */
final class Reports {
  /** {@code LB_KIND_WATCH}: kinds from here on are those of the watch. */
  private static final int FIRST_WATCH_KIND = 32;

  private static final int FRAME_BYTES = 16;

  /** How the JVM calls the thread that calls {@code main}, and agents before that. */
  private static final String MAIN = "main";

  private static final long RECENT_NANOS = 1_000_000_000;
  private static final String OURS = "dev.lifebound.memory.";

  private final NativePool pool;
  private final ReportRecords records = new ReportRecords();
  private @Nullable JavaNames names;

  /**
   * The system's number of the main thread, 0 while it is not known. Once {@code main} has returned
   * that thread has no Java name for a moment, and then that of who ends the JVM; its number stays.
   */
  private volatile int mainTid;

  Reports(NativePool pool) {
    this.pool = pool;
    if (Thread.currentThread().getName().equals(MAIN)) {
      mainTid = LibC.threadId();
    }
  }

  /** Made for the first report: it takes the JVM some milliseconds. */
  private synchronized @Nullable JavaNames names() {
    JavaStacks stacks = HotSpot.facts().javaStacks().orElse(null);
    if (names == null && stacks != null) {
      names = new JavaNames(stacks, pool.image());
    }
    return names;
  }

  /**
   * Takes what is in the ring. One thread at a time.
   *
   * @param reports gets each first record of a block's misuse
   * @param watch gets the records of the watch, which may look at them until it returns
   */
  void drain(Consumer<GuardReport> reports, Consumer<Control> watch) {
    Control control = pool.control();
    long tail = control.get("events_tail");
    while (tail != control.get("events_head")) {
      Control event = pool.event(tail);
      if (event.get("commit") != tail + 1) {
        return; // being written: the writer wakes us when it is done
      }
      try {
        if (event.getShort("kind") >= FIRST_WATCH_KIND) {
          watch.accept(event);
        } else if (event.getByte("first") == 1) {
          GuardReport report = report(event);
          record(report, event);
          reports.accept(report);
        }
      } finally {
        // Whatever fails: the next one must be reached.
        tail++;
        control.set("events_tail", tail);
      }
    }
  }

  private void record(GuardReport report, Control event) {
    boolean known = report.block() != null && event.get("slot") >= 0;
    Control slot = known ? pool.slotRecord((int) event.get("slot")) : null;
    records.write(
        report,
        slot == null ? 0 : site(slot, "alloc").getInt("tid"),
        slot == null ? 0 : site(slot, "freed").getInt("tid"));
  }

  private GuardReport report(Control event) {
    long slot = event.get("slot");
    GuardedBlock block = null;
    List<Long> allocFrames = List.of();
    List<Long> freeFrames = List.of();
    if (slot >= 0) {
      Control record = pool.slotRecord((int) slot);
      if (record.get("serial") == event.get("serial") && record.get("serial") != 0) {
        block = block(record);
        allocFrames = frames(site(record, "alloc"));
        freeFrames = block.freed() == null ? List.of() : frames(site(record, "freed"));
      }
    } else if (event.get("bytes") != 0) {
      Site unknown = new Site("?", event.get("nanos"), List.of());
      block = new GuardedBlock(0, event.get("extra"), event.get("bytes"), unknown, unknown);
    }
    return new GuardReport(
        GuardReport.Kind.of(event.getShort("kind")),
        GuardReport.Outcome.of(event.getByte("how")),
        event.get("address"),
        block,
        new Site(
            threadName(event.getInt("tid")),
            event.get("nanos"),
            javaFrames(event, event.getInt("frames"))),
        event.get("pc"),
        longs(event, "pcv", event.getInt("pcs")),
        allocFrames,
        freeFrames,
        event.getInt("tid"));
  }

  /** The block that has the slot or had it last. */
  GuardedBlock block(int slot) {
    return block(pool.slotRecord(slot));
  }

  private GuardedBlock block(Control record) {
    boolean dead = NativePool.isDead(record.get("state"));
    return new GuardedBlock(
        record.get("serial"),
        record.get("address"),
        record.get("bytes"),
        site(site(record, "alloc")),
        dead ? site(site(record, "freed")) : null);
  }

  private static Control site(Control slot, String which) {
    return slot.part("lb_site", slot.offset(which), 0);
  }

  private static List<Long> frames(Control site) {
    return longs(site, "pc", site.getShort("pcs"));
  }

  private static List<Long> longs(Control structure, String field, int count) {
    List<Long> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(structure.get(field, i));
    }
    return values;
  }

  private Site site(Control site) {
    return new Site(
        threadName(site.getInt("tid")),
        site.get("nanos"),
        javaFrames(site, site.getShort("frames")));
  }

  private List<StackTraceElement> javaFrames(Control structure, int count) {
    List<StackTraceElement> frames = new ArrayList<>();
    JavaNames found = count == 0 ? null : names();
    if (found != null) {
      for (int i = 0; i < count; i++) {
        int at = i * FRAME_BYTES / Long.BYTES;
        StackTraceElement frame =
            found.frame(structure.get("frame", at), structure.get("frame", at + 1));
        if (!frames.isEmpty() || !isPlumbing(frame.getClassName())) {
          frames.add(frame);
        }
      }
    }
    return frames;
  }

  /** Frames between the program's call and the machine code. */
  private static boolean isPlumbing(String name) {
    return name.startsWith("java.lang.invoke.")
        || name.startsWith("jdk.internal.foreign.")
        || (name.startsWith(OURS) && !name.endsWith("Test") && !name.contains("Test$"));
  }

  /** The name that the thread has in Java or for the kernel, or its number once it has ended. */
  private String threadName(int tid) {
    JavaNames found = names();
    String name =
        found == null ? null : found.thread(tid).map(JavaNames.JavaThread::name).orElse(null);
    if (name == null) {
      return tid == mainTid ? MAIN : systemName(tid);
    }
    if (name.equals(MAIN) || name.equals("DestroyJavaVM")) {
      mainTid = tid;
      return MAIN;
    }
    return name;
  }

  /** The name that the kernel has for a thread, or its number once it has ended. */
  static String systemName(int tid) {
    try {
      return Files.readString(Path.of("/proc/self/task/" + tid + "/comm")).strip();
    } catch (IOException e) {
      return "#" + tid;
    }
  }

  /** The last access of this thread that was given to the JVM as an error, if that was just now. */
  @Nullable UseAfterFreeException lastDelivered(Throwable error) {
    int self = LibC.threadId();
    long now = System.nanoTime();
    long head = pool.control().get("events_head");
    long size = pool.control().get("events_mask") + 1;
    for (long at = head - 1; at >= Math.max(0, head - size); at--) {
      Control event = pool.event(at);
      if (event.get("commit") != at + 1 || now - event.get("nanos") > RECENT_NANOS) {
        continue;
      }
      if (event.getInt("tid") == self
          && event.getByte("how") == GuardReport.Outcome.DELIVERED.number()
          && event.get("slot") >= 0) {
        Control record = pool.slotRecord((int) event.get("slot"));
        return record.get("serial") == event.get("serial")
            ? UseAfterFreeException.of(block(record), event.get("address"), error)
            : null;
      }
    }
    return null;
  }
}
