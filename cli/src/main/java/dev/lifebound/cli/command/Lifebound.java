package dev.lifebound.cli.command;

import dev.lifebound.crash.lab.Laboratory;
import dev.lifebound.memory.os.ProgramStart;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code lifebound} program: its commands, and what all of them have in common. */
public final class Lifebound {
  private final List<Function<Terminal, Object>> commands;

  Lifebound(List<Function<Terminal, Object>> commands) {
    this.commands = List.copyOf(commands);
  }

  /** The program with every command. */
  public static Lifebound program() {
    return new Lifebound(
        List.of(
            terminal -> new LabCommand(Laboratory::run, SourceAnalysis::findings, terminal),
            terminal ->
                new RunCommand(
                    ProgramStart::replaceBy, System.getenv().getOrDefault("PATH", ""), terminal),
            AttachCommand::new,
            terminal -> new ScanCommand(new SourceAnalysis(), terminal),
            terminal -> new LedgerCommand(() -> Thread.sleep(LedgerCommand.POLL_MILLIS), terminal),
            AutopsyCommand::new));
  }

  /**
   * Runs one command.
   *
   * @return the exit code; errors were printed
   */
  public int run(String[] arguments, Terminal terminal) {
    Root root = new Root();
    try {
      CommandLine program = commandLine(root, terminal);
      int exitCode = program.execute(arguments);
      program.getOut().flush();
      return exitCode;
    } catch (StackOverflowError | OutOfMemoryError e) {
      return failed(e, root, terminal);
    }
  }

  /** The names of the commands. */
  List<String> names(Terminal terminal) {
    return List.copyOf(commandLine(new Root(), terminal).getSubcommands().keySet());
  }

  private CommandLine commandLine(Root root, Terminal terminal) {
    CommandLine program = new CommandLine(root);
    for (Function<Terminal, Object> command : commands) {
      program.addSubcommand(command.apply(terminal));
    }
    CommandLine run = program.getSubcommands().get("run");
    if (run != null) {
      // What follows java belongs to java.
      run.setStopAtPositional(true);
    }
    return program
        .setOut(new PrintWriter(new OutputStreamWriter(terminal.out(), StandardCharsets.UTF_8)))
        .setErr(new PrintWriter(new OutputStreamWriter(terminal.err(), StandardCharsets.UTF_8)))
        .setColorScheme(
            CommandLine.Help.defaultColorScheme(
                terminal.colours() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF))
        .setUsageHelpWidth(Math.clamp(terminal.width(), 60, 100))
        .setCaseInsensitiveEnumValuesAllowed(true)
        // A path may begin with @.
        .setExpandAtFiles(false)
        .setParameterExceptionHandler((e, args) -> usageError(e, root, terminal))
        .setExecutionExceptionHandler((e, line, parsed) -> failed(e, root, terminal));
  }

  private static int usageError(ParameterException e, Root root, Terminal terminal) {
    String reason = e.getMessage();
    StringBuilder message = new StringBuilder("the command line is wrong: reason=").append(reason);
    if (e instanceof UnmatchedArgumentException unmatched
        && !unmatched.getSuggestions().isEmpty()) {
      message.append(", similar=").append(String.join(" ", unmatched.getSuggestions()));
    }
    message.append("; see ").append(e.getCommandLine().getCommandSpec().qualifiedName());
    message.append(" --help");
    return report(new Failure(Problem.USAGE, message.toString(), e), root, terminal);
  }

  private static int failed(Throwable e, Root root, Terminal terminal) {
    return switch (e) {
      case Failure failure -> report(failure, root, terminal);
      case OutOfMemoryError _ ->
          report(
              new Failure(
                  Problem.OUT_OF_MEMORY,
                  "the heap must hold what is analysed: maxBytes="
                      + Runtime.getRuntime().maxMemory()
                      + "; set LIFEBOUND_JAVA_OPTIONS=-Xmx4g or name fewer paths",
                  e),
              root,
              terminal);
      default ->
          report(
              new Failure(
                  Problem.INTERNAL_ERROR,
                  "this is a defect of Lifebound: exception="
                      + e.getClass().getName()
                      + ", message="
                      + e.getMessage()
                      + "; run again with --debug and report the stack trace",
                  e),
              root,
              terminal);
    };
  }

  private static int report(Failure failure, Root root, Terminal terminal) {
    terminal
        .err()
        .println(
            "lifebound: "
                + Texts.visible(String.valueOf(failure.getMessage()))
                + " ["
                + failure.problem().code()
                + "]");
    if (root.debug) {
      failure.printStackTrace(terminal.err());
    }
    return failure.problem().exitCode();
  }

  @Command(
      name = "lifebound",
      header = "Keeps native memory and the maps that hold it bound to one life.",
      synopsisSubcommandLabel = "COMMAND",
      versionProvider = Version.Provider.class,
      mixinStandardHelpOptions = false,
      subcommandsRepeatable = false,
      exitCodeListHeading = "%nExit code:%n",
      exitCodeList = {"64:wrong command line", "other:see the command's help"},
      footerHeading = "%nExample:%n",
      footer = "  lifebound lab")
  @SuppressWarnings("UnusedVariable") // picocli acts on the annotations of help and version
  private static final class Root implements Runnable {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(
        names = {"-h", "--help"},
        usageHelp = true,
        scope = ScopeType.INHERIT,
        description = "Show this help.")
    private boolean help;

    @Option(names = "--version", versionHelp = true, description = "Show the version.")
    private boolean version;

    @Option(
        names = "--debug",
        scope = ScopeType.INHERIT,
        description = "Show the stack trace of an error.")
    private boolean debug;

    @Override
    public void run() {
      List<String> names = new ArrayList<>(spec.subcommands().keySet());
      throw new ParameterException(
          spec.commandLine(), "a command must be given, one of: " + String.join(" ", names));
    }
  }
}
