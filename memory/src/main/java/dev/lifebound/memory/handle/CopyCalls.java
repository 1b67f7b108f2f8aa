package dev.lifebound.memory.handle;

import dev.lifebound.memory.ledger.LedgerSink;
import dev.lifebound.memory.os.Copies;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * What this copy of the library does for other copies: blocks that it has adopted become known to
 * the watch of another one, and its events go to the ledger of another one.
 *
 * <p>Arguments and answers are types of the JDK alone; see {@link Copies}.
 */
final class CopyCalls implements BiFunction<String, Object[], @Nullable Object> {
  /** Whose calls these are: the registries', or the ledger's. */
  private final boolean ledger;

  private CopyCalls(boolean ledger) {
    this.ledger = ledger;
  }

  /** Makes this copy known to the others, once. No lambdas: the first one of a program is dear. */
  static void serve() {
    boolean _ = Copies.serve("ledger", new CopyCalls(true));
    if (Copies.serve("handle", new CopyCalls(false))) {
      Copies.hello();
    }
  }

  @Override
  public @Nullable Object apply(String call, Object[] arguments) {
    return ledger ? LedgerSink.call(call, arguments) : handle(call, arguments);
  }

  @SuppressWarnings("unchecked") // The protocol of the copies.
  private static @Nullable Object handle(String call, Object[] arguments) {
    switch (call) {
      case "number" -> {
        return RegistryNumbers.isTaken((int) arguments[0]);
      }
      case "layout" -> {
        return CFrees.layout();
      }
      case "listen" ->
          CFrees.listen(new ListenerElsewhere((BiFunction<String, long[], ?>) arguments[0]));
      case "settle" -> settle((long) arguments[0], (Object[]) arguments[1]);
      case "describe" -> {
        return RegistryNumbers.describe((long) arguments[0]);
      }
      default -> {
        // A later version's.
      }
    }
    return null;
  }

  private static void settle(long handle, Object[] freer) {
    AdoptedBlocks.Freer by =
        freer.length == 0
            ? null
            : new AdoptedBlocks.Freer(
                (long) freer[0],
                (String) freer[1],
                (int) freer[2],
                (String) freer[3],
                (long) freer[4]);
    RegistryNumbers.settle(handle, by);
  }

  /** The watch of another copy, as this copy's registries see it. */
  private static final class ListenerElsewhere implements AdoptedBlocks {
    private final BiFunction<String, long[], ?> calls;

    ListenerElsewhere(BiFunction<String, long[], ?> calls) {
      this.calls = calls;
    }

    @Override
    public void entered(Source source, long handle, long address, long byteSize, long stateWord) {
      tell("entered", handle, address, byteSize, stateWord);
    }

    @Override
    public void left(long handle, long address) {
      tell("left", handle, address);
    }

    @Override
    public void freeOwed(long handle, long address, long byteSize) {
      tell("freeOwed", handle, address, byteSize);
    }

    private void tell(String call, long... words) {
      Object _ = calls.apply(call, words);
    }
  }
}
