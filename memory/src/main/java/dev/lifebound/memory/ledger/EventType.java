package dev.lifebound.memory.ledger;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What happened; the numbers are those of the file format and stay. */
public enum EventType {
  /** Lifebound allocated a block. */
  ALLOCATE(1),
  /** Java freed a block. */
  FREE(2),
  /** C code freed a block. */
  FREE_BY_C(3),
  /** A block that somebody else allocated was taken over. */
  ADOPT(4),
  /** A block was put into a map under a key. */
  BIND(5),
  /** A block left a map. */
  UNBIND(6),
  /** A use of a stale handle was refused. */
  STALE_USE(7),
  /** A second free was refused. */
  DOUBLE_FREE(8),
  /** A lease was used against its contract. */
  LEASE_ANOMALY(9),
  /** A dead page was touched. */
  FAULT(10),
  /** Blocks were dropped unreleased. */
  LEAK(11),
  /** A remark, of what was armed for instance. */
  NOTE(12),
  /** C code allocated a block that the guard samples. */
  ALLOCATE_BY_C(13),
  /** A thread took the stripe over; of machine code's stripes, the name of a thread. */
  THREAD(14),
  /** The guard reports the misuse of a block: the access, or the free that was refused. */
  REPORT(15),
  /** Where the block of the report that follows was freed. */
  REPORT_FREED(16),
  /** Where the block of the report that follows was allocated. */
  REPORT_ALLOCATED(17),
  /** Something about a lease that is no mistake: it put a free off, or was closed twice. */
  LEASE_REMARK(18),
  /** A type of a newer version. */
  UNKNOWN(0);

  private static final EventType[] BY_CODE = new EventType[Byte.MAX_VALUE];

  static {
    for (EventType type : values()) {
      BY_CODE[type.code] = type;
    }
  }

  private final int code;

  EventType(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static EventType of(int code) {
    EventType known = code > 0 && code < BY_CODE.length ? byCode(code) : null;
    return known == null ? UNKNOWN : known;
  }

  private static @Nullable EventType byCode(int code) {
    return BY_CODE[code];
  }

  /** The name as every output writes it: lower case with hyphens. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Whether it tells of a mistake, and so is kept twice. */
  public boolean isIncident() {
    return switch (this) {
      case STALE_USE, DOUBLE_FREE, LEASE_ANOMALY, FAULT, LEAK, REPORT -> true;
      case ALLOCATE,
          FREE,
          FREE_BY_C,
          ADOPT,
          BIND,
          UNBIND,
          NOTE,
          ALLOCATE_BY_C,
          THREAD,
          REPORT_FREED,
          REPORT_ALLOCATED,
          LEASE_REMARK,
          UNKNOWN ->
          false;
    };
  }
}
