package dev.lifebound.memory.guard;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerSink;
import dev.lifebound.memory.ledger.NativeStripes;
import dev.lifebound.memory.os.CAllocator;
import dev.lifebound.memory.os.HotSpot;
import dev.lifebound.memory.os.JavaStacks;
import dev.lifebound.memory.os.LibC;
import dev.lifebound.memory.os.NativeCalls;
import dev.lifebound.memory.os.NativeCode;
import dev.lifebound.memory.os.Userfaultfd;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * The pool of the machine code: its memory, which stays mapped until the process ends, and its
 * entry points.
 */
final class NativePool {
  /* The state word of a slot: see lifebound.h. */
  private static final long STATE_MASK = 0xff;
  private static final int GENERATION_SHIFT = 24;
  private static final int STATE_DYING = 3;
  private static final int STATE_DEAD = 4;
  private static final int STATE_RESTORED = 5;
  private static final int EVENTS = 512;
  private static final int VERSION = 2;
  private static final int SIGBUS = 7;
  private static final int SIGSEGV = 11;
  private static final int MAX_CODE_RANGES = 4;
  private static final int QUARANTINE_CELLS = 4096;
  private static final VarHandle WORD =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private final NativeCode code;
  private final NativeCode.Image image;
  private final Geometry geometry;
  private final Control control;
  private final MemorySegment slots;
  private final ByteBuffer slotWords;
  private final long slotBytes;
  private final long stateOffset;
  private final long base;
  private final long bytes;
  private final long own;
  private final int eventFd;

  NativePool(NativeCode code, GuardOptions options, PageDeath death) {
    this.code = code;
    long pageBytes = LibC.pageBytes();
    this.geometry = Geometry.of(options.slots(), pageBytes);
    this.slotBytes = code.size("lb_slot");
    this.stateOffset = code.offset("lb_slot.state");
    this.bytes = geometry.poolBytes();
    this.slots = Control.pages(geometry.slots() * slotBytes);
    this.slotWords = slots.asByteBuffer().order(ByteOrder.nativeOrder());
    this.control = new Control(code, "lb_shared", Control.pages(code.size("lb_shared")));
    MemorySegment events = Control.pages(EVENTS * code.size("lb_event"));
    this.own = slots.byteSize() + events.byteSize() + code.size("lb_shared");
    this.eventFd = LibC.eventFd();
    control.set("events", events.address());
    control.set("events_mask", EVENTS - 1L);
    control.setInt("version", VERSION);
    control.setInt("mode", options.mode().number);
    control.setInt("variant", death.number);
    control.setInt("page_bytes", Math.toIntExact(pageBytes));
    control.setInt("page_death", 1);
    control.setInt("left", options.align() == Align.START ? 1 : 0);
    control.setInt("stacks", options.stackFrames());
    control.set("slots", slots.address());
    control.setInt("slot_count", geometry.slots());
    control.setInt("event_fd", eventFd);
    control.set("byte_limit", Math.max(0, options.byteLimit() - own));
    control.set("mapping_limit", options.mappingLimit());
    describeClasses();
    describeQuarantine(options.quarantineBytes());
    describeJvm(options);
    if (options.align() == Align.START) {
      describeAllocator();
    }
    describeLedger();
    markThisProcess();
    this.base = pages(death);
    control.set("pool_base", base);
    control.set("pool_bytes", bytes);
    this.image = code.map();
    image.share(control.address());
    require("lb_pool_init", NativeCalls.call(image.entry("lb_pool_init"), control.address()));
  }

  private static void require(String what, long result) {
    if (result < 0) {
      throw new UnsupportedOperationException(
          "the machine code must accept its pool: call=" + what + ", result=" + result);
    }
  }

  private void describeClasses() {
    control.setInt("class_count", geometry.classes().size());
    for (int i = 0; i < geometry.classes().size(); i++) {
      Geometry.SlotClass c = geometry.classes().get(i);
      Control one = control.part("lb_class", control.offset("classes"), i);
      one.set("first_byte", c.firstByte());
      one.setInt("pages", c.pages());
      one.setInt("count", c.count());
      one.setInt("first_slot", c.firstSlot());
      one.setInt("cells_mask", c.cells() - 1);
      one.set("cells", Control.pages(c.cells() * code.size("lb_cell")).address());
    }
  }

