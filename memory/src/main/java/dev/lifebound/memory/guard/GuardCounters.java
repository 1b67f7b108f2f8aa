package dev.lifebound.memory.guard;

/**
 * What the guard counted since arming.
 *
 * @param allocated guarded blocks
 * @param live of those, not freed yet
 * @param faults accesses to dead pages
 * @param delivered of those, given to the JVM as an error
 * @param recovered of those, run on the old bytes
 * @param doubleFrees frees that were refused
 * @param unwatchedFrees guarded blocks that were given to the C library's own {@code free}
 * @param refused allocations that could not be guarded: at a limit, or no slot of that length
 * @param eventsDropped records that did not fit into the ring; none of them a block's first
 * @param usedBytes memory of pages, side copies and records
 * @param mappings memory mappings used by single pages
 */
public record GuardCounters(
    long allocated,
    long live,
    long faults,
    long delivered,
    long recovered,
    long doubleFrees,
    long unwatchedFrees,
    long refused,
    long eventsDropped,
    long usedBytes,
    long mappings) {
  static final GuardCounters NONE = new GuardCounters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  static GuardCounters of(NativePool pool) {
    Control c = pool.control();
    return new GuardCounters(
        c.get("allocated"),
        c.get("live"),
        c.get("faults"),
        c.get("delivered"),
        c.get("recovered"),
        c.get("double_frees"),
        c.get("unwatched_frees"),
        c.get("refused_bytes") + c.get("refused_mappings") + c.get("refused_slots"),
        c.get("events_dropped"),
        pool.usedBytes(),
        c.get("mappings"));
  }
}
