package dev.lifebound.memory.ledger;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** The parts of the mapped file of one ledger, and its header. */
final class FileParts {
  private static final String PID = "%p";
  private static final int SHARED_PER_PROCESSOR = 4;
  private static final int MIN_SHARED = 8;
  private static final int MAX_SHARED = 64;

  private final LedgerStore store;
  private final LedgerSettings settings;
  private final Stripe[] own;
  private final Stripe[] shared;
  private final Stripe incidents;
  private final AtomicBoolean incidentsClaimed = new AtomicBoolean();
  private final int firstNative;
  private final long textOffset;

  private FileParts(LedgerStore store, LedgerSettings settings, int shared, long textOffset) {
    this.store = store;
    this.settings = settings;
    this.textOffset = textOffset;
    this.own = stripes(0, settings.stripes(), Layout.KIND_OWN);
    this.shared = stripes(settings.stripes(), shared, Layout.KIND_SHARED);
    int next = settings.stripes() + shared;
    this.incidents = stripes(next, 1, Layout.KIND_INCIDENTS)[0];
    var _ = stripes(next + 1, 1, Layout.KIND_FAULTS);
    this.firstNative = next + 2;
    var _ = stripes(firstNative, settings.nativeStripes(), Layout.KIND_NATIVE);
  }

  static FileParts create(Path pattern, LedgerSettings settings) throws LedgerException {
    Path name = pattern.getFileName();
    if (name == null) {
      throw new LedgerException(
          "a ledger must have a file name: file=" + pattern + "; name a file in a folder");
    }
    long pid = ProcessHandle.current().pid();
    Path path = pattern.resolveSibling(name.toString().replace(PID, Long.toString(pid)));
    int shared =
        Integer.highestOneBit(
            Math.clamp(
                (long) SHARED_PER_PROCESSOR * Runtime.getRuntime().availableProcessors(),
                MIN_SHARED,
                MAX_SHARED));
    int stripes = settings.stripes() + shared + 2 + settings.nativeStripes();
    long text = Layout.HEADER_BYTES + stripes * Layout.stripeBytes(settings.records());
    long bytes = text + settings.textBytes();
    if (bytes > LedgerSettings.MAX_FILE_BYTES) {
      throw new LedgerException(
          "a ledger must not be larger: bytes="
              + bytes
              + ", maxBytes="
              + LedgerSettings.MAX_FILE_BYTES
              + "; take fewer stripes or records");
    }
    LedgerStore store = LedgerStore.create(path, bytes);
    FileParts file = new FileParts(store, settings, shared, text);
    file.writeHeader(stripes, pid);
    return file;
  }

  /** The magic number comes last: a file without it is no ledger yet. */
  private void writeHeader(int stripes, long pid) {
    MemorySegment head = store.memory.asSlice(0, Layout.HEADER_BYTES);
    head.set(Layout.INT, Layout.BYTE_ORDER_OFFSET, Layout.BYTE_ORDER_MARK);
    head.set(Layout.INT, Layout.VERSION_OFFSET, Layout.VERSION);
    head.set(Layout.INT, Layout.HEADER_BYTES_OFFSET, Layout.HEADER_BYTES);
    head.set(Layout.INT, Layout.RECORD_BYTES_OFFSET, Layout.RECORD_BYTES);
    head.set(Layout.INT, Layout.STRIPES_OFFSET, stripes);
    head.set(Layout.INT, Layout.RECORDS_OFFSET, settings.records());
    head.set(Layout.LONG, Layout.STRIPE_BYTES_OFFSET, Layout.stripeBytes(settings.records()));
    head.set(Layout.LONG, Layout.FIRST_STRIPE_OFFSET, Layout.HEADER_BYTES);
    head.set(Layout.LONG, Layout.TEXT_OFFSET, textOffset);
    head.set(Layout.LONG, Layout.TEXT_BYTES_OFFSET, settings.textBytes());
    head.set(Layout.LONG, Layout.FILE_BYTES_OFFSET, store.memory.byteSize());
    head.set(Layout.LONG, Layout.PID_OFFSET, pid);
    head.set(
        Layout.LONG,
        Layout.STARTED_OFFSET,
        ProcessHandle.current().info().startInstant().map(FileParts::epochNanos).orElse(0L));
    head.set(Layout.INT, Layout.TICK_NANOS_OFFSET, (int) CoarseClock.TICK_NANOS);
    head.set(Layout.INT, Layout.STACK_ONE_IN_OFFSET, settings.stackOneIn());
    head.set(Layout.INT, Layout.STACK_DEPTH_OFFSET, settings.stackDepth());
    head.set(Layout.LONG, Layout.STATE_OFFSET, Layout.STATE_OPEN);
    byte[] identity = Utf8.cut(identity(), Layout.IDENTITY_MAX_BYTES);
    head.set(Layout.INT, Layout.IDENTITY_OFFSET, identity.length);
    MemorySegment.copy(
        identity, 0, head, JAVA_BYTE, Layout.IDENTITY_OFFSET + Integer.BYTES, identity.length);
    // The two readings as close together as can be.
    long nanoTime = System.nanoTime();
    head.set(Layout.LONG, Layout.EPOCH_NANOS_OFFSET, epochNanos(Instant.now()));
    head.set(Layout.LONG, Layout.NANO_TIME_OFFSET, nanoTime);
    byte[] page = head.toArray(JAVA_BYTE);
    head.set(Layout.LONG, Layout.HEADER_CHECK_OFFSET, headerCheck(page));
    MemorySegment.copy(head, 0, head, Layout.COPY_OFFSET, Layout.COPY_BYTES);
    writeMagic(head, Layout.COPY_OFFSET);
    VarHandle.releaseFence();
    writeMagic(head, Layout.MAGIC_OFFSET);
  }

