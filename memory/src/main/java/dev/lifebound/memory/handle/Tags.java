package dev.lifebound.memory.handle;

import dev.lifebound.memory.ledger.LedgerName;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The tags of a registry: a number for each, so that a slot holds two bytes instead of a reference,
 * and an account of the bytes that carry it where they are limited. Never forgets a tag.
 */
final class Tags {
  static final int MAX_TAGS = 1 << Short.SIZE;

  private final Stripes stripes;
  private final long byteLimit;
  private final Map<String, Long> tagLimits;
  private final ConcurrentMap<String, Account> accounts = new ConcurrentHashMap<>();
  private final List<Account> byNumber = new CopyOnWriteArrayList<>();
  private final AtomicLong limitedBytes = new AtomicLong();

  /** What lives under one tag. */
  static final class Account {
    final int number;
    final String tag;

    /** The tag as the ledger knows it. */
    final LedgerName name;

    final long byteLimit;
    private final AtomicLong limitedBytes = new AtomicLong();

    Account(int number, String tag, long byteLimit) {
      this.number = number;
      this.tag = tag;
      this.name = LedgerName.of(tag);
      this.byteLimit = byteLimit;
    }
  }

  /** No limit is {@link Long#MAX_VALUE}, which costs no shared counter. */
  Tags(Stripes stripes, long byteLimit, Map<String, Long> tagLimits) {
    this.stripes = stripes;
    this.byteLimit = byteLimit;
    this.tagLimits = Map.copyOf(tagLimits);
  }

  Account account(String tag) {
    Account known = accounts.get(tag);
    return known != null ? known : add(tag);
  }

  private synchronized Account add(String tag) {
    Account known = accounts.get(tag);
    if (known != null) {
      return known;
    }
    int number = byNumber.size();
    if (number == MAX_TAGS) {
      throw new IllegalStateException(
          "a registry must not have more tags: tags="
              + MAX_TAGS
              + ", tag="
              + tag
              + "; a tag says what a block is for, not which block it is");
    }
    Account account = new Account(number, tag, tagLimits.getOrDefault(tag, Long.MAX_VALUE));
    byNumber.add(account);
    accounts.put(tag, account);
    return account;
  }

  /**
   * The tag with the number that a slot has, for a message: another registry may have had the slot
   * last, and more tags.
   */
  String name(int number) {
    return number < byNumber.size() ? byNumber.get(number).tag : "unknown";
  }

  Account account(int number) {
    return byNumber.get(number);
  }

  /** Blocks under a tag whose memory is not freed yet. */
  long blocks(Account account) {
    return stripes.sum(stripe -> stripe.blocks(account.number));
  }

  /** Their bytes. */
  long bytes(Account account) {
    return stripes.sum(stripe -> stripe.bytes(account.number));
  }

  List<Account> all() {
    return byNumber;
  }

  /**
   * Books a block in where there are limits; what lives under a tag is counted by the stripes.
   *
   * @throws LimitExceededException when a limit would be passed; nothing is booked then
   */
  void enter(Account account, long bytes) {
    book(limitedBytes, byteLimit, bytes, account, "registry");
    try {
      book(account.limitedBytes, account.byteLimit, bytes, account, "tag");
    } catch (LimitExceededException e) {
      unbook(limitedBytes, byteLimit, bytes);
      throw e;
    }
  }

  void leave(Account account, long bytes) {
    unbook(limitedBytes, byteLimit, bytes);
    unbook(account.limitedBytes, account.byteLimit, bytes);
  }

  private static void book(AtomicLong used, long limit, long bytes, Account account, String whose) {
    if (limit == Long.MAX_VALUE) {
      return;
    }
    while (true) {
      long seen = used.get();
      if (bytes > limit - seen) {
        throw new LimitExceededException(
            "an allocation must stay within the "
                + whose
                + "'s byte limit: used="
                + seen
                + ", limit="
                + limit
                + ", size="
                + bytes
                + ", tag="
                + account.tag
                + "; release blocks or raise the limit");
      }
      if (used.compareAndSet(seen, seen + bytes)) {
        return;
      }
    }
  }

  private static void unbook(AtomicLong used, long limit, long bytes) {
    if (limit != Long.MAX_VALUE) {
      used.addAndGet(-bytes);
    }
  }
}
