/* SPDX-License-Identifier: Apache-2.0
 * A library that calls no allocator. */
int victim_nothing(int x) { return x + 1; }
