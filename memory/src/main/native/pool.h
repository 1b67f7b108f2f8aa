/* SPDX-License-Identifier: Apache-2.0
 * What pool.c and fault.c share. */
#ifndef LIFEBOUND_POOL_H
#define LIFEBOUND_POOL_H

#include "lifebound.h"

#pragma GCC visibility push(hidden)

/* Address of a slot's first page. */
uint64_t lb_slot_start(const struct lb_shared *s, const struct lb_class *c, uint64_t slot);

/*
 * Makes dead pages readable and writable: with the bytes at `from` (LB_UFFD), or with what they held.
 * 0: done. 1: some were alive already, with their content. Less: -errno.
 */
int lb_pages_bring(const struct lb_shared *s, uint64_t address, uint64_t bytes, uint64_t from);

/*
 * As above, one page between slots: zeroes, or with the header of the left-aligned block behind it. *slot: the
 * slot behind, or -1.
 */
int lb_between_bring(struct lb_shared *s, uint64_t page, int64_t *slot);

/* Makes pages raise a signal on every access. 0 or -errno. */
int64_t lb_pages_kill(const struct lb_shared *s, uint64_t address, uint64_t bytes);

/* Writes an event about a slot (-1: none); wakes Java at the first of its kind for this block. */
void lb_report(struct lb_shared *s, int kind, int how, uint64_t address, int64_t slot, uint64_t pc,
               uint64_t fp, int always);

#pragma GCC visibility pop

#endif
