package dev.lifebound.crash.lab;

import java.nio.file.Files;
import java.nio.file.Path;

/** Ends its JVM while a victim lives; prints the victim's process id. */
final class ShuttingDownMain {
  private ShuttingDownMain() {}

  @SuppressWarnings("MustBeClosedChecker")
  static void main(String[] arguments) throws Exception {
    Scratch scratch = Scratch.create(Path.of(arguments[0]));
    Files.writeString(scratch.newFolder().resolve("stdout"), "what a victim wrote");
    System.out.println(scratch.start(new ProcessBuilder("sleep", "600")).pid());
    System.exit(0);
  }
}
