package dev.lifebound.crash.autopsy;

import dev.lifebound.finding.Notice;
import dev.lifebound.memory.ledger.LedgerHeader;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The explanation of a crash. Whatever is not known is null or empty; nothing in here was guessed:
 * {@link Coroner} names the rules.
 *
 * @param request what was looked at
 * @param verdict what it was
 * @param log what the dying process wrote, or null
 * @param process what the ledger says of the process, or null without one of the same process
 * @param time of the crash, or of the newest event when no log tells it
 * @param address the address that was touched, or null when none is known
 * @param block the block in question
 * @param neighbours other blocks in the memory around the address
 * @param earlier blocks that had the address before the one in question, newest first
 * @param holders what holds the address, the likeliest first
 * @param advice what to do, one sentence each
 * @param rules identifiers of the rules whose pages tell more
 * @param notices what could not be read
 */
public record Autopsy(
    AutopsyRequest request,
    Verdict verdict,
    @Nullable CrashLog log,
    @Nullable LedgerHeader process,
    @Nullable Instant time,
    @Nullable Long address,
    @Nullable BlockLife block,
    List<BlockLife> neighbours,
    List<BlockLife> earlier,
    List<Holder> holders,
    List<String> advice,
    List<String> rules,
    List<Notice> notices) {
  public Autopsy {
    neighbours = List.copyOf(neighbours);
    earlier = List.copyOf(earlier);
    holders = List.copyOf(holders);
    advice = List.copyOf(advice);
    rules = List.copyOf(rules);
    notices = List.copyOf(notices);
  }

  /**
   * The log counts time from the start of the JVM, the ledger from that of the process; so much may
   * lie between, and nothing shorter is told.
   */
  static final Duration CLOCKS_APART = Duration.ofMillis(100);

  /**
   * What it was.
   *
   * @param kind the sort of failure
   * @param headline one sentence
   * @param reasons why, the strongest first, one sentence each; never empty
   */
  public record Verdict(FailureKind kind, String headline, List<String> reasons) {
    public Verdict {
      reasons = List.copyOf(reasons);
    }
  }

  /**
   * Reads what the request names, and explains it.
   *
   * @throws AutopsyException when log, ledger or heap dump cannot be read, is none, or is of a
   *     later version
   */
  public static Autopsy perform(AutopsyRequest request) throws AutopsyException {
    return new Performance(request).perform();
  }

  /** What HotSpot wrote, or null. */
  public @Nullable HsErr hsErr() {
    return log instanceof HsErr report ? report : null;
  }

  /** Bytes from the block's start to the address; negative before it; null when not known. */
  public @Nullable Long offset() {
    return address == null || block == null || block.address() == 0
        ? null
        : address - block.address();
  }

  /**
   * How long before the crash something happened, to a tenth of a second; null when the crash has
   * no time.
   */
  public @Nullable Duration before(Instant happened) {
    return time == null ? null : Duration.between(happened, time);
  }
}
