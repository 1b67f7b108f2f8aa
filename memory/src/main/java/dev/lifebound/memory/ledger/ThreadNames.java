package dev.lifebound.memory.ledger;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The names of the Java threads that a file tells of. */
final class ThreadNames {
  private final Map<Long, String> names = new HashMap<>();

  void learn(StripeReader stripe) {
    for (RawEvent record : stripe.records) {
      if (record.type() == EventType.THREAD) {
        names.putIfAbsent(record.thread(), record.inlineText());
      }
    }
    // After the events: the stripe's header has more room for the name.
    if (stripe.kind == Layout.KIND_OWN && stripe.owner != Stripe.NO_THREAD) {
      names.put(stripe.owner, stripe.ownerName);
    }
  }

  @Nullable String of(long thread) {
    String name = names.get(thread);
    return name == null || name.isEmpty() ? null : name;
  }
}
