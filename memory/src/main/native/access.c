/* SPDX-License-Identifier: Apache-2.0
 * Which instructions may be stepped over, and what they leave.
 *
 * HotSpot answers a SIGBUS of compiled code by going on behind the instruction and throwing at the next
 * poll. Two things can end the process on the way: its own decoder (Assembler::locate_operand of
 * assembler_x86.cpp, JDK 25) ends it for an opcode that it does not know, and miscounts one (F7 /0 with
 * its immediate); and code that trusts a loaded value's range runs with whatever the register held. So
 * this list names the forms that the decoder knows, and a load's destination is set to zero, which lies
 * in the range of every type. What is not named is recovered instead.
 */
#include "access.h"

#if defined(__x86_64__)

/* ucontext_t: general registers from 40 in the kernel's order, pc at 168, fpstate pointer at 224. */
#define LB_GREGS 40
#define LB_PC 168
#define LB_FP (LB_GREGS + 10 * 8)
#define LB_FPSTATE 224
#define LB_XMM 160 /* in fpstate, 16 bytes each */

uint64_t lb_context_pc(const void *context) { return *(uint64_t *)((char *)context + LB_PC); }
uint64_t lb_context_fp(const void *context) { return *(uint64_t *)((char *)context + LB_FP); }

static void lb_zero_general(void *context, unsigned number) {
  /* The context has r8..r15 first, then di si bp bx dx ax cx sp; instructions count ax cx dx bx sp bp si di. */
  static const uint8_t place[8] = {13, 14, 12, 11, 15, 10, 9, 8};
  unsigned at = number < 8 ? place[number] : number - 8;
  *(uint64_t *)((char *)context + LB_GREGS + at * 8) = 0;
}

static int lb_zero_vector(void *context, unsigned number) {
  char *state = *(char **)((char *)context + LB_FPSTATE);
  if (state == 0) {
    return 0;
  }
  uint64_t *xmm = (uint64_t *)(state + LB_XMM + number * 16);
  xmm[0] = 0;
  xmm[1] = 0;
  return 1;
}

/* Forms of scalar floating point behind F2 or F3; vex: three operands, so the destination is stale. */
static int lb_settle_scalar(void *context, uint8_t opcode, unsigned reg, int vex) {
  switch (opcode) {
    case 0x11: /* store */
      return 1;
    case 0x10: /* load */
    case 0x2a: /* from an integer */
    case 0x51: /* square root */
    case 0x5a: /* from the other width */
      return lb_zero_vector(context, reg);
    case 0x58: /* add, multiply, subtract, minimum, divide, maximum */
    case 0x59:
    case 0x5c:
    case 0x5d:
    case 0x5e:
    case 0x5f:
      return vex ? lb_zero_vector(context, reg) : 1;
    case 0x2c: /* to an integer */
    case 0x2d:
      lb_zero_general(context, reg);
      return 1;
    default:
      return 0;
  }
}

static int lb_settle_two_bytes(void *context, uint8_t opcode, unsigned reg, int repeat, int wide) {
  if (repeat) {
    switch (opcode) {
      case 0xb8: /* popcnt, tzcnt, lzcnt */
      case 0xbc:
      case 0xbd:
        lb_zero_general(context, reg);
        return repeat == 0xf3;
      default:
        return lb_settle_scalar(context, opcode, reg, 0);
    }
  }
  if (wide) { /* 66: ucomisd and comisd of these */
    return opcode == 0x2e || opcode == 0x2f;
  }
  switch (opcode) {
    case 0xb6: /* movzx, movsx */
    case 0xb7:
    case 0xbe:
    case 0xbf:
    case 0xc1: /* xadd */
      lb_zero_general(context, reg);
      return 1;
    case 0xb0: /* cmpxchg: as if it had succeeded, so that a loop around it ends */
    case 0xb1:
      *(uint64_t *)((char *)context + LB_PC + 8) |= 0x40;
      return 1;
    case 0x2e: /* ucomiss, comiss */
    case 0x2f:
    case 0xaf: /* imul: the register keeps its value, as with a factor of one */
      return 1;
    default:
      return (opcode & 0xf0) == 0x40; /* cmov keeps its other value */
  }
}

static int lb_settle_one_byte(void *context, uint8_t opcode, unsigned reg, int wide) {
  unsigned digit = reg & 7;
  if (wide) { /* 66: only the stores */
    return opcode == 0x89 || (opcode == 0xc7 && digit == 0);
  }
  switch (opcode) {
    case 0x8b: /* load, exchange, imul with a constant */
    case 0x87:
    case 0x69:
    case 0x6b:
      lb_zero_general(context, reg);
      return 1;
    case 0x88: /* stores */
    case 0x89:
    case 0x85: /* test */
    case 0x80: /* arithmetic with a constant */
    case 0x81:
    case 0x83:
      return 1;
    case 0xc6:
    case 0xc7:
      return digit == 0;
    case 0xc1: /* shifts */
    case 0xd1:
    case 0xd3:
      return digit >= 4;
    case 0xff: /* inc, dec */
      return digit <= 1;
    default:
      /* add or and sub xor cmp, in both directions, 32 and 64 bits; cmp also of bytes */
      return opcode == 0x38 || opcode == 0x3a
             || (opcode < 0x40 && ((opcode & 7) == 1 || (opcode & 7) == 3) && (opcode & 0x38) != 0x10
                 && (opcode & 0x38) != 0x18);
  }
}

