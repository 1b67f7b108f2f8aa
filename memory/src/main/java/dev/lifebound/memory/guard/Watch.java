package dev.lifebound.memory.guard;

import dev.lifebound.memory.os.Copies;
import dev.lifebound.memory.os.DynamicLinker;
import dev.lifebound.memory.os.LoadedObject;
import dev.lifebound.memory.os.SystemCallException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Sees what native libraries free behind Java's back.
 *
 * <pre>{@code
 * try (Watch watch = Watch.library("librocksdbjni*.so")) {
 *   long session = registry.adopt(block, deallocator, "session"); // C frees it later, by itself
 *   registry.lease(session); // then StaleHandleException, not a crash
 * }
 * }</pre>
 *
 * <p>The slots through which the libraries call {@code free}, {@code realloc} and C++ {@code
 * operator delete} are pointed at stubs of machine code. A free of a block that a registry has
 * adopted makes its handle stale, takes it out of every bound map, and gives the memory back when
 * the last lease is closed; a second free is refused and reported. Every other free goes on as
 * before.
 *
 * <p>Calls through pointers that the library has fetched itself, and calls within the C library,
 * are not seen. Any thread may call any method.
 */
public final class Watch implements AutoCloseable {

  private final WatchView view;
  private final LibraryPatterns patterns;
  private final Consumer<WatchReport> reports;
  private final @Nullable FreeListener freeListener;
  private final @Nullable NativePool pool;
  private final long oneIn;
  private boolean closed;

  private Watch(Builder builder, @Nullable WatchView elsewhere) {
    this.patterns = new LibraryPatterns(builder.names);
    this.reports = builder.reports;
    this.freeListener = builder.freeListener;
    this.pool = builder.pool;
    this.oneIn = builder.oneIn;
    this.view = elsewhere == null ? new Local(WatchCore.get()) : elsewhere;
  }

  /** This copy's watch. */
  private final class Local implements WatchView {
    private final WatchCore core;

    Local(WatchCore core) {
      this.core = core;
    }

    @Override
    public List<String> libraries() {
      return core.libraries().stream()
          .map(path -> LibraryPatterns.fileName(LibraryPatterns.name(path)))
          .sorted()
          .toList();
    }

    @Override
    public int slots() {
      return core.slots();
    }

    @Override
    public long count(String counter) {
      return core.count(counter);
    }

    @Override
    public long lostFrees() {
      return core.lostFrees();
    }

    @Override
    public void drain() {
      core.drain();
    }

    @Override
    public String text() {
      return localText(core);
    }

    @Override
    public void close() {
      core.remove(Watch.this);
      Holder.giveBack();
    }

    /** Begins; undone if the library turns out to have no slot. */
    void begin(boolean loadedLater) {
      if (!loadedLater) {
        patterns.requireMatches(DynamicLinker.objects());
      }
      core.add(Watch.this);
      if (!loadedLater) {
        checkPatched(core);
      }
    }
  }

  /** What to watch, and who hears of it. Not for concurrent use. */
  public static final class Builder {
    private final List<String> names = new ArrayList<>();
    private boolean loadedLater;
    private Consumer<WatchReport> reports = Watch::log;
    private @Nullable FreeListener freeListener;
    private @Nullable NativePool pool;
    private boolean sampled;
    private long oneIn;

    private Builder() {}

    /**
     * Libraries whose file name matches, or whose whole path does if the pattern has a {@code /};
     * {@code *} and {@code ?} stand for any characters and for one. The program itself counts as a
     * library.
     */
    public Builder library(String pattern) {
      if (pattern.isBlank()) {
        throw new IllegalArgumentException(
            "a watch pattern must name a library: pattern='"
                + pattern
                + "'; for instance librocksdbjni*.so");
      }
      names.add(pattern);
      return this;
    }

    /** It is no error that no loaded library matches: one may be loaded later. */
    public Builder loadedLater() {
      this.loadedLater = true;
      return this;
    }

    /**
     * Who hears of frees of adopted blocks, by whichever watched library; the default logs those
     * that are defects. Called by the watch's own thread.
     */
    public Builder onReport(Consumer<WatchReport> listener) {
      this.reports = Objects.requireNonNull(listener, "listener must not be null");
      return this;
    }

    /** Who hears of every free of the watched libraries. */
    public Builder everyFree(FreeListener listener) {
      this.freeListener = Objects.requireNonNull(listener, "listener must not be null");
      return this;
    }

    /**
     * Guards one in so many allocations of the watched libraries. Frees are then watched in every
     * library of the process, since a guarded block must not reach the C library.
     *
     * @param guard gives the pages; without pages, in {@link Mode#OBSERVE}, nothing is guarded
     */
    public Builder sample(Armed guard, long one) {
      if (one < 1) {
        throw new IllegalArgumentException(
            "a sample rate must be at least 1: oneIn=" + one + "; 1024 guards one block in 1024");
      }
      this.pool = guard.pool();
      this.sampled = guard.mode() != Mode.OBSERVE;
      this.oneIn = one;
      return this;
    }

