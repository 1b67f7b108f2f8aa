/* SPDX-License-Identifier: Apache-2.0
 * What the machine's context says about a faulting access. */
#ifndef LIFEBOUND_ACCESS_H
#define LIFEBOUND_ACCESS_H

#include "lifebound.h"

#pragma GCC visibility push(hidden)

/* Offsets in ucontext_t: see access.c. */
uint64_t lb_context_pc(const void *context);
uint64_t lb_context_fp(const void *context);

/*
 * 1 when the instruction at the pc is of a form that HotSpot can step over and that leaves nothing
 * dangerous when it does; a register that it would have loaded then holds zero.
 */
int lb_settle_access(void *context);

#pragma GCC visibility pop

#endif
