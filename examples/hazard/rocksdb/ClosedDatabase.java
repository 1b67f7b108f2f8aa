import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * A map keeps an iterator of RocksDB longer than its database: {@code db.close()} frees the native
 * objects that the iterator reads. RocksDB's manual says to close iterators first; nothing enforces
 * it.
 *
 * <p>README.md in this folder has the two commands that run it, plain and guarded.
 */
public class ClosedDatabase {
  private static final int ROWS = 20_000;

  private final Map<String, RocksIterator> cursors = new HashMap<>();

  /** The cursor stays in the map; the database does not stay open. */
  void load(Path folder) throws RocksDBException {
    try (Options options = new Options().setCreateIfMissing(true);
        RocksDB database = RocksDB.open(options, folder.toString());
        FlushOptions flush = new FlushOptions()) {
      for (int row = 0; row < ROWS; row++) {
        database.put(bytes("key" + row), bytes("value" + row));
      }
      database.flush(flush);
      cursors.put("anna", database.newIterator());
    }
  }

  String read(String user, String key) {
    RocksIterator cursor = cursors.get(user);
    cursor.seek(bytes(key));
    return new String(cursor.value(), StandardCharsets.UTF_8);
  }

  public static void main(String[] arguments) throws Exception {
    Path folder = Files.createTempDirectory("closed-database");
    try {
      ClosedDatabase example = new ClosedDatabase();
      example.load(folder);
      System.out.println("anna reads: " + example.read("anna", "key777"));
    } finally {
      try (var files = Files.walk(folder)) {
        files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
      }
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
