package dev.lifebound.memory.guard;

import dev.lifebound.memory.handle.CFrees;
import dev.lifebound.memory.os.Copies;
import dev.lifebound.memory.os.DynamicLinker;
import dev.lifebound.memory.os.LibC;
import dev.lifebound.memory.os.LoadedObject;
import dev.lifebound.memory.os.NativeCalls;
import dev.lifebound.memory.os.NativeCode;
import dev.lifebound.memory.os.SlotPatches;
import dev.lifebound.memory.os.WatchedSymbol;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The one watch of the process: its structures in native memory, its patches, its thread. What
 * {@link Watch} hands out are shares of it.
 */
final class WatchCore implements AdoptedTable.Memory {

  private static final int STRIPES = 256;
  private static final long EVENTS = 1 << 12;
  private static final long FREES = 1 << 16;
  private static final long CACHE_LINE_BYTES = 64;
  private static final long NEVER = 1L << 62;

  /** Bits of lb_watch.look. */
  private static final long LOOK_TABLE = 1;

  private static final long LOOK_RING = 2;
  private static final long LOOK_QUARANTINE = 4;

  /** Rates from this on may take one part in 2^BUDGET_SHIFT of a thread's time. */
  private static final int LEAST_BUDGETED = 256;

  private static final int BUDGET_SHIFT = 8;

  /** How often libraries are looked for; a call of dlopen that we see wakes us before. */
  private static final int TICK_MILLIS = 50;

  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final int LOADING_TICK_MILLIS = 1;
  private static final long LOADING_NANOS = 1_000_000_000L;

  /** Any alignment will do: allocators look only at the block. */
  private static final long ALIGNMENT_BYTES = 16;

  private static @Nullable WatchCore instance;

  private final NativeCode code = NativeCode.load();
  private final Control watch;
  private final Control[] stripes = new Control[STRIPES];

  /** Data of every image; under the lock of {@link #watch}. */
  private final List<Control> imageData = new ArrayList<>();

  private final WatchEvents events;
  private final WatchNews news;
  private final AdoptedTable table;
  private final SlotPatches patches;
  private final int wakeFd;
  private final List<Watch> shares = new CopyOnWriteArrayList<>();

  /** In place of a guard's control structure, while no guard is armed. */
  private final long noPool;

  private @Nullable NativePool pool;
  private final AtomicBoolean greets = new AtomicBoolean();
  private volatile long seenLoads;
  private long seenLoading;
  private long loadingSince;
  private @Nullable Thread daemon;

  private WatchCore() {
    watch = new Control(code, "lb_watch", allocate("lb_watch", 1));
    Control first = new Control(code, "lb_stripe", allocate("lb_stripe", STRIPES));
    for (int i = 0; i < STRIPES; i++) {
      stripes[i] = first.part("lb_stripe", 0, i);
      stripes[i].set("left", NEVER);
      stripes[i].set("random", ThreadLocalRandom.current().nextLong() | 1);
    }
    noPool = allocate("lb_shared", 1).address();
    wakeFd = LibC.eventFd();
    writeWords();
    events = new WatchEvents(code, watch, EVENTS, FREES);
    table = new AdoptedTable(code, this);
    news = new WatchNews(events, table, shares);
    patches = new SlotPatches(code, this::prepare);
  }

  /**
   * The process's watch.
   *
   * @throws UnsupportedOperationException where there is no machine code for the processor
   */
  static synchronized WatchCore get() {
    WatchCore core = instance;
    if (core == null) {
      core = new WatchCore();
      instance = core;
    }
    return core;
  }

  /** Never given back: stubs may be at work on it. */
  private MemorySegment allocate(String structure, long count) {
    return Arena.global().allocate(code.size(structure) * count, CACHE_LINE_BYTES);
  }

