package dev.lifebound.memory.os;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The copies of this library in one process, and how they call each other.
 *
 * <p>Class loaders may load the library several times: in a server and in its applications, in a
 * fat jar beside the agent's jar, in several versions. Types of one copy mean nothing to another.
 * So each copy has a door that takes and gives types of the JDK alone, and each finds the doors of
 * the others. Any thread may call any method.
 */
public final class Copies {
  /*
   * Where doors are found. It must be a place that all class loaders see and that no program stumbles
   * over. A value of the system properties that is no text makes Properties.list and store throw in
   * programs that have nothing to do with us; a class on the system class loader is not there in a
   * server whose applications bring the library. A thread group below the root has a name, may be of a
   * class of ours, is found by enumerating a handful of groups, and is held weakly by its parent: a copy
   * whose class loader goes takes its door with it.
   *
   * The group's name ends with the number of the protocol: what the calls of this class and of the
   * services mean. Copies of different protocols call nothing of each other but "stranger" and toString,
   * which stay for good.
   */
  private static final String PREFIX = "lifebound-copy-";
  private static final String NAME = PREFIX + 1;

  /** Literals are one object in the whole process, so this is one lock for all copies. */
  private static final Object LOCK = "dev.lifebound.memory.copies".intern();

  private static final int SPARE = 8;

  private static final Map<String, BiFunction<String, Object[], @Nullable Object>> SERVICES =
      new ConcurrentHashMap<>();
  private static final List<Consumer<Copy>> GREETERS = new CopyOnWriteArrayList<>();
  private static final List<String> MET = new CopyOnWriteArrayList<>();
  private static volatile @Nullable Consumer<String> listener;
  private static final Door SELF = new Door(root());

  private Copies() {}

  /** The door of this copy. */
  private static final class Door extends ThreadGroup
      implements BiFunction<String, Object[], @Nullable Object> {
    Door(ThreadGroup parent) {
      super(parent, NAME);
    }

    @Override
    public @Nullable Object apply(String call, Object[] arguments) {
      return switch (call) {
        case "hello" -> greeted((ThreadGroup) arguments[0]);
        case "stranger" -> met(strangers(String.valueOf(arguments[0])), true);
        default -> serve(call, arguments);
      };
    }

    @Override
    public String toString() {
      return ProcessHolder.self();
    }

    private static @Nullable Object serve(String call, Object[] arguments) {
      int dot = call.indexOf('.');
      var service = dot < 0 ? null : SERVICES.get(call.substring(0, dot));
      return service == null ? null : service.apply(call.substring(dot + 1), arguments);
    }
  }

  /** Another copy of the same protocol. Kept weakly: its class loader may go. */
  public static final class Copy {
    private final WeakReference<ThreadGroup> door;
    private final String text;

    private Copy(ThreadGroup door) {
      this.door = new WeakReference<>(door);
      this.text = door.toString();
    }

    /**
     * Calls it.
     *
     * @param call {@code service.name}
     * @return null also when it does not have the service (yet), or is gone
     * @throws RuntimeException what it throws; the type is its own
     */
    @SuppressWarnings("unchecked") // The group's name says that it is such a function.
    public @Nullable Object call(String call, Object... arguments) {
      ThreadGroup there = door.get();
      return there == null
          ? null
          : ((BiFunction<String, Object[], @Nullable Object>) there).apply(call, arguments);
    }

    /** Whether that class is of this copy. */
    boolean has(Class<?> type) {
      ThreadGroup there = door.get();
      return there != null
          && Objects.equals(there.getClass().getClassLoader(), type.getClassLoader());
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Copy copy && copy.door.refersTo(door.get());
    }

    @Override
    public int hashCode() {
      return text.hashCode();
    }

    /** Version, place and class loader. */
    @Override
    public String toString() {
      return text;
    }
  }

