package dev.lifebound.crash.lab;

import static dev.lifebound.crash.lab.Result.ABORT;
import static dev.lifebound.crash.lab.Result.FATAL_ERROR;
import static dev.lifebound.crash.lab.Result.LEAK;
import static dev.lifebound.crash.lab.Result.NOT_COVERED;
import static dev.lifebound.crash.lab.Result.NO_HARM;
import static dev.lifebound.crash.lab.Result.PANIC;
import static dev.lifebound.crash.lab.Result.REFUTED;
import static dev.lifebound.crash.lab.Result.SEGMENTATION_FAULT;
import static dev.lifebound.crash.lab.Result.SILENT;

import dev.lifebound.memory.guard.UseAfterFreeException;
import dev.lifebound.memory.handle.DoubleReleaseException;
import dev.lifebound.memory.handle.LimitExceededException;
import dev.lifebound.memory.handle.StaleHandleException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** One way in which native memory and the map that holds it part, or a belief about it. */
public enum Scenario {
  /** The allocator writes its own bookkeeping over a freed block; the map returns that. */
  SMALL_BLOCK(
      "a small block is freed by C while a map still holds it",
      List.of(
          Case.java("48 B", Expectation.of(SILENT), stale()),
          Case.c(
              "lab_read_after_free",
              Expectation.of(SILENT),
              Expectation.report("use after free")))),
  /** The next allocation gets the freed address; the map answers for the wrong block. */
  ADDRESS_REUSE(
      "a block is freed and the next malloc gets its address",
      List.of(Case.java("64 B", Expectation.of(SILENT), stale()))),
  /** The kernel takes the pages of a large block back; reading them kills the JVM. */
  LARGE_BLOCK(
      "a block of 40 MB is freed, then read",
      List.of(Case.java("40 MB", Expectation.of(SEGMENTATION_FAULT), stale()).tried(5))),
  /** The same line of code crashes at its first use and is silent at its second. */
  MMAP_THRESHOLD(
      "a freed block of 1 MB crashes at first and is silent later",
      List.of(
          Case.java("first 1 MB", Expectation.of(SEGMENTATION_FAULT), stale()).tried(5),
          Case.java("second 1 MB", Expectation.of(SILENT), stale()))),
  /** A C library frees its own block while Java keeps a pointer into it. */
  DEAD_PAGE(
      "a C library frees its own block while a map points into it",
      List.of(
          Case.java(
              "zlib",
              Expectation.of(SILENT, SEGMENTATION_FAULT),
              Expectation.refusal(UseAfterFreeException.class)))),
  /** The same block is freed twice; what comes of it depends on its size. */
  DOUBLE_FREE(
      "a block is freed twice",
      List.of(
          Case.java("24 B", damage(), releasedTwice()),
          Case.java("48 B", damage(), releasedTwice()),
          Case.java("2 kB", damage(), releasedTwice()),
          Case.java("40 MB", Expectation.of(SEGMENTATION_FAULT), releasedTwice()).tried(5),
          Case.c("lab_double_free", damage(), Expectation.report("second free")),
          Case.go(
              "Go, 48 B", "doublefree/small", Expectation.of(ABORT), Expectation.finding("LBG001")),
          Case.go(
              "Go, 2 kB",
              "doublefree/medium",
              Expectation.of(ABORT),
              Expectation.finding("LBG001")),
          Case.go(
              "Go, 40 MB",
              "doublefree/huge",
              Expectation.of(SEGMENTATION_FAULT),
              Expectation.finding("LBG001")))),
  /** Somebody writes through a pointer whose block is gone. */
  WRITE_AFTER_FREE(
      "a freed block is written through the map",
      List.of(
          Case.java("next owner", Expectation.of(SILENT), stale()),
          Case.java("free list", Expectation.of(ABORT, SEGMENTATION_FAULT), stale()),
          Case.c(
              "lab_write_after_free",
              Expectation.of(SILENT),
              Expectation.report("use after free")))),
  /** More is written than a block holds. */
  OVERFLOW(
      "a write runs over the end of a block into the next one",
      List.of(
          Case.java(
              "wrong size",
              Expectation.of(SILENT),
              Expectation.refusal(IndexOutOfBoundsException.class)),
          Case.c(
              "lab_overflow",
              Expectation.of(SILENT),
              Expectation.report("access behind the block")))),
  /** A loop over a map frees what the loop is still to visit. */
  FREE_DURING_ITERATION(
      "a loop over a map frees what it is still to visit",
      List.of(Case.java("partner", Expectation.of(SILENT), Expectation.of(NO_HARM)))),
  /** A database is closed while a map holds its iterators. */
  PARENT_BEFORE_CHILD(
      "a parent is closed while a map still holds its child",
      List.of(Case.java("iterator", Expectation.of(SILENT), stale()))),
  /** A cache evicts an entry that a thread is reading. */
  EVICTION_UNDER_READER(
      "a cache frees a block that a thread is reading",
      List.of(Case.java("LRU", Expectation.of(SILENT), Expectation.of(NO_HARM)))),
  /** Garbage collection decides about native memory: too early for one, too late for another. */
  LATE_CLEANER(
      "a cleaner or finalizer frees too early, too late or never",
      List.of(
          Case.java("too early", Expectation.of(SILENT), stale()),
          Case.java(
              "too late", Expectation.of(LEAK), Expectation.refusal(LimitExceededException.class)),
          Case.go("Go, too early", "finalizer/early", Expectation.of(SILENT), uncovered()),
          Case.go("Go, too late", "finalizer/late", Expectation.of(LEAK), uncovered()),
          Case.go(
              "Go, C pointer", "finalizer/cpointer", Expectation.of(FATAL_ERROR), uncovered()))),
  /** The recipe that is said to crash Go: most of it does nothing. */
  GO_RECIPE(
      "Go's four steps: C.malloc, a map, C.free, range or dereference",
      List.of(
          Case.go("range and print", "recipe/print", Expectation.of(NO_HARM), mapped()),
          Case.go("read 48 B", "recipe/small", Expectation.of(SILENT), mapped()),
          Case.go("read 200 kB", "recipe/large", Expectation.of(SEGMENTATION_FAULT), mapped()),
          Case.go("read 40 MB", "recipe/huge", Expectation.of(SEGMENTATION_FAULT), mapped()),
          Case.go("SetPanicOnFault", "recipe/fault", Expectation.of(PANIC), mapped()))),
  /** A map of live objects is keyed by their C address. */
  GO_FREED_KEY(
      "a Go map is keyed by unsafe.Pointer and C.free frees the key",
      List.of(
          Case.go("lookup", "freedkey/lookup", Expectation.of(SILENT), mapped()),
          Case.go("address reuse", "freedkey/reuse", Expectation.of(SILENT), mapped()))),
  /** Pointers through a map's own buckets, which move when the map grows. */
  GO_MAP_BUCKETS(
      "unsafe pointers are followed through a Go map's own buckets",
      List.of(
          Case.go("pointer kept", "buckets/pointer", Expectation.of(SILENT), uncovered()),
          Case.go("number kept", "buckets/uintptr", Expectation.of(SILENT), uncovered()),
          Case.go("walk", "buckets/walk", Expectation.of(SILENT), uncovered()))),
  /** A pointer is hidden from the compiler, so the variable lives too short a life. */
  GO_ESCAPE(
      "a Go pointer escapes unseen and outlives its variable",
      List.of(
          Case.go("number kept", "escape/number", Expectation.of(SILENT), uncovered())
              .built(GoBuild.ESCAPES),
          Case.go("pointer kept", "escape/pointer", Expectation.of(NO_HARM), uncovered())
              .built(GoBuild.ESCAPES),
          Case.go("kept by C", "escape/kept", Expectation.of(SILENT), uncovered())
              .built(GoBuild.ESCAPES))),
  /** Goroutines use a map without a lock. */
  GO_CONCURRENT_MAP(
      "goroutines use a Go map at once without a lock",
      List.of(
          Case.go("two writers", "concurrent/writers", Expectation.of(FATAL_ERROR), uncovered()),
          Case.go("read and write", "concurrent/reader", Expectation.of(FATAL_ERROR), uncovered()),
          Case.go(
              "range and write", "concurrent/range", Expectation.of(FATAL_ERROR), uncovered()))),
  /** A map that was never made is used. */
  GO_NIL_MAP(
      "a Go map that was never made is read, emptied and written",
      List.of(
          Case.go("read", "nilmap/read", Expectation.of(REFUTED), uncovered()),
          Case.go("delete, range", "nilmap/delete", Expectation.of(REFUTED), uncovered()),
          Case.go("write", "nilmap/write", Expectation.of(PANIC), uncovered()))),
  /** A map grows and garbage is collected while it holds pointers of either kind. */
  GO_GROWTH_AND_GC(
      "a Go map of pointers grows and garbage is collected",
      List.of(
          Case.go("C pointers", "growth/cpointers", Expectation.of(NO_HARM), uncovered()),
          Case.go("Go as number", "growth/uintptr", Expectation.of(SILENT), uncovered()),
          Case.go(
              "number revived", "growth/badpointer", Expectation.of(FATAL_ERROR), uncovered()))),
  /** Statements about Go's maps and cgo that are often read and wrong. */
  GO_BELIEFS(
      "what is often said of Go's maps and of cgo, put to the test",
      List.of(
          Case.go("hash bits", "beliefs/hashbits", Expectation.of(REFUTED), uncovered()),
          Case.go("overflow limit", "beliefs/overflow", Expectation.of(REFUTED), uncovered()),
          Case.go("slot probing", "beliefs/probing", Expectation.of(REFUTED), uncovered()),
          Case.go("header struct", "beliefs/header", Expectation.of(REFUTED), uncovered()),
          Case.go("C.CBytes", "beliefs/cbytes", Expectation.of(LEAK), uncovered()),
          Case.go("checkptr", "beliefs/checkptr", Expectation.of(REFUTED), uncovered())
              .built(GoBuild.CHECKPTR_NAMED),
          Case.go("checkptr, all", "beliefs/checkptr", Expectation.of(FATAL_ERROR), uncovered())
              .built(GoBuild.CHECKPTR_ALL),
          Case.go("arena maps", "arena/arena", Expectation.of(REFUTED), uncovered())
              .built(GoBuild.ARENAS)));

