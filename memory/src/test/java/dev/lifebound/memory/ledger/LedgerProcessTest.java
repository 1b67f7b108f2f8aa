package dev.lifebound.memory.ledger;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ledgers whose process ends in every way but a good one. */
class LedgerProcessTest {
  private static final int KILLS = 20;
  private static final int WRITERS = 3;
  private static final int RECORDS = 64;
  private static final long WITNESS_STRIDE = 64;

  @TempDir private Path folder;

  /** Writes events until it is killed; a second mapped file says which event each thread ended. */
  static final class Victim {
    private static final VarHandle LONGS = JAVA_LONG.varHandle();
    private static final LedgerName[] TAGS = {LedgerName.of("a"), LedgerName.of("b")};

    private Victim() {}

    public static void main(String[] args) throws IOException {
      Ledger ledger =
          Ledger.create(Path.of(args[0]), new LedgerSettings(WRITERS, RECORDS, 1, 1 << 16, 64, 8));
      try (FileChannel channel =
          FileChannel.open(Path.of(args[1]), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        MemorySegment witness =
            channel.map(
                FileChannel.MapMode.READ_WRITE, 0, WRITERS * WITNESS_STRIDE, Arena.global());
        for (int i = 0; i < WRITERS; i++) {
          long writer = i;
          // The last one is virtual and borrows.
          var builder = i < WRITERS - 1 ? Thread.ofPlatform() : Thread.ofVirtual();
          var _ = builder.start(() -> write(ledger, witness, writer));
        }
      }
      System.out.println("started");
      if (args.length > 2) {
        crash();
      }
      // Until it is killed.
      synchronized (ledger) {
        while (true) {
          try {
            ledger.wait();
          } catch (InterruptedException e) {
            return;
          }
        }
      }
    }

    private static void write(Ledger ledger, MemorySegment witness, long writer) {
      for (long i = 1; ; i++) {
        long block = (writer << 48) | i;
        switch ((int) (i % 3)) {
          case 0 -> ledger.allocate(block, 3 * i, 5 * i, TAGS[(int) (i & 1)]);
          case 1 -> ledger.free(block, 3 * i, 5 * i, TAGS[(int) (i & 1)]);
          default -> ledger.adopt(block, 3 * i, 5 * i, TAGS[(int) (i & 1)]);
        }
        LONGS.setRelease(witness, writer * WITNESS_STRIDE, i);
      }
    }

    @SuppressWarnings("restricted") // tests have native access
    private static void crash() {
      // SAFETY: there is none; nothing is mapped there, and that is the point.
      MemorySegment.ofAddress(1L << 17).reinterpret(8).set(JAVA_LONG, 0, 1);
    }
  }

  @Test
  void aKilledWriterLeavesEveryCommittedEventAndNoTornOne() throws Exception {
    Random random = new Random(9);
    for (int kill = 0; kill < KILLS; kill++) {
      Path ledger = folder.resolve("ledger");
      Path witness = Files.write(folder.resolve("witness"), new byte[4_096]);
      Process victim = victim(ledger, witness, kill % 2 == 0 ? "-Xint" : "-XX:TieredStopAtLevel=1");
      awaitEvents(witness, 1 + random.nextInt(kill % 2 == 0 ? 20_000 : 200_000));
      victim.destroyForcibly().waitFor();
      check(ledger, witness);
    }
  }

  @Test
  void aCrashedWriterIsAsReadable() throws Exception {
    Path ledger = folder.resolve("ledger");
    Path witness = Files.write(folder.resolve("witness"), new byte[4_096]);
    Process victim = victim(ledger, witness, "-Xint", "crash");
    assertThat(victim.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(victim.exitValue()).isNotZero();
    assertThat(victim.getInputStream().readAllBytes())
        .asString(StandardCharsets.UTF_8)
        .contains("SIGSEGV");
    check(ledger, witness);
  }

  private Process victim(Path ledger, Path witness, String flag, String... more)
      throws IOException {
    List<String> command = new ArrayList<>(java(flag, "-XX:+UseSerialGC", "-Xmx64m"));
    command.addAll(List.of("-XX:ErrorFile=/dev/null", "-XX:-CreateCoredumpOnCrash"));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Victim.class.getName()));
    command.addAll(List.of(ledger.toString(), witness.toString()));
    command.addAll(List.of(more));
    Process victim =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(line(victim.getInputStream())).isEqualTo("started");
    return victim;
  }