  private static void writeMagic(MemorySegment head, long at) {
    MemorySegment.copy(Layout.MAGIC, 0, head, JAVA_BYTE, at, Layout.MAGIC.length);
  }

  /** Over what does not change any more, except the magic number. */
  static long headerCheck(byte[] page) {
    int from = Layout.BYTE_ORDER_OFFSET;
    long fixed = Layout.hash(0, page, from, Layout.HEADER_CHECK_OFFSET - from);
    return Layout.hash(
        fixed, page, Layout.IDENTITY_OFFSET, Integer.BYTES + Layout.IDENTITY_MAX_BYTES);
  }

  private static long epochNanos(Instant instant) {
    return TimeUnit.SECONDS.toNanos(instant.getEpochSecond()) + instant.getNano();
  }

  private static String identity() {
    return System.getProperty("java.vm.name")
        + " "
        + System.getProperty("java.vm.version")
        + ", "
        + System.getProperty("java.vm.vendor")
        + ", "
        + System.getProperty("os.name")
        + " "
        + System.getProperty("os.version")
        + " "
        + System.getProperty("os.arch");
  }

  private Stripe[] stripes(int first, int count, int kind) {
    Stripe[] stripes = new Stripe[count];
    for (int i = 0; i < count; i++) {
      stripes[i] = new Stripe(i, stripe(first + i), settings.records() - 1L, Stripe.NO_THREAD);
      stripes[i].describe(kind);
    }
    return stripes;
  }

  private MemorySegment stripe(int index) {
    long bytes = Layout.stripeBytes(settings.records());
    return store.memory.asSlice(Layout.HEADER_BYTES + index * bytes, bytes);
  }

  Path path() {
    return store.path;
  }

  MemorySegment memory() {
    return store.memory;
  }

  Stripe[] own() {
    return own;
  }

  Stripe[] shared() {
    return shared;
  }

  MemorySegment text() {
    return store.memory.asSlice(textOffset, settings.textBytes());
  }

  NativeStripes faults() {
    return nativeStripes(firstNative - 1, 1);
  }

  NativeStripes natives() {
    return nativeStripes(firstNative, settings.nativeStripes());
  }

  private NativeStripes nativeStripes(int first, int count) {
    long head = stripe(first).address();
    return new NativeStripes(
        head,
        head + Layout.STRIPE_HEADER_BYTES,
        settings.records() - 1L,
        Layout.stripeBytes(settings.records()),
        count,
        store.memory.address(),
        store.memory.byteSize());
  }

  /** A copy into the incidents' stripe; left out when another thread is at it, rather than wait. */
  void incident(
      long kind,
      long time,
      long address,
      long size,
      long block,
      long key,
      long refs,
      long threadId) {
    if (incidentsClaimed.compareAndSet(false, true)) {
      try {
        incidents.append(kind, time, address, size, block, key, refs, threadId);
      } finally {
        incidentsClaimed.setRelease(false);
      }
    }
  }

  void dropped() {
    long _ = (long) Layout.LONGS.getAndAdd(store.memory, (long) Layout.DROPPED_OFFSET, 1L);
  }

  void close(long nanoTime, long refusedTexts) {
    store.memory.set(Layout.LONG, Layout.REFUSED_TEXTS_OFFSET, refusedTexts);
    store.memory.set(Layout.LONG, Layout.CLOSED_OFFSET, nanoTime);
    Layout.LONGS.setRelease(store.memory, (long) Layout.STATE_OFFSET, (long) Layout.STATE_CLOSED);
    store.close();
  }
}
