package dev.lifebound.crash.autopsy;

import dev.lifebound.memory.ledger.LedgerHeader;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;

/**
 * Whether a crash log and a ledger are of one process. Three things are held against each other:
 *
 * <ol>
 *   <li>the process number, which both have;
 *   <li>the start of the JVM: the log has the moment of the crash, to the second, and the time
 *       since the start; the ledger has the start. Containers give the same numbers again and
 *       again, so the number alone proves nothing;
 *   <li>the blocks that live by the ledger, which must lie in mapped memory by the log.
 * </ol>
 *
 * <p>The log names the machine's time zone by an abbreviation that may mean several; a difference
 * that one of these has is taken for the zone, as {@link ZoneNames} has it. With a name that no
 * zone has, any difference of a zone is taken for it, and the number alone tells the process.
 *
 * @param same whether they are of one process as far as can be told
 * @param byNumber whether the same number is all that tells it
 * @param reason one sentence
 */
record SameProcess(boolean same, boolean byNumber, String reason) {
  private static final Duration TOLERANCE = Duration.ofSeconds(5);
  private static final long ZONE_STEP_SECONDS = 15 * 60;
  private static final long MOST_ZONE_SECONDS = 14 * 60 * 60;

  /** How many living blocks are looked up, and how few say nothing. */
  static final int SAMPLE = 1000;

  private static final int LEAST_SAMPLE = 3;

  private static SameProcess no(String reason) {
    return new SameProcess(false, false, reason);
  }

  /** Of the one that is given, without anything to hold it against. */
  static SameProcess onTrust() {
    return new SameProcess(true, false, "");
  }

  /** Joins what both tell of the process. */
  static SameProcess of(HsErr log, LedgerHeader ledger, List<Long> living) {
    HsErr.Origin process = log.process();
    if (process.pid() == 0) {
      return no("the log does not come to its process number, so it may be of any process");
    }
    if (process.pid() != ledger.pid()) {
      return no(
          "the log is of process " + process.pid() + " and the ledger of process " + ledger.pid());
    }
    Instant started = ledger.jvmStarted();
    LocalDateTime local = process.localTime();
    if (local == null || process.elapsed() == null || started == null) {
      return no(
          "both name process "
              + ledger.pid()
              + ", but the log does not tell when it started, and numbers are given again");
    }
    Instant byLog = local.toInstant(ZoneOffset.UTC).minus(process.elapsed());
    Duration apart = Duration.between(started, byLog);
    ZoneNames.Fit fit =
        offset(apart)
            .map(offset -> ZoneNames.fit(process.zone(), local, offset))
            .orElse(ZoneNames.Fit.NO);
    if (fit == ZoneNames.Fit.NO) {
      return no(
          "both name process "
              + ledger.pid()
              + ", but the JVM of the log started at "
              + byLog
              + " by a clock in "
              + (process.zone() == null ? "an unknown zone" : process.zone())
              + ", and that of the ledger at "
              + started);
    }
    long mapped = living.stream().filter(log.memory()::isMapped).count();
    if (log.memory().whole() && living.size() >= LEAST_SAMPLE && mapped == 0) {
      return no(
          "none of "
              + living.size()
              + " blocks that live by the ledger lies in memory that the log calls mapped");
    }
    boolean byNumber = fit == ZoneNames.Fit.UNKNOWN;
    return new SameProcess(
        true,
        byNumber,
        byNumber
            ? "that both are of one process is told by its number "
                + ledger.pid()
                + " alone, and numbers are given again: no time zone is known that is called "
                + process.zone()
            : "process " + ledger.pid() + " in the log and in the ledger");
  }

  /** The offset of a zone by which two times of one moment are apart; empty when no zone does. */
  private static Optional<ZoneOffset> offset(Duration apart) {
    long zone = Math.round((double) apart.toSeconds() / ZONE_STEP_SECONDS) * ZONE_STEP_SECONDS;
    return Math.abs(zone) <= MOST_ZONE_SECONDS
            && apart.minusSeconds(zone).abs().compareTo(TOLERANCE) <= 0
        ? Optional.of(ZoneOffset.ofTotalSeconds((int) zone))
        : Optional.empty();
  }
}
