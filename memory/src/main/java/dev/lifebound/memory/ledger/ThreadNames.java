package dev.lifebound.memory.ledger;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The names of the threads that a file tells of, by Java's numbers and by the system's. */
final class ThreadNames {
  private final Map<Long, String> names = new HashMap<>();
  private final Map<Long, String> nativeNames = new HashMap<>();

  void learn(StripeReader stripe) {
    for (RawEvent record : stripe.records) {
      if (record.type() == EventType.THREAD) {
        if (record.isNative()) {
          nativeNames.put(record.thread(), record.inlineText());
        } else {
          names.putIfAbsent(record.thread(), record.inlineText());
        }
      }
    }
    // After the events: the stripe's header has more room for the name.
    if (stripe.kind == Layout.KIND_OWN && stripe.owner != Stripe.NO_THREAD) {
      names.put(stripe.owner, stripe.ownerName);
    }
  }

  @Nullable String of(boolean isNative, long thread) {
    String name = (isNative ? nativeNames : names).get(thread);
    return name == null || name.isEmpty() ? null : name;
  }
}
