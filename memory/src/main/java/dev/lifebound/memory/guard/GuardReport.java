package dev.lifebound.memory.guard;

import dev.lifebound.memory.handle.Site;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the guard saw of one block: there is one report for each kind of misuse of a block.
 *
 * @param kind what was done
 * @param outcome what came of it
 * @param address of the byte that was accessed, or that was given to {@code free}
 * @param block the block, or null when its slot was given away meanwhile or there is none
 * @param access when, by which thread, and the Java frames where they could be taken
 * @param pc the instruction, or the caller of {@code free}
 * @param frames return addresses of the access, innermost first
 * @param allocFrames return addresses of the allocation
 * @param freeFrames return addresses of the free
 * @param accessTid the kernel's number of the accessing thread
 */
public record GuardReport(
    Kind kind,
    Outcome outcome,
    long address,
    @Nullable GuardedBlock block,
    Site access,
    long pc,
    List<Long> frames,
    List<Long> allocFrames,
    List<Long> freeFrames,
    int accessTid) {
  private static final double NANOS_PER_MILLI = 1e6;

  /** What was done. The numbers are {@code LB_USE_AFTER_FREE} and so on in lifebound.h. */
  public enum Kind {
    USE_AFTER_FREE(1, "use after free"),
    OVERFLOW(2, "access behind the block"),
    UNDERFLOW(3, "access before the block"),
    WILD(4, "access to memory that no block ever had"),
    DOUBLE_FREE(5, "second free"),
    INVALID_FREE(6, "free of an address that is not a block's first byte"),
    WRITE_AFTER_FREE(7, "write after free, found in quarantine"),
    SLACK_WRITTEN(8, "write behind the block, found at its free");

    private final int number;
    private final String text;

    Kind(int number, String text) {
      this.number = number;
      this.text = text;
    }

    static Kind of(int number) {
      return Arrays.stream(values()).filter(k -> k.number == number).findFirst().orElseThrow();
    }

    int number() {
      return number;
    }

    /** In words. */
    public String text() {
      return text;
    }
  }

  /** What came of it. The numbers are {@code LB_HOW_RECOVERED} and so on in lifebound.h. */
  public enum Outcome {
    /** The access ran on the block's old bytes. */
    RECOVERED(1, "the access ran on the old bytes"),
    /** The access was given to the JVM as an error. */
    DELIVERED(2, "the access throws"),
    /** The free was not done. */
    REFUSED(3, "the free was refused"),
    /** Only noted. */
    NOTED(4, "noted");

    private final int number;
    private final String text;

    Outcome(int number, String text) {
      this.number = number;
      this.text = text;
    }

    static Outcome of(int number) {
      return Arrays.stream(values()).filter(o -> o.number == number).findFirst().orElseThrow();
    }

    int number() {
      return number;
    }
  }

  public GuardReport {
    frames = List.copyOf(frames);
    allocFrames = List.copyOf(allocFrames);
    freeFrames = List.copyOf(freeFrames);
  }

  /** Bytes from the block's first byte; 0 without a block. */
  public long offset() {
    return block == null ? 0 : address - block.address();
  }

  /** One line. */
  public String headline() {
    StringBuilder text = new StringBuilder(kind.text);
    if (block == null) {
      text.append(": address=0x").append(Long.toHexString(address));
    } else {
      text.append(": ").append(block.text()).append(", offset=").append(offset());
      Site freed = block.freed();
      if (freed != null && kind == Kind.USE_AFTER_FREE) {
        text.append(
            String.format(
                Locale.ROOT,
                ", %.3f ms after its free",
                (access.nanoTime() - freed.nanoTime()) / NANOS_PER_MILLI));
      }
    }
    text.append(", pc=0x").append(Long.toHexString(pc)).append(", thread=").append(access.thread());
    return text.append("; ").append(outcome.text).toString();
  }

  /** The line, and where the block was allocated and freed. */
  public String text() {
    return headline() + (block == null ? "" : block.lifeText());
  }
}
