package dev.lifebound.memory.ledger;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What can be read of a ledger: of a living process, of a dead one, of a part of a file.
 *
 * <p>Every event that is given was whole, by its check. What is not whole is counted and told in
 * {@link #notices}.
 */
public final class LedgerFile {
  private final LedgerHeader header;
  private final boolean live;
  private final List<RawEvent> records;
  private final Function<RawEvent, LedgerEvent> reading;
  private final List<LedgerNotice> notices;
  private final long[] newest;
  private final long unfinished;
  private final long damaged;
  private final long missing;

  /** Made when somebody asks for all; two threads may make it twice. */
  private volatile @Nullable List<LedgerEvent> events;

  private LedgerFile(
      LedgerHeader header,
      boolean live,
      List<RawEvent> records,
      Function<RawEvent, LedgerEvent> reading,
      List<LedgerNotice> notices,
      long[] newest,
      StripeReader.Counts counts) {
    this.header = header;
    this.live = live;
    this.records = records;
    this.reading = reading;
    this.notices = List.copyOf(notices);
    this.newest = newest;
    this.unfinished = counts.unfinished;
    this.damaged = counts.damaged;
    this.missing = counts.missing;
  }

  /**
   * Reads a file as it is now. One that is being written gives what was whole at the moment of
   * reading each record.
   *
   * @throws LedgerException when there is no such file, it cannot be opened, or it is no ledger
   */
  public static LedgerFile read(Path path) throws LedgerException {
    try {
      if (!Files.isRegularFile(path) && Files.exists(path)) {
        // A pipe may keep its reader waiting for ever, a device has no end.
        throw new LedgerException(
            "a ledger must be a plain file: file="
                + path
                + ", kind="
                + (Files.isDirectory(path) ? "folder" : "pipe or device")
                + "; give the file itself, or copy it to one");
      }
      boolean locked;
      byte[] bytes;
      synchronized (LedgerStore.OPENING) {
        LedgerStore own = LedgerStore.openHere(path);
        locked = own != null || isLocked(path);
        bytes = own != null ? content(path, own) : content(path);
      }
      return parse(path, bytes, locked);
    } catch (LedgerException e) {
      throw e;
    } catch (IOException e) {
      throw new LedgerException(
          "a ledger must be a file that can be read: file="
              + path
              + ", reason="
              + reason(e)
              + "; check name and permissions",
          e);
    }
  }

  /** Through its mapping: see {@link LedgerStore#openHere}. What was cut off is not there. */
  private static byte[] content(Path path, LedgerStore own) throws IOException {
    long whole = Math.min(Files.size(path), own.memory.byteSize());
    try {
      return own.memory.asSlice(0, whole).toArray(ValueLayout.JAVA_BYTE);
    } catch (InternalError e) {
      throw new LedgerException(
          "a ledger must not be cut while it is read: file=" + path + "; read it again", e);
    }
  }

  /** Not mapped: a file that somebody cuts meanwhile would be a SIGBUS. */
  private static byte[] content(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] start = in.readNBytes(Layout.HEADER_BYTES);
      long size = Files.size(path);
      if (start.length == Layout.HEADER_BYTES && !HeaderReader.isLedger(start)) {
        throw HeaderReader.foreign(path, size);
      }
      if (size > LedgerSettings.MAX_FILE_BYTES) {
        throw HeaderReader.tooLarge(path, size);
      }
      byte[] rest = in.readNBytes((int) LedgerSettings.MAX_FILE_BYTES - start.length);
      byte[] bytes = Arrays.copyOf(start, start.length + rest.length);
      System.arraycopy(rest, 0, bytes, start.length, rest.length);
      return bytes;
    }
  }

  /** The writer holds a lock as long as it lives; the system takes it away from a dead process. */
  private static boolean isLocked(Path path) {
    try (FileChannel channel = FileChannel.open(path);
        FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true)) {
      return lock == null;
    } catch (OverlappingFileLockException e) {
      return true;
    } catch (IOException e) {
      // The reading itself will say what is wrong.
      return false;
    }
  }

  private static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "no such file";
    }
    String reason = e instanceof FileSystemException known ? known.getReason() : e.getMessage();
    return e.getClass().getSimpleName() + (reason == null ? "" : " " + reason);
  }

  /**
   * @param path for messages
   * @param locked whether its writer lives
   */
  static LedgerFile parse(Path path, byte[] bytes, boolean locked) throws LedgerException {
    List<LedgerNotice> notices = new ArrayList<>();
    HeaderReader header = HeaderReader.read(path, bytes, notices);
    ByteBuffer file = ByteBuffer.wrap(bytes).order(header.order);
    TextReader texts = new TextReader(file, header.textOffset, header.textBytes);
    StripeReader.Counts counts = new StripeReader.Counts();
    long[] newest = new long[header.stripes];
    List<StripeReader> stripes = new ArrayList<>();
    for (int i = 0; i < header.stripes; i++) {
      StripeReader stripe = StripeReader.read(file, header, i, counts);
      stripes.add(stripe);
      newest[i] = stripe.newest;
    }
    ThreadNames names = new ThreadNames();
    stripes.forEach(names::learn);
    List<RawEvent> records = inOrder(stripes);
    LedgerHeader told = header.publicHeader();
    boolean live = locked && told.closed() == null;
    counts.notices(live, notices);
    records.forEach(record -> look(record, texts));
    texts.notices(notices);
    return new LedgerFile(
        told, live, records, record -> record.event(header, texts, names), notices, newest, counts);
  }

  /** Reads the texts of an event, of which each is read once. */
  private static void look(RawEvent record, TextReader texts) {
    if (record.type() != EventType.THREAD) {
      String _ = texts.name((int) (record.refs() >>> Layout.NAME_SHIFT));
    }
    List<String> _ = texts.stack((int) record.refs());
  }

  private static List<RawEvent> inOrder(List<StripeReader> stripes) {
    Set<List<Long>> incidents = new HashSet<>();
    for (StripeReader stripe : stripes) {
      if (stripe.kind != Layout.KIND_INCIDENTS) {
        stripe.records.stream()
            .filter(RawEvent::isIncident)
            .forEach(record -> incidents.add(record.content()));
      }
    }
    List<RawEvent> records = new ArrayList<>();
    for (StripeReader stripe : stripes) {
      for (RawEvent record : stripe.records) {
        if (stripe.kind != Layout.KIND_INCIDENTS || !incidents.contains(record.content())) {
          records.add(record);
        }
      }
    }
    // Within a stripe the order stays, that of the sequence, which may have gone round: times are
    // made not to go back, and equal ones are left as they stand.
    records.sort(Comparator.comparingLong(RawEvent::order).thenComparingInt(RawEvent::stripe));
    return records;
  }

  /** The process that wrote it. */
  public LedgerHeader header() {
    return header;
  }

  /** Whether the process that writes it was there at the moment of reading. */
  public boolean isLive() {
    return live;
  }

  /** The events, oldest first; those of one thread in the order in which they happened. */
  public List<LedgerEvent> events() {
    List<LedgerEvent> all = events;
    if (all == null) {
      all = records.stream().map(reading).toList();
      events = all;
    }
    return all;
  }

  /** Chooses among events by what costs nothing to look at. */
  @FunctionalInterface
  public interface Choice {
    /**
     * Whether to take an event.
     *
     * @param block see {@link LedgerEvent}
     * @param guardBlock see there
     * @param address see there
     * @param size of the block in bytes; 0 for events that have none
     */
    boolean takes(EventType type, long block, boolean guardBlock, long address, long size);
  }

  /**
   * Some of {@link #events}, in the same order. Of a million events those that are not taken cost
   * some milliseconds together, while {@code events} makes an object of each.
   */
  public List<LedgerEvent> events(Choice choice) {
    List<LedgerEvent> taken = new ArrayList<>();
    for (RawEvent record : records) {
      if (record.takenBy(choice)) {
        taken.add(reading.apply(record));
      }
    }
    return taken;
  }

  /** The newest events, the newest first. */
  public Iterable<LedgerEvent> newestFirst() {
    return () -> records.reversed().stream().map(reading).iterator();
  }

  /** Whether a ring has gone round, so that older events are not there any more. */
  public boolean isOverwritten() {
    for (long count : newest) {
      if (count > header.records()) {
        return true;
      }
    }
    return false;
  }

  /** The events that an earlier reading of the same file did not have. */
  public List<LedgerEvent> eventsAfter(LedgerFile earlier) {
    return events().stream()
        .filter(event ->
            event.stripe() >= earlier.newest.length
                || StripeReader.isLater(event.sequence(), earlier.newest[event.stripe()]))
        .toList();
  }

  /** What could not be read, and what a reader should know. */
  public List<LedgerNotice> notices() {
    return notices;
  }

  /** Events that were being written at the end, or at the moment of reading. */
  public long unfinished() {
    return unfinished;
  }

  /** Records that are not as they were written. */
  public long damaged() {
    return damaged;
  }

  /** Events whose place in a ring holds another or none, though later ones are there. */
  public long missing() {
    return missing;
  }
}
