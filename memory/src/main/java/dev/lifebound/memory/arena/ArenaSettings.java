package dev.lifebound.memory.arena;

/**
 * What an arena was built with.
 *
 * @param firstSlabBytes least size of a slab that is not made for one block
 * @param maxSlabBytes greatest size of such a slab
 * @param limitBytes greatest sum of all slabs
 * @param zeroRecycled whether every block is zeroed
 * @param checked whether dead blocks and block bounds are refused exactly
 */
record ArenaSettings(
    String tag,
    long firstSlabBytes,
    long maxSlabBytes,
    long limitBytes,
    boolean zeroRecycled,
    boolean checked) {}
