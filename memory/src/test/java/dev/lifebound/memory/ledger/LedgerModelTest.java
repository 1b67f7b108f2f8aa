package dev.lifebound.memory.ledger;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.SynchronousQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Threads that come, write and go at random, against rings of plain lists. */
class LedgerModelTest {
  private static final int STEPS = 400;
  private static final int STRIPES = 3;
  private static final int RECORDS = 8;
  private static final LedgerName[] NAMES = {
    LedgerName.of("a"), LedgerName.of("b"), LedgerName.of("c")
  };

  @TempDir private Path folder;

  /** A thread that does one thing at a time, and its own newest events. */
  private static final class Worker {
    private final SynchronousQueue<Runnable> work = new SynchronousQueue<>();
    private final SynchronousQueue<Boolean> done = new SynchronousQueue<>();
    private final Thread thread;
    final List<Long> blocks = new ArrayList<>();

    Worker(boolean isVirtual) {
      thread =
          isVirtual ? Thread.ofVirtual().start(this::loop) : Thread.ofPlatform().start(this::loop);
    }

    private void loop() {
      try {
        while (true) {
          Runnable next = work.take();
          next.run();
          done.put(true);
        }
      } catch (InterruptedException e) {
        // The end.
      }
    }

    void run(Runnable step) throws InterruptedException {
      work.put(step);
      assertThat(done.take()).isTrue();
    }

    void end() throws InterruptedException {
      thread.interrupt();
      thread.join();
    }

    long id() {
      return thread.threadId();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void everyStripeHoldsTheNewestOfItsEvents(long seed) throws Exception {
    Random random = new Random(seed);
    Path file = folder.resolve("ledger");
    List<Worker> workers = new ArrayList<>();
    Map<Integer, Deque<Long>> rings = new HashMap<>();
    Map<Long, Integer> stripeOfThread = new HashMap<>();
    Map<Integer, Long> threadOfStripe = new HashMap<>();
    LedgerFile read = null;
    try (Ledger ledger =
        Ledger.create(file, new LedgerSettings(STRIPES, RECORDS, 1, 1 << 16, 16, 4))) {
      for (int step = 1; step <= STEPS; step++) {
        int choice = random.nextInt(20);
        if (workers.isEmpty() || choice == 0) {
          workers.add(new Worker(random.nextInt(4) == 0));
        } else if (choice == 1) {
          Worker worker = workers.remove(random.nextInt(workers.size()));
          worker.end();
        } else {
          Worker worker = workers.get(random.nextInt(workers.size()));
          long block = step;
          worker.blocks.add(block);
          worker.run(() -> event(ledger, random, block));
          ledger.checkInvariants();
          read = LedgerFile.read(file);
          LedgerEvent event = newest(read, block);
          assertThat(event.thread()).isEqualTo(worker.id());
          follow(event, worker, workers, rings, stripeOfThread, threadOfStripe, read);
          compare(read, rings, "seed " + seed + " step " + step);
        }
      }
      assertThat(ledger.dropped()).isZero();
    }
    assertThat(requireNonNull(read).notices()).isEmpty();
    for (Worker worker : workers) {
      worker.end();
    }
  }

  private static void event(Ledger ledger, Random random, long block) {
    LedgerName name = NAMES[random.nextInt(NAMES.length)];
    switch (random.nextInt(5)) {
      case 0 -> ledger.allocate(block, 2 * block, 3 * block, name);
      case 1 -> ledger.free(block, 2 * block, 3 * block, name);
      case 2 -> ledger.bind(block, 2 * block, name, block);
      case 3 -> ledger.unbind(block, 2 * block, name, "k" + block);
      default -> ledger.adopt(block, 2 * block, 3 * block, name);
    }
  }

  private static LedgerEvent newest(LedgerFile read, long block) {
    List<LedgerEvent> found =
        read.events().stream().filter(event -> event.block() == block).toList();
    assertThat(found).hasSize(1);
    assertThat(found.getFirst().address()).isEqualTo(2 * block);
    return found.getFirst();
  }

  /** Takes the stripe over into the model, and holds its choice to the rules. */
  private static void follow(
      LedgerEvent event,
      Worker worker,
      List<Worker> workers,
      Map<Integer, Deque<Long>> rings,
      Map<Long, Integer> stripeOfThread,
      Map<Integer, Long> threadOfStripe,
      LedgerFile read) {
    boolean own = event.stripe() < STRIPES;
    assertThat(own && worker.thread.isVirtual()).isFalse();
    Deque<Long> ring = rings.computeIfAbsent(event.stripe(), _ -> new ArrayDeque<>());
    if (own) {
      Integer known = stripeOfThread.put(worker.id(), event.stripe());
      if (known == null) {
        Long before = threadOfStripe.put(event.stripe(), worker.id());
        assertThat(workers).as("owner before").noneMatch(w -> before != null && w.id() == before);
        push(ring, 0L);
        assertThat(read.events().stream().filter(e -> e.type() == EventType.THREAD))
            .anyMatch(e -> e.thread() == worker.id());
      } else {
        assertThat(event.stripe()).as("a thread keeps its stripe").isEqualTo(known);
      }
    }
    push(ring, event.block());
  }

  private static void push(Deque<Long> ring, long block) {
    ring.addLast(block);
    if (ring.size() > RECORDS) {
      ring.removeFirst();
    }
  }

  private static void compare(LedgerFile read, Map<Integer, Deque<Long>> rings, String where) {
    Map<Integer, List<Long>> there = new HashMap<>();
    for (LedgerEvent event : read.events()) {
      @Nullable List<Long> blocks = there.computeIfAbsent(event.stripe(), _ -> new ArrayList<>());
      blocks.add(event.block());
    }
    Map<Integer, List<Long>> expected = new HashMap<>();
    rings.forEach((stripe, ring) -> expected.put(stripe, List.copyOf(ring)));
    assertThat(there).as(where).isEqualTo(expected);
    assertThat(read.missing() + read.damaged() + read.unfinished()).as(where).isZero();
  }
}
