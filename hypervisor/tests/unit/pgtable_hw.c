/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/pgtable_hw.h"

#define ADDR GENMASK64(51, 12)

/* The PAT at power-on: Intel SDM vol 3, table 12-12. */
static const u32 pat[8] = { PT_WB, PT_WT, PT_WC, PT_UC,
			    PT_WB, PT_WT, PT_WC, PT_UC };

static u64 read_slot(const struct pgtable *pt, u64 table, u64 va, int level)
{
	const u64 *t = pool_hva(pt->pool, HPA(table));
	u64 index = (va >> (12 + 9 * level)) & 511;

	return __atomic_load_n(&t[index], __ATOMIC_ACQUIRE);
}

static bool x86_reserved(u64 e, int level)
{
	bool leaf = level == 0 || (e & BIT64(7)) != 0;

	if (level == 3)
		return (e & BIT64(7)) != 0;
	return leaf && level > 0 &&
	       (e & (GENMASK64(29, 13) & (BIT64(12 + 9 * level) - 1))) != 0;
}

static u32 x86_type(u64 e, int level)
{
	u64 pat_bit = level == 0 ? e >> 7 & 1 : e >> 12 & 1;

	return pat[pat_bit << 2 | (e >> 4 & 1) << 1 | (e >> 3 & 1)];
}

static enum hw_result x86_walk(const struct pgtable *pt, u64 va,
			       struct hw_page *out)
{
	u64 table = pgtable_root(pt).v;
	bool w = true, u = true, nx = false;

	for (int level = pt->fmt->levels - 1;; level--) {
		u64 e = read_slot(pt, table, va, level);
		u64 size = BIT64(12 + 9 * level);

		if ((e & 1) == 0)
			return HW_ABSENT;
		if (x86_reserved(e, level))
			return HW_BAD;
		w &= (e & BIT64(1)) != 0;
		u &= (e & BIT64(2)) != 0;
		nx |= (e & BIT64(63)) != 0;
		/* The walker would set A and D, racing with the engine. */
		if ((e & BIT64(5)) == 0)
			return HW_BAD;
		table = e & ADDR;
		if (level != 0 && (e & BIT64(7)) == 0)
			continue;
		if ((e & BIT64(6)) == 0)
			return HW_BAD;
		*out = (struct hw_page){
			.pa = (e & ADDR & ~(size - 1)) | (va & (size - 1)),
			.size = size,
			.w = w,
			.x = !nx,
			.u = u,
			.global = (e & BIT64(8)) != 0,
			.type = x86_type(e, level),
		};
		return HW_MAPPED;
	}
}

/* Accessed, and dirty in a leaf: else the CPU writes there, SDM 29.3.5. */
static bool ept_would_be_written(u64 e, int level)
{
	bool leaf = level == 0 || (e & BIT64(7)) != 0;

	return !(e & BIT64(8)) || (leaf && !(e & BIT64(9)));
}

/* Intel SDM vol 3, 28.3.3.1: write without read, bad type, reserved bits. */
static bool ept_misconfigured(u64 e, int level)
{
	bool leaf = level == 0 || (e & BIT64(7)) != 0;
	u64 type = e >> 3 & 7;

	if ((e & 3) == 2)
		return true;
	if (!leaf)
		return (e & GENMASK64(7, 3)) != 0;
	if (level == 3 || type == 2 || type == 3 || type == 7)
		return true;
	return (e & (GENMASK64(29, 12) & (BIT64(12 + 9 * level) - 1))) != 0;
}

static enum hw_result ept_walk(const struct pgtable *pt, u64 va,
			       struct hw_page *out)
{
	u64 table = pgtable_root(pt).v;
	u64 all = 7;

	for (int level = pt->fmt->levels - 1;; level--) {
		u64 e = read_slot(pt, table, va, level);
		u64 size = BIT64(12 + 9 * level);

		if ((e & 7) == 0)
			return HW_ABSENT;
		if (ept_misconfigured(e, level) ||
		    ept_would_be_written(e, level))
			return HW_BAD;
		all &= e;
		table = e & ADDR;
		if (level != 0 && (e & BIT64(7)) == 0)
			continue;
		*out = (struct hw_page){
			.pa = (e & ADDR & ~(size - 1)) | (va & (size - 1)),
			.size = size,
			.w = (all & 2) != 0,
			.x = (all & 4) != 0,
			.type = (u32)(e >> 3 & 7) << PT_TYPE_SHIFT,
		};
		return (all & 1) != 0 ? HW_MAPPED : HW_BAD;
	}
}

enum hw_result hw_walk(const struct pgtable *pt, u64 va, struct hw_page *out)
{
	enum hw_result r;

	if (pt->fmt == &pt_format_ept)
		return ept_walk(pt, va, out);
	r = x86_walk(pt, va, out);
	if (r != HW_MAPPED || pt->fmt == &pt_format_host)
		return r;
	/* A nested walk is a user access (AMD APM vol 2, 15.25.5). */
	if (!out->u)
		return HW_BAD;
	out->u = false;
	out->global = false;
	return HW_MAPPED;
}
