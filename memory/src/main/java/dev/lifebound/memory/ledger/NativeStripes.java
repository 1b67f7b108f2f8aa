package dev.lifebound.memory.ledger;

/**
 * Stripes that machine code of this process writes, with an atomic add on the head for each event.
 * The memory stays mapped until the process ends.
 *
 * @param head address of the first stripe's head, a 64-bit counter
 * @param records address of the first stripe's record 0
 * @param mask records of a stripe less one
 * @param strideBytes from one stripe's head to the next one's, and from records to records
 * @param count stripes, a power of two
 * @param file address of the mapped file
 * @param fileBytes of it
 */
public record NativeStripes(
    long head, long records, long mask, long strideBytes, int count, long file, long fileBytes) {}
