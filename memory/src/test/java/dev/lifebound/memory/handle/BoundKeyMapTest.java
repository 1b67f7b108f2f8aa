package dev.lifebound.memory.handle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BoundKeyMapTest {
  private final Registry registry = Registry.create(Tracking.OFF);

  private BoundKeyMap<String> map(boolean concurrent) {
    return BoundKeyMap.over(
        registry, concurrent ? new ConcurrentHashMap<>() : new HashMap<>(), "key");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theEntryAndItsBlockShareOneLife(boolean concurrent) {
    BoundKeyMap<String> map = map(concurrent);
    long handle = map.allocate(64, "anna");
    assertThat(map.get(handle)).isEqualTo("anna");
    assertThat(map.replace(handle, "berta")).isEqualTo("anna");
    assertThat(map.containsKey(handle)).isTrue();
    assertThat(map.remove(handle)).isEqualTo("berta");
    assertThat(map.remove(handle)).isNull();
    assertThat(registry.isLive(handle)).isFalse();
    long other = map.allocate(64, "carla");
    registry.release(other);
    assertThat(map.get(other)).isNull();
    assertThat(map.size()).isZero();
    for (int i = 0; i < 100; i++) {
      map.allocate(8, "x" + i);
    }
    List<String> values = new ArrayList<>();
    map.forEach((_, value) -> values.add(value));
    assertThat(values).hasSize(100);
    map.clear();
    assertThat(registry.blocks()).isZero();
    map.allocate(8, "last");
    map.close();
    map.close();
    assertThat(registry.blocks()).isZero();
    assertThatThrownBy(() -> map.allocate(8, "late")).isInstanceOf(IllegalStateException.class);
    registry.checkInvariants();
  }

  @Test
  void aForeignOrStaleKeyIsJustAbsent() {
    BoundKeyMap<String> map = map(true);
    long foreign = registry.allocate(8, "other");
    assertThat(map.get(foreign)).isNull();
    assertThat(map.remove(foreign)).isNull();
    assertThat(registry.isLive(foreign)).isTrue();
    assertThatThrownBy(() -> BoundKeyMap.over(registry, Map.of(1L, ""), "x"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void closingTheRegistryEmptiesTheMap() {
    BoundKeyMap<String> map = map(false);
    map.allocate(8, "a");
    map.allocate(100_000, "b");
    registry.close();
    assertThat(map.size()).isZero();
    assertThatThrownBy(() -> map.allocate(8, "late")).isInstanceOf(RegistryClosedException.class);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void removesAndDeathsMayRace(boolean concurrent) throws Exception {
    BoundKeyMap<String> map = map(concurrent);
    long[] handles = new long[20_000];
    for (int i = 0; i < handles.length; i++) {
      handles[i] = map.allocate(16, "v");
    }
    try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
      Future<?> remover =
          pool.submit(() -> {
            for (long handle : handles) {
              map.remove(handle);
            }
          });
      Future<?> killer = pool.submit(() -> registry.close());
      remover.get();
      killer.get();
    }
    assertThat(map.size()).isZero();
    assertThat(registry.blocks()).isZero();
    registry.checkInvariants();
  }
}