  /** No reader with a buffer, which would take more than the line. */
  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n' && c >= 0; c = in.read()) {
      line.append((char) c);
    }
    return line.toString();
  }

  private static List<String> java(String... flags) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(flags));
    return command;
  }

  private static void awaitEvents(Path witness, long events) throws IOException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (committed(witness, 0) < events) {
      assertThat(System.nanoTime() - until).as("the victim writes").isNegative();
      Thread.onSpinWait();
    }
  }

  private static long committed(Path witness, int writer) throws IOException {
    return java.nio.ByteBuffer.wrap(Files.readAllBytes(witness))
        .order(java.nio.ByteOrder.nativeOrder())
        .getLong((int) (writer * WITNESS_STRIDE));
  }

  private static void check(Path ledger, Path witness) throws IOException {
    LedgerFile read = LedgerFile.read(ledger);
    assertThat(read.notices()).isEmpty();
    assertThat(read.damaged() + read.missing()).isZero();
    assertThat(read.isLive()).isFalse();
    assertThat(read.header().closed()).isNull();
    for (int writer = 0; writer < WRITERS; writer++) {
      long number = writer;
      long committed = committed(witness, writer);
      List<Long> there =
          read.events().stream()
              .filter(event -> event.type() != EventType.THREAD && event.block() >>> 48 == number)
              .map(event -> {
                long i = event.block() & ((1L << 48) - 1);
                assertThat(event.address()).isEqualTo(3 * i);
                assertThat(event.size()).isEqualTo(5 * i);
                assertThat(event.name()).isEqualTo(i % 2 == 0 ? "a" : "b");
                return i;
              })
              .toList();
      if (committed == 0) {
        continue;
      }
      long newest = there.getLast();
      assertThat(newest).isBetween(committed, committed + 1);
      // One place may be that of the event that was being written.
      long kept = Math.min(newest, RECORDS - 1);
      assertThat(there)
          .containsAll(IntStream.range(0, (int) kept).mapToObj(i -> newest - i).toList());
    }
  }

  /** What the child without a flag runs. */
  static final class Plain {
    private Plain() {}

    public static void main(String[] args) throws LedgerException {
      Ledger ledger = Ledger.createOrDrop(Path.of(args[0]), LedgerSettings.defaults());
      try (ledger) {
        for (int i = 0; i < 10; i++) {
          ledger.allocate(i, i, i, LedgerName.of("tag"));
        }
        System.out.print("dropped=" + ledger.dropped() + " " + ledger.problem());
      }
    }
  }

  @Test
  void noFlagIsNeededAndNothingIsWarned() throws Exception {
    Path file = folder.resolve("ledger");
    assertThat(plain(List.of(), file)).isEqualTo("dropped=0 ");
    assertThat(LedgerFile.read(file).events()).hasSize(11);
  }

  @Test
  void aDiskWithoutRoomCostsTheEventsAndNothingElse() throws Exception {
    Path file = folder.resolve("ledger");
    // The shell's limit of the size of a file, in blocks of 1,024 bytes: as an end of the disk.
    String out = plain(List.of("bash", "-c", "ulimit -f 2000; exec \"$@\"", "bash"), file);
    assertThat(out).startsWith("dropped=10 the ledger must be a new file in a folder with room");
    assertThat(file).doesNotExist();
  }

  /** A file system of 64 KiB; where mounting is refused, the limit of file sizes stands for it. */
  @Test
  void aFullFileSystemCostsTheEventsAndNothingElse() throws Exception {
    Path small = Files.createDirectory(folder.resolve("small"));
    String mount = "mount -t tmpfs -o size=64k none '" + small + "'";
    List<String> alone = List.of("unshare", "--map-root-user", "--mount", "bash", "-c");
    List<String> probe = new ArrayList<>(alone);
    probe.add(mount);
    boolean mounts = new ProcessBuilder(probe).redirectErrorStream(true).start().waitFor() == 0;
    List<String> before = new ArrayList<>(mounts ? alone : List.of("bash", "-c"));
    before.add((mounts ? mount : "ulimit -f 64") + " && exec \"$@\"");
    before.add("bash");
    assertThat(plain(before, small.resolve("ledger")))
        .startsWith("dropped=10 the ledger must be a new file in a folder with room");
    assertThat(small.resolve("ledger")).doesNotExist();
  }

  @Test
  void aFolderThatIsNotThereCostsTheEventsAndNothingElse() throws Exception {
    assertThat(plain(List.of(), folder.resolve("none").resolve("ledger")))
        .startsWith("dropped=10 the ledger must be a new file in a folder with room");
  }

  private static String plain(List<String> before, Path file) throws Exception {
    List<String> command = new ArrayList<>(before);
    command.addAll(java("-Xmx64m", "-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Plain.class.getName(), file.toString()));
    Process child = new ProcessBuilder(command).start();
    String out = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(child.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(err).isEmpty();
    assertThat(child.exitValue()).isZero();
    return out;
  }
}
