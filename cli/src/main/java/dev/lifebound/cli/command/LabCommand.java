package dev.lifebound.cli.command;

import dev.lifebound.crash.lab.LabJson;
import dev.lifebound.crash.lab.LabTable;
import dev.lifebound.crash.lab.Laboratory;
import dev.lifebound.crash.lab.Mode;
import dev.lifebound.crash.lab.Outcome;
import dev.lifebound.crash.lab.Request;
import dev.lifebound.crash.lab.Scenario;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lifebound lab [NAME...]} */
@Command(
    name = "lab",
    header = "Show native use-after-free on this machine, without and with protection.",
    description =
        "Runs each scenario in processes of its own, first unprotected, then protected by"
            + " Lifebound. The unprotected ones answer wrongly or crash; nothing is left behind.",
    exitCodeListHeading = "%nExit code:%n",
    exitCodeList = {
      "0:every scenario ended as expected",
      "1:one did not",
      "2:could not run",
      "64:wrong command line"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  lifebound lab",
      "  lifebound lab large-block --repeat 5",
      "  lifebound lab --explain dead-page"
    })
final class LabCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(paramLabel = "NAME", arity = "0..*", description = "Scenarios. Default: all.")
  private List<String> names = List.of();

  @Option(
      names = "--repeat",
      paramLabel = "N",
      description = "Run each scenario N times in each mode. Default: 1.")
  private int repeat = 1;

  @Option(
      names = "--explain",
      paramLabel = "NAME",
      description = "Say why a scenario happens and what to do, and run nothing.")
  private @Nullable String explained;

  @Option(names = "--json", description = "Write one JSON object for each run.")
  private boolean json;

  LabCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (explained != null) {
      write(scenario(explained).explanation());
      return ExitCode.OK;
    }
    if (repeat < 1) {
      throw new Failure(
          Problem.USAGE,
          "--repeat must be at least 1: --repeat=" + repeat + "; leave it out for 1");
    }
    List<Scenario> scenarios = new ArrayList<>();
    for (String name : names) {
      scenarios.add(scenario(name));
    }
    Request request =
        Request.of(scenarios.isEmpty() ? Laboratory.scenarios() : scenarios).withRepeat(repeat);
    List<Outcome> outcomes;
    try (Progress progress = new Progress(terminal)) {
      outcomes = Laboratory.run(request, steps(progress, request));
    }
    write(json ? LabJson.render(outcomes) : LabTable.render(outcomes, terminal.colours()));
    return outcomes.stream().anyMatch(Outcome::unexpected) ? ExitCode.ANSWER_IS_NO : ExitCode.OK;
  }

  private static Laboratory.Listener steps(Progress progress, Request request) {
    return new Laboratory.Listener() {
      @Override
      public void starting(Scenario scenario, Mode mode, int number) {
        progress.step(
            "lab: "
                + scenario.text()
                + ", "
                + mode.text()
                + (request.repeat() == 1 ? "" : ", run " + number + " of " + request.repeat()));
      }
    };
  }

  private static Scenario scenario(String name) {
    return Scenario.named(name)
        .orElseThrow(() ->
            new Failure(
                Problem.USAGE,
                "a scenario must be one that there is: name="
                    + name
                    + "; choose from "
                    + Laboratory.scenarios().stream()
                        .map(Scenario::text)
                        .collect(Collectors.joining(", "))));
  }

  private void write(String text) {
    new Output(terminal.out(), null).write(out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }
}
