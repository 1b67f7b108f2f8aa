package dev.lifebound.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;

class LifeboundTest {
  private final Recorder recorder = new Recorder();

  @Test
  void versionIsTheVersionOfTheBuild() {
    assertThat(recorder.run(Lifebound.program(), "--version")).isZero();
    assertThat(recorder.out()).matches("lifebound [0-9]+\\.[0-9]+\\.[0-9]+(-SNAPSHOT)?\n");
    assertThat(recorder.err()).isEmpty();
    Recorder alone = new Recorder();
    assertThat(Version.answer(new String[] {"--version"}, alone.terminal())).isTrue();
    assertThat(alone.out()).isEqualTo(recorder.out());
    assertThat(Version.answer(new String[] {"--debug", "--version"}, alone.terminal())).isFalse();
    assertThat(Version.answer(new String[] {}, alone.terminal())).isFalse();
  }

  @Test
  void everyCommandExplainsItselfWithAnExample() {
    assertThat(Lifebound.program().names(recorder.terminal())).isNotEmpty();
    for (String name : Lifebound.program().names(recorder.terminal())) {
      Recorder help = new Recorder();
      assertThat(help.run(Lifebound.program(), name, "--help")).isZero();
      assertThat(help.out()).contains("Usage: lifebound " + name, "Example", "  lifebound " + name);
      assertThat(help.out()).contains("Exit code", "64");
      assertThat(help.err()).isEmpty();
    }
    assertThat(recorder.run(Lifebound.program(), "--help")).isZero();
    assertThat(recorder.out()).contains("Usage: lifebound").contains("Example");
  }

  @Test
  void aWrongCommandLineIsExit64AndOneLine() {
    List<List<String>> wrong =
        List.of(
            List.of(),
            List.of("skan"),
            List.of("--no-such-option"),
            List.of("scan"),
            List.of("scan", "--format", "xml", "."),
            List.of("scan", "-o"),
            List.of("scan", "--json", "--format", "sarif", "."));
    for (List<String> arguments : wrong) {
      Recorder one = new Recorder();
      assertThat(one.scan(Analyses.EMPTY, arguments.toArray(String[]::new))).isEqualTo(64);
      assertThat(one.out()).isEmpty();
      assertThat(one.err()).matches("lifebound: [^\n]*: [^\n]*=[^\n]*; [^\n]* \\[usage]\n");
    }
  }

  @Test
  void aTypingErrorIsAnsweredWithWhatIsSimilar() {
    recorder.scan(Analyses.EMPTY, "scna");
    assertThat(recorder.err()).contains("similar=", "scan");
  }

  @Test
  void aDefectIsOneLineAndItsStackTraceComesOnlyWithDebug() {
    assertThat(recorder.run(failing(new IllegalStateException("boom\u001b[2J")), "fail"))
        .isEqualTo(2);
    assertThat(recorder.err())
        .isEqualTo(
            "lifebound: this is a defect of Lifebound: exception=java.lang.IllegalStateException,"
                + " message=boom?[2J; run again with --debug and report the stack trace"
                + " [internal-error]\n");
    Recorder debug = new Recorder();
    debug.run(failing(new IllegalStateException("boom")), "fail", "--debug");
    assertThat(debug.err()).contains("\tat dev.lifebound.cli.command.LifeboundTest");
  }

  @Test
  void exhaustionIsReportedAndNotThrown() {
    assertThat(recorder.run(failing(new OutOfMemoryError("heap")), "fail")).isEqualTo(2);
    assertThat(recorder.err()).contains("LIFEBOUND_JAVA_OPTIONS", "[out-of-memory]");
    Recorder deep = new Recorder();
    assertThat(deep.run(failing(new StackOverflowError("deep")), "fail")).isEqualTo(2);
    assertThat(deep.err()).contains("[internal-error]");
  }

  @Test
  void anArgumentThatBeginsWithAtIsAPath() {
    assertThat(recorder.scan(Analyses.EMPTY, "scan", "@missing")).isEqualTo(2);
    assertThat(recorder.err()).contains("path=@missing", "[path-not-found]");
  }

  private static Lifebound failing(Throwable failure) {
    return new Lifebound(List.of(terminal -> new Failing(failure)));
  }

  @Command(name = "fail")
  private static final class Failing implements Callable<Integer> {
    private final Throwable failure;

    Failing(Throwable failure) {
      this.failure = failure;
    }

    @Override
    public Integer call() throws Exception {
      switch (failure) {
        case Error error -> throw error;
        case Exception exception -> throw exception;
        default -> throw new AssertionError(failure);
      }
    }
  }
}