  private void writeWords() {
    watch.set("generation_shift", CFrees.GENERATION_SHIFT);
    watch.set("state_shift", CFrees.STATE_SHIFT);
    watch.set("state_mask", CFrees.STATE_MASK);
    watch.set("live", CFrees.LIVE);
    watch.set("freed_by_c", CFrees.FREED_BY_C);
    watch.set("one_lease", CFrees.ONE_LEASE);
    watch.set("lease_mask", CFrees.LEASES);
    watch.set("handle_generation_shift", CFrees.HANDLE_GENERATION_SHIFT);
    watch.set("handle_generation_mask", CFrees.HANDLE_GENERATION_MASK);
    watch.set("wake_fd", wakeFd);
  }

  private void prepare(NativeCode.Image image, int index) {
    Control data = data(image);
    data.set("stripes", stripes[0].address());
    data.set("watch", watch.address());
    data.set("index", index);
    synchronized (watch) {
      imageData.add(data);
    }
    pointAtPool(image);
  }

  /** The range's length last: a stub that sees it sees the rest. */
  private void pointAtPool(NativeCode.Image image) {
    NativePool at = pool;
    image.share(at == null ? noPool : at.control().address());
    Control data = data(image);
    synchronized (watch) {
      data.set("pool_base", at == null ? 0 : at.base());
      data.set("pool_bytes", at == null ? 0 : at.addressBytes());
      setSpecial(data);
    }
  }

  /** While somebody looks at every free, no address is outside. */
  private void setSpecial(Control data) {
    data.set("special_bytes", watch.get("look") != 0 ? -1 : data.get("pool_bytes"));
  }

  @SuppressWarnings("restricted") // Watch has seen to it that native access is enabled
  private Control data(NativeCode.Image image) {
    String name = "lb_watch_image";
    // SAFETY: the structure of this name lies in the image's data page, which is never unmapped.
    return new Control(
        code, name, MemorySegment.ofAddress(image.data(name)).reinterpret(code.size(name)));
  }

  /** Adds a share: patches what it names. */
  void add(Watch share) {
    addHere(share);
    // Without the lock, since they call back. One that appears meanwhile says hello.
    if (greets.compareAndSet(false, true)) {
      Copies.onHello(copy -> AdoptedElsewhere.bind(copy, table));
    }
    Copies.others().forEach(copy -> AdoptedElsewhere.bind(copy, table));
  }

  private synchronized void addHere(Watch share) {
    shares.add(share);
    if (share.pool() != null) {
      attach(share.pool(), share.oneIn());
    }
    if (share.freeListener() != null) {
      events.openRing();
      look(LOOK_RING, true);
    }
    CFrees.listen(table);
    patch();
    if (daemon == null) {
      daemon = Thread.ofPlatform().daemon().name("lifebound-watch").start(this::run);
    }
  }

  /** Takes a share away: slots that no other share wants get their old values. */
  synchronized void remove(Watch share) {
    if (!shares.remove(share)) {
      return;
    }
    if (share.pool() != null) {
      setRate(0);
    }
    drain();
    look(LOOK_RING, shares.stream().anyMatch(other -> other.freeListener() != null));
    unpatch();
    if (shares.isEmpty()) {
      table.flush();
    }
  }

  /** Puts back what may be put back, and patches again what the remaining shares want. */
  private void unpatch() {
    patches.undo(!isPoolInUse());
    if (!shares.isEmpty()) {
      patch();
    }
  }

  /** A guarded block must never reach the C library's free: so long its stubs stay. */
  private boolean isPoolInUse() {
    NativePool last = pool;
    return last != null
        && shares.stream().noneMatch(share -> share.pool() != null)
        && last.control().get("live") != 0;
  }

  private void patch() {
    boolean sampled = shares.stream().anyMatch(share -> share.pool() != null);
    seenLoads = patches.patch(this::isNamed, sampled, sampled);
  }

  private boolean isNamed(LoadedObject object) {
    return shares.stream().anyMatch(share -> share.names(object));
  }

  private void attach(NativePool next, long oneIn) {
    NativePool last = pool;
    if (last != null && last != next && last.control().get("live") != 0) {
      throw new GuardUnavailableException(
          "a second guard must come after the blocks of the first: live="
              + last.control().get("live")
              + "; C has not freed them yet");
    }
    pool = next;
    next.control().set("watch", watch.address());
    patches.images().forEach(this::pointAtPool);
    look(LOOK_QUARANTINE, next.control().get("quarantine_mask") != 0);
    setRate(oneIn);
  }