  private final String summary;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of, and a Case has no setters
  private final List<Case> cases;

  Scenario(String summary, List<Case> cases) {
    this.summary = summary;
    this.cases = cases;
  }

  /** The name on the command line and in every output, such as {@code small-block}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** What happens, in half a sentence. */
  public String summary() {
    return summary;
  }

  /** Its victims, in the order in which they are best read; at least one. */
  public List<Case> cases() {
    return cases;
  }

  /** The scenario of a name, if there is one. */
  public static Optional<Scenario> named(String text) {
    return Arrays.stream(values()).filter(scenario -> scenario.text().equals(text)).findFirst();
  }

  /** The case of a name. */
  Case caseNamed(String text) {
    return cases.stream().filter(one -> one.text().equals(text)).findFirst().orElseThrow();
  }

  /** Why it happens and what to do: the scenario's page in Markdown. */
  public String explanation() {
    String page = text() + ".md";
    try (InputStream in = Scenario.class.getResourceAsStream(page)) {
      if (in == null) {
        throw new IllegalStateException(
            "the page of a scenario must be in the jar: page=" + page + "; build the module again");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("the page of a scenario must be readable: page=" + page, e);
    }
  }

  /**
   * The same for a terminal of so many columns, at least 30: no line is wider.
   *
   * @see #explanation()
   */
  public String explanation(int width) {
    return Wrap.page(explanation(), Math.max(LabTable.LEAST_WIDTH, width));
  }

  private static Expectation stale() {
    return Expectation.refusal(StaleHandleException.class);
  }

  private static Expectation releasedTwice() {
    return Expectation.refusal(DoubleReleaseException.class);
  }

  /** The allocator notices, or it does not: two owners of one block later. */
  private static Expectation damage() {
    return Expectation.of(ABORT, SILENT, SEGMENTATION_FAULT);
  }

  private static Expectation mapped() {
    return Expectation.finding("LBG001");
  }

  private static Expectation uncovered() {
    return Expectation.of(NOT_COVERED);
  }
}
