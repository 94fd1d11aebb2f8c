/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/gvawalk.h"

#include "lib/errno.h"
#include "mem/guestmem.h"

/* Intel SDM vol 3, 2.5 and 2.2.1. */
#define CR0_WP   BIT64(16)
#define CR0_PG   BIT64(31)
#define CR4_PSE  BIT64(4)
#define CR4_PAE  BIT64(5)
#define CR4_LA57 BIT64(12)
#define CR4_SMEP BIT64(20)
#define CR4_SMAP BIT64(21)
#define EFER_LMA BIT64(10)
#define EFER_NXE BIT64(11)

/* Bits of a paging-structure entry (Intel SDM vol 3, tables 4-5 to 4-20). */
#define ENTRY_P  BIT64(0)
#define ENTRY_W  BIT64(1)
#define ENTRY_U  BIT64(2)
#define ENTRY_PS BIT64(7)
#define ENTRY_NX BIT64(63)

#define MAX_PHYS 52
/* PSE-36 puts address bits 39:32 into bits 20:13. */
#define PSE36_MAX 40

enum mode_id { MODE_32, MODE_PAE, MODE_4LEVEL, MODE_5LEVEL };

/** A way of paging. Level 0 is the one that maps 4 KiB pages. */
struct walk_mode {
	enum mode_id id;
	u8 levels;
	u8 entry_size;
	u8 index_bits;
	u8 leaf_levels; /* bit n: PS makes a leaf of an entry of level n */
	u64 cr3_mask;
};

/* clang-format off */
static const struct walk_mode modes[] = {
	[MODE_32]     = { MODE_32,     2, 4, 10, 0x2, GENMASK64(31, 12) },
	[MODE_PAE]    = { MODE_PAE,    3, 8,  9, 0x2, GENMASK64(31, 5) },
	[MODE_4LEVEL] = { MODE_4LEVEL, 4, 8,  9, 0x6, GENMASK64(51, 12) },
	[MODE_5LEVEL] = { MODE_5LEVEL, 5, 8,  9, 0x6, GENMASK64(51, 12) },
};
/* clang-format on */

struct walk {
	const struct gva_ctx *ctx;
	const struct walk_mode *mode;
	u64 gva;
	u32 access;
	u32 error; /* page-fault error code, without P and RSVD */
	/* What the entries passed so far permit. */
	bool user;
	bool writable;
	bool no_exec;
};

static const struct walk_mode *mode_of(const struct gva_ctx *ctx)
{
	if ((ctx->cr4 & CR4_PAE) == 0)
		return &modes[MODE_32];
	if ((ctx->efer & EFER_LMA) == 0)
		return &modes[MODE_PAE];
	return &modes[(ctx->cr4 & CR4_LA57) != 0 ? MODE_5LEVEL : MODE_4LEVEL];
}

static u8 maxphyaddr(const struct gva_ctx *ctx)
{
	if (ctx->maxphyaddr < 32 || ctx->maxphyaddr > MAX_PHYS)
		return MAX_PHYS;
	return ctx->maxphyaddr;
}

/* Bits @hi..@lo, none if @lo is above @hi. */
static u64 bits(u8 hi, u8 lo)
{
	return hi < lo ? 0 : GENMASK64(hi, lo);
}

static u8 level_shift(const struct walk_mode *mode, u8 level)
{
	return (u8)(PAGE_SHIFT + level * mode->index_bits);
}

static bool nx_enabled(const struct walk *w)
{
	return w->mode->id != MODE_32 && (w->ctx->efer & EFER_NXE) != 0;
}

static bool is_leaf(const struct walk *w, u64 entry, u8 level)
{
	if (level == 0)
		return true;
	if (w->mode->id == MODE_32 && (w->ctx->cr4 & CR4_PSE) == 0)
		return false;
	return (entry & ENTRY_PS) != 0 &&
	       (w->mode->leaf_levels & BIT32(level)) != 0;
}

static u64 reserved_32(const struct walk *w, u64 entry, u8 level)
{
	u8 max = MIN(maxphyaddr(w->ctx), PSE36_MAX);

	if (level == 0 || !is_leaf(w, entry, level))
		return 0;
	return bits(21, (u8)(13 + max - 32));
}