    /**
     * Begins to watch.
     *
     * @throws IllegalArgumentException when no loaded library matches a pattern
     * @throws GuardUnavailableException where slots cannot be patched, or a library has none
     */
    public Watch start() {
      if (names.isEmpty()) {
        throw new IllegalArgumentException("a watch must name a library; call library(pattern)");
      }
      Requirements.linux("the watch");
      Copies.Copy other = Holder.take();
      if (other != null) {
        return new Watch(this, WatchElsewhere.start(other, plain()));
      }
      boolean begun = false;
      try {
        Requirements.nativeAccess("the watch");
        Watch watch = new Watch(this, null);
        ((Local) watch.view).begin(loadedLater);
        begun = true;
        return watch;
      } catch (SystemCallException | UnsupportedOperationException e) {
        throw new GuardUnavailableException(
            "the watch must have executable memory and slots to patch: " + e.getMessage());
      } finally {
        if (!begun) {
          Holder.giveBack();
        }
      }
    }

    /** The settings as types of the JDK alone, for the copy of the library that watches. */
    private Map<String, Object> plain() {
      Map<String, Object> plain = new HashMap<>();
      plain.put("names", names.toArray(String[]::new));
      if (loadedLater) {
        plain.put("later", true);
      }
      Consumer<WatchReport> mine = reports;
      Consumer<Object[]> plainReports = report -> mine.accept(Plain.watchReport(report));
      plain.put("reports", plainReports);
      FreeListener listener = freeListener;
      if (listener != null) {
        BiConsumer<String, long[]> frees =
            (_, words) -> listener.freed(words[0], words[1], words[2]);
        plain.put("frees", frees);
      }
      if (sampled) {
        plain.put("oneIn", oneIn);
      }
      return plain;
    }
  }

  /**
   * Watches the loaded libraries of this name, and those that are loaded later.
   *
   * @param pattern as {@link Builder#library}
   * @throws IllegalArgumentException when no loaded library matches
   * @throws GuardUnavailableException where slots cannot be patched, or a library has none
   */
  public static Watch library(String pattern) {
    return builder().library(pattern).start();
  }

  /** A watch with settings of your own. */
  public static Builder builder() {
    return new Builder();
  }

  private void checkPatched(WatchCore core) {
    List<LoadedObject> named = DynamicLinker.objects().stream().filter(this::names).toList();
    List<String> patched = core.libraries();
    if (named.stream().noneMatch(object -> patched.contains(object.path()))) {
      closed = true;
      core.remove(this);
      throw new GuardUnavailableException(
          "a watched library must call the allocator through slots: library="
              + named.stream()
                  .map(object -> LibraryPatterns.name(object.path()))
                  .collect(Collectors.joining(" "))
              + ", slots=0; a static library cannot be watched from outside");
    }
  }

  /** Whether this watch names the library. */
  boolean names(LoadedObject object) {
    return patterns.match(object);
  }

  void report(WatchReport report) {
    try {
      reports.accept(report);
    } catch (RuntimeException e) {
      System.getLogger("dev.lifebound.memory")
          .log(System.Logger.Level.WARNING, "who hears of reports must not throw", e);
    }
  }

  private static void log(WatchReport report) {
    if (report.kind().isDefect()) {
      System.getLogger("dev.lifebound.memory").log(System.Logger.Level.WARNING, report.text());
    }
  }

  @Nullable FreeListener freeListener() {
    return freeListener;
  }

  @Nullable NativePool pool() {
    return pool;
  }

  long oneIn() {
    return oneIn;
  }

  /** File names of the libraries whose slots are patched at this moment. */
  public List<String> libraries() {
    return view.libraries();
  }

  /** How many slots are patched, of all watches together. */
  public int slots() {
    return view.slots();
  }

  long count(String counter) {
    return view.count(counter);
  }

  /** Frees of adopted blocks that were seen, by all watches together. */
  public long adoptedFrees() {
    return view.count("hits");
  }

  /** Frees that were refused, by all watches together. */
  public long refusedFrees() {
    return view.count("refused");
  }

  /** Frees seen since somebody wants to hear of every free. */
  public long everyFree() {
    return view.count("frees_head");
  }

  /** Frees that were seen and counted, but not told: the ring was written over before. */
  public long lostFrees() {
    return view.lostFrees();
  }

  /**
   * Allocations whose turn it was, but for which a thread had no time left to spend on guarding.
   */
  public long skipped() {
    return view.count("skipped");
  }

  /** Allocations that were guarded. */
  public long sampled() {
    return view.count("sampled");
  }

  /** Tells at once what stubs have noted so far; otherwise the watch's own thread does, soon. */
  public void drain() {
    view.drain();
  }

  /** One line: what is watched, and what could not be. */
  public String text() {
    return view.text();
  }

  private String localText(WatchCore core) {
    StringBuilder text =
        new StringBuilder("watch: patterns=")
            .append(patterns)
            .append(", libraries=")
            .append(libraries().size())
            .append(", slots=")
            .append(slots());
    if (pool != null) {
      text.append(", sample=1/").append(oneIn);
    }
    core.refused()
        .forEach((path, reason) -> text.append(", not ").append(path).append(": ").append(reason));
    if (DynamicLinker.objects().stream().noneMatch(this::names)) {
      text.append(", no loaded library matches yet");
    }
    return text.toString();
  }

  /**
   * Puts the old values back into the slots. While guarded blocks are alive the slots of freeing
   * functions stay patched: such a block must not reach the C library.
   */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      view.close();
    }
  }

  @Override
  public String toString() {
    return "Watch[" + text() + "]";
  }
}
