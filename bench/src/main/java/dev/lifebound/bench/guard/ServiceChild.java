package dev.lifebound.bench.guard;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/**
 * A service on RocksDB for some seconds: three reads to one write over 50,000 keys, values of 200
 * bytes. Prints operations a second and the 99th percentile of their times in nanoseconds.
 */
final class ServiceChild {
  private static final int KEYS = 50_000;
  private static final int VALUE_BYTES = 200;
  private static final int WRITE_ONE_IN = 4;
  private static final double NANOS_PER_SECOND = 1e9;

  private ServiceChild() {}

  public static void main(String[] args) throws IOException, RocksDBException {
    long warmUp = (long) (Double.parseDouble(args[0]) * NANOS_PER_SECOND);
    long measured = (long) (Double.parseDouble(args[1]) * NANOS_PER_SECOND);
    Path folder = Files.createTempDirectory("service");
    try (Options options = new Options().setCreateIfMissing(true);
        RocksDB database = RocksDB.open(options, folder.toString())) {
      for (int i = 0; i < KEYS; i++) {
        database.put(key(i), new byte[VALUE_BYTES]);
      }
      SplittableRandom random = new SplittableRandom(1);
      run(database, random, warmUp, new Histogram(3));
      Histogram times = new Histogram(3);
      long operations = run(database, random, measured, times);
      System.out.println(
          "service "
              + operations * NANOS_PER_SECOND / measured
              + " "
              + times.getValueAtPercentile(99));
    } finally {
      try (Stream<Path> files = Files.walk(folder)) {
        files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
      }
    }
  }

  private static long run(RocksDB database, SplittableRandom random, long nanos, Histogram times)
      throws RocksDBException {
    byte[] value = new byte[VALUE_BYTES];
    long end = System.nanoTime() + nanos;
    long operations = 0;
    long before = System.nanoTime();
    while (before < end) {
      byte[] key = key(random.nextInt(KEYS));
      if (random.nextInt(WRITE_ONE_IN) == 0) {
        random.nextBytes(value);
        database.put(key, value);
      } else if (database.get(key) == null) {
        throw new IllegalStateException("every key must be there");
      }
      long after = System.nanoTime();
      times.recordValue(after - before);
      before = after;
      operations++;
    }
    return operations;
  }

  private static byte[] key(int i) {
    return ("key" + i).getBytes(StandardCharsets.UTF_8);
  }
}
