package dev.lifebound.memory.agent;

import dev.lifebound.memory.guard.Armed;
import dev.lifebound.memory.guard.Guard;
import dev.lifebound.memory.guard.GuardOptions;
import dev.lifebound.memory.guard.GuardUnavailableException;
import dev.lifebound.memory.guard.Mode;
import dev.lifebound.memory.guard.Watch;
import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerSettings;
import dev.lifebound.memory.os.Copies;
import dev.lifebound.memory.os.LibC;
import dev.lifebound.memory.os.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Arms what the options ask for, as far as it works here, and says in one line what came of it. */
final class Arming {
  private static final String ARMED = "armed: ";

  /** Memory mappings at most; the guard takes a quarter of the system's limit if that is less. */
  private static final int MAPPINGS = 2000;

  /** How long the end of the program waits for reports to be written. */
  private static final int PATIENCE_SECONDS = 5;

  private final AgentOptions options;
  private final List<String> done = new ArrayList<>();
  private final List<String> not = new ArrayList<>();
  private @Nullable Ledger ledger;
  private @Nullable Armed guard;
  private @Nullable Watch watch;

  private Arming(AgentOptions options) {
    this.options = options;
  }

  /** What the entry class calls. Nothing is thrown: the program runs on in any case. */
  static void start(String options, boolean attached) {
    String before = System.getProperty(AgentOptions.STATE, "");
    if (before.startsWith(ARMED)) {
      Console.print(
          "the agent is loaded already: " + before + "; what the second one asks for is ignored");
      return;
    }
    String state;
    try {
      state = arm(options, attached);
    } catch (IllegalArgumentException e) {
      state = "not armed: " + e.getMessage() + "; the program runs on without the guard";
    } catch (RuntimeException | LinkageError e) {
      state = "not armed: this is a defect of Lifebound, please report it: exception=" + e;
    }
    System.setProperty(AgentOptions.STATE, state);
    Console.print(state);
  }

  private static String arm(String text, boolean attached) {
    Arming arming = new Arming(AgentOptions.parse(text));
    if (!attached && Platform.isLinux() && !Platform.isNativeAccessEnabled()) {
      return "not armed: the agent must have native access: start java with"
          + " --enable-native-access=ALL-UNNAMED, as lifebound run does; the program runs on"
          + " without the guard";
    }
    return arming.armAll(attached);
  }

  private String armAll(boolean attached) {
    if (attached) {
      askForNativeAccess();
    }
    armLedger();
    armGuard();
    armWatch();
    if (watch == null && (guard == null || options.mode() == Mode.OBSERVE)) {
      if (guard != null) {
        guard.close();
      }
      if (ledger != null) {
        ledger.close();
      }
      return "not armed: " + String.join("; ", not) + "; the program runs on without the guard";
    }
    Reporter reporter =
        new Reporter(HeapDumps.of(options.heapDumps(), ledger == null ? null : ledger.path()));
    if (guard != null) {
      guard.onReport(reporter::report);
      guard.onNotice(Console::print);
    }
    Copies.onMet(Console::print);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> atEnd(reporter), "lifebound-end"));
    return ARMED
        + String.join("; ", done)
        + (not.isEmpty() ? "" : "; not: " + String.join("; ", not));
  }

  /**
   * A JVM that nobody prepared grants native access to whoever uses it first, with a warning, or
   * denies it: then each part will say so.
   */
  private static void askForNativeAccess() {
    try {
      long _ = LibC.pageBytes();
    } catch (IllegalCallerException | UnsupportedOperationException | LinkageError e) {
      // Denied.
    }
  }

  private void armLedger() {
    Path file = options.ledgerFile();
    if (file == null) {
      return;
    }
    makeDumpFolder();
    Ledger made = Ledger.createOrDrop(file, LedgerSettings.defaults());
    if (made.path() == null) {
      not.add("ledger: " + made.problem());
      made.close();
      return;
    }
    try {
      ledger = made.install();
      done.add("ledger " + made.path());
    } catch (IllegalStateException e) {
      not.add("ledger: " + e.getMessage());
      made.close();
    }
  }

  /** A ledger beside the heap dumps comes first: without it nobody knows what to look for. */
  private void makeDumpFolder() {
    Path dumps = options.heapDumps();
    if (dumps != null) {
      try {
        Files.createDirectories(dumps);
      } catch (IOException e) {
        not.add(
            "heap-dump: the folder must be there or be made: folder=" + dumps + ", reason=" + e);
      }
    }
  }

  private void armGuard() {
    try {
      Armed armed =
          Guard.arm(
              GuardOptions.of(options.mode())
                  .slots(options.slots())
                  .align(options.align())
                  .byteLimit(options.byteLimit())
                  .mappingLimit(MAPPINGS));
      guard = armed;
      done.add(armed.text().replaceFirst("^guard armed: ", "guard "));
    } catch (GuardUnavailableException | UnsupportedOperationException | LinkageError e) {
      not.add("guard: " + message(e));
    }
  }

  private void armWatch() {
    if (options.watch().isEmpty()) {
      not.add("watch: no library was named, so that no allocation is seen; add watch=PATTERN");
      return;
    }
    try {
      Watch.Builder builder = Watch.builder().loadedLater().onReport(Reporter::report);
      options.watch().forEach(builder::library);
      if (guard != null && options.mode() != Mode.OBSERVE) {
        builder.sample(guard, options.sampleOneIn());
      }
      watch = builder.start();
      done.add(watch.text().replaceFirst("^watch: ", "watch "));
    } catch (GuardUnavailableException | UnsupportedOperationException | LinkageError e) {
      not.add("watch: " + message(e));
    }
  }

  /** What a refusal to call native code is wrapped into says nothing. */
  private static String message(Throwable failure) {
    Throwable cause = failure instanceof LinkageError ? failure.getCause() : null;
    return String.valueOf(cause == null ? failure.getMessage() : cause.getMessage());
  }

  /**
   * Nothing that was seen goes unreported because the program ends. On a thread of its own, with an
   * end to patience: whoever took the program's standard error may have stopped reading it.
   */
  private void atEnd(Reporter reporter) {
    Thread last =
        Thread.ofPlatform()
            .daemon()
            .name("lifebound-last")
            .start(() -> {
              if (watch != null) {
                watch.drain();
              }
              if (guard != null) {
                guard.flush();
              }
              reporter.sumUp();
            });
    try {
      boolean _ = last.join(Duration.ofSeconds(PATIENCE_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
