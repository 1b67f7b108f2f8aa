/* SPDX-License-Identifier: Apache-2.0
 *
 * The names behind a Java frame, by JVMTI.
 *
 * In C and not in Java, since the class of a method is a local reference: between two downcalls any
 * native method that Java happens to run empties the table of local references.
 */
#include "lifebound.h"

/* What lb_java_names found; the strings belong to JVMTI and are given back by lb_java_forget. */
struct lb_names {
  uint64_t method;    /* char*, or 0 */
  uint64_t signature; /* char* of the class, or 0 */
  uint64_t file;      /* char*, or 0 */
  int64_t line;       /* -1: not known, -2: native method */
};

/* Places in the tables of jni.h and, from 1, jvmti.h. */
#define VM_GET_ENV 6
#define JNI_PUSH_LOCAL_FRAME 19
#define JNI_POP_LOCAL_FRAME 20
#define TI_DEALLOCATE (47 - 1)
#define TI_GET_CLASS_SIGNATURE (48 - 1)
#define TI_GET_SOURCE_FILE_NAME (50 - 1)
#define TI_GET_METHOD_NAME (64 - 1)
#define TI_GET_METHOD_DECLARING_CLASS (65 - 1)
#define TI_GET_LINE_NUMBER_TABLE (70 - 1)
#define JNI_VERSION 0x00010008

#define CALL(interface, place, type) ((type)((*(void ***)(interface))[place]))

typedef int32_t (*env_function)(void *, void **, int32_t);
typedef int32_t (*push_function)(void *, int32_t);
typedef void *(*pop_function)(void *, void *);
typedef int32_t (*out1_function)(void *, void *, void *);
typedef int32_t (*out2_function)(void *, void *, void *, void *);
typedef int32_t (*out3_function)(void *, void *, void *, void *, void *);
typedef int32_t (*free_function)(void *, void *);

struct line_entry {
  int64_t start;
  int32_t line;
};

/* 0: found. 1: no Java thread. 2: the method's class was unloaded. */
int64_t lb_java_names(
    void *vm, void *jvmti, void *method, int64_t location, struct lb_names *names) {
  void *env = 0;
  void *type = 0;
  int32_t count = 0;
  struct line_entry *lines = 0;
  int64_t best = -1;
  names->method = names->signature = names->file = 0;
  names->line = location < 0 ? -2 : -1;
  if (CALL(vm, VM_GET_ENV, env_function)(vm, &env, JNI_VERSION) != 0) {
    return 1;
  }
  if (CALL(env, JNI_PUSH_LOCAL_FRAME, push_function)(env, 8) != 0) {
    return 1;
  }
  if (CALL(jvmti, TI_GET_METHOD_DECLARING_CLASS, out1_function)(jvmti, method, &type) != 0) {
    CALL(env, JNI_POP_LOCAL_FRAME, pop_function)(env, 0);
    return 2;
  }
  CALL(jvmti, TI_GET_METHOD_NAME, out3_function)(jvmti, method, &names->method, 0, 0);
  CALL(jvmti, TI_GET_CLASS_SIGNATURE, out2_function)(jvmti, type, &names->signature, 0);
  CALL(jvmti, TI_GET_SOURCE_FILE_NAME, out1_function)(jvmti, type, &names->file);
  if (location >= 0
      && CALL(jvmti, TI_GET_LINE_NUMBER_TABLE, out2_function)(jvmti, method, &count, &lines) == 0) {
    /* In no promised order. */
    for (int32_t i = 0; i < count; i++) {
      if (lines[i].start <= location && lines[i].start > best) {
        best = lines[i].start;
        names->line = lines[i].line;
      }
    }
    CALL(jvmti, TI_DEALLOCATE, free_function)(jvmti, lines);
  }
  CALL(env, JNI_POP_LOCAL_FRAME, pop_function)(env, 0);
  return 0;
}

/* Gives the strings back. */
int64_t lb_java_forget(void *jvmti, struct lb_names *names) {
  CALL(jvmti, TI_DEALLOCATE, free_function)(jvmti, (void *)names->method);
  CALL(jvmti, TI_DEALLOCATE, free_function)(jvmti, (void *)names->signature);
  CALL(jvmti, TI_DEALLOCATE, free_function)(jvmti, (void *)names->file);
  return 0;
}

