package dev.lifebound.memory.ledger;

import java.nio.file.Path;
import java.util.Objects;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The process's ledger when another copy of this library has it: both ends of the calls, which take
 * and give types of the JDK alone.
 */
final class LedgerElsewhere {
  private static final String PATH = "path";
  private static final String STACKS = "stacks";
  private static final String APPEND = "append";
  private static final String INCIDENT = "incident";
  private static final String FAULT = "fault";
  private static final String NAME = "name";
  private static final String STACK = "stack";

  /** A record's words, from the commit word without its number to the thread. */
  private static final int WORDS = 8;

  private final BiFunction<String, Object, @Nullable Object> calls;

  LedgerElsewhere(BiFunction<String, Object, @Nullable Object> calls) {
    this.calls = calls;
  }

  /** What the copy that has the ledger gives to the others. */
  static BiFunction<String, Object, @Nullable Object> calls(Ledger ledger) {
    return (call, argument) ->
        switch (call) {
          case PATH -> ledger.path();
          case STACKS -> ledger.stackSettings();
          case NAME -> ledger.nameId(LedgerName.of((String) argument));
          case STACK -> {
            Object[] both = (Object[]) argument;
            yield ledger.stackId((long) both[0], (int[]) both[1]);
          }
          case APPEND, INCIDENT, FAULT -> {
            write(ledger, call, (long[]) argument);
            yield null;
          }
          default -> null;
        };
  }

  private static void write(Ledger ledger, String call, long[] w) {
    switch (call) {
      case APPEND -> ledger.appendWords(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]);
      case INCIDENT -> ledger.incidentWords(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]);
      default -> ledger.faultWords(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]);
    }
  }

  @Nullable Path path() {
    return (Path) calls.apply(PATH, "");
  }

  /** One block in so many, and most frames. */
  int[] stackSettings() {
    return (int[]) Objects.requireNonNull(calls.apply(STACKS, ""), "settings must be there");
  }

  void append(long... words) {
    send(APPEND, words);
  }

  void incident(long... words) {
    send(INCIDENT, words);
  }

  void fault(long... words) {
    send(FAULT, words);
  }

  private void send(String call, long[] words) {
    if (words.length != WORDS) {
      throw new IllegalArgumentException(
          "a record must have " + WORDS + " words: words=" + words.length);
    }
    Object _ = calls.apply(call, words);
  }

  int name(String text) {
    return number(calls.apply(NAME, text));
  }

  int stack(long hash, int[] frames) {
    return number(calls.apply(STACK, new Object[] {hash, frames}));
  }

  private static int number(@Nullable Object answer) {
    return answer instanceof Integer id ? id : 0;
  }
}
