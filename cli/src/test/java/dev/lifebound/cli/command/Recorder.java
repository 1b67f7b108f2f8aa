package dev.lifebound.cli.command;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs a program in this process and keeps what it wrote. */
final class Recorder {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Terminal terminal;

  Recorder() {
    this(false);
  }

  Recorder(boolean onTerminal) {
    this(onTerminal, 100);
  }

  /** A terminal without colours that has so many columns. */
  Recorder(int width) {
    this(false, width);
  }

  Recorder(boolean onTerminal, int width) {
    terminal =
        new Terminal(
            out, new PrintStream(err, true, StandardCharsets.UTF_8), onTerminal, onTerminal, width);
  }

  int run(Lifebound program, String... arguments) {
    return program.run(arguments, terminal);
  }

  int scan(Analysis analysis, String... arguments) {
    Lifebound program = new Lifebound(List.of(t -> new ScanCommand(analysis, t)));
    return program.run(arguments, terminal);
  }

  Terminal terminal() {
    return terminal;
  }

  String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  String err() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
