package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestTest {
  private static final Request ALL = Request.of(Laboratory.scenarios());

  @Test
  void refusesWhatCannotBeRun() {
    assertThatThrownBy(() -> Request.of(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("scenarios=[]");
    assertThatThrownBy(() -> ALL.withRepeat(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("repeat=0");
    assertThatThrownBy(() -> ALL.withVictimLimit(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("victimLimit=PT0S");
  }

  @Test
  void eachChangeKeepsTheRest() {
    Request request =
        ALL.withRepeat(3)
            .withVictimLimit(Duration.ofSeconds(1))
            .withLibrary(LibraryChoice.COMPILED);

    assertThat(request)
        .isEqualTo(
            new Request(Laboratory.scenarios(), 3, Duration.ofSeconds(1), LibraryChoice.COMPILED));
  }
}
