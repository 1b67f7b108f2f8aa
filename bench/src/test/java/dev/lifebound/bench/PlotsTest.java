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

  /** Names are drawn as outlines, so that a chart looks the same without its font. */
  @Test
  void drawsEveryBarAndItsNameWhenAFolderIsGiven() throws Exception {
    Path target = folder.resolve("new");
    Plots plots = Plots.of(List.of("--quick", "--plot", target.toString()));
    plots.goals("one", List.of(new Plots.Bar("ours", 0.5, 1)));
    plots.goals("two", List.of(new Plots.Bar("ours", 0.5, 1), new Plots.Bar("theirs", 2, 1)));
    String one = Files.readString(target.resolve("one.svg"));
    String two = Files.readString(target.resolve("two.svg"));
    assertThat(one).contains("<svg", "</svg>");
    assertThat(shapes(two)).isGreaterThan(shapes(one));
  }

  private static int shapes(String svg) {
    return svg.split("<path|<rect", -1).length;
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
