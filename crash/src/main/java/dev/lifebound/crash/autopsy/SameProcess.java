package dev.lifebound.crash.autopsy;

import dev.lifebound.memory.ledger.LedgerHeader;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;

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
 * <p>The log names the machine's time zone by an abbreviation that may mean several; unless it is
 * UTC, a difference of a multiple of fifteen minutes is taken for the zone.
 *
 * @param same whether they are of one process as far as can be told
 * @param reason one sentence
 */
record SameProcess(boolean same, String reason) {
  private static final Duration TOLERANCE = Duration.ofSeconds(5);
  private static final long ZONE_STEP_SECONDS = 15 * 60;
  private static final long MOST_ZONE_SECONDS = 14 * 60 * 60;
  private static final Set<String> UTC = Set.of("UTC", "GMT", "Z", "UCT", "Universal");

  /** How many living blocks are looked up, and how few say nothing. */
  static final int SAMPLE = 1000;

  private static final int LEAST_SAMPLE = 3;

  /** Joins what both tell of the process. */
  static SameProcess of(HsErr log, LedgerHeader ledger, List<Long> living) {
    HsErr.Origin process = log.process();
    if (process.pid() == 0) {
      return new SameProcess(
          false, "the log does not come to its process number, so it may be of any process");
    }
    if (process.pid() != ledger.pid()) {
      return new SameProcess(
          false,
          "the log is of process " + process.pid() + " and the ledger of process " + ledger.pid());
    }
    Instant started = ledger.jvmStarted();
    if (process.localTime() == null || process.elapsed() == null || started == null) {
      return new SameProcess(
          false,
          "both name process "
              + ledger.pid()
              + ", but the log does not tell when it started, and numbers are given again");
    }
    Instant byLog = process.localTime().toInstant(ZoneOffset.UTC).minus(process.elapsed());
    Duration apart = Duration.between(started, byLog);
    boolean utc = process.zone() != null && UTC.contains(process.zone());
    if (!isNear(apart, utc)) {
      return new SameProcess(
          false,
          "both name process "
              + ledger.pid()
              + ", but the JVM of the log started at "
              + byLog
              + " and that of the ledger at "
              + started);
    }
    long mapped = living.stream().filter(log.memory()::isMapped).count();
    if (log.memory().whole() && living.size() >= LEAST_SAMPLE && mapped == 0) {
      return new SameProcess(
          false,
          "none of "
              + living.size()
              + " blocks that live by the ledger lies in memory that the log calls mapped");
    }
    return new SameProcess(true, "process " + ledger.pid() + " in the log and in the ledger");
  }

  private static boolean isNear(Duration apart, boolean utc) {
    long seconds = apart.toSeconds();
    long zone =
        utc || Math.abs(seconds) > MOST_ZONE_SECONDS + TOLERANCE.toSeconds()
            ? 0
            : Math.round((double) seconds / ZONE_STEP_SECONDS) * ZONE_STEP_SECONDS;
    return apart.minusSeconds(zone).abs().compareTo(TOLERANCE) <= 0;
  }
}
