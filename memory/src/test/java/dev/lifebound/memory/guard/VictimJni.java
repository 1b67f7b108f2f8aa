package dev.lifebound.memory.guard;

import java.nio.ByteBuffer;

/** The functions of {@code victim_jni.c}. */
final class VictimJni {
  private VictimJni() {}

  static native long allocate(long bytes);

  static native ByteBuffer buffer(long address, long bytes);

  static native void release(long address);

  static native byte read(long address);

  static native void write(long address);
}
