package dev.lifebound.memory.os;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;

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
  private static final int CAPABILITIES_BYTES = 16;
  private static final long CAN_GET_SOURCE_FILE_NAME = 1L << 11;
  private static final long CAN_GET_LINE_NUMBERS = 1L << 12;

  /** The {@code JavaVM*} of this process. */
  final long vm;

  /** A {@code jvmtiEnv*} of ours, never disposed of. */
  final long jvmti;

  JvmTables(LoadedLibrary jvm, ThreadRecords threads) {
    vm = vm(jvm, threads);
    jvmti = env(JVMTI_VERSION);
    ByteBuffer wanted =
        Words.bytes(CAPABILITIES_BYTES).putLong(0, CAN_GET_SOURCE_FILE_NAME | CAN_GET_LINE_NUMBERS);
    try {
      // SAFETY: jvmtiCapabilities has 16 bytes; both are to be had at any time.
      check(
          "AddCapabilities",
          NativeCalls.call(
              functionAddress(jvmti, JVMTI_ADD_CAPABILITIES), jvmti, Words.address(wanted)));
    } finally {
      Reference.reachabilityFence(wanted);
    }
  }

  /** As HotSpot tells it, or, before it is started up, by the interface of this thread. */
  private static long vm(LoadedLibrary jvm, ThreadRecords threads) {
    long getVms = jvm.find("JNI_GetCreatedJavaVMs");
    // JavaVM *found; jsize count
    ByteBuffer out = Words.bytes(2 * Long.BYTES);
    long found = Words.address(out);
    // SAFETY: room for the one pointer that is asked for, and for the count behind it.
    check("JNI_GetCreatedJavaVMs", NativeCalls.call(getVms, found, 1, found + Long.BYTES, 0));
    return out.getInt(Long.BYTES) > 0 ? out.getLong(0) : vmOfThisThread(threads);
  }

  static long vmOfThisThread(ThreadRecords threads) {
    long env = threads.jniEnv(threads.of(LibC.threadId()));
    ByteBuffer found = Words.bytes(Long.BYTES);
    // SAFETY: the interface of this thread, or of one that it was on just now; one pointer.
    check(
        "GetJavaVM",
        NativeCalls.call(functionAddress(env, JNI_GET_JAVA_VM), env, Words.address(found)));
    return found.getLong(0);
  }

  /** The address of an interface's function by its place in the table. */
  static long functionAddress(long env, int place) {
    // SAFETY: a live interface points to its table, which has more functions than we name.
    return Raw.getLong(Raw.getLong(env) + (long) place * Long.BYTES);
  }

  /** The {@code JNIEnv*} of the calling thread. */
  long jni() {
    return env(JNI_VERSION);
  }

  private long env(int version) {
    ByteBuffer env = Words.bytes(Long.BYTES);
    // SAFETY: the calling thread is a Java thread; one pointer is written.
    check(
        "GetEnv(version=0x" + Integer.toHexString(version) + ")",
        NativeCalls.call(functionAddress(vm, VM_GET_ENV), vm, Words.address(env), version, 0));
    return env.getLong(0);
  }

  /** Both interfaces answer by an {@code int}, 0 when it was done. */
  private static void check(String call, long answer) {
    int error = (int) answer;
    if (error != 0) {
      throw new UnsupportedOperationException(
          "the Java virtual machine must answer: call=" + call + ", error=" + error);
    }
  }

  static RuntimeException failure(Throwable cause) {
    return cause instanceof RuntimeException known
        ? known
        : new IllegalStateException(
            "a linked call must not throw: exception=" + cause + "; report this", cause);
  }
}