  private void describeQuarantine(long limit) {
    if (limit > 0) {
      MemorySegment cells = Control.pages(QUARANTINE_CELLS * code.size("lb_quarantined"));
      for (int i = 0; i < QUARANTINE_CELLS; i++) {
        cells.set(JAVA_LONG, i * code.size("lb_quarantined"), i);
      }
      control.set("quarantine", cells.address());
      control.set("quarantine_limit", limit);
      control.set("quarantine_block_limit", limit / 16);
      control.set("quarantine_mask", QUARANTINE_CELLS - 1L);
    }
  }

  private void describeJvm(GuardOptions options) {
    HotSpot facts = HotSpot.facts();
    HotSpot.BlockKinds kinds = facts.blockKinds().orElse(null);
    int ranges = 0;
    List<HotSpot.CodeHeap> heaps = facts.codeHeaps();
    for (HotSpot.CodeHeap heap : heaps) {
      if (kinds != null && ranges < MAX_CODE_RANGES) {
        Control range = control.part("lb_range", control.offset("code"), ranges);
        range.set("start", heap.low());
        range.set("bytes", heap.high() - heap.low());
        range.set("map", heap.segmentMap());
        range.set("shift", heap.segmentShift());
        control.set("code_header", kinds.headerBytes());
        control.set("code_kind_offset", kinds.kindOffset());
        control.set("code_kind", kinds.compiledMethod());
        ranges++;
      }
    }
    JavaStacks stacks = facts.javaStacks().orElse(null);
    if (stacks != null && options.javaStacks()) {
      control.set("java_vm", stacks.javaVm());
      control.set("thread_from_env", -stacks.envToThreadBytes());
      control.set("thread_state_offset", stacks.threadStateOffset());
      control.set("jvmti", stacks.jvmti());
    }
  }

  /** So that a free which passes no stub of ours finds what makes it harmless. */
  private void describeAllocator() {
    CAllocator allocator = CAllocator.glibc();
    if (allocator == null) {
      return;
    }
    for (int i = 0; i < allocator.readers().size(); i++) {
      CAllocator.Reader reader = allocator.readers().get(i);
      Control one = control.part("lb_libc", control.offset("libc"), i);
      one.set("start", reader.start());
      one.set("bytes", reader.start() == 0 ? 0 : reader.byteSize());
      one.set("role", reader.role());
    }
    control.set("chunk_counted", allocator.countedHeaderBytes());
    MemorySegment fronts = Control.pages(geometry.classes().size() * geometry.pageBytes());
    control.set("front_base", fronts.address());
  }

  /**
   * Faults go to the ledger from the machine code itself: it may be the last thing that is done.
   */
  private void describeLedger() {
    Ledger ledger = LedgerSink.installed();
    NativeStripes stripe = ledger == null ? null : ledger.faultStripe();
    if (stripe != null) {
      control.set("ledger_records", stripe.records());
      control.set("ledger_mask", stripe.mask());
      control.set("ledger_base", stripe.file());
      control.set("ledger_bytes", stripe.fileBytes());
      control.set("ledger_head", stripe.head());
    }
  }

  /** A page that a forked child finds empty: there the pool hands out nothing. */
  private void markThisProcess() {
    MemorySegment life = Control.pages(1);
    life.asByteBuffer().order(ByteOrder.nativeOrder()).putLong(0, 1);
    LibC.wipeOnFork(life.address(), life.byteSize());
    control.set("life", life.address());
  }

