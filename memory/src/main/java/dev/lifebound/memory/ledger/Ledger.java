package dev.lifebound.memory.ledger;

import static dev.lifebound.memory.ledger.Layout.FLAG_EXACT;
import static dev.lifebound.memory.ledger.Layout.NAME_SHIFT;
import static dev.lifebound.memory.ledger.Layout.STACK_MASK;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The writing end of one ledger file.
 *
 * <p>Any thread may report any event at any time, also after {@link #close}: it then counts as
 * dropped. No method that takes an event throws, blocks or waits for the disk.
 *
 * <p>A process has at most one ledger that the rest of the library writes to, the one that was
 * {@linkplain #install installed}; {@link LedgerSink} finds it.
 */
public final class Ledger implements AutoCloseable {
  /** What must stay mapped since machine code knows its address. */
  private static final Queue<MemorySegment> PINNED = new ConcurrentLinkedQueue<>();

  private static final AtomicInteger SERIALS = new AtomicInteger();

  private final @Nullable FileParts file;

  /** Another copy of the library has the file. */
  private final @Nullable LedgerElsewhere elsewhere;

  private final String problem;
  private final LedgerSettings settings;
  private final LongAdder dropped = new LongAdder();
  private final Stripes stripes;
  private final Stacks stacks;
  private final Texts texts;

  /** Never zero, which a name that knows no ledger holds. */
  private final int serial = SERIALS.incrementAndGet();

  private volatile boolean closed;

  private Ledger(@Nullable FileParts file, LedgerSettings settings, String problem) {
    this.file = file;
    this.elsewhere = null;
    this.settings = settings;
    this.problem = problem;
    if (file == null) {
      this.texts = new Texts(MemorySegment.NULL);
      this.stripes = new Stripes(new Stripe[0], new Stripe[0]);
      this.stacks = new Stacks(texts, 1, 0);
    } else {
      this.texts = new Texts(file.text());
      this.stripes = new Stripes(file.own(), file.shared());
      this.stacks = new Stacks(texts, settings.stackDepth(), settings.stackOneIn());
    }
  }

  private Ledger(LedgerElsewhere elsewhere) {
    int[] stackSettings = elsewhere.stackSettings();
    this.file = null;
    this.elsewhere = elsewhere;
    this.settings = LedgerSettings.defaults().withStacks(stackSettings[0], stackSettings[1]);
    this.problem = "";
    this.texts = new TextsElsewhere(elsewhere);
    this.stripes = new Stripes(new Stripe[0], new Stripe[0]);
    this.stacks = new Stacks(texts, settings.stackDepth(), settings.stackOneIn());
  }

  /** The ledger that another copy of the library has installed. */
  static Ledger of(LedgerElsewhere elsewhere) {
    return new Ledger(elsewhere);
  }

  /**
   * Creates the file, for its owner alone (mode 0600). A file that was there is kept with {@code
   * .previous} behind its name.
   *
   * @param path {@code %p} in the file's name becomes the process number
   * @throws LedgerException when the folder is missing or not writable, the disk is full, or
   *     another process has this ledger open
   */
  public static Ledger create(Path path, LedgerSettings settings) throws LedgerException {
    return new Ledger(FileParts.create(path, settings), settings, "");
  }

  /**
   * As {@link #create}, but never fails: where the file cannot be created, events are dropped and
   * counted, and {@link #problem} says why.
   */
  public static Ledger createOrDrop(Path path, LedgerSettings settings) {
    try {
      return create(path, settings);
    } catch (LedgerException e) {
      return new Ledger(null, settings, String.valueOf(e.getMessage()));
    }
  }

  /** Why there is no file; empty when there is one. */
  public String problem() {
    return problem;
  }

  /** The file, or null when there is none. */
  public @Nullable Path path() {
    return file != null ? file.path() : elsewhere == null ? null : elsewhere.path();
  }

  /** Whether another copy of the library has the file. */
  boolean isElsewhere() {
    return elsewhere != null;
  }

  /** Events that were not recorded. */
  public long dropped() {
    return dropped.sum();
  }

  /** Names and stacks that found no room. */
  public long refusedTexts() {
    return texts.refused.sum();
  }

  /**
   * Makes this the ledger of the process.
   *
   * @throws IllegalStateException when another one is installed
   */
  public Ledger install() {
    LedgerSink.install(this);
    return this;
  }

  /** A block was allocated. */
  public void allocate(long block, long address, long bytes, LedgerName tag) {
    common(EventType.ALLOCATE, block, address, bytes, tag);
  }

  /** A block that somebody else allocated was taken over. */
  public void adopt(long block, long address, long bytes, LedgerName tag) {
    common(EventType.ADOPT, block, address, bytes, tag);
  }

  /** Java freed a block. */
  public void free(long block, long address, long bytes, LedgerName tag) {
    common(EventType.FREE, block, address, bytes, tag);
  }

  /** C code freed a block, and Java has noticed. */
  public void freeByC(long block, long address, long bytes, LedgerName tag) {
    common(EventType.FREE_BY_C, block, address, bytes, tag);
  }

  /**
   * A block was put into a map.
   *
   * @param key numbers, UUIDs and up to 16 bytes of text are kept; of all else the hash
   */
  public void bind(long block, long address, LedgerName map, @Nullable Object key) {
    bound(EventType.BIND, block, address, map, key);
  }

  /** A block left a map. */
  public void unbind(long block, long address, LedgerName map, @Nullable Object key) {
    bound(EventType.UNBIND, block, address, map, key);
  }

  /** A use of a stale handle was refused. */
  public void staleUse(long block, long address, LedgerName operation) {
    incident(EventType.STALE_USE, block, address, 0, refsHere(operation), 0);
  }

  /** A second free was refused. */
  public void doubleFree(long block, long address, LedgerName by) {
    incident(EventType.DOUBLE_FREE, block, address, 0, refsHere(by), 0);
  }

  /**
   * Something about a lease that is no mistake but explains what follows: it put a free off, or was
   * closed twice. No incident: no copy is kept, and a stack only of chosen blocks.
   */
  public void leaseRemark(long block, long address, LedgerName what) {
    common(EventType.LEASE_REMARK, block, address, 0, what);
  }

  /** A lease was used against its contract. */
  public void leaseAnomaly(long block, long address, LedgerName what) {
    incident(EventType.LEASE_ANOMALY, block, address, 0, refsHere(what), 0);
  }

  /**
   * Blocks were dropped unreleased.
   *
   * @param block one of them
   * @param blocks how many
   * @param bytes of all together
   * @param allocated where they were allocated, innermost frame first; empty when unknown
   */
  public void leak(
      long block, long blocks, long bytes, LedgerName tag, List<StackTraceElement> allocated) {
    incident(EventType.LEAK, block, 0, bytes, refs(tag, stacks.of(allocated)), blocks);
  }

  /**
   * What another thread did to a block. It goes where faults go, with the operating system's number
   * for the thread, and with that thread's name.
   */
  public void report(LedgerReport report) {
    if (!report.threadName().isEmpty()) {
      long[] name = Stripes.nameWords(report.threadName());
      faultWords(
          Stripes.kind(EventType.THREAD, FLAG_EXACT),
          report.nanoTime(),
          name[0],
          name[1],
          name[2],
          name[3],
          0,
          report.thread());
    }
    int library = report.library().isEmpty() ? 0 : texts.name(report.library());
    faultWords(
        Stripes.kind(report.type(), report.flags()),
        report.nanoTime(),
        report.address(),
        report.byteSize(),
        report.block(),
        report.pc(),
        ((long) library << NAME_SHIFT) | (stacks.ofLines(report.stack()) & STACK_MASK),
        report.thread());
  }

  /** A remark. Its text is kept once, however often it is made. */
  public void note(LedgerName text) {
    append(EventType.NOTE, FLAG_EXACT, CoarseClock.exact(), 0, 0, 0, 0, refs(text, 0));
  }

  /** The number of a name, for machine code to write; zero when the text area is full. */
  public int nameId(LedgerName name) {
    return name.id(serial, texts);
  }

  /** The stripe that takes faults, or null when there is no file. */
  public @Nullable NativeStripes faultStripe() {
    return file == null ? null : pinned(file.faults());
  }

  /** The stripes that take what machine code sees of allocations and frees, or null as above. */
  public @Nullable NativeStripes nativeStripes() {
    return file == null ? null : pinned(file.natives());
  }

  private NativeStripes pinned(NativeStripes memory) {
    if (file != null && !PINNED.contains(file.memory())) {
      PINNED.add(file.memory());
    }
    return memory;
  }

  private void common(EventType type, long block, long address, long bytes, LedgerName name) {
    int stack = stacks.isChosen(block) ? stacks.current() : 0;
    timed(type, 0, address, bytes, block, 0, refs(name, stack));
  }

  private void bound(
      EventType type, long block, long address, LedgerName map, @Nullable Object key) {
    int stack = stacks.isChosen(block) ? stacks.current() : 0;
    timed(type, Keys.kind(key), address, Keys.low(key), block, Keys.high(key), refs(map, stack));
  }

  private long refsHere(LedgerName name) {
    return refs(name, stacks.isOn() ? stacks.current() : 0);
  }

  private long refs(LedgerName name, int stack) {
    return ((long) name.id(serial, texts) << NAME_SHIFT) | (stack & STACK_MASK);
  }

  private void timed(
      EventType type, int flags, long address, long size, long block, long key, long refs) {
    long time = CoarseClock.coarse();
    if (time == CoarseClock.ASLEEP) {
      append(type, flags | FLAG_EXACT, CoarseClock.exact(), address, size, block, key, refs);
    } else {
      append(type, flags, time, address, size, block, key, refs);
    }
  }

  private void append(
      EventType type,
      int flags,
      long time,
      long address,
      long size,
      long block,
      long key,
      long refs) {
    long thread = Thread.currentThread().threadId();
    appendWords(Stripes.kind(type, flags), time, address, size, block, key, refs, thread);
  }

  private void appendElsewhere(
      long kind, long time, long address, long size, long block, long key, long refs, long thread) {
    if (elsewhere != null) {
      elsewhere.append(kind, time, address, size, block, key, refs, thread);
      return;
    }
    if (closed || file == null) {
      drop();
      return;
    }
    Stripe own = stripes.find(Thread.currentThread());
    if (own != null) {
      own.append(kind, time, address, size, block, key, refs, thread);
    } else if (!stripes.borrow(kind, time, address, size, block, key, refs, thread)) {
      drop();
    }
  }

  private void drop() {
    dropped.increment();
    if (file != null) {
      file.dropped();
    }
  }

  /** Once among the thread's own events, and once where they do not push it out. */
  private void incident(EventType type, long block, long address, long size, long refs, long key) {
    long time = CoarseClock.exact();
    append(type, FLAG_EXACT, time, address, size, block, key, refs);
    long thread = Thread.currentThread().threadId();
    incidentWords(Stripes.kind(type, FLAG_EXACT), time, address, size, block, key, refs, thread);
  }

  /* ---- records by their words, as other copies of the library send them ---- */

  void appendWords(
      long kind, long time, long address, long size, long block, long key, long refs, long thread) {
    Stripe stripe = stripes.quick(thread);
    if (stripe != null) {
      stripe.append(kind, time, address, size, block, key, refs, thread);
    } else {
      appendElsewhere(kind, time, address, size, block, key, refs, thread);
    }
  }

  void incidentWords(
      long kind, long time, long address, long size, long block, long key, long refs, long thread) {
    if (elsewhere != null) {
      elsewhere.incident(kind, time, address, size, block, key, refs, thread);
    } else if (file != null && !closed) {
      file.incident(kind, time, address, size, block, key, refs, thread);
    }
  }

  void faultWords(
      long kind, long time, long address, long size, long block, long key, long refs, long thread) {
    if (elsewhere != null) {
      elsewhere.fault(kind, time, address, size, block, key, refs, thread);
    } else if (file == null || closed) {
      drop();
    } else {
      file.faultsForJava().appendAmongMany(kind, time, address, size, block, key, refs, thread);
    }
  }

  int stackId(long hash, int[] frames) {
    return texts.stack(hash, frames);
  }

  int[] stackSettings() {
    return new int[] {settings.stackOneIn(), settings.stackDepth()};
  }

  /** Says in the file that the program ended this ledger itself. Further events are dropped. */
  @Override
  public void close() {
    LedgerSink.uninstall(this);
    if (closed) {
      return;
    }
    closed = true;
    stripes.close();
    if (file != null) {
      file.close(CoarseClock.exact(), texts.refused.sum());
    }
  }

  void checkInvariants() {
    stripes.checkInvariants();
    texts.checkInvariants();
  }
}
