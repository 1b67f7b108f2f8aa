package dev.lifebound.crash.autopsy;

import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.LedgerEvent;
import dev.lifebound.memory.ledger.LedgerFile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
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
  private static final int MOST_LOOKED_BACK = 100_000;

  private final @Nullable LedgerFile ledger;

  /**
   * @param ledger null for a history without events
   */
  BlockHistory(@Nullable LedgerFile ledger) {
    this.ledger = ledger;
  }

  private List<LedgerEvent> events(LedgerFile.Choice choice) {
    return ledger == null ? List.of() : ledger.events(choice);
  }

  private Iterable<LedgerEvent> newestFirst() {
    return ledger == null ? List.of() : ledger.newestFirst();
  }

  /** A block's name: its number, or its address where it has none. */
  private record Name(long number, boolean guard, boolean address) {
    static @Nullable Name of(LedgerEvent event) {
      return of(event.block(), event.guardBlock(), event.address());
    }

    static @Nullable Name of(long block, boolean guardBlock, long address) {
      if (block != 0) {
        return new Name(block, guardBlock, false);
      }
      return address == 0 ? null : new Name(address, false, true);
    }
  }

  /** The lives that have a byte in an interval, in the order of their first events. */
  List<BlockLife> within(long from, long to) {
    Set<Name> names = new HashSet<>();
    for (LedgerEvent event :
        events((type, _, _, address, size) ->
            isPlaced(type, address)
                && Long.compareUnsigned(address, to) < 0
                && Long.compareUnsigned(address + size, from) > 0)) {
      Name name = Name.of(event);
      if (name != null) {
        names.add(name);
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
  private static boolean isPlaced(EventType type, long address) {
    return address != 0 && (BlockLife.isAllocation(type) || BlockLife.isFree(type));
  }

  private List<BlockLife> lives(Set<Name> names) {
    return merged(unmerged(names));
  }

  private List<BlockLife> unmerged(Set<Name> names) {
    Map<Name, List<LedgerEvent>> found = new LinkedHashMap<>();
    if (!names.isEmpty()) {
      // Numbers first: they are looked up for each event of the ledger.
      Set<Long> numbers = new HashSet<>();
      names.forEach(name -> numbers.add(name.number));
      for (LedgerEvent event :
          events((_, block, guard, address, _) ->
              numbers.contains(block != 0 ? block : address)
                  && names.contains(Name.of(block, guard, address)))) {
        Name name = Name.of(event);
        if (name != null) {
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
    return lives;
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
    Map<Long, List<Integer>> atAddress = new HashMap<>();
    for (BlockLife life : lives) {
      List<Integer> there = atAddress.computeIfAbsent(life.address(), _ -> new ArrayList<>());
      int twin = twin(result, there, life);
      if (twin < 0) {
        there.add(result.size());
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

  private static int twin(List<BlockLife> lives, List<Integer> there, BlockLife life) {
    for (int i : there) {
      BlockLife other = lives.get(i);
      if (other.guardBlock() != life.guardBlock() && overlap(other, life)) {
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

  /** The incidents that tell of memory misused, oldest first, each once. */
  List<LedgerEvent> incidents() {
    return once(
        events((type, _, _, _, _) ->
            type == EventType.FAULT
                || type == EventType.REPORT
                || type == EventType.DOUBLE_FREE
                || type == EventType.STALE_USE));
  }

  /**
   * The events without what another of them tells as well: the signal handler records a fault, and
   * the guard's thread reports it later with its sites. Of a process that died in between there is
   * the fault alone, and of other misuses the report alone.
   */
  static List<LedgerEvent> once(List<LedgerEvent> events) {
    Set<List<Object>> reported = new HashSet<>();
    for (LedgerEvent event : events) {
      if (event.type() == EventType.REPORT) {
        reported.add(misuse(event));
      }
    }
    return events.stream()
        .filter(event -> event.type() != EventType.FAULT || !reported.contains(misuse(event)))
        .toList();
  }

  private static List<Object> misuse(LedgerEvent event) {
    return List.of(event.block(), event.address(), String.valueOf(event.fault()));
  }

  /** The life of the block that an incident concerns. */
  Optional<BlockLife> of(LedgerEvent incident) {
    return Optional.ofNullable(of(List.of(incident)).get(incident));
  }

  /**
   * The lives of the blocks that incidents concern, those of which the ledger has any. What the
   * guard calls by its number is the registry's block, where a registry has it too: a report tells
   * where the block begins, and of a fault without one the address that was touched lies in it.
   * Five passes, however many incidents.
   */
  Map<LedgerEvent, BlockLife> of(List<LedgerEvent> incidents) {
    Set<Name> names = new HashSet<>();
    TreeSet<Long> touched = new TreeSet<>(Long::compareUnsigned);
    for (LedgerEvent incident : incidents) {
      if (incident.block() != 0) {
        names.add(new Name(incident.block(), incident.guardBlock(), false));
      }
      if ((incident.block() == 0 || incident.guardBlock()) && incident.address() != 0) {
        touched.add(incident.address());
      }
    }
    unmerged(names).stream()
        .filter(life -> life.guardBlock() && life.address() != 0)
        .forEach(life -> touched.add(life.address()));
    if (!touched.isEmpty()) {
      for (LedgerEvent event :
          events((type, _, _, address, size) ->
              isPlaced(type, address) && has(touched, address, size))) {
        Name name = Name.of(event);
        if (name != null) {
          names.add(name);
        }
      }
    }
    List<BlockLife> lives = lives(names);
    Map<Name, BlockLife> byName = new HashMap<>();
    Map<Long, List<BlockLife>> byAddress = new HashMap<>();
    for (BlockLife life : lives) {
      life.events().forEach(event -> byName.put(Name.of(event), life));
      if (life.address() != 0 && Long.compareUnsigned(life.address(), life.end()) < 0) {
        for (long at : touched.subSet(life.address(), true, life.end(), false)) {
          byAddress.computeIfAbsent(at, _ -> new ArrayList<>()).add(life);
        }
      }
    }
    Map<LedgerEvent, BlockLife> found = new HashMap<>();
    for (LedgerEvent incident : incidents) {
      BlockLife own = incident.block() == 0 ? null : byName.get(Name.of(incident));
      boolean known = own != null && (!own.guardBlock() || own.address() != 0);
      BlockLife life =
          known ? own : at(incident, byAddress.getOrDefault(incident.address(), List.of()), own);
      if (life != null) {
        found.put(incident, life);
      }
    }
    return found;
  }

  /** Whether one of the addresses lies in a block. */
  private static boolean has(NavigableSet<Long> addresses, long address, long size) {
    Long next = addresses.ceiling(address);
    return next != null && Long.compareUnsigned(next - address, Math.max(size, 1)) < 0;
  }

  /** The block that had the address when something happened there. */
  private static @Nullable BlockLife at(
      LedgerEvent incident, List<BlockLife> lives, @Nullable BlockLife otherwise) {
    return lives.stream()
        .filter(life -> isBefore(life.allocated(), incident))
        .max(
            Comparator.comparingLong(
                life -> life.allocated() == null ? Long.MIN_VALUE : life.allocated().nanoTime()))
        .orElse(otherwise);
  }

  /**
   * The last free of a block that had been freed before. A free by C that Java notices later is
   * recorded twice, so that only a free by Java tells of a second one.
   */
  Optional<LedgerEvent> secondFree() {
    Set<Name> freed = new HashSet<>();
    LedgerEvent last = null;
    for (LedgerEvent event :
        events((type, block, _, _, _) ->
            block != 0 && (BlockLife.isAllocation(type) || type == EventType.FREE))) {
      Name name = Name.of(event);
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
    int looked = 0;
    for (LedgerEvent event : newestFirst()) {
      if (addresses.size() >= most || looked++ >= MOST_LOOKED_BACK) {
        break;
      }
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
    for (LedgerEvent event : newestFirst()) {
      return Optional.of(event);
    }
    return Optional.empty();
  }

  /** The newest event of a thread with this name, if it is not long ago. */
  Optional<LedgerEvent> lastOf(String threadName) {
    int looked = 0;
    for (LedgerEvent event : newestFirst()) {
      if (!event.nativeThread() && threadName.equals(event.threadName())) {
        return Optional.of(event);
      }
      if (looked++ >= MOST_LOOKED_BACK) {
        break;
      }
    }
    return Optional.empty();
  }
}