  private long pages(PageDeath death) {
    control.setInt("fault_fd", -1);
    control.setInt("pool_fd", -1);
    control.setInt("dead_fd", -1);
    return switch (death) {
      case USERFAULTFD -> {
        Userfaultfd faults = Userfaultfd.open();
        long pool = Control.pages(bytes).address();
        faults.register(pool, bytes);
        control.setInt("fault_fd", faults.fd());
        control.set("side_base", Control.pages(bytes).address());
        control.set("zero_base", Control.pages(geometry.longestBytes()).address());
        yield pool;
      }
      case REMAP -> {
        int live = LibC.memfdCreate("lifebound-guarded-pages");
        LibC.truncate(live, bytes);
        int dead = LibC.memfdCreate("lifebound-dead-pages");
        control.setInt("pool_fd", live);
        control.setInt("dead_fd", dead);
        yield LibC.mmap(
            0, bytes, LibC.PROT_READ_WRITE, LibC.MAP_PRIVATE | LibC.MAP_NORESERVE, dead, 0);
      }
      case PROTECT ->
          LibC.mmap(
              0,
              bytes,
              LibC.PROT_NONE,
              LibC.MAP_PRIVATE | LibC.MAP_ANONYMOUS | LibC.MAP_NORESERVE,
              -1,
              0);
    };
  }

  /**
   * Puts the handlers in front of the present ones.
   *
   * @throws UnsupportedOperationException where that fails
   */
  void install() {
    for (int signal : new int[] {SIGBUS, SIGSEGV}) {
      require(
          "sigaction " + signal,
          NativeCalls.call(image.entry("lb_install"), control.address(), signal));
    }
  }

  void uninstall() {
    for (int signal : new int[] {SIGBUS, SIGSEGV}) {
      NativeCalls.call(image.entry("lb_uninstall"), control.address(), signal);
    }
  }

  /** Whether no other library has put its handler in place of ours. */
  boolean isInstalled() {
    return NativeCalls.call(image.entry("lb_installed"), control.address(), SIGBUS) == 1
        && NativeCalls.call(image.entry("lb_installed"), control.address(), SIGSEGV) == 1;
  }

  /** Lets the pool hand out slots, or not. */
  void sample(boolean on) {
    control.setInt("sampling", on ? 1 : 0);
  }

  /** Brings every dead page back: from now on nothing faults. */
  void revive() {
    NativeCalls.call(image.entry("lb_pool_revive_all"), control.address());
  }

  /** A block of zeroes, or 0. */
  long allocate(long byteSize, long alignment) {
    return NativeCalls.call(
        image.entry("lb_pool_alloc"), control.address(), byteSize, alignment, 0, 0);
  }

  /** See {@code lb_pool_free}: 0, 1 or 2. */
  long free(long address) {
    return NativeCalls.call(image.entry("lb_pool_free"), control.address(), address, 0, 0);
  }

  void flushQuarantine() {
    NativeCalls.call(image.entry("lb_quarantine_flush"), control.address());
  }

  /** Whether the address lies in the pool, whatever is there. */
  boolean owns(long address) {
    return Long.compareUnsigned(address - base, bytes) < 0;
  }

  /** The number of the slot whose pages hold the address, or -1. */
  int slot(long address) {
    return owns(address) ? geometry.slot(address - base) : -1;
  }

  /** The slot's state word. */
  long word(int slot) {
    return (long) WORD.getAcquire(slotWords, (int) (slot * slotBytes + stateOffset));
  }

  /** Whether the word says that the slot's block was freed and none has come after it. */
  static boolean isDead(long word) {
    int state = (int) (word & STATE_MASK);
    return state == STATE_DYING || state == STATE_DEAD || state == STATE_RESTORED;
  }

  static long generation(long word) {
    return word >>> GENERATION_SHIFT;
  }

  Control slotRecord(int slot) {
    return new Control(code, "lb_slot", slots.asSlice(slot * slotBytes, slotBytes));
  }

  Control control() {
    return control;
  }

  NativeCode code() {
    return code;
  }

  NativeCode.Image image() {
    return image;
  }

  int eventFd() {
    return eventFd;
  }

  /** The line of the ring of reports at this position. */
  @SuppressWarnings("restricted")
  Control event(long position) {
    long eventBytes = code.size("lb_event");
    long at = control.get("events") + (position & control.get("events_mask")) * eventBytes;
    // SAFETY: the ring is mapped until the process ends; the mask keeps the position within it.
    return new Control(code, "lb_event", MemorySegment.ofAddress(at).reinterpret(eventBytes));
  }

  long base() {
    return base;
  }

  /** Bytes of the whole range of addresses, dead pages included. */
  long addressBytes() {
    return bytes;
  }

  /** Memory of pages and side copies, and of the guard's own records. */
  long usedBytes() {
    return control.get("resident") + own;
  }
}
