/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/emulate_priv.h"

static u64 top_bit(u64 v, u32 size)
{
	return v >> (8 * size - 1) & 1;
}

u64 emu_sign_extend(u64 v, u32 size)
{
	v &= emu_ones(size);
	return top_bit(v, size) ? v | ~emu_ones(size) : v;
}

static bool even_parity(u64 v)
{
	u32 nibble = (u32)((v ^ v >> 4) & 0xf);

	/* Bit n of the constant: n has an odd number of ones. */
	return !(0x6996 >> nibble & 1);
}

static u64 flags_of_result(u64 r, u32 size)
{
	u64 f = 0;

	if (even_parity(r & 0xff))
		f |= RFLAGS_PF;
	if (r == 0)
		f |= RFLAGS_ZF;
	if (top_bit(r, size))
		f |= RFLAGS_SF;
	return f;
}

static void put_flags(u64 *rflags, u64 mask, u64 value)
{
	*rflags = (*rflags & ~mask) | (value & mask);
}

/* Flags of a result, where bit n of @carries is the carry out of bit n. */
static void put_sum_flags(u64 r, u64 carries, u64 overflow, u32 size,
			  u64 *rflags)
{
	u64 f = flags_of_result(r, size);

	if (top_bit(carries, size))
		f |= RFLAGS_CF;
	if (carries & BIT64(3))
		f |= RFLAGS_AF;
	if (top_bit(overflow, size))
		f |= RFLAGS_OF;
	put_flags(rflags, RFLAGS_ARITH, f);
}

static u64 add(u64 a, u64 b, u64 carry, u32 size, u64 *rflags)
{
	u64 r = (a + b + carry) & emu_ones(size);

	put_sum_flags(r, (a & b) | ((a | b) & ~r), (a ^ r) & (b ^ r), size,
		      rflags);
	return r;
}

static u64 subtract(u64 a, u64 b, u64 borrow, u32 size, u64 *rflags)
{
	u64 r = (a - b - borrow) & emu_ones(size);

	put_sum_flags(r, (~a & b) | ((~a | b) & r), (a ^ b) & (a ^ r), size,
		      rflags);
	return r;
}

static u64 logic(u64 r, u32 size, u64 *rflags)
{
	put_flags(rflags, RFLAGS_ARITH, flags_of_result(r, size));
	return r;
}

u64 emu_binary(u8 kind, u64 a, u64 b, u32 size, u64 *rflags)
{
	u64 carry = *rflags & RFLAGS_CF;

	a &= emu_ones(size);
	b &= emu_ones(size);
	switch (kind) {
	case X86_OP_ADD:
		return add(a, b, 0, size, rflags);
	case X86_OP_ADC:
		return add(a, b, carry, size, rflags);
	case X86_OP_SUB:
	case X86_OP_CMP:
		return subtract(a, b, 0, size, rflags);
	case X86_OP_SBB:
		return subtract(a, b, carry, size, rflags);
	case X86_OP_OR:
		return logic(a | b, size, rflags);
	case X86_OP_XOR:
		return logic(a ^ b, size, rflags);
	default: /* AND, TEST */
		return logic(a & b, size, rflags);
	}
}

u64 emu_unary(u8 kind, u64 a, u32 size, u64 *rflags)
{
	u64 carry = *rflags & RFLAGS_CF;

	a &= emu_ones(size);
	switch (kind) {
	case X86_OP_NEG:
		return subtract(0, a, 0, size, rflags);
	case X86_OP_INC:
		a = add(a, 1, 0, size, rflags);
		break;
	case X86_OP_DEC:
		a = subtract(a, 1, 0, size, rflags);
		break;
	default: /* NOT, which leaves the flags alone */
		return ~a & emu_ones(size);
	}
	put_flags(rflags, RFLAGS_CF, carry);
	return a;
}

/* Shift or rotate by one; *@carry goes in and out where the kind says so. */
static u64 shift_once(u8 kind, u64 v, u32 size, u64 *carry)
{
	u64 low = v & 1;
	u64 high = top_bit(v, size);
	u64 in = 0;
	bool left = false;

	switch (kind) {
	case X86_OP_ROL:
		left = true;
		in = high;
		break;
	case X86_OP_RCL:
		left = true;
		in = *carry;
		break;
	case X86_OP_SHL:
	case X86_OP_SAL:
		left = true;
		break;
	case X86_OP_ROR:
		in = low;
		break;
	case X86_OP_RCR:
		in = *carry;
		break;
	case X86_OP_SAR:
		in = high;
		break;
	default: /* SHR */
		break;
	}
	*carry = left ? high : low;
	if (left)
		return (v << 1 | in) & emu_ones(size);
	return v >> 1 | in << (8 * size - 1);
}

u64 emu_shift(u8 kind, u64 a, u64 count, u32 size, u64 *rflags)
{
	u64 carry = *rflags & RFLAGS_CF;
	u64 mask = RFLAGS_ARITH;
	u64 before;
	u64 f;

	a &= emu_ones(size);
	count &= size == 8 ? 63 : 31;
	if (count == 0)
		return a;
	do {
		before = a;
		a = shift_once(kind, a, size, &carry);
	} while (--count);

	f = flags_of_result(a, size) | (carry ? RFLAGS_CF : 0);
	/* Defined for a count of one: the sign changed in the last step. */
	if (top_bit(a ^ before, size))
		f |= RFLAGS_OF;
	if (kind <= X86_OP_RCR)
		mask = RFLAGS_CF | RFLAGS_OF;
	put_flags(rflags, mask, f);
	return a;
}

u64 emu_bit(u8 kind, u64 a, u64 bit, u32 size, u64 *rflags)
{
	u64 m = BIT64(bit & (8 * size - 1));

	put_flags(rflags, RFLAGS_CF, a & m ? RFLAGS_CF : 0);
	switch (kind) {
	case X86_OP_BTS:
		return a | m;
	case X86_OP_BTR:
		return a & ~m;
	case X86_OP_BTC:
		return a ^ m;
	default: /* BT */
		return a;
	}
}

u64 emu_multiply(u64 a, u64 b, u32 size, bool is_signed, u64 *high, u64 *rflags)
{
	unsigned __int128 p;
	u64 low;
	u64 fits;

	if (is_signed)
		p = (unsigned __int128)((__int128)(int64_t)emu_sign_extend(
						a, size) *
					(int64_t)emu_sign_extend(b, size));
	else
		p = (unsigned __int128)(a & emu_ones(size)) *
		    (b & emu_ones(size));
	low = (u64)p & emu_ones(size);
	*high = (u64)(p >> (8 * size)) & emu_ones(size);
	fits = is_signed && top_bit(low, size) ? emu_ones(size) : 0;
	put_flags(rflags, RFLAGS_CF | RFLAGS_OF,
		  *high == fits ? 0 : RFLAGS_CF | RFLAGS_OF);
	return low;
}

bool emu_condition(u8 cc, u64 rflags)
{
	bool less = !(rflags & RFLAGS_SF) != !(rflags & RFLAGS_OF);
	bool held[8] = {
		rflags & RFLAGS_OF,
		rflags & RFLAGS_CF,
		rflags & RFLAGS_ZF,
		rflags & (RFLAGS_CF | RFLAGS_ZF),
		rflags & RFLAGS_SF,
		rflags & RFLAGS_PF,
		less,
		less || (rflags & RFLAGS_ZF),
	};

	return held[cc >> 1 & 7] != (cc & 1);
}
