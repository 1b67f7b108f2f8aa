package dev.lifebound.memory.handle;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Which addresses belong to live blocks. This form knows the first address of each adopted block,
 * to refuse its second adoption; {@link CheckedAddresses} knows every byte of every block.
 */
class Addresses {
  final BlockTable table;
  private final ConcurrentMap<Long, Long> adopted = new ConcurrentHashMap<>();

  Addresses(BlockTable table) {
    this.table = table;
  }

  /**
   * A block is about to become live.
   *
   * @throws AlreadyLiveException when the address belongs to a live block
   */
  void enter(long handle, long address, long byteSize, HeldBlock.Origin origin) {
    if (origin == HeldBlock.Origin.ADOPTED) {
      Long live = adopted.putIfAbsent(address, handle);
      if (live != null) {
        throw table.refusals.alreadyLive(address, live);
      }
    }
  }

  /** Called before the memory may be handed out again by whoever allocated it. */
  void leave(long handle, long address, HeldBlock.Origin origin) {
    if (origin == HeldBlock.Origin.ADOPTED) {
      adopted.remove(address, handle);
    }
  }

  /** As {@link #enter} for a block whose memory is the registry's own. */
  void enterOwn(long handle, long byteSize) {}

  /** As {@link #leave} for a block whose memory is the registry's own. */
  void leaveOwn(long handle) {}
}
