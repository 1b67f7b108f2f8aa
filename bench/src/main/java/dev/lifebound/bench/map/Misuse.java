package dev.lifebound.bench.map;

import dev.lifebound.bench.Plots;
import dev.lifebound.memory.map.LongLongMap;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeModel;
import java.lang.classfile.MethodModel;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.LongBinaryOperator;

/**
 * What a get costs with the detection of use by two threads against without. There is no switch for
 * it: this loads the map's classes a second time, with the method that checks rewritten to say yes.
 */
final class Misuse implements Part {
  private static final int ENTRIES = 1_000_000;
  private static final int CHUNK = 100_000;
  private static final String CHECK = "isQuiet";
  private static final String ON = "detection on";
  private static final String OFF = "detection off";

  private long sink;

  @Override
  public void run(Plan plan, Figures figures, Plots plots) throws Exception {
    Keys keys = Keys.random(ENTRIES, 0);
    Copies plain = new Copies(false);
    Copies unchecked = new Copies(true);
    try (AutoCloseable on = loop(plain);
        AutoCloseable off = loop(unchecked)) {
      measure(plan, figures, unchecked, filled(on, keys), filled(off, keys));
    }
  }

  private void measure(
      Plan plan, Figures figures, Copies unchecked, LongBinaryOperator on, LongBinaryOperator off) {
    if (unchecked.rewritten.get() != 1) {
      throw new IllegalStateException(
          "one check must be rewritten: rewritten=" + unchecked.rewritten.get());
    }
    Table table = new Table("get hit with detection on and off, 1e6", "ns");
    int rounds = plan.rounds(150, 600);
    int chunks = ENTRIES / CHUNK;
    for (int round = -30; round < rounds; round++) {
      long from = (long) Math.floorMod(round, chunks) * CHUNK;
      boolean first = (round & 1) == 0;
      measure(table, first ? ON : OFF, first ? on : off, from, round, rounds);
      measure(table, first ? OFF : ON, first ? off : on, from, round, rounds);
    }
    table.print();
    System.out.printf("(sink %x)%n", sink & 0xf);
    figures.add("misuse_check", table.ratio(ON, OFF), 1.05);
  }

  private void measure(
      Table table, String name, LongBinaryOperator loop, long from, int round, int rounds) {
    long start = System.nanoTime();
    sink += loop.applyAsLong(from, from + CHUNK);
    double nanos = (double) (System.nanoTime() - start) / CHUNK;
    if (round >= 0) {
      table.note(name, round, rounds, nanos);
    }
  }

  private static AutoCloseable loop(Copies copies) throws Exception {
    return (AutoCloseable) copies.loadClass(GetLoop.class.getName()).getConstructor().newInstance();
  }

  @SuppressWarnings("unchecked") // a copy of GetLoop
  private static LongBinaryOperator filled(AutoCloseable loop, Keys keys) {
    return ((Function<long[], LongBinaryOperator>) loop).apply(keys.shuffled());
  }

  /** Its own copies of the map's classes and of the loop. */
  private static final class Copies extends ClassLoader {
    final AtomicInteger rewritten = new AtomicInteger();
    private final boolean unchecked;

    Copies(boolean unchecked) {
      super(Misuse.class.getClassLoader());
      this.unchecked = unchecked;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith(LongLongMap.class.getPackageName() + ".")
          && !name.equals(GetLoop.class.getName())) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        return loaded != null ? loaded : define(name);
      }
    }

    private Class<?> define(String name) {
      byte[] bytes;
      try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
        if (in == null) {
          throw new IllegalStateException("a class must have its file: class=" + name);
        }
        bytes = in.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      if (unchecked) {
        bytes = withoutCheck(bytes);
      }
      return defineClass(name, bytes, 0, bytes.length);
    }

    private byte[] withoutCheck(byte[] bytes) {
      ClassFile file = ClassFile.of();
      return file.transformClass(
          file.parse(bytes),
          ClassTransform.transformingMethods(
              this::isCheck,
              (builder, element) -> {
                if (element instanceof CodeModel) {
                  builder.withCode(code -> code.iconst_1().ireturn());
                } else {
                  builder.with(element);
                }
              }));
    }

    private boolean isCheck(MethodModel method) {
      boolean check = method.methodName().equalsString(CHECK);
      if (check) {
        rewritten.incrementAndGet();
      }
      return check;
    }
  }
}
