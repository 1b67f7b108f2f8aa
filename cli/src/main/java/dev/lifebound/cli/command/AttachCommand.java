package dev.lifebound.cli.command;

import com.sun.tools.attach.AgentInitializationException;
import com.sun.tools.attach.AgentLoadException;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import dev.lifebound.memory.agent.AgentOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lifebound attach PID [OPTIONS]} */
@Command(
    name = "attach",
    header = "Put the guard into a Java program that runs.",
    description =
        "Loads the agent into the process. Only memory that is allocated from now on can be"
            + " guarded. The program's own standard error has the reports.",
    exitCodeListHeading = "%nExit code:%n",
    exitCodeList = {"0:armed", "1:not armed", "64:wrong command line"},
    footerHeading = "%nExamples:%n",
    footer = {
      "  lifebound attach 4711 --watch 'librocksdbjni*'",
      "  lifebound attach 4711 --watch 'libz.so*' --sample 64 --ledger run.ledger"
    })
final class AttachCommand implements Callable<Integer> {
  private static final String ARMED = "armed: ";
  private final Terminal terminal;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "PID", description = "The number of the process, as jps lists it.")
  private String pid = "";

  @Mixin private GuardSettings settings = new GuardSettings();

  AttachCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    AgentOptions options = settings.options();
    if (!pid.matches("[1-9][0-9]{0,9}")) {
      throw new ParameterException(
          spec.commandLine(), "PID must be the number of a process but is '" + pid + "'");
    }
    String state = load(AgentJar.path(Problem.NOT_ARMED), options);
    if (!state.startsWith(ARMED)) {
      throw notArmed(state.replaceFirst("^not armed: ", ""), null);
    }
    new Output(terminal.out(), null)
        .write(out -> out.write(("lifebound: " + state + "\n").getBytes(StandardCharsets.UTF_8)));
    return ExitCode.OK;
  }

  private String load(Path jar, AgentOptions options) {
    try {
      VirtualMachine machine = VirtualMachine.attach(pid);
      try {
        String before = state(machine);
        machine.loadAgent(jar.toString(), options.text());
        String after = state(machine);
        return before.startsWith(ARMED)
            ? after + "; armed before: what this command asks for is ignored"
            : after;
      } finally {
        machine.detach();
      }
    } catch (AttachNotSupportedException | IOException e) {
      throw notArmed("the process must be a Java program of this user: " + e.getMessage(), e);
    } catch (AgentLoadException | AgentInitializationException e) {
      throw notArmed("the process must take a Java agent: " + e.getMessage(), e);
    }
  }

  private static String state(VirtualMachine machine) throws IOException {
    return machine
        .getSystemProperties()
        .getProperty(AgentOptions.STATE, "the agent gave no answer");
  }

  private Failure notArmed(String reason, @Nullable Throwable cause) {
    return new Failure(
        Problem.NOT_ARMED,
        "the guard was not armed: pid="
            + pid
            + ", reason="
            + reason
            + "; the program runs on as it did",
        cause);
  }
}
