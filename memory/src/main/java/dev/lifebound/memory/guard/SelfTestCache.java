package dev.lifebound.memory.guard;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * Remembers which self-tests passed, as files in a folder that only this user can write.
 *
 * <p>Whoever could write there could make us trust code that does not work here; so a folder or
 * file of another owner, a link, or one that others may write counts as absent.
 */
final class SelfTestCache {
  /* st_mode of stat(2). */
  private static final int OTHERS_WRITE = 022;
  private static final int FORMAT = 0170000;
  private static final int LINK = 0120000;

  private final @Nullable Path folder;

  /**
   * @param folder may not exist yet, or null: remembers nothing
   */
  SelfTestCache(@Nullable Path folder) {
    this.folder = folder;
  }

  /** The one in the user's cache folder. */
  static SelfTestCache ofUser() {
    String xdg = System.getenv("XDG_CACHE_HOME");
    if (xdg != null && xdg.startsWith("/")) {
      return new SelfTestCache(Path.of(xdg, "lifebound"));
    }
    String home = System.getProperty("user.home", "?");
    return new SelfTestCache(home.startsWith("/") ? Path.of(home, ".cache", "lifebound") : null);
  }

  private static Path file(Path folder, String key) {
    return folder.resolve("self-test-" + Integer.toHexString(key.hashCode()));
  }

  boolean holds(String key) {
    try {
      return folder != null
          && isPrivate(folder)
          && isPrivate(file(folder, key))
          && Files.readString(file(folder, key)).equals(key);
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether the key will be held from now on. */
  boolean store(String key) {
    if (folder == null) {
      return false;
    }
    try {
      Files.createDirectories(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      if (!isPrivate(folder)) {
        return false;
      }
      // A temporary file is made with rw-------.
      Path written = Files.createTempFile(folder, "new-", null);
      Files.writeString(written, key);
      Files.move(written, file(folder, key), StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  private static boolean isPrivate(Path path) throws IOException {
    // Numbers, since the names of users may be far away.
    int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    Object owner = Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    return (mode & FORMAT) != LINK
        && (mode & OTHERS_WRITE) == 0
        && owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
  }
}
