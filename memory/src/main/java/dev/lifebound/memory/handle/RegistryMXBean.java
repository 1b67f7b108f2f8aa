package dev.lifebound.memory.handle;

import java.util.Map;

/**
 * A registry as seen by JMX tools; see {@link RegistryBuilder#mxBean}. The attributes are those of
 * {@link Snapshot}. {@code Leases} and {@code Tags} look at every slot.
 */
public interface RegistryMXBean {
  /** The number of the registry, as messages write it. */
  int getNumber();

  long getBlocks();

  long getBytes();

  long getLeases();

  long getWaitingFrees();

  long getOpenSections();

  long getStaleUses();

  long getDoubleReleases();

  long getDeferredFrees();

  Map<String, Snapshot.Usage> getTags();
}
