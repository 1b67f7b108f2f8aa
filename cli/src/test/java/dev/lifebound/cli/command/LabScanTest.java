package dev.lifebound.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifebound.crash.lab.Laboratory;
import dev.lifebound.crash.lab.Language;
import dev.lifebound.crash.lab.Mode;
import dev.lifebound.crash.lab.Outcome;
import dev.lifebound.crash.lab.Request;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the real analyser says of the sources of the laboratory's Go victims. */
class LabScanTest {
  @Test
  void everyGoCaseIsFoundOrSaidNotToBeCovered() throws Exception {
    List<Outcome> outcomes =
        Laboratory.run(
            Request.of(Laboratory.scenarios())
                .withLanguages(Set.of(Language.GO))
                .withAnalyser(SourceAnalysis::findings),
            Laboratory.Listener.SILENT);

    List<Outcome> scanned =
        outcomes.stream().filter(outcome -> outcome.mode() == Mode.PROTECTED).toList();
    assertThat(scanned).hasSize(36).allMatch(Outcome::expected);
    assertThat(scanned)
        .filteredOn(outcome -> outcome.result().outcome().equals("found by scan"))
        .hasSize(10)
        .allMatch(outcome -> outcome.result().detail().startsWith("LBG001 "));
    assertThat(outcomes).noneMatch(Outcome::unexpected);
  }
}
