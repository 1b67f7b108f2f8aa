package dev.lifebound.memory.os;

/**
 * What machine code needs to take the Java stack of the thread that it runs on; {@link JavaNames}
 * has the names behind it.
 *
 * <p>In C, on a thread that may be any:
 *
 * <pre>{@code
 * void *env;
 * if (getEnv(javaVm, &env, JNI_VERSION) != 0) no Java thread;
 * if (*(int *) ((char *) env - envToThreadBytes + threadStateOffset) != threadInNative) not now;
 * getStackTrace(jvmti, NULL, 0, max, frames, &count);   // frames: { jmethodID; jlong bci } each
 * }</pre>
 *
 * <p>{@code GetEnv} for a JNI version only looks at the thread's own record: it neither attaches
 * nor waits. {@code GetStackTrace} may wait for a safepoint, and may allocate.
 */
public final class JavaStacks {
  /** The version to ask {@code GetEnv} for: JNI 1.8. */
  public static final int JNI_VERSION = 0x0001_0008;

  /** Bytes of one {@code jvmtiFrameInfo}: a {@code jmethodID} and a {@code jlocation}. */
  public static final long FRAME_BYTES = 16;

  private final JvmTables tables;
  private final long envToThreadBytes;
  private final int threadStateOffset;
  private final int threadInNative;
  private final int osThreadOffset;
  private final int threadIdOffset;

  private JavaStacks(
      JvmTables tables,
      long envToThreadBytes,
      int threadStateOffset,
      int threadInNative,
      int osThreadOffset,
      int threadIdOffset) {
    this.tables = tables;
    this.envToThreadBytes = envToThreadBytes;
    this.threadStateOffset = threadStateOffset;
    this.threadInNative = threadInNative;
    this.osThreadOffset = osThreadOffset;
    this.threadIdOffset = threadIdOffset;
  }

  /**
   * @throws UnsupportedOperationException where something of it is missing
   */
  static JavaStacks open(LoadedLibrary jvm, VmStructs structs) {
    ThreadRecords threads = new ThreadRecords(structs);
    JvmTables tables = new JvmTables(jvm, threads);
    long env = tables.jni();
    return new JavaStacks(
        tables,
        env - threads.around(env),
        structs.offset("JavaThread::_thread_state"),
        structs.constant("_thread_in_native"),
        structs.offset("Thread::_osthread"),
        structs.offset("OSThread::_thread_id"));
  }

  /** The {@code JavaVM*}. */
  public long javaVm() {
    return tables.vm;
  }

  /** {@code jint GetEnv(JavaVM*, void **env, jint version)}. */
  public long getEnvFunction() {
    return JvmTables.functionAddress(tables.vm, JvmTables.VM_GET_ENV);
  }

  /** The {@code jvmtiEnv*}, which lives as long as the process. */
  public long jvmti() {
    return tables.jvmti;
  }

  /**
   * {@code jvmtiError GetStackTrace(jvmtiEnv*, jthread, jint start, jint max, jvmtiFrameInfo*, jint
   * *count)}.
   */
  public long getStackTraceFunction() {
    return JvmTables.functionAddress(tables.jvmti, JvmTables.JVMTI_GET_STACK_TRACE);
  }

  /** Bytes from the start of HotSpot's {@code JavaThread} to the {@code JNIEnv} inside it. */
  public long envToThreadBytes() {
    return envToThreadBytes;
  }

  /** Where a {@code JavaThread} has its state, an {@code int}. */
  public int threadStateOffset() {
    return threadStateOffset;
  }

  /** The state of a thread that runs C code and may be stopped at any time. */
  public int threadInNative() {
    return threadInNative;
  }

  /** Where a {@code JavaThread} has the address of its {@code OSThread}. */
  int osThreadOffset() {
    return osThreadOffset;
  }

  /** Where an {@code OSThread} has the system's number of the thread, an {@code int}. */
  int threadIdOffset() {
    return threadIdOffset;
  }

  /** The {@code JavaThread*} of the calling platform thread, for tests. */
  long currentJavaThread() {
    return tables.jni() - envToThreadBytes;
  }
}
