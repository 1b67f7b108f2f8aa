package dev.lifebound.memory.guard;

import dev.lifebound.memory.handle.Site;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * The life of one guarded block.
 *
 * @param number counts the pool's blocks from 1
 * @param address its first byte
 * @param byteSize its size as asked for
 * @param allocated where it was allocated
 * @param freed where it was freed, or null while it lives
 */
public record GuardedBlock(
    long number, long address, long byteSize, Site allocated, @Nullable Site freed)
    implements Serializable {
  /** Whether the address lies in the block. */
  boolean contains(long at) {
    return at >= address && at < address + byteSize;
  }

  GuardedBlock freedAt(Site site) {
    return new GuardedBlock(number, address, byteSize, allocated, site);
  }

  String text() {
    return "block=#" + number + ", size=" + byteSize + ", address=0x" + Long.toHexString(address);
  }

  String lifeText() {
    long now = System.nanoTime();
    Site end = freed;
    return allocated.text("allocated", now) + (end == null ? "" : end.text("freed", now));
  }
}
