/* SPDX-License-Identifier: Apache-2.0
 * Not part of the image: build compiles it to assembly and reads the numbers for Java out of it.
 */
#include "watch.h"

#define F(type, field) __asm__ volatile("\n@@ offset " #type "." #field " %c0" : : "i"(offsetof(struct type, field)));
#define S(type) __asm__ volatile("\n@@ size " #type " %c0" : : "i"(sizeof(struct type)));

void offsets(void) {
  S(lb_watch_image)
  F(lb_watch_image, stripes) F(lb_watch_image, watch) F(lb_watch_image, pool_base)
  F(lb_watch_image, pool_bytes) F(lb_watch_image, special_bytes) F(lb_watch_image, index) F(lb_watch_image, old)
  S(lb_stripe)
  F(lb_stripe, left) F(lb_stripe, random) F(lb_stripe, last)
  S(lb_entry)
  F(lb_entry, key) F(lb_entry, word) F(lb_entry, handle) F(lb_entry, status)
  S(lb_table)
  F(lb_table, mask) F(lb_table, shift)
  S(lb_watch_event)
  F(lb_watch_event, commit) F(lb_watch_event, nanos) F(lb_watch_event, address) F(lb_watch_event, handle)
  F(lb_watch_event, pc) F(lb_watch_event, tid) F(lb_watch_event, kind) F(lb_watch_event, symbol)
  F(lb_watch_event, status) F(lb_watch_event, leases)
  S(lb_watch_free)
  F(lb_watch_free, commit) F(lb_watch_free, address) F(lb_watch_free, pc) F(lb_watch_free, thread)
  S(lb_watch)
  F(lb_watch, look) F(lb_watch, table) F(lb_watch, rate) F(lb_watch, budget) F(lb_watch, generation_shift)
  F(lb_watch, state_shift) F(lb_watch, state_mask) F(lb_watch, live) F(lb_watch, freed_by_c)
  F(lb_watch, one_lease) F(lb_watch, lease_mask) F(lb_watch, handle_generation_shift)
  F(lb_watch, handle_generation_mask) F(lb_watch, events) F(lb_watch, events_mask)
  F(lb_watch, events_head) F(lb_watch, events_tail) F(lb_watch, rescan) F(lb_watch, sleeping)
  F(lb_watch, loading) F(lb_watch, frees) F(lb_watch, frees_mask) F(lb_watch, frees_head)
  F(lb_watch, wake_fd) F(lb_watch, sampled) F(lb_watch, hits) F(lb_watch, refused)
  F(lb_watch, skipped) F(lb_watch, asked) F(lb_watch, caught_up) F(lb_watch, daemon)
}
