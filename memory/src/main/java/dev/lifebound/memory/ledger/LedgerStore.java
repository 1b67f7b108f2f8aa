package dev.lifebound.memory.ledger;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The mapped file of one ledger.
 *
 * <p>Every byte is written before the file is mapped: on a full disk that is an error here. A hole
 * in the file would be a SIGBUS at some event later.
 */
final class LedgerStore implements AutoCloseable {
  private static final int CHUNK_BYTES = 1 << 18;
  private static final String PREVIOUS = ".previous";
  private static final Set<OpenOption> NEW =
      Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);

  /**
   * Files that this process has open. Closing any other descriptor of such a file would give its
   * lock away: POSIX locks are the process's. So nobody here opens it again. A copy of this class
   * in another class loader does not know them.
   */
  private static final Map<Object, WeakReference<LedgerStore>> OPEN = new ConcurrentHashMap<>();

  /** Held while a file is opened that may be one of these, until it is known as such or closed. */
  static final Object OPENING = new Object();

  final Path path;

  /** Unmapped when nothing refers to it any more, so that a writer never meets unmapped memory. */
  final MemorySegment memory;

  private final FileChannel channel;
  private final Object key;

  private LedgerStore(Path path, Object key, FileChannel channel, MemorySegment memory) {
    this.path = path;
    this.key = key;
    this.channel = channel;
    this.memory = memory;
  }

  /**
   * A new file of zeroes for the owner alone. What was there before is kept under the name with
   * {@code .previous} behind it: it may be the only witness of why this process was started again.
   */
  static LedgerStore create(Path path, long bytes) throws LedgerException {
    synchronized (OPENING) {
      return createAlone(path, bytes);
    }
  }

  private static LedgerStore createAlone(Path path, long bytes) throws LedgerException {
    FileChannel channel = null;
    try {
      setAside(path);
      channel = open(path);
      lock(path, channel);
      fill(channel, bytes);
      MemorySegment memory = channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, Arena.ofAuto());
      LedgerStore store = new LedgerStore(path, key(path), channel, memory);
      OPEN.put(store.key, new WeakReference<>(store));
      return store;
    } catch (IOException | UnsupportedOperationException e) {
      abandon(path, channel);
      if (e instanceof LedgerException known) {
        throw known;
      }
      throw new LedgerException(
          "the ledger must be a new file in a folder with room: file="
              + path
              + ", bytes="
              + bytes
              + ", reason="
              + reason(e)
              + "; name another file, or free some space",
          e);
    }
  }

  /** The open ledger of this process that has the file; null if there is none. */
  static @Nullable LedgerStore openHere(Path path) throws IOException {
    if (!OPEN.isEmpty() && Files.exists(path)) {
      WeakReference<LedgerStore> store = OPEN.get(key(path));
      return store == null ? null : store.get();
    }
    return null;
  }

  /** Device and inode: a file keeps them when it is moved, and another of its name has others. */
  private static Object key(Path path) throws IOException {
    Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    return key == null ? path.toRealPath() : key;
  }

  private static void setAside(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new LedgerException(
          "a ledger must not replace what is no plain file: file="
              + path
              + "; name another file, or remove it");
    }
    if (openHere(path) != null) {
      throw taken(path);
    }
    Path previous = path.resolveSibling(path.getFileName() + PREVIOUS);
    try (FileChannel old =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      lock(path, old);
      requireLedger(path, Channels.newInputStream(old));
      if (Files.exists(previous, LinkOption.NOFOLLOW_LINKS)) {
        try (InputStream older = Files.newInputStream(previous)) {
          requireLedger(previous, older);
        }
      }
      Files.move(path, previous, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /**
   * A mistyped name must not cost anybody a file: only a ledger gives way, or one whose process
   * died while it was created.
   */
  private static void requireLedger(Path path, InputStream in) throws IOException {
    byte[] start = in.readNBytes(Layout.HEADER_BYTES);
    boolean unwritten = true;
    for (byte b : start) {
      unwritten &= b == 0;
    }
    if (!unwritten && !HeaderReader.isLedger(start)) {
      throw new LedgerException(
          "a ledger must not replace another kind of file: file="
              + path
              + "; name another file, or remove it");
    }
  }

  private static FileChannel open(Path path) throws IOException {
    FileAttribute<?> ownerOnly =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    try {
      return FileChannel.open(path, NEW, ownerOnly);
    } catch (UnsupportedOperationException e) {
      // No POSIX permissions on this system: those of the folder must do.
      return FileChannel.open(path, NEW);
    }
  }

  /** Held until the ledger is closed or the process ends, however it ends. */
  private static void lock(Path path, FileChannel channel) throws IOException {
    @Nullable FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      throw taken(path);
    }
  }

  private static LedgerException taken(Path path) {
    return new LedgerException(
        "a ledger must belong to one process: file="
            + path
            + ", locked=true; write %p into the name, it becomes the process number");
  }

  private static void fill(FileChannel channel, long bytes) throws IOException {
    ByteBuffer zeroes = ByteBuffer.allocateDirect(CHUNK_BYTES);
    for (long at = 0; at < bytes; ) {
      zeroes.clear().limit((int) Math.min(CHUNK_BYTES, bytes - at));
      at += channel.write(zeroes, at);
    }
  }

  private static void abandon(Path path, @Nullable FileChannel channel) {
    if (channel != null) {
      try {
        channel.close();
        Files.deleteIfExists(path);
      } catch (IOException _) {
        // The first failure is the one to tell.
      }
    }
  }

  private static String reason(Exception e) {
    String reason = e instanceof FileSystemException known ? known.getReason() : e.getMessage();
    return e.getClass().getSimpleName() + (reason == null ? "" : " " + reason);
  }

  @Override
  public void close() {
    OPEN.remove(key);
    try {
      channel.close();
    } catch (IOException _) {
      // The file is written through its mapping; only the lock is gone or stays.
    }
  }
}
