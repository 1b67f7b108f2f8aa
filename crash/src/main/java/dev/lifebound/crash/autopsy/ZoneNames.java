package dev.lifebound.crash.autopsy;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneRules;
import java.util.Locale;
import java.util.Set;
import java.util.TimeZone;
import org.jspecify.annotations.Nullable;

/**
 * What the short name of a machine's time zone says of its offset, by the JDK's copy of the time
 * zone database. {@code IST} is the name of three zones and {@code CST} of as many: a name may have
 * several offsets, but none besides.
 */
final class ZoneNames {
  private static final Set<String> UTC =
      Set.of("UTC", "GMT", "Z", "UCT", "Universal", "Zulu", "Greenwich");

  private ZoneNames() {}

  /** Whether a zone of this name has this offset. */
  enum Fit {
    YES,
    NO,
    /** No zone has this name: it was made up by who set up the machine, or is in its language. */
    UNKNOWN
  }

  /** Looks through some 600 zones: milliseconds, the first time some more. */
  static Fit fit(@Nullable String name, LocalDateTime local, ZoneOffset offset) {
    if (name == null || name.isBlank()) {
      return Fit.UNKNOWN;
    }
    if (UTC.contains(name)) {
      return offset.equals(ZoneOffset.UTC) ? Fit.YES : Fit.NO;
    }
    if (name.startsWith("+") || name.startsWith("-")) {
      return numeric(name, offset);
    }
    boolean known = false;
    for (String id : ZoneId.getAvailableZoneIds()) {
      ZoneRules rules = ZoneId.of(id).getRules();
      boolean has = rules.isValidOffset(local, offset);
      if (has && name.equals(shortName(id, rules.isDaylightSavings(local.toInstant(offset))))) {
        return Fit.YES;
      }
      known |= name.equals(shortName(id, false)) || name.equals(shortName(id, true));
    }
    return known ? Fit.NO : Fit.UNKNOWN;
  }

  /** Zones without a name of their own are called by their offset. */
  private static Fit numeric(String name, ZoneOffset offset) {
    try {
      return ZoneOffset.of(name).equals(offset) ? Fit.YES : Fit.NO;
    } catch (DateTimeException e) {
      return Fit.UNKNOWN;
    }
  }

  private static String shortName(String id, boolean daylight) {
    return TimeZone.getTimeZone(id).getDisplayName(daylight, TimeZone.SHORT, Locale.ENGLISH);
  }
}
