package dev.lifebound.memory.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MappingLimitTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "65530, 2000, 2000",
    "65530, 20000, 16382",
    "200, 2000, 50",
    "3, 2000, 0",
    "-1, 2000, 0",
    "9000000000, 2147483647, 2147483647",
    "lots, 2000, 2000",
    "'', 2000, 2000"
  })
  void itIsAQuarterOfTheSystemsAtMost(String system, int asked, int limit) throws Exception {
    Path file = Files.writeString(folder.resolve("max_map_count"), system + "\n");
    assertThat(MappingLimit.of(file, asked)).isEqualTo(limit);
  }

  @Test
  void aSystemThatDoesNotTellHasNoSay() {
    assertThat(MappingLimit.of(folder.resolve("none"), 7)).isEqualTo(7);
  }

  @Test
  void thisSystemTells() throws Exception {
    long system = Long.parseLong(Files.readAllLines(MappingLimit.OF_SYSTEM).getFirst());
    assertThat(MappingLimit.of(MappingLimit.OF_SYSTEM, Integer.MAX_VALUE))
        .isEqualTo((int) Math.min(Integer.MAX_VALUE, system / 4));
  }
}
