package dev.lifebound.memory.ledger;

/**
 * How large a ledger is and how many stacks it takes.
 *
 * @param stripes platform threads that have a stripe of their own at a time
 * @param records newest events kept of each stripe, a power of two
 * @param nativeStripes stripes for machine code, a power of two; one more is for faults
 * @param textBytes room for names and stacks
 * @param stackOneIn blocks for each block whose events carry stacks; 1 for all, 0 for none
 * @param stackDepth frames of a stack
 */
public record LedgerSettings(
    int stripes, int records, int nativeStripes, int textBytes, int stackOneIn, int stackDepth) {
  static final int MAX_STRIPES = 4_096;
  static final int MAX_RECORDS = 1 << 20;
  static final int MAX_TEXT_BYTES = 1 << 28;
  static final int MAX_STACK_DEPTH = 64;

  /** A file stays far from what a reader can hold. */
  static final long MAX_FILE_BYTES = 1L << 30;

  public LedgerSettings {
    in("stripes", stripes, 0, MAX_STRIPES);
    power("records", records, MAX_RECORDS);
    power("nativeStripes", nativeStripes, MAX_STRIPES);
    in("textBytes", textBytes, 0, MAX_TEXT_BYTES);
    in("stackOneIn", stackOneIn, 0, Integer.MAX_VALUE);
    in("stackDepth", stackDepth, 1, MAX_STACK_DEPTH);
  }

  /** 64 stripes of 1,024 records, 1 MiB of text: 6.4 MB. Stacks of 8 frames, one in 256. */
  public static LedgerSettings defaults() {
    return new LedgerSettings(64, 1_024, 8, 1 << 20, 256, 8);
  }

  /** These settings with another size. */
  public LedgerSettings withSize(int newStripes, int newRecords) {
    return new LedgerSettings(
        newStripes, newRecords, nativeStripes, textBytes, stackOneIn, stackDepth);
  }

  /** These settings with other stacks. */
  public LedgerSettings withStacks(int newOneIn, int newDepth) {
    return new LedgerSettings(stripes, records, nativeStripes, textBytes, newOneIn, newDepth);
  }

  /** These settings with other room for names and stacks. */
  public LedgerSettings withTextBytes(int newTextBytes) {
    return new LedgerSettings(
        stripes, records, nativeStripes, newTextBytes, stackOneIn, stackDepth);
  }

  private static void in(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " must be from " + least + " to " + most + ": " + name + "=" + value);
    }
  }

  private static void power(String name, int value, int most) {
    in(name, value, 1, most);
    if (Integer.bitCount(value) != 1) {
      throw new IllegalArgumentException(
          name
              + " must be a power of two: "
              + name
              + "="
              + value
              + "; take "
              + Integer.highestOneBit(value));
    }
  }
}
