package dev.lifebound.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RunCommandTest {
  private static Recorder refused(String... arguments) {
    Recorder recorder = new Recorder();
    assertThat(recorder.run(Lifebound.program(), arguments)).isEqualTo(ExitCode.USAGE);
    assertThat(recorder.out()).isEmpty();
    assertThat(recorder.err()).matches("lifebound: [^\n]*: [^\n]*=[^\n]*; [^\n]* \\[usage]\n");
    return recorder;
  }

  @Test
  void aWrongCommandLineIsExit64() {
    for (List<String> wrong :
        List.of(
            List.of("run"),
            List.of("run", "--"),
            List.of("run", "--sample", "0", "--", "java"),
            List.of("run", "--sample", "-1", "--", "java"),
            List.of("run", "--sample", "x", "--", "java"),
            List.of("run", "--mode", "loud", "--", "java"),
            List.of("run", "--align", "left", "--", "java"),
            List.of("run", "--slots", "-1", "--", "java"),
            List.of("run", "--watch", "", "--", "java"),
            List.of("attach"),
            List.of("attach", "me"),
            List.of("attach", "0"),
            List.of("attach", "1", "--sample", "0"))) {
      refused(wrong.toArray(String[]::new));
    }
  }

  @Test
  void javaIsFoundAsAShellFindsIt() {
    JavaProgram own = JavaProgram.own();
    String bin = String.valueOf(own.path().getParent());
    assertThat(JavaProgram.find("java", "/nowhere:" + bin)).isEqualTo(own);
    assertThat(JavaProgram.find(own.path().toString(), "")).isEqualTo(own);
    assertThat(JavaProgram.find("java", "/nowhere")).isNull();
    assertThat(JavaProgram.find("/nowhere/java", bin)).isNull();
  }
}
