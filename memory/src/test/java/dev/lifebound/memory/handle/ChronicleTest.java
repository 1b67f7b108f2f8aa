package dev.lifebound.memory.handle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerEvent;
import dev.lifebound.memory.ledger.LedgerFile;
import dev.lifebound.memory.ledger.LedgerSettings;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the operations of handles and bound maps leave in the ledger. */
class ChronicleTest {
  @TempDir Path folder;

  private List<LedgerEvent> events(Runnable work) throws IOException {
    Path file = folder.resolve("test.ledger");
    try (Ledger ledger = Ledger.create(file, LedgerSettings.defaults())) {
      ledger.install();
      work.run();
    }
    return LedgerFile.read(file).events().stream()
        .filter(event -> event.type() != EventType.THREAD)
        .toList();
  }

  @Test
  void aBlocksLifeIsToldInOrder() throws IOException {
    long[] handle = new long[1];
    long[] address = new long[1];
    List<LedgerEvent> events =
        events(() -> {
          try (Registry registry = Registry.create(Tracking.OFF)) {
            handle[0] = registry.allocate(64, "session");
            address[0] = registry.table().address(handle[0]);
            BoundMap<String> map = BoundMap.over(registry, new HashMap<>(), "sessions");
            map.put("anna", handle[0]);
            assertThat(map.remove("anna")).isEqualTo(handle[0]);
            assertThatThrownBy(() -> registry.lease(handle[0]))
                .isInstanceOf(StaleHandleException.class);
            assertThatThrownBy(() -> registry.release(handle[0]))
                .isInstanceOf(DoubleReleaseException.class);
          }
        });
    assertThat(events)
        .extracting(LedgerEvent::type)
        .containsExactly(
            EventType.ALLOCATE,
            EventType.BIND,
            EventType.UNBIND,
            EventType.FREE,
            EventType.STALE_USE,
            EventType.DOUBLE_FREE);
    assertThat(events).allMatch(event -> event.block() == handle[0]);
    assertThat(events).allMatch(event -> event.address() == address[0]);
    assertThat(events.get(0).size()).isEqualTo(64);
    assertThat(events.get(0).name()).isEqualTo("session");
    assertThat(events.get(1).name()).isEqualTo("sessions");
    assertThat(events.get(1).key()).contains("anna");
    assertThat(events.get(4).name()).isEqualTo("lease");
  }

  @Test
  void whatLeasesDoAgainstTheirContractIsTold() throws Exception {
    List<LedgerEvent> events =
        events(() -> {
          try (Registry registry = Registry.builder().tracking(Tracking.FULL).build()) {
            long handle = registry.allocate(64, "session");
            Lease lease = registry.lease(handle);
            Thread other = Thread.ofPlatform().start(() -> lease.getLong(0));
            join(other);
            registry.release(handle);
            lease.close();
            lease.close();
            assertThatThrownBy(() -> lease.getLong(0)).isInstanceOf(LeaseClosedException.class);
          }
        });
    assertThat(events)
        .filteredOn(event -> event.type() == EventType.LEASE_ANOMALY)
        .extracting(LedgerEvent::name)
        .containsExactlyInAnyOrder("used by another thread", "used after close");
    assertThat(events)
        .filteredOn(event -> event.type() == EventType.LEASE_REMARK)
        .extracting(LedgerEvent::name)
        .containsExactlyInAnyOrder("free put off by a lease", "closed twice");
    assertThat(events).extracting(LedgerEvent::address).containsOnly(events.getFirst().address());
  }

  @Test
  void aPlainRegistryTellsWhatItNoticesByItself() throws Exception {
    List<LedgerEvent> events =
        events(() -> {
          try (Registry registry = Registry.create(Tracking.OFF)) {
            Lease lease = registry.lease(registry.allocate(64, "session"));
            // A segment of its own, which only the lease's thread may end.
            MemorySegment _ = lease.segment();
            Thread other =
                Thread.ofPlatform()
                    .start(() ->
                        assertThatThrownBy(lease::close).isInstanceOf(WrongThreadException.class));
            join(other);
            lease.close();
          }
        });
    assertThat(events)
        .filteredOn(event -> event.type() == EventType.LEASE_ANOMALY)
        .extracting(LedgerEvent::name)
        .containsExactly("used by another thread");
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aFreeInCEmptiesTheMapAndIsTold() throws IOException {
    MemorySegment memory = Arena.ofAuto().allocate(48);
    List<LedgerEvent> events =
        events(() -> {
          try (Registry registry = Registry.create(Tracking.OFF)) {
            long handle = registry.adopt(memory, _ -> {}, "row");
            BoundMap<Long> map = BoundMap.over(registry, new ConcurrentHashMap<>());
            map.put(7L, handle);
            registry.markFreedByC(handle);
            assertThat(map).isEmpty();
          }
        });
    assertThat(events)
        .extracting(LedgerEvent::type)
        .containsExactly(EventType.ADOPT, EventType.BIND, EventType.FREE_BY_C, EventType.UNBIND);
    assertThat(events).allMatch(event -> event.address() == memory.address());
    assertThat(events.get(1).name()).startsWith("map of ").contains("ChronicleTest");
    assertThat(events.get(1).key()).contains("7");
  }

  @Test
  void keysOfABoundKeyMapAreBoundAndUnbound() throws IOException {
    List<LedgerEvent> events =
        events(() -> {
          try (Registry registry = Registry.create(Tracking.OFF)) {
            BoundKeyMap<String> map = BoundKeyMap.over(registry, new HashMap<>(), "key");
            assertThat(map.remove(map.allocate(32, "value"))).isEqualTo("value");
            registry.release(map.allocate(32, "ends elsewhere"));
            assertThat(map.size()).isZero();
          }
        });
    assertThat(events)
        .extracting(LedgerEvent::type)
        .containsExactly(
            EventType.ALLOCATE,
            EventType.BIND,
            EventType.UNBIND,
            EventType.FREE,
            EventType.ALLOCATE,
            EventType.BIND,
            EventType.UNBIND,
            EventType.FREE);
    assertThat(events).allMatch(event -> "key".equals(event.name()));
  }
}
