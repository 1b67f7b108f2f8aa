package dev.lifebound.crash.autopsy;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The living blocks beside an address that is in no block, and whether the access came from one of
 * them. That a block is near proves nothing: a wild address is near something, too. It is an
 * overflow
 *
 * <ul>
 *   <li>when a register points into the block (or to its end), and the address is within two pages
 *       of it: then it was reached by an offset;
 *   <li>when the address is the first that a walk over the block's end, or its start downward,
 *       cannot touch: all pages between are there, and it is the first byte of the one that is not,
 *       or downward within the last {@link #STEP_BYTES}. Further in it may as well be the start of
 *       somebody else's block, before which the allocator has its own words;
 *   <li>when both hold together, however far away: a register points into the block, and memory is
 *       mapped all the way.
 * </ul>
 *
 * <p>Anything else is a neighbour, and is only mentioned.
 */
final class Vicinity {
  private static final long PAGE_BYTES = 4096;
  private static final long NEAR_BYTES = 2 * PAGE_BYTES;
  private static final long FAR_BYTES = 64L << 20;

  /**
   * The widest access that programs make one at a time; wider ones keep their start in a register.
   */
  static final long STEP_BYTES = 8;

  private final HsErr log;
  private final long address;
  private final @Nullable BlockLife below;
  private final @Nullable BlockLife above;

  /**
   * @param address in no block, at which the process died
   */
  Vicinity(HsErr log, long address, BlockHistory history, CrashTime crash) {
    this.log = log;
    this.address = address;
    long from = Long.compareUnsigned(address, FAR_BYTES) < 0 ? 0 : address - FAR_BYTES;
    List<BlockLife> living =
        history.within(from, address + NEAR_BYTES + 1).stream()
            .filter(life -> crash.isAlive(life) && life.size() > 0)
            .toList();
    below =
        living.stream()
            .filter(life -> Long.compareUnsigned(life.end(), address) <= 0)
            .max(Comparator.comparing(BlockLife::end, Long::compareUnsigned))
            .orElse(null);
    above =
        living.stream()
            .filter(life -> Long.compareUnsigned(life.address(), address) > 0)
            .min(Comparator.comparing(BlockLife::address, Long::compareUnsigned))
            .orElse(null);
  }

  /** The overflow that is proved; of two neighbours the one that it ran out of upward first. */
  Optional<Decision> overflow() {
    return behind().or(this::before);
  }

  private Optional<Decision> behind() {
    if (below == null) {
      return Optional.empty();
    }
    long end = below.end();
    long distance = address - end;
    String register = pointerInto(below);
    boolean near = distance < NEAR_BYTES;
    String evidence =
        register != null && (near || isMapped(end, address))
            ? "the register " + register + " points into that block"
            : near && isFirstUpward(end)
                ? "a walk over its end reaches this byte first of those that are not there"
                : null;
    return decision(below, Words.bytes(distance) + " behind the end of " + below.name(), evidence);
  }

  private Optional<Decision> before() {
    if (above == null || above.address() - address > NEAR_BYTES) {
      return Optional.empty();
    }
    String register = pointerInto(above);
    String evidence =
        register != null
            ? "the register " + register + " points into that block"
            : isFirstDownward(above.address())
                ? "a walk down from its start reaches this byte first of those that are not there"
                : null;
    return decision(
        above, Words.bytes(above.address() - address) + " before " + above.name(), evidence);
  }

  private Optional<Decision> decision(BlockLife block, String where, @Nullable String evidence) {
    return evidence == null
        ? Optional.empty()
        : Optional.of(
            Decision.of(
                FailureKind.OVERFLOW,
                address,
                block,
                List.of(Words.hex(address) + " lies " + where + ", and in no block", evidence),
                List.of()));
  }

  /** The nearest block within two pages, to be mentioned and not to be blamed. */
  Optional<BlockLife> nearest() {
    long toBelow = below == null ? Long.MAX_VALUE : address - below.end();
    long toAbove = above == null ? Long.MAX_VALUE : above.address() - address;
    if (Math.min(toBelow, toAbove) > NEAR_BYTES) {
      return Optional.empty();
    }
    return Optional.ofNullable(toBelow <= toAbove ? below : above);
  }

  /** {@code block 0x1 ends 5,000 bytes before it}. */
  String distance(BlockLife block) {
    return Long.compareUnsigned(block.address(), address) > 0
        ? block.name() + " begins " + Words.bytes(block.address() - address) + " behind it"
        : block.name() + " ends " + Words.bytes(address - block.end()) + " before it";
  }

  private @Nullable String pointerInto(BlockLife block) {
    return log.registers().entrySet().stream()
        .filter(
            register -> block.contains(register.getValue()) || register.getValue() == block.end())
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(null);
  }

  /** The page in which a living block ends is there, whatever the log says of others. */
  private boolean isFirstUpward(long end) {
    long page = address & -PAGE_BYTES;
    long from = (end + PAGE_BYTES - 1) & -PAGE_BYTES;
    return address == page && (from == page || isMapped(from, page));
  }

  private boolean isFirstDownward(long start) {
    long next = (address & -PAGE_BYTES) + PAGE_BYTES;
    long to = start & -PAGE_BYTES;
    return next - address <= STEP_BYTES && (to == next || isMapped(next, to));
  }

  /** Whether a pointer that walks from one address to the other meets no hole before it. */
  private boolean isMapped(long from, long to) {
    if (!log.memory().whole() || Long.compareUnsigned(from, to) > 0) {
      return false;
    }
    long at = from;
    for (MemoryMap.Range range : log.memory().within(from, to)) {
      if (Long.compareUnsigned(range.start(), at) > 0 || !range.isReadable()) {
        return false;
      }
      at = range.end();
    }
    return Long.compareUnsigned(at, to) >= 0;
  }
}
