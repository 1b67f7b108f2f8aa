package dev.lifebound.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlotsTest {
  @TempDir private Path folder;

  @Test
  void drawsEveryNameWhenAFolderIsGiven() throws Exception {
    Path target = folder.resolve("new");
    Plots.of(List.of("--quick", "--plot", target.toString()))
        .goals("goals", List.of(new Plots.Bar("ours", 0.5, 1), new Plots.Bar("theirs", 2, 1)));
    assertThat(Files.readString(target.resolve("goals.svg"))).contains("<svg", "ours", "theirs");
  }

  @Test
  void drawsNothingUnasked() throws Exception {
    Plots.of(List.of("--quick")).goals("goals", List.of(new Plots.Bar("ours", 0.5, 1)));
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void refusesAPlotWithoutAFolder() {
    assertThatThrownBy(() -> Plots.of(List.of("--plot")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--plot must be followed by a folder: folder=none");
  }
}