static u64 reserved_64(const struct walk *w, u64 entry, u8 level)
{
	bool pae = w->mode->id == MODE_PAE;
	u64 mask = bits(pae ? 62 : 51, maxphyaddr(w->ctx));

	/* A PDPTE of PAE paging has no permissions and no PS. */
	if (pae && level == 2)
		return mask | ENTRY_NX | bits(8, 5) | bits(2, 1);
	if (!nx_enabled(w))
		mask |= ENTRY_NX;
	if (level > 0 && is_leaf(w, entry, level))
		mask |= bits((u8)(level_shift(w->mode, level) - 1), 13);
	if (level > 0 && (w->mode->leaf_levels & BIT32(level)) == 0)
		mask |= ENTRY_PS;
	return mask;
}

static bool has_reserved(const struct walk *w, u64 entry, u8 level)
{
	if (w->mode->id == MODE_32)
		return (entry & reserved_32(w, entry, level)) != 0;
	return (entry & reserved_64(w, entry, level)) != 0;
}

static void pass_entry(struct walk *w, u64 entry, u8 level)
{
	if (w->mode->id == MODE_PAE && level == 2)
		return;
	w->user &= (entry & ENTRY_U) != 0;
	w->writable &= (entry & ENTRY_W) != 0;
	w->no_exec |= nx_enabled(w) && (entry & ENTRY_NX) != 0;
}

static int read_entry(const struct walk *w, u64 table, u8 level, u64 *entry)
{
	u64 index = (w->gva >> level_shift(w->mode, level)) &
		    (BIT64(w->mode->index_bits) - 1);
	gpa_t at = GPA(table + index * w->mode->entry_size);

	*entry = 0;
	if (guestmem_read(w->ctx->s2, at, entry, w->mode->entry_size) != 0)
		return -EIO;
	return 0;
}

static u64 leaf_base(const struct walk *w, u64 entry, u8 level)
{
	u64 base = entry & GENMASK64(51, 12);

	if (w->mode->id == MODE_32 && level == 1)
		base = (entry & GENMASK64(31, 22)) | (entry & GENMASK64(20, 13))
							     << 19;
	return align_down(base, BIT64(level_shift(w->mode, level)));
}

static bool is_user_access(const struct walk *w)
{
	return w->ctx->cpl == 3 && (w->access & GVA_SYS) == 0;
}

/* Intel SDM vol 3, 4.6.1: a supervisor access to a user page. */
static bool supervisor_may_touch_user(const struct walk *w)
{
	if ((w->access & GVA_X) != 0)
		return (w->ctx->cr4 & CR4_SMEP) == 0;
	if ((w->ctx->cr4 & CR4_SMAP) == 0)
		return true;
	return w->ctx->rflags_ac && (w->access & GVA_SYS) == 0;
}

static bool permitted(const struct walk *w)
{
	bool user = is_user_access(w);

	if (user && !w->user)
		return false;
	if (!user && w->user && !supervisor_may_touch_user(w))
		return false;
	if ((w->access & GVA_X) != 0 && w->no_exec)
		return false;
	if ((w->access & GVA_W) == 0 || w->writable)
		return true;
	return !user && (w->ctx->cr0 & CR0_WP) == 0;
}

/* Intel SDM vol 3, 4.7, but for the bits that depend on the tables. */
static u32 error_code(const struct walk *w)
{
	u32 code = 0;

	if ((w->access & GVA_W) != 0)
		code |= PF_W;
	if (is_user_access(w))
		code |= PF_U;
	if ((w->access & GVA_X) != 0 &&
	    (nx_enabled(w) || (w->ctx->cr4 & CR4_SMEP) != 0))
		code |= PF_I;
	return code;
}

static int fault(const struct walk *w, u32 cause, u32 *pf_error_code)
{
	*pf_error_code = w->error | cause;
	return -EFAULT;
}