  private static ThreadGroup root() {
    ThreadGroup group = Thread.currentThread().getThreadGroup();
    while (group.getParent() != null) {
      group = group.getParent();
    }
    return group;
  }

  /** One lock for all copies of all versions, for what must be unique in the process. */
  public static Object lock() {
    return LOCK;
  }

  /**
   * Answers calls that begin with {@code service.}; the rest of the call's name is given on.
   *
   * @return whether nobody here served that before
   */
  public static boolean serve(
      String service, BiFunction<String, Object[], @Nullable Object> calls) {
    return SERVICES.putIfAbsent(service, calls) == null;
  }

  /** Hears of each copy that says hello later. Quick, and must not throw. */
  public static void onHello(Consumer<Copy> greeter) {
    GREETERS.add(greeter);
  }

  /**
   * Says to the other copies that this one is there and serves. Not in a class's initialisation:
   * they call back, and other threads of theirs may.
   */
  public static void hello() {
    for (ThreadGroup door : doors()) {
      if (speaks(door)) {
        Object _ = new Copy(door).call("hello", SELF);
      } else if (!isTold(door)) {
        String _ = met(strangers(door.toString()), true);
      }
    }
  }

  @SuppressWarnings("unchecked") // As in Copy.call; every version has this call.
  private static boolean isTold(ThreadGroup door) {
    return door instanceof BiFunction<?, ?, ?> function
        && ((BiFunction<String, Object[], @Nullable Object>) function)
                .apply("stranger", new Object[] {SELF.toString()})
            != null;
  }

  private static @Nullable Object greeted(ThreadGroup door) {
    Copy copy = new Copy(door);
    GREETERS.forEach(greeter -> greeter.accept(copy));
    return met(
        "a second copy of the library is bound to this one: second=" + copy + ", first=" + SELF,
        false);
  }

  /** The other copies of this protocol. */
  public static List<Copy> others() {
    // No stream: its lambdas would be a tenth of the arming.
    List<Copy> others = new ArrayList<>();
    for (ThreadGroup door : doors()) {
      if (speaks(door)) {
        others.add(new Copy(door));
      }
    }
    return List.copyOf(others);
  }

  private static boolean speaks(ThreadGroup door) {
    return door.getName().equals(NAME);
  }

  private static List<ThreadGroup> doors() {
    ThreadGroup root = root();
    ThreadGroup[] groups;
    int count;
    do {
      groups = new ThreadGroup[root.activeGroupCount() + SPARE];
      count = root.enumerate(groups, false);
    } while (count == groups.length);
    List<ThreadGroup> doors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (groups[i].getName().startsWith(PREFIX) && !SELF.equals(groups[i])) {
        doors.add(groups[i]);
      }
    }
    return doors;
  }

  /**
   * The copy that the system class loader has, its class of this name initialised; null when it has
   * none, or has this one, or one of another protocol.
   */
  public static @Nullable Copy ofSystemLoader(String className) {
    try {
      Class<?> there = Class.forName(className, true, ClassLoader.getSystemClassLoader());
      for (Copy copy : others()) {
        if (copy.has(there)) {
          return copy;
        }
      }
      return null;
    } catch (ClassNotFoundException | LinkageError e) {
      return null;
    }
  }

  /** What a person should read: a line for each copy that is met, and for those met before. */
  public static void onMet(Consumer<String> lines) {
    listener = lines;
    MET.forEach(lines);
  }

  private static String strangers(String other) {
    return "two copies of the library must be of one version to work together: second="
        + other
        + ", first="
        + SELF
        + "; only one of them can guard and watch, and it does not know the other's blocks: put one"
        + " version on the class path";
  }

  private static String met(String line, boolean warn) {
    MET.add(line);
    Consumer<String> told = listener;
    if (told != null) {
      told.accept(line);
    } else if (warn) {
      System.getLogger("dev.lifebound.memory").log(System.Logger.Level.WARNING, line);
    }
    return line;
  }
}
