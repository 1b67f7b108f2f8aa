package dev.lifebound.memory.handle;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What hangs on a block beside its slot: names, children, listeners. Blocks without any cost
 * nothing.
 *
 * <p>A block that has or had an attachment carries the ATTACHED bit in its state word, so that its
 * end comes through {@link #detach}. Attaching and dying may race: who attaches looks at the state
 * again afterwards, and detaches itself when it came too late.
 */
final class Attachments {
  private final BlockTable table;
  private final ConcurrentMap<Long, Attached> byHandle = new ConcurrentHashMap<>();
  private final ConcurrentMap<Object, Long> names = new ConcurrentHashMap<>();

  /** Parent of each child whose memory is not freed yet. */
  private final ConcurrentMap<Long, Family> families = new ConcurrentHashMap<>();

  /**
   * Whether anything was ever attached: set before, so that the end of a block which does not see
   * it comes before the look of whoever attaches.
   */
  private volatile boolean used;

  private static final class Attached {
    final List<Object> names = new ArrayList<>();
    final List<StaleListener> listeners = new ArrayList<>();
    @Nullable Family family;
    boolean detached;
  }

  /**
   * The children of one parent. While it has any, the parent is pinned once, so that its memory is
   * freed after that of the last child.
   */
  private final class Family {
    final long parent;
    private final Set<Long> children = new LinkedHashSet<>();

    Family(long parent) {
      this.parent = parent;
    }

    /** The caller holds a pin on the parent, which is not detached yet. */
    synchronized void add(long child) {
      if (children.isEmpty()) {
        table.pinAgain(parent);
      }
      children.add(child);
    }

    /** Whether this was the last child, whose going unpins the parent. */
    synchronized boolean remove(long child) {
      return children.remove(child) && children.isEmpty();
    }

    synchronized List<Long> members() {
      return List.copyOf(children);
    }
  }

  Attachments(BlockTable table) {
    this.table = table;
  }

  /** Names a live block; the name goes when the block becomes stale. */
  void name(long handle, Object name) {
    Long holder = names.putIfAbsent(name, handle);
    if (holder != null) {
      throw new NameTakenException(
          "a name must belong to one live block: name="
              + name
              + ", block="
              + Handles.block(holder)
              + ", "
              + table.refusals.describe(holder)
              + "; release that block first, or choose another name");
    }
    try {
      attach(handle, "name", attached -> attached.names.add(name));
    } catch (RuntimeException e) {
      names.remove(name, handle);
      throw e;
    }
  }

  @Nullable Long find(Object name) {
    return names.get(name);
  }

  void listen(long handle, StaleListener listener) {
    attach(handle, "bind", attached -> attached.listeners.add(listener));
  }

  /** Whether the listener was there, and so will not be told. */
  boolean unlisten(long handle, StaleListener listener) {
    Attached attached = byHandle.get(handle);
    if (attached == null) {
      return false;
    }
    synchronized (attached) {
      return !attached.detached && attached.listeners.remove(listener);
    }
  }

  /** Makes one live block the child of another, before the child's handle is given to anybody. */
  void adoptChild(long parent, long child) {
    // A closing registry may end the child at any time; pinned, it is freed after it is attached.
    table.pin(child, "adoptChild");
    try {
      table.markAttached(child);
      attach(
          parent,
          "adoptChild",
          attached -> {
            Family known = attached.family;
            Family family = known != null ? known : new Family(parent);
            attached.family = family;
            families.put(child, family);
            family.add(child);
          });
    } finally {
      table.unpin(child);
    }
  }

  /** Whether the block is pinned by children now. */
  boolean hasChildren(long handle) {
    Attached attached = byHandle.get(handle);
    if (attached == null) {
      return false;
    }
    synchronized (attached) {
      Family family = attached.family;
      return family != null && !family.members().isEmpty();
    }
  }

  private void attach(long handle, String what, Consumer<Attached> change) {
    if (!used) {
      used = true;
    }
    table.pin(handle, what);
    try {
      table.markAttached(handle);
      Attached attached = byHandle.computeIfAbsent(handle, _ -> new Attached());
      boolean late;
      synchronized (attached) {
        late = attached.detached;
        if (!late) {
          change.accept(attached);
        }
      }
      long word = SlotTable.stateAcquire(Handles.slot(handle));
      if (late || SlotTable.state(word) != SlotTable.LIVE) {
        detach(handle);
        throw table.refusals.stale(handle, word, what);
      }
    } finally {
      table.unpin(handle);
    }
  }

  /**
   * Unregisters a block that has just become stale: names, then listeners, then children (which
   * become stale in turn). What they throw is collected; everything is told.
   */
  @Nullable RuntimeException detach(long handle) {
    Attached attached = used ? byHandle.remove(handle) : null;
    return attached == null ? null : detach(handle, attached);
  }

  private @Nullable RuntimeException detach(long handle, Attached attached) {
    List<Runnable> steps = new ArrayList<>();
    List<Runnable> kills = new ArrayList<>();
    synchronized (attached) {
      attached.detached = true;
      attached.names.forEach(name -> steps.add(() -> names.remove(name, handle)));
      Family family = attached.family;
      if (family != null) {
        family.members().forEach(child -> kills.add(() -> table.kill(child)));
      }
      attached.listeners.forEach(listener -> steps.add(() -> listener.stale(handle)));
    }
    RuntimeException failure = null;
    for (Runnable step : steps) {
      try {
        step.run();
      } catch (RuntimeException e) {
        failure = joined(failure, e);
      }
    }
    return kills.isEmpty() ? failure : joined(failure, Cascade.run(kills));
  }

  /** Called when the memory of a block with the ATTACHED bit has been freed. */
  @Nullable RuntimeException freed(long handle) {
    Family family = used ? families.remove(handle) : null;
    return family != null && family.remove(handle)
        ? Cascade.run(List.of(() -> table.unpin(family.parent)))
        : null;
  }

  /** Both failures as one; null when there is none. */
  static @Nullable RuntimeException joined(
      @Nullable RuntimeException first, @Nullable RuntimeException next) {
    if (first == null || next == null) {
      return first == null ? next : first;
    }
    first.addSuppressed(next);
    return first;
  }
}
