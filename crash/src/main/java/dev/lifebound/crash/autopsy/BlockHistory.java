package dev.lifebound.crash.autopsy;

import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.LedgerEvent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The lives of blocks out of the events of a ledger.
 *
 * <p>A block is known by its number, which is never given twice. Events without one, of a writer
 * that knows addresses only, belong to the block that was last allocated at their address. A block
 * that both a registry and the guard know has two numbers; it is one life when both tell of the
 * same address at the same time.
 *
 * <p>Nothing is built for blocks that were not asked for: each question is one pass over the
 * events.
 */
final class BlockHistory {
  private final List<LedgerEvent> events;

  /**
   * @param events in the order of time
   */
  BlockHistory(List<LedgerEvent> events) {
    this.events = events;
  }

  /** A block's name: its number, or its address where it has none. */
  private record Name(long number, boolean guard, boolean address) {
    static @Nullable Name of(LedgerEvent event) {
      if (event.block() != 0) {
        return new Name(event.block(), event.guardBlock(), false);
      }
      return event.address() == 0 ? null : new Name(event.address(), false, true);
    }
  }

  /** The lives that have a byte in an interval, in the order of their first events. */
  List<BlockLife> within(long from, long to) {
    Set<Name> names = new HashSet<>();
    for (LedgerEvent event : events) {
      if (isPlaced(event)
          && Long.compareUnsigned(event.address(), to) < 0
          && Long.compareUnsigned(event.address() + event.size(), from) > 0) {
        Name name = Name.of(event);
        if (name != null) {
          names.add(name);
        }
      }
    }
    return lives(names).stream().filter(life -> life.touches(from, to)).toList();
  }

  /** The life of one number. */
  Optional<BlockLife> of(long block, boolean guardBlock) {
    List<BlockLife> lives = lives(Set.of(new Name(block, guardBlock, false)));
    return lives.isEmpty() ? Optional.empty() : Optional.of(lives.getFirst());
  }

  /** Whether the event tells where a block lies and how long it is. */
  private static boolean isPlaced(LedgerEvent event) {
    return event.address() != 0
        && (BlockLife.isAllocation(event.type()) || BlockLife.isFree(event.type()));
  }

  private List<BlockLife> lives(Set<Name> names) {
    Map<Name, List<LedgerEvent>> found = new LinkedHashMap<>();
    if (!names.isEmpty()) {
      for (LedgerEvent event : events) {
        Name name = Name.of(event);
        if (name != null && names.contains(name)) {
          found.computeIfAbsent(name, _ -> new ArrayList<>()).add(event);
        }
      }
    }
    List<BlockLife> lives = new ArrayList<>();
    found.forEach((name, ofName) -> {
      if (name.address) {
        split(ofName).forEach(part -> lives.add(BlockLife.of(part)));
      } else {
        lives.add(BlockLife.of(ofName));
      }
    });
    return merged(lives);
  }

  /** Events of one address: a new block begins with each allocation. */
  private static List<List<LedgerEvent>> split(List<LedgerEvent> ofAddress) {
    List<List<LedgerEvent>> parts = new ArrayList<>();
    for (LedgerEvent event : ofAddress) {
      if (parts.isEmpty() || BlockLife.isAllocation(event.type())) {
        parts.add(new ArrayList<>());
      }
      parts.getLast().add(event);
    }
    return parts;
  }

  /** One life of the two that a registry and the guard tell of the same block. */
  private static List<BlockLife> merged(List<BlockLife> lives) {
    List<BlockLife> result = new ArrayList<>();
    for (BlockLife life : lives) {
      int twin = twin(result, life);
      if (twin < 0) {
        result.add(life);
      } else {
        BlockLife other = result.get(twin);
        BlockLife named = life.guardBlock() ? other : life;
        List<LedgerEvent> both = new ArrayList<>(other.events());
        both.addAll(life.events());
        both.sort(Comparator.comparingLong(LedgerEvent::nanoTime));
        BlockLife whole = BlockLife.of(both);
        result.set(
            twin,
            new BlockLife(
                named.block(),
                named.guardBlock(),
                whole.address(),
                named.size(),
                named.tag(),
                whole.allocated(),
                whole.freed(),
                both));
      }
    }
    return result;
  }

  private static int twin(List<BlockLife> lives, BlockLife life) {
    for (int i = 0; i < lives.size(); i++) {
      BlockLife other = lives.get(i);
      if (other.guardBlock() != life.guardBlock()
          && other.address() == life.address()
          && overlap(other, life)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean overlap(BlockLife one, BlockLife other) {
    return isBefore(one.allocated(), other.freed()) && isBefore(other.allocated(), one.freed());
  }

  /** Whether a life that began so may have begun before one that ended so. */
  private static boolean isBefore(@Nullable LedgerEvent begin, @Nullable LedgerEvent end) {
    return begin == null || end == null || begin.nanoTime() - end.nanoTime() <= 0;
  }

  /** The incidents that tell of memory misused, oldest first. */
  List<LedgerEvent> incidents() {
    return events.stream()
        .filter(event ->
            event.type() == EventType.FAULT
                || event.type() == EventType.DOUBLE_FREE
                || event.type() == EventType.STALE_USE)
        .toList();
  }

  /**
   * The last free of a block that had been freed before. A free by C that Java notices later is
   * recorded twice, so that only a free by Java tells of a second one.
   */
  Optional<LedgerEvent> secondFree() {
    Set<Name> freed = new HashSet<>();
    LedgerEvent last = null;
    for (LedgerEvent event : events) {
      Name name = event.block() == 0 ? null : Name.of(event);
      if (name == null) {
        continue;
      }
      if (BlockLife.isAllocation(event.type())) {
        freed.remove(name);
      } else if (event.type() == EventType.FREE && !freed.add(name)) {
        last = event;
      }
    }
    return Optional.ofNullable(last);
  }

  /** Addresses of blocks that live as far as the newest events tell; at most {@code most}. */
  List<Long> living(int most) {
    Map<Name, Boolean> latest = new HashMap<>();
    List<Long> addresses = new ArrayList<>();
    for (int i = events.size() - 1; i >= 0 && addresses.size() < most; i--) {
      LedgerEvent event = events.get(i);
      boolean begins = BlockLife.isAllocation(event.type());
      Name name = begins || BlockLife.isFree(event.type()) ? Name.of(event) : null;
      if (name != null && latest.putIfAbsent(name, begins) == null && begins) {
        addresses.add(event.address());
      }
    }
    return addresses;
  }

  /** The newest event. */
  Optional<LedgerEvent> last() {
    return events.isEmpty() ? Optional.empty() : Optional.of(events.getLast());
  }

  /** The newest event of a thread with this name. */
  Optional<LedgerEvent> lastOf(String threadName) {
    for (int i = events.size() - 1; i >= 0; i--) {
      LedgerEvent event = events.get(i);
      if (!event.nativeThread() && threadName.equals(event.threadName())) {
        return Optional.of(event);
      }
    }
    return Optional.empty();
  }
}
