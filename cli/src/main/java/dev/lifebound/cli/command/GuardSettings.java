package dev.lifebound.cli.command;

import dev.lifebound.memory.agent.AgentOptions;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options of the agent, as commands take them. */
final class GuardSettings {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--watch",
      paramLabel = "LIB",
      description =
          "Watch the allocations and frees of this native library: a pattern of its file name, such"
              + " as 'librocksdbjni*'. May be given several times.")
  private List<String> watch = List.of();

  @Option(
      names = "--sample",
      paramLabel = "N",
      description = "Guard one allocation in N; 1 guards all. Default: 1024.")
  private String sample = String.valueOf(AgentOptions.DEFAULT_SAMPLE);

  @Option(
      names = "--slots",
      paramLabel = "N",
      description =
          "Room for guarded blocks, live and dead, 8 KB each. Default: 1024, and 16384 when more"
              + " than one allocation in 64 is guarded.")
  private int slots;

  @Option(
      names = "--mode",
      paramLabel = "M",
      description =
          "What a use after free does: recover (reported, and runs on the old bytes; the default),"
              + " strict (throws), observe (no block is guarded).")
  private String mode = "recover";

  @Option(
      names = "--align",
      paramLabel = "END",
      description =
          "Where a guarded block lies: start (it begins a page; the default) or end (it ends one: a"
              + " read or write behind it is met at its first byte, but a free that the watch"
              + " cannot see ends the program).")
  private String align = "start";

  @Option(
      names = "--ledger",
      paramLabel = "F",
      description = "Record allocations, frees and faults in this file, which outlives a crash.")
  private @Nullable Path ledger;

  @Option(
      names = "--heap-dump",
      paramLabel = "DIR",
      description =
          "On a report, dump the Java heap into this folder, once in ten minutes at most.")
  private @Nullable Path heapDumps;

  /**
   * The options, with files named so that another process finds them.
   *
   * @throws ParameterException when a value is wrong
   */
  AgentOptions options() {
    try {
      int oneIn = AgentOptions.sample(sample);
      return new AgentOptions(
          watch,
          oneIn,
          slots == 0 ? AgentOptions.defaultSlots(oneIn) : slots,
          AgentOptions.mode(mode),
          AgentOptions.align(align),
          ledger == null ? null : ledger.toAbsolutePath(),
          heapDumps == null ? null : heapDumps.toAbsolutePath());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }
}
