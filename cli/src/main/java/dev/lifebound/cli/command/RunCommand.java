package dev.lifebound.cli.command;

import dev.lifebound.memory.agent.AgentOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lifebound run [OPTIONS] -- java ...} */
@Command(
    name = "run",
    header = "Start a Java program with the guard, without changing it.",
    description =
        "Becomes the program: its streams, signals and exit code are the program's own. The guard"
            + " says on standard error what was armed and what not, and reports each use of freed"
            + " native memory once.",
    customSynopsis =
        "lifebound run [--watch LIB]... [--sample N] [--mode M] [--ledger F] -- java ...",
    exitCodeListHeading = "%nExit code:%n",
    exitCodeList = {
      "125:the program could not be started",
      "64:wrong command line",
      "other:the program's own"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  lifebound run --watch 'librocksdbjni*' -- java -jar service.jar",
      "  lifebound run --watch 'librocksdbjni*' --sample 1 --ledger run.ledger -- java Main"
    })
final class RunCommand implements Callable<Integer> {
  /** Puts a program into the place of this one, and returns only by an exception. */
  @FunctionalInterface
  interface Starter {
    void replaceBy(Path program, List<String> command);
  }

  private static final int LEAST_FEATURE = 25;

  /** The first version that can load the agent's entry class and be told. */
  private static final int LEAST_LOADING_FEATURE = 11;

  /** The first version that knows {@code --enable-native-access}. */
  private static final int LEAST_FLAG_FEATURE = 17;

  private final Starter starter;
  private final String searchPath;
  private final Terminal terminal;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private GuardSettings settings = new GuardSettings();

  @Parameters(
      paramLabel = "COMMAND",
      arity = "1..*",
      description = "The command that starts the program: java and its arguments.")
  private List<String> command = List.of();

  RunCommand(Starter starter, String searchPath, Terminal terminal) {
    this.starter = starter;
    this.searchPath = searchPath;
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    AgentOptions options = settings.options();
    String name = command.getFirst();
    Path fileName = Path.of(name).getFileName();
    if (fileName == null || !fileName.toString().equals("java")) {
      throw new ParameterException(
          spec.commandLine(),
          "the command must begin with java but begins with '"
              + name
              + "'; a script passes the agent on by JAVA_TOOL_OPTIONS='"
              + flags(options, LEAST_FEATURE).stream()
                  .map(RunCommand::word)
                  .collect(Collectors.joining(" "))
              + "'");
    }
    JavaProgram java = java(name);
    List<String> started = new ArrayList<>();
    started.add(name);
    started.addAll(flags(options, java.feature()));
    started.addAll(command.subList(1, command.size()));
    terminal.err().flush();
    try {
      starter.replaceBy(java.path(), started);
    } catch (RuntimeException e) {
      throw new Failure(
          Problem.COULD_NOT_START,
          "the program must be able to start: program="
              + java.path()
              + ", reason="
              + e.getMessage()
              + "; check the path and its permissions",
          e);
    }
    return ExitCode.OK;
  }

  /** The program, or our own Java where a plain {@code java} is too old for the guard. */
  private JavaProgram java(String name) {
    JavaProgram found = JavaProgram.find(name, searchPath);
    boolean plain = name.indexOf('/') < 0;
    if (plain && (found == null || (found.feature() > 0 && found.feature() < LEAST_FEATURE))) {
      JavaProgram own = JavaProgram.own();
      terminal
          .err()
          .println(
              "lifebound: using "
                  + own.path()
                  + (found == null
                      ? ": no java is on the PATH"
                      : ": " + found.path() + " is Java " + found.feature())
                  + "; name a java by its path to have that one");
      return own;
    }
    if (found == null) {
      throw new Failure(
          Problem.COULD_NOT_START,
          "the program must exist and be executable: program=" + name + "; check the path");
    }
    if (found.feature() > 0 && found.feature() < LEAST_LOADING_FEATURE) {
      throw new Failure(
          Problem.COULD_NOT_START,
          "the program's Java must be able to load the agent: program="
              + found.path()
              + ", java="
              + found.feature()
              + "; start it with Java 25, or without lifebound");
    }
    return found;
  }

  /** A flag as JAVA_TOOL_OPTIONS takes it, which is cut at blanks that are not quoted. */
  private static String word(String flag) {
    return flag.chars().anyMatch(Character::isWhitespace) ? '"' + flag + '"' : flag;
  }

  private static List<String> flags(AgentOptions options, int feature) {
    List<String> flags = new ArrayList<>();
    flags.add("-javaagent:" + AgentJar.path(Problem.COULD_NOT_START) + "=" + options.text());
    if (feature == 0 || feature >= LEAST_FLAG_FEATURE) {
      flags.add("--enable-native-access=ALL-UNNAMED");
    }
    return flags;
  }
}