  private void setRate(long oneIn) {
    // Who asks for more than this wants to find a bug, whatever it costs.
    watch.set("budget", oneIn < LEAST_BUDGETED ? 0 : BUDGET_SHIFT);
    watch.set("rate", oneIn);
    for (Control stripe : stripes) {
      stripe.set("last", 0);
      stripe.set("left", oneIn == 0 ? NEVER : 1 + ThreadLocalRandom.current().nextLong(oneIn));
    }
  }

  @Override
  public void free(long address, int image, int symbol) {
    NativePool guarded = pool;
    if (guarded != null && guarded.owns(address)) {
      long _ = guarded.free(address);
      return;
    }
    long function = patches.old(image, WatchedSymbol.at(symbol).plainFree().index());
    long _ = NativeCalls.call(function, address, ALIGNMENT_BYTES);
  }

  @Override
  public boolean isGuarded(long address) {
    NativePool guarded = pool;
    return guarded != null && guarded.owns(address);
  }

  @Override
  public void publish(long address) {
    watch.set("table", address);
  }

  @Override
  public void used(boolean any) {
    look(LOOK_TABLE, any);
  }

  /** A lock of its own: adopting must not wait for a look at libraries. */
  private void look(long bit, boolean on) {
    synchronized (watch) {
      long look = watch.get("look");
      watch.set("look", on ? look | bit : look & ~bit);
      imageData.forEach(this::setSpecial);
    }
  }

  /* ---- the thread ---- */

  private void run() {
    watch.set("daemon", LibC.threadId());
    while (true) {
      try {
        await();
        drain();
        findLibraries();
        synchronized (this) {
          if (shares.isEmpty() && patches.slots() == 0) {
            daemon = null;
            return;
          }
          if (shares.isEmpty()) {
            unpatch();
          }
        }
      } catch (RuntimeException | Error e) {
        goOn(e);
      }
    }
  }

  /**
   * Also with the heap full: nobody else would tell of frees, or let those go on who wait in dlsym.
   */
  private static void goOn(Throwable failure) {
    try {
      System.getLogger("dev.lifebound.memory")
          .log(System.Logger.Level.WARNING, "the watch goes on after a failure", failure);
    } catch (RuntimeException | Error e) {
      // A log that fails as well cannot be told.
    }
    LockSupport.parkNanos(TICK_MILLIS * NANOS_PER_MILLI);
  }

  private void await() {
    watch.set("sleeping", 1);
    VarHandle.fullFence();
    if (!events.isEmpty()) {
      watch.set("sleeping", 0);
      return;
    }
    boolean loading = System.nanoTime() - loadingSince < LOADING_NANOS && seenLoading != 0;
    boolean _ = LibC.awaitEvent(wakeFd, loading ? LOADING_TICK_MILLIS : TICK_MILLIS);
    watch.set("sleeping", 0);
  }

  private void findLibraries() {
    long loading = watch.get("loading");
    if (loading != seenLoading) {
      seenLoading = loading;
      loadingSince = System.nanoTime();
    }
    if (DynamicLinker.loads() != seenLoads) {
      synchronized (this) {
        patch();
      }
    }
    // Whoever waits in dlsym goes on.
    watch.set("caught_up", loading);
  }

  /** Tells what the rings hold; by the thread, and by those who cannot wait for it. */
  void drain() {
    news.tell();
  }

  /* ---- what is seen from outside ---- */

  List<String> libraries() {
    return patches.libraries();
  }

  Map<String, String> refused() {
    return patches.refused();
  }

  int slots() {
    return patches.slots();
  }

  AdoptedTable table() {
    return table;
  }

  /** A counter of lb_watch. */
  long count(String field) {
    return watch.get(field);
  }

  long lostFrees() {
    return events.lostFrees();
  }
}