/* A Java thread by the number that the system has for it. */
struct lb_thread {
  uint64_t tid;              /* given */
  uint64_t osthread_offset;  /* given: of Thread::_osthread */
  uint64_t thread_id_offset; /* given: of OSThread::_thread_id */
  uint64_t name;             /* char* of JVMTI, to be given back, or 0 */
  int64_t count;             /* of frames */
  uint64_t frame[16][2];     /* jmethodID and place, as jvmtiFrameInfo */
};

/* jvmtiThreadInfo; 64 bytes are more than it has. */
struct thread_info {
  char *name;
  uint64_t more[7];
};

#define JNI_EXCEPTION_CLEAR 17
#define JNI_GET_OBJECT_CLASS 31
#define JNI_GET_FIELD_ID 94
#define JNI_GET_LONG_FIELD 101
#define TI_GET_ALL_THREADS (4 - 1)
#define TI_GET_THREAD_INFO (9 - 1)
#define TI_GET_STACK_TRACE (104 - 1)

typedef void *(*class_function)(void *, void *);
typedef void *(*field_function)(void *, void *, const char *, const char *);
typedef int64_t (*long_function)(void *, void *, void *);
typedef void (*clear_function)(void *);
typedef int32_t (*stack_function)(void *, void *, int32_t, int32_t, void *, int32_t *);

/* 0: found. 1: no Java thread calls. 2: no Java thread has the number, or the JDK keeps it elsewhere. */
int64_t lb_java_thread(void *vm, void *jvmti, struct lb_thread *t) {
  void *env = 0;
  int32_t threads = 0;
  void **thread = 0;
  int64_t result = 2;
  t->name = 0;
  t->count = 0;
  if (CALL(vm, VM_GET_ENV, env_function)(vm, &env, JNI_VERSION) != 0) {
    return 1;
  }
  if (CALL(env, JNI_PUSH_LOCAL_FRAME, push_function)(env, 16) != 0) {
    return 1;
  }
  if (CALL(jvmti, TI_GET_ALL_THREADS, out1_function)(jvmti, &threads, &thread) == 0) {
    void *field = 0;
    for (int32_t i = 0; i < threads && result == 2; i++) {
      if (field == 0) {
        /* Thread itself has the field: of a subclass's object, the lookup goes up to it. */
        void *type = CALL(env, JNI_GET_OBJECT_CLASS, class_function)(env, thread[i]);
        field = CALL(env, JNI_GET_FIELD_ID, field_function)(env, type, "eetop", "J");
        if (field == 0) {
          CALL(env, JNI_EXCEPTION_CLEAR, clear_function)(env);
          break;
        }
      }
      /* The thread may end meanwhile, and HotSpot free what the field names. */
      int64_t java_thread =
          CALL(env, JNI_GET_LONG_FIELD, long_function)(env, thread[i], field);
      if (java_thread == 0) {
        continue;
      }
      uint64_t os = 0;
      uint32_t tid = 0;
      if (lb_read(&os, java_thread + t->osthread_offset, sizeof os) == 0 && os != 0
          && lb_read(&tid, os + t->thread_id_offset, sizeof tid) == 0 && tid == t->tid) {
        struct thread_info info;
        info.name = 0;
        int32_t count = 0;
        CALL(jvmti, TI_GET_THREAD_INFO, out1_function)(jvmti, thread[i], &info);
        t->name = (uint64_t)info.name;
        CALL(jvmti, TI_GET_STACK_TRACE, stack_function)
        (jvmti, thread[i], 0, 16, t->frame, &count);
        t->count = count;
        result = 0;
      }
    }
    CALL(jvmti, TI_DEALLOCATE, free_function)(jvmti, thread);
  }
  CALL(env, JNI_POP_LOCAL_FRAME, pop_function)(env, 0);
  return result;
}

/* Gives a string back. */
int64_t lb_java_release(void *jvmti, void *text) {
  return CALL(jvmti, TI_DEALLOCATE, free_function)(jvmti, text);
}

static int lb_same(const char *a, const char *b) {
  while (*a == *b && *a != 0) {
    a++, b++;
  }
  return *a == *b;
}

/*
 * The entry of a table in which HotSpot describes itself that has this name, or these two; 0: none. Entries
 * lie a stride apart and have pointers to their names at first_at and second_at; the last has none.
 */
uint64_t lb_find_entry(uint64_t entry, uint64_t stride, uint64_t first_at, const char *first, uint64_t second_at,
                       const char *second) {
  for (const char *name; (name = *(const char **)(entry + first_at)) != 0; entry += stride) {
    if (lb_same(name, first)
        && (second == 0 || lb_same(*(const char **)(entry + second_at), second))) {
      return entry;
    }
  }
  return 0;
}
