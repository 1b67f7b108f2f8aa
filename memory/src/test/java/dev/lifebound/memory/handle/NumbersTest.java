package dev.lifebound.memory.handle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import javax.management.JMX;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;
import org.junit.jupiter.api.Test;

/** Snapshots and the MXBean. */
class NumbersTest {
  private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();

  @Test
  void aSnapshotCountsByTagAndState() {
    try (Registry registry = Registry.create(Tracking.OFF)) {
      long first = registry.allocate(10, "row");
      long second = registry.allocate(20, "row");
      long page = registry.adopt(Arena.ofAuto().allocate(64), _ -> {}, "page");
      registry.retain(page);
      registry.markFreedByC(page);
      registry.release(page);
      Lease lease = registry.lease(first);
      Lease again = registry.lease(first);
      registry.release(first);
      registry.lease(second).close();
      Snapshot snapshot = registry.snapshot();
      assertThat(snapshot.blocks()).isEqualTo(3);
      assertThat(snapshot.bytes()).isEqualTo(94);
      assertThat(snapshot.leases()).isEqualTo(2);
      assertThat(snapshot.deferredFrees()).isEqualTo(1);
      assertThat(snapshot.tags())
          .containsOnlyKeys("page", "row")
          .containsEntry("row", new Snapshot.Usage(2, 30, 1, 1, 0, 2))
          .containsEntry("page", new Snapshot.Usage(1, 64, 0, 0, 1, 0));
      lease.close();
      again.close();
      registry.release(page);
      registry.release(second);
      assertThat(registry.snapshot().tags()).isEmpty();
      assertThat(registry.snapshot().leases()).isZero();
    }
  }

  @Test
  void theBeanShowsTheSnapshotUntilTheRegistryIsClosed() throws Exception {
    ObjectName name = new ObjectName("dev.lifebound:type=Registry,name=\"numbers=1\"");
    Registry registry = Registry.builder().tracking(Tracking.OFF).mxBean("numbers=1").build();
    long handle = registry.allocate(24, "row");
    Lease lease = registry.lease(handle);
    registry.release(handle);
    assertThatThrownBy(() -> registry.release(handle)).isInstanceOf(DoubleReleaseException.class);
    assertThatThrownBy(() -> registry.lease(handle)).isInstanceOf(StaleHandleException.class);
    RegistryMXBean bean = JMX.newMXBeanProxy(server, name, RegistryMXBean.class);
    assertThat(bean.getNumber()).isEqualTo(registry.table().number);
    assertThat(bean.getBlocks()).isEqualTo(1);
    assertThat(bean.getBytes()).isEqualTo(24);
    assertThat(bean.getLeases()).isEqualTo(1);
    assertThat(bean.getWaitingFrees()).isZero();
    assertThat(bean.getOpenSections()).isZero();
    assertThat(bean.getStaleUses()).isEqualTo(1);
    assertThat(bean.getDoubleReleases()).isEqualTo(1);
    assertThat(bean.getDeferredFrees()).isEqualTo(1);
    assertThat(bean.getTags()).containsEntry("row", new Snapshot.Usage(1, 24, 0, 1, 0, 1));
    TabularData tags = (TabularData) server.getAttribute(name, "Tags");
    CompositeData row = (CompositeData) tags.get(new Object[] {"row"}).get("value");
    assertThat(row.get("dying")).isEqualTo(1L);
    lease.close();
    registry.close();
    assertThat(server.isRegistered(name)).isFalse();
  }

  @Test
  void theBeanHasAnAttributeForEachNumberOfTheSnapshot() throws Exception {
    try (Registry _ = Registry.builder().mxBean("attributes").build()) {
      ObjectName name = new ObjectName("dev.lifebound:type=Registry,name=\"attributes\"");
      assertThat(server.getMBeanInfo(name).getAttributes())
          .extracting(MBeanAttributeInfo::getName)
          .map(attribute ->
              attribute.substring(0, 1).toLowerCase(java.util.Locale.ROOT) + attribute.substring(1))
          .contains(
              Arrays.stream(Snapshot.class.getRecordComponents())
                  .map(java.lang.reflect.RecordComponent::getName)
                  .toArray(String[]::new));
    }
  }

  @Test
  void aTakenNameIsRefusedAndLosesNothing() {
    try (Registry _ = Registry.builder().mxBean("taken").build()) {
      assertThatThrownBy(() -> Registry.builder().mxBean("taken").build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("name=taken");
    }
    Registry.builder().mxBean("taken").build().close();
  }

  @Test
  void theBeanDoesNotKeepADroppedRegistryReachable() throws Exception {
    ObjectName name = new ObjectName("dev.lifebound:type=Registry,name=\"dropped\"");
    assertThat(Registry.builder().mxBean("dropped").build().blocks()).isZero();
    assertThat(server.queryNames(new ObjectName("dev.lifebound:*"), null)).isNotNull();
    long deadline = System.nanoTime() + DEADLINE_NANOS;
    while (server.isRegistered(name)) {
      assertThat(System.nanoTime()).as("waited too long for the cleaner").isLessThan(deadline);
      System.gc();
      Thread.onSpinWait();
    }
  }
}
