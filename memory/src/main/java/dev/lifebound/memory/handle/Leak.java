package dev.lifebound.memory.handle;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Blocks that somebody should have released: those of one tag that were allocated at one place and
 * leaked in one way. They are freed when this is reported, or as soon as their leases are closed.
 *
 * @param cause how they leaked
 * @param tag what the blocks are for
 * @param blocks how many there are
 * @param bytes their bytes, as asked for
 * @param leases pins on them that were still open
 * @param handle one of them, the oldest slot
 * @param allocated where it was allocated; null when the tracking level did not record it
 * @param touches what was last done with it, newest first; empty below level {@code full}
 */
public record Leak(
    Cause cause,
    String tag,
    long blocks,
    long bytes,
    long leases,
    long handle,
    @Nullable Site allocated,
    List<Touch> touches) {
  /** How blocks leak. */
  public enum Cause {
    /** A {@link Block} became unreachable before its close. */
    OWNER_DROPPED,
    /** A {@link Registry} became unreachable before its close. */
    REGISTRY_DROPPED,
    /** The registry was closed while the blocks had references. */
    LIVE_AT_CLOSE;

    String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  public Leak {
    Objects.requireNonNull(cause, "cause must not be null");
    Objects.requireNonNull(tag, "tag must not be null");
    touches = List.copyOf(touches);
  }

  /** The report, several lines when sites are known. */
  public String text() {
    StringBuilder text =
        new StringBuilder("every block must be released: cause=")
            .append(cause.text())
            .append(", blocks=")
            .append(blocks)
            .append(", bytes=")
            .append(bytes)
            .append(", leases=")
            .append(leases)
            .append(", tag=")
            .append(tag)
            .append(", oneOfThem=")
            .append(Handles.block(handle))
            .append("; ")
            .append(remedy());
    Site site = allocated;
    if (site == null) {
      return text.append("; run with -D" + Tracking.PROPERTY + "=full to see where").toString();
    }
    long now = System.nanoTime();
    text.append(site.text("allocated", now));
    touches.forEach(touch -> text.append(touch.site().text(touch.operation(), now)));
    return text.toString();
  }

  private String remedy() {
    return switch (cause) {
      case OWNER_DROPPED -> "close the Block with try-with-resources";
      case REGISTRY_DROPPED -> "close the registry";
      case LIVE_AT_CLOSE -> "release what is not needed any more";
    };
  }
}
