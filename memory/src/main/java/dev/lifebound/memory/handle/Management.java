package dev.lifebound.memory.handle;

import java.lang.management.ManagementFactory;
import java.util.Map;
import javax.management.InstanceAlreadyExistsException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** Registries among the platform's MBeans. Loaded only by a program that asks for one. */
final class Management {
  private static final System.Logger LOG = System.getLogger("dev.lifebound.memory");

  private Management() {}

  /** Holds the table and not the registry, which the bean must not keep reachable. */
  private record Bean(BlockTable table) implements RegistryMXBean {
    private Snapshot snapshot() {
      return Snapshot.of(table);
    }

    @Override
    public int getNumber() {
      return table.number;
    }

    @Override
    public long getBlocks() {
      return table.undead();
    }

    @Override
    public long getBytes() {
      return table.tags.all().stream().mapToLong(table.tags::bytes).sum();
    }

    @Override
    public long getLeases() {
      return snapshot().leases();
    }

    @Override
    public long getWaitingFrees() {
      return table.sections.waiting();
    }

    @Override
    public long getOpenSections() {
      return table.sections.open();
    }

    @Override
    public long getStaleUses() {
      return table.counters.staleUses.sum();
    }

    @Override
    public long getDoubleReleases() {
      return table.counters.doubleReleases.sum();
    }

    @Override
    public long getDeferredFrees() {
      return table.counters.deferredFrees.sum();
    }

    @Override
    public Map<String, Snapshot.Usage> getTags() {
      return snapshot().tags();
    }
  }

  /** Registers the bean; the result unregisters it. */
  static Runnable register(String name, BlockTable table) {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    ObjectName objectName;
    try {
      objectName = new ObjectName("dev.lifebound:type=Registry,name=" + ObjectName.quote(name));
      server.registerMBean(new Bean(table), objectName);
    } catch (InstanceAlreadyExistsException e) {
      throw new IllegalArgumentException(
          "the name of an MXBean must be free: name="
              + name
              + "; close the registry that has it, or choose another name",
          e);
    } catch (JMException e) {
      throw new IllegalArgumentException(
          "a registry must be acceptable to the MBean server: name=" + name, e);
    }
    return () -> unregister(server, objectName);
  }

  private static void unregister(MBeanServer server, ObjectName name) {
    try {
      server.unregisterMBean(name);
    } catch (InstanceNotFoundException e) {
      LOG.log(System.Logger.Level.DEBUG, "the MXBean was unregistered by somebody else: " + name);
    } catch (JMException e) {
      LOG.log(System.Logger.Level.WARNING, "an MXBean could not be unregistered: name=" + name, e);
    }
  }
}