static int lb_settle_vex(void *context, const uint8_t *p) {
  unsigned reg = (p[1] & 0x80) ? 0 : 8;
  unsigned map = 1;
  uint8_t last = p[1];
  unsigned at = 2;
  if (p[0] == 0xc4) {
    map = p[1] & 31;
    last = p[2];
    at = 3;
  }
  uint8_t opcode = p[at];
  reg |= p[at + 1] >> 3 & 7;
  unsigned prefix = last & 3; /* none 66 F3 F2 */
  if (map != 1 || p[at + 1] >= 0xc0) {
    return 0;
  }
  if (prefix >= 2) {
    return lb_settle_scalar(context, opcode, reg, 1);
  }
  return opcode == 0x2e || opcode == 0x2f;
}

int lb_settle_access(void *context) {
  /* SAFETY: these bytes were just executed; none beyond a complete instruction is read. */
  const uint8_t *p = (const uint8_t *)lb_context_pc(context);
  if (*p == 0xc4 || *p == 0xc5) {
    return lb_settle_vex(context, p);
  }
  int lock = *p == 0xf0;
  p += lock;
  int wide = *p == 0x66;
  p += wide;
  int repeat = *p == 0xf2 || *p == 0xf3 ? *p : 0;
  p += repeat != 0;
  unsigned rex = (*p & 0xf0) == 0x40 ? *p : 0;
  p += rex != 0;
  unsigned high = rex & 4 ? 8 : 0;
  if (*p == 0x0f) {
    return p[2] < 0xc0 && !(wide && (lock || repeat))
           && lb_settle_two_bytes(context, p[1], (p[2] >> 3 & 7) | high, repeat, wide);
  }
  return p[1] < 0xc0 && !repeat && !(wide && lock)
         && lb_settle_one_byte(context, *p, (p[1] >> 3 & 7) | high, wide);
}

#else /* __aarch64__: written from the manual, not run */

/* ucontext_t: mcontext at 176: fault address, x0..x30, sp, pc, pstate, then records from 464. */
#define LB_X 184
#define LB_PC 440
#define LB_RECORDS 464
#define LB_FPSIMD 0x46508001u

uint64_t lb_context_pc(const void *context) { return *(uint64_t *)((char *)context + LB_PC); }
uint64_t lb_context_fp(const void *context) { return *(uint64_t *)((char *)context + LB_X + 29 * 8); }

static int lb_zero_general(void *context, unsigned number) {
  if (number != 31) {
    *(uint64_t *)((char *)context + LB_X + number * 8) = 0;
  }
  return 1;
}

static int lb_zero_vector(void *context, unsigned number) {
  /* struct fpsimd_context { u32 magic, size; u32 fpsr, fpcr; u128 v[32] } */
  char *record = (char *)context + LB_RECORDS;
  for (int i = 0; i < 8 && *(uint32_t *)record != 0; i++) {
    if (*(uint32_t *)record == LB_FPSIMD) {
      uint64_t *v = (uint64_t *)(record + 16 + number * 16);
      v[0] = 0;
      v[1] = 0;
      return 1;
    }
    record += *(uint32_t *)(record + 4);
  }
  return 0;
}

int lb_settle_access(void *context) {
  uint32_t i = *(const uint32_t *)lb_context_pc(context);
  unsigned target = i & 31;
  if ((i & 0x3fe0fc00) == 0x08c0fc00) { /* load-acquire */
    return lb_zero_general(context, target);
  }
  if ((i & 0x3fe0fc00) == 0x0880fc00) { /* store-release */
    return 1;
  }
  if ((i & 0x3a000000) != 0x38000000) { /* one register, no pair, not exclusive */
    return 0;
  }
  /* Register offset, unscaled or unsigned offset; a form that writes its base back is not one of them. */
  int plain = (i & 0x01000000) != 0 || (i & 0x00200c00) == 0x00200800 || (i & 0x00200c00) == 0;
  if (!plain) {
    return 0;
  }
  unsigned opc = i >> 22 & 3;
  if (i & 0x04000000) { /* floating point: B H S D, not Q */
    return opc == 0 || (opc == 1 && lb_zero_vector(context, target));
  }
  if (opc == 0) {
    return 1;
  }
  if ((i >> 30) == 3 && opc >= 2) { /* prefetch */
    return 0;
  }
  return lb_zero_general(context, target);
}

#endif
