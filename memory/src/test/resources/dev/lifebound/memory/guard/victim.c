/* SPDX-License-Identifier: Apache-2.0
 * A library that knows nothing of Lifebound: it allocates, frees and reads. */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *victim_malloc(size_t n) { char *p = malloc(n); if (p) memset(p, 0x41, n); return p; }
void *victim_calloc(size_t n, size_t each) { return calloc(n, each); }
void *victim_realloc(void *p, size_t n) { return realloc(p, n); }
void *victim_reallocarray(void *p, size_t n, size_t each) { return reallocarray(p, n, each); }
void *victim_posix_memalign(size_t align, size_t n) { void *p; return posix_memalign(&p, align, n) ? 0 : p; }
void *victim_aligned_alloc(size_t align, size_t n) { return aligned_alloc(align, n); }
void *victim_memalign(size_t align, size_t n) { return memalign(align, n); }
void *victim_strdup(const char *s) { return strdup(s); }
size_t victim_usable(void *p) { return malloc_usable_size(p); }
void victim_free(void *p) { free(p); }
int victim_read(volatile char *p) { return *p; }
void victim_write(volatile char *p) { *p = 1; }

void victim_churn(long n, size_t bytes) {
  for (long i = 0; i < n; i++) {
    volatile char *p = malloc(bytes);
    p[0] = 1;
    free((void *)p);
  }
}

/* The bug: every one of n blocks is read after it was freed. Returns what was read, for nobody. */
long victim_bug(long n, size_t bytes) {
  long sum = 0;
  for (long i = 0; i < n; i++) {
    volatile char *p = malloc(bytes);
    p[0] = 1;
    free((void *)p);
    sum += p[0];
  }
  return sum;
}

struct share { void **blocks; long from, to; };

static void *free_share(void *argument) {
  struct share *s = argument;
  for (long i = s->from; i < s->to; i++) free(s->blocks[i]);
  return 0;
}

/* Frees n blocks on so many threads that the JVM never sees. */
void victim_free_on_threads(void **blocks, long n, long threads) {
  pthread_t thread[64];
  struct share share[64];
  for (long t = 0; t < threads; t++) {
    share[t] = (struct share){blocks, n * t / threads, n * (t + 1) / threads};
    pthread_create(&thread[t], 0, free_share, &share[t]);
  }
  for (long t = 0; t < threads; t++) pthread_join(thread[t], 0);
}

static void *free_in_destructor(void *argument) {
  pthread_key_t key;
  pthread_key_create(&key, free);
  pthread_setspecific(key, argument);
  return 0;
}

static void destroy(void *p) { free(p); }

static void *free_in_own_destructor(void *argument) {
  pthread_key_t key;
  pthread_key_create(&key, destroy);
  pthread_setspecific(key, argument);
  return 0;
}

/* own: the destructor is the library's own function, else free itself, by pointer. */
void victim_free_in_tls_destructor(void *p, int own) {
  pthread_t t;
  pthread_create(&t, 0, own ? free_in_own_destructor : free_in_destructor, p);
  pthread_join(t, 0);
}

static void *volatile pending;

static void on_signal(int signal) {
  (void)signal;
  free(pending);
}

void victim_free_in_signal_handler(void *p) {
  struct sigaction action = {.sa_handler = on_signal}, old;
  pending = p;
  sigaction(SIGRTMIN + 3, &action, &old);
  pthread_kill(pthread_self(), SIGRTMIN + 3);
  sigaction(SIGRTMIN + 3, &old, 0);
}

/* The C library itself makes the block longer. Returns the new one, with the line in it. */
char *victim_getline(char *line, size_t room) {
  char text[300];
  memset(text, 0x42, sizeof text);
  text[sizeof text - 1] = '\n';
  FILE *in = fmemopen(text, sizeof text, "r");
  ssize_t n = getline(&line, &room, in);
  fclose(in);
  return n == sizeof text ? line : 0;
}

/* Pointers in initialised data. */
static void (*const table[])(void *) = {free};
void victim_free_by_table(void *p) { table[0](p); }
