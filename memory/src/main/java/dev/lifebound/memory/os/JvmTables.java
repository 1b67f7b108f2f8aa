package dev.lifebound.memory.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * The functions of JNI and JVMTI that are called from Java: each interface is a pointer to a
 * pointer to a table of functions, whose places the specifications number.
 */
final class JvmTables {
  /* jni.h, JNIInvokeInterface_ and JNINativeInterface_: the place in the table. */
  static final int VM_GET_ENV = 6;
  private static final int JNI_GET_JAVA_VM = 219;

  /* jvmti.h numbers its functions from 1. */
  static final int JVMTI_GET_STACK_TRACE = 104 - 1;
  private static final int JVMTI_ADD_CAPABILITIES = 142 - 1;

  private static final int JNI_VERSION = 0x0001_0008;
  private static final int JVMTI_VERSION = 0x3001_0200;

  /* jvmtiCapabilities: 128 bits, in the order of jvmti.h. */
  private static final long CAPABILITIES_BYTES = 16;
  private static final long CAN_GET_SOURCE_FILE_NAME = 1L << 11;
  private static final long CAN_GET_LINE_NUMBERS = 1L << 12;

  private static final Linker LINKER = Linker.nativeLinker();

  private static final MethodHandle TI_OUT =
      link(FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS));
  private static final MethodHandle VM_ENV =
      link(FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, JAVA_INT));
  private static final MethodHandle CREATED_VMS =
      link(FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS));

  /** The {@code JavaVM*} of this process. */
  final long vm;

  /** A {@code jvmtiEnv*} of ours, never disposed of. */
  final long jvmti;

  JvmTables(SymbolLookup jvm, ThreadRecords threads) {
    try (Arena arena = Arena.ofConfined()) {
      vm = vm(jvm, threads, arena);
      jvmti = env(JVMTI_VERSION);
      MemorySegment wanted = arena.allocate(CAPABILITIES_BYTES, Long.BYTES);
      wanted.set(JAVA_LONG, 0, CAN_GET_SOURCE_FILE_NAME | CAN_GET_LINE_NUMBERS);
      // SAFETY: jvmtiCapabilities has 16 bytes; both are to be had at any time.
      check(
          "AddCapabilities",
          (int) TI_OUT.invokeExact(function(jvmti, JVMTI_ADD_CAPABILITIES), jvmti, wanted));
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /** As HotSpot tells it, or, before it is started up, by the interface of this thread. */
  private static long vm(SymbolLookup jvm, ThreadRecords threads, Arena arena) throws Throwable {
    MemorySegment getVms =
        jvm.find("JNI_GetCreatedJavaVMs")
            .orElseThrow(() ->
                new UnsupportedOperationException("libjvm must export JNI_GetCreatedJavaVMs"));
    MemorySegment found = arena.allocate(ADDRESS);
    MemorySegment count = arena.allocate(JAVA_INT);
    // SAFETY: room for the one pointer that is asked for.
    check("JNI_GetCreatedJavaVMs", (int) CREATED_VMS.invokeExact(getVms, found, 1, count));
    return count.get(JAVA_INT, 0) > 0 ? found.get(JAVA_LONG, 0) : vmOfThisThread(threads, arena);
  }

  static long vmOfThisThread(ThreadRecords threads, Arena arena) throws Throwable {
    long env = threads.jniEnv(threads.of(LibC.threadId()));
    MemorySegment found = arena.allocate(ADDRESS);
    // SAFETY: the interface of this thread, or of one that it was on just now; one pointer.
    check("GetJavaVM", (int) TI_OUT.invokeExact(function(env, JNI_GET_JAVA_VM), env, found));
    return found.get(JAVA_LONG, 0);
  }

  /** The address of an interface's function by its place in the table. */
  static long functionAddress(long env, int place) {
    // SAFETY: a live interface points to its table, which has more functions than we name.
    return Raw.getLong(Raw.getLong(env) + (long) place * Long.BYTES);
  }

  private static MemorySegment function(long env, int place) {
    return MemorySegment.ofAddress(functionAddress(env, place));
  }

  /** The {@code JNIEnv*} of the calling thread. */
  long jni() {
    return env(JNI_VERSION);
  }

  private long env(int version) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment env = arena.allocate(ADDRESS);
      // SAFETY: the calling thread is a Java thread; one pointer is written.
      check(
          "GetEnv(version=0x" + Integer.toHexString(version) + ")",
          (int) VM_ENV.invokeExact(function(vm, VM_GET_ENV), vm, env, version));
      return env.get(JAVA_LONG, 0);
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  private static void check(String call, int error) {
    if (error != 0) {
      throw new UnsupportedOperationException(
          "the Java virtual machine must answer: call=" + call + ", error=" + error);
    }
  }

  @SuppressWarnings("restricted") // this package is where native access is asked for
  private static MethodHandle link(FunctionDescriptor descriptor) {
    // SAFETY: each call names a function whose C prototype has this form (LP64).
    return LINKER.downcallHandle(descriptor);
  }

  static RuntimeException failure(Throwable cause) {
    return cause instanceof RuntimeException known
        ? known
        : new IllegalStateException(
            "a linked call must not throw: exception=" + cause + "; report this", cause);
  }
}
