/* SPDX-License-Identifier: Apache-2.0
 * A JNI library: gives its memory to Java as an address and as a direct buffer, and frees it by itself. */
#include <jni.h>
#include <stdlib.h>
#include <string.h>

#define NAME(method) Java_dev_lifebound_memory_guard_VictimJni_##method

JNIEXPORT jlong JNICALL NAME(allocate)(JNIEnv *env, jclass type, jlong bytes) {
  (void)env, (void)type;
  char *p = malloc(bytes);
  memset(p, 0x41, bytes);
  return (jlong)p;
}

JNIEXPORT jobject JNICALL NAME(buffer)(JNIEnv *env, jclass type, jlong address, jlong bytes) {
  (void)type;
  return (*env)->NewDirectByteBuffer(env, (void *)address, bytes);
}

JNIEXPORT void JNICALL NAME(release)(JNIEnv *env, jclass type, jlong address) {
  (void)env, (void)type;
  free((void *)address);
}

JNIEXPORT jbyte JNICALL NAME(read)(JNIEnv *env, jclass type, jlong address) {
  (void)env, (void)type;
  return *(volatile jbyte *)address;
}

JNIEXPORT void JNICALL NAME(write)(JNIEnv *env, jclass type, jlong address) {
  (void)env, (void)type;
  *(volatile jbyte *)address = 1;
}