static int walk_tables(struct walk *w, gpa_t *out, u64 *bytes,
		       u32 *pf_error_code)
{
	u64 table = w->ctx->cr3 & w->mode->cr3_mask;
	u8 level = w->mode->levels;
	u64 entry, size, off;

	do {
		int ret;

		level--;
		ret = read_entry(w, table, level, &entry);
		if (ret != 0)
			return ret;
		if ((entry & ENTRY_P) == 0)
			return fault(w, 0, pf_error_code);
		if (has_reserved(w, entry, level))
			return fault(w, PF_P | PF_RSVD, pf_error_code);
		pass_entry(w, entry, level);
		table = entry & GENMASK64(51, 12);
	} while (!is_leaf(w, entry, level));
	if (!permitted(w))
		return fault(w, PF_P, pf_error_code);
	size = BIT64(level_shift(w->mode, level));
	off = w->gva & (size - 1);
	*out = GPA(leaf_base(w, entry, level) + off);
	*bytes = size - off;
	return 0;
}

/* Address bits 63:@top are all equal. */
static bool is_canonical(u64 gva, u8 top)
{
	u64 high = gva >> top;

	return high == 0 || high == ~(u64)0 >> top;
}

int gvawalk_translate(const struct gva_ctx *ctx, gva_t gva, u32 access,
		      gpa_t *out, u64 *bytes, u32 *pf_error_code)
{
	struct walk w = {
		.ctx = ctx,
		.mode = mode_of(ctx),
		.gva = gva.v,
		.access = access,
		.user = true,
		.writable = true,
	};

	if ((ctx->efer & EFER_LMA) == 0)
		w.gva = (u32)gva.v;
	if ((ctx->cr0 & CR0_PG) == 0) {
		*out = GPA(w.gva);
		*bytes = PAGE_SIZE - (w.gva & (PAGE_SIZE - 1));
		return 0;
	}
	if ((ctx->efer & EFER_LMA) != 0 &&
	    !is_canonical(gva.v, w.mode->id == MODE_5LEVEL ? 56 : 47))
		return -EINVAL;
	w.error = error_code(&w);
	return walk_tables(&w, out, bytes, pf_error_code);
}

/* A copy, page by page. */
struct piece {
	gpa_t gpa;
	u64 len;
};

static int next_piece(const struct gva_ctx *ctx, gva_t gva, u64 len, u32 access,
		      struct piece *out, struct gva_fault *pf)
{
	u64 bytes;
	int ret;

	pf->gva = gva;
	if ((ctx->efer & EFER_LMA) == 0)
		pf->gva = GVA((u32)gva.v);
	ret = gvawalk_translate(ctx, gva, access, &out->gpa, &bytes,
				&pf->error_code);
	if (ret == 0)
		out->len = MIN(bytes, len);
	return ret;
}

int gvawalk_read(const struct gva_ctx *ctx, gva_t gva, void *dst, u64 len,
		 u32 access, struct gva_fault *pf)
{
	struct piece p;

	for (u64 off = 0; off < len; off += p.len) {
		int ret = next_piece(ctx, GVA(gva.v + off), len - off, access,
				     &p, pf);

		if (ret != 0)
			return ret;
		if (guestmem_read(ctx->s2, p.gpa, (u8 *)dst + off, p.len) != 0)
			return -EIO;
	}
	return 0;
}

static int check_write(const struct gva_ctx *ctx, gva_t gva, u64 len,
		       u32 access, struct gva_fault *pf)
{
	struct piece p;

	for (u64 off = 0; off < len; off += p.len) {
		int ret = next_piece(ctx, GVA(gva.v + off), len - off, access,
				     &p, pf);

		if (ret != 0)
			return ret;
		if (guestmem_check(ctx->s2, p.gpa, p.len, true) != 0)
			return -EIO;
	}
	return 0;
}

int gvawalk_write(const struct gva_ctx *ctx, gva_t gva, const void *src,
		  u64 len, u32 access, struct gva_fault *pf)
{
	const u8 *from = src;
	struct piece p;
	int ret = check_write(ctx, gva, len, access, pf);

	if (ret != 0)
		return ret;
	/* The guest may change its tables meanwhile, so ask again. */
	for (u64 off = 0; off < len; off += p.len) {
		ret = next_piece(ctx, GVA(gva.v + off), len - off, access, &p,
				 pf);
		if (ret != 0)
			return ret;
		if (guestmem_write(ctx->s2, p.gpa, from + off, p.len) != 0)
			return -EIO;
	}
	return 0;
}
