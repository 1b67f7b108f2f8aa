/* SPDX-License-Identifier: Apache-2.0
 * Not part of the image: build compiles it to assembly and reads the numbers for Java out of it.
 */
#include "lifebound.h"

#define F(type, field) __asm__ volatile("\n@@ offset " #type "." #field " %c0" : : "i"(offsetof(struct type, field)));
#define S(type) __asm__ volatile("\n@@ size " #type " %c0" : : "i"(sizeof(struct type)));

void offsets(void) {
  S(lb_image)
  F(lb_image, shared) F(lb_image, old)
  S(lb_shared)
  F(lb_shared, version) F(lb_shared, mode) F(lb_shared, variant) F(lb_shared, page_bytes)
  F(lb_shared, sampling) F(lb_shared, page_death) F(lb_shared, left) F(lb_shared, stacks)
  F(lb_shared, pool_base) F(lb_shared, pool_bytes) F(lb_shared, side_base) F(lb_shared, zero_base)
  F(lb_shared, slots) F(lb_shared, slot_count) F(lb_shared, class_count) F(lb_shared, classes)
  F(lb_shared, fault_fd) F(lb_shared, pool_fd) F(lb_shared, dead_fd) F(lb_shared, event_fd)
  F(lb_shared, life) F(lb_shared, events) F(lb_shared, events_mask) F(lb_shared, events_head)
  F(lb_shared, events_tail) F(lb_shared, byte_limit) F(lb_shared, mapping_limit) F(lb_shared, code)
  F(lb_shared, code_header) F(lb_shared, code_kind_offset) F(lb_shared, code_kind)
  F(lb_shared, old_handler) F(lb_shared, java_vm) F(lb_shared, jvmti) F(lb_shared, thread_from_env)
  F(lb_shared, thread_state_offset) F(lb_shared, quarantine) F(lb_shared, quarantine_mask)
  F(lb_shared, quarantine_limit) F(lb_shared, quarantine_block_limit)
  F(lb_shared, serial) F(lb_shared, faults) F(lb_shared, recovered) F(lb_shared, delivered)
  F(lb_shared, allocated) F(lb_shared, freed) F(lb_shared, refused_bytes)
  F(lb_shared, refused_mappings) F(lb_shared, refused_slots) F(lb_shared, double_frees)
  F(lb_shared, events_dropped) F(lb_shared, parked) F(lb_shared, resident) F(lb_shared, mappings)
  F(lb_shared, live) F(lb_shared, quarantined) F(lb_shared, chained) F(lb_shared, watch)
  F(lb_shared, front_base) F(lb_shared, chunk_counted) F(lb_shared, libc) F(lb_shared, unwatched_frees)
  F(lb_shared, unwatched_reallocs) F(lb_shared, ledger_head) F(lb_shared, ledger_records)
  F(lb_shared, ledger_mask) F(lb_shared, ledger_base) F(lb_shared, ledger_bytes)
  F(lb_shared, ledger_lost)
  S(lb_class)
  F(lb_class, first_byte) F(lb_class, pages) F(lb_class, count) F(lb_class, first_slot)
  F(lb_class, cells_mask) F(lb_class, cells)
  S(lb_range) F(lb_range, start) F(lb_range, bytes) F(lb_range, map) F(lb_range, shift)
  S(lb_libc) F(lb_libc, start) F(lb_libc, bytes) F(lb_libc, role)
  S(lb_cell)
  S(lb_quarantined)
  S(lb_slot)
  F(lb_slot, state) F(lb_slot, address) F(lb_slot, bytes) F(lb_slot, serial) F(lb_slot, faults)
  F(lb_slot, alloc) F(lb_slot, freed)
  S(lb_site)
  F(lb_site, nanos) F(lb_site, tid) F(lb_site, pcs) F(lb_site, frames) F(lb_site, pc)
  F(lb_site, frame)
  S(lb_event)
  F(lb_event, commit) F(lb_event, nanos) F(lb_event, address) F(lb_event, pc) F(lb_event, slot)
  F(lb_event, generation) F(lb_event, serial) F(lb_event, bytes) F(lb_event, tid) F(lb_event, kind)
  F(lb_event, how) F(lb_event, first) F(lb_event, pcs) F(lb_event, extra) F(lb_event, pcv) F(lb_event, frame) F(lb_event, frames)
}
