/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the guest's instructions. Not every CPU says how long the
 * instruction was that exited, so it is fetched and measured. A guest that
 * changes it meanwhile fools only itself.
 */
#include "run/run.h"

#include "arch/x86/asm.h"
#include "guest/x86/guest.h"
#include "lib/errno.h"
#include "mem/physmap.h"
#include "run/guestwalk.h"

enum x86_mode run_mode(const struct guest_sregs *s)
{
	u16 attr = s->seg[SEG_CS].attr;

	if ((s->efer & EFER_LMA) && (attr & SEG_ATTR_L))
		return X86_MODE_64;
	return attr & SEG_ATTR_DB ? X86_MODE_32 : X86_MODE_16;
}

static gva_t fetch_address(const struct vcpu *v, const struct guest_sregs *s)
{
	u64 rip = v->hw.regs.rip;

	if (run_mode(s) == X86_MODE_64)
		return GVA(rip);
	return GVA((u32)(s->seg[SEG_CS].base + (u32)rip));
}

u32 run_fetch(struct vcpu *v, u8 *buf)
{
	struct guest_sregs s;
	struct gva_fault pf;
	struct gva_ctx ctx;
	u64 first;
	gva_t at;
	int rc;

	backend->vcpu_get_sregs(&v->hw, &s);
	ctx = run_walk_ctx(v, &s);
	at = fetch_address(v, &s);
	first = MIN(PAGE_SIZE - (at.v & (PAGE_SIZE - 1)), (u64)X86_INSN_MAX);
	rc = gvawalk_read(&ctx, at, buf, first, GVA_X, &pf);
	if (rc == -EFAULT)
		run_inject_pf(v, pf.gva.v, pf.error_code);
	else if (rc)
		run_inject_gp(v);
	if (rc)
		return 0;
	/* The next page only matters if the instruction reaches into it. */
	if (first < X86_INSN_MAX &&
	    !gvawalk_read(&ctx, GVA(at.v + first), buf + first,
			  X86_INSN_MAX - first, GVA_X, &pf))
		return X86_INSN_MAX;
	return (u32)first;
}

void run_forget_memory(struct vcpu *v)
{
	backend->vcpu_flush(&v->hw);
	s2cache_clear(&v->guest->s2_cache);
	walkcache_clear(&v->guest->code_walk);
}

#define ENTRY_PRESENT BIT64(0)
#define ENTRY_LARGE   BIT64(7)
#define ENTRY_ADDR    GENMASK64(51, 12)
#define FAST_BYTES    8U
/* What run_decode() fetches at once: an instruction of any length. */
#define FETCH_BYTES 16U

/*
 * The common case, straight: 64-bit code. The CPU has just executed it, so
 * rights need no second look; whatever is odd is left to run_fetch().
 */
static bool walk_code(struct vcpu *v, const struct guest_code *c)
{
	struct s2_cache *cache = &v->guest->s2_cache;
	struct walk_cache *w = &v->guest->code_walk;
	struct stage2 *s2 = &v->vm->s2;
	u64 entry = c->cr3, at = c->linear, page;
	u32 shift = 39;

	walkcache_clear(w);
	for (w->n = 0;; shift -= 9) {
		page = s2cache_page(cache, s2, entry & ENTRY_ADDR);
		if (page == ADDR_NONE)
			return false;
		w->step[w->n].at = HPA(page + ((at >> shift) & 511) * 8);
		entry = physmap_load64(w->step[w->n].at);
		w->step[w->n++].entry = entry;
		if (!(entry & ENTRY_PRESENT))
			return false;
		if (shift == 12 || (shift < 39 && (entry & ENTRY_LARGE)))
			break;
	}
	entry &= ENTRY_ADDR & ~(BIT64(shift) - 1);
	entry |= at & (BIT64(shift) - 1);
	w->hpa = s2cache_page(cache, s2, entry);
	if (w->hpa == ADDR_NONE)
		return false;
	w->cr3 = c->cr3;
	w->page = align_down(at, PAGE_SIZE);
	return true;
}

static bool fetch_fast(struct vcpu *v, const struct guest_code *c, u8 *buf,
		       u32 bytes)
{
	struct walk_cache *w = &v->guest->code_walk;
	u64 off = c->linear & (PAGE_SIZE - 1), word;

	if (!c->long4 || off > PAGE_SIZE - bytes)
		return false;
	if ((w->page != c->linear - off || w->cr3 != c->cr3 ||
	     !physmap_same(w->step, w->n)) &&
	    !walk_code(v, c))
		return false;
	for (u32 i = 0; i < bytes; i += FAST_BYTES) {
		word = physmap_load64(HPA(w->hpa + off + i));
		__builtin_memcpy(buf + i, &word, sizeof(word));
	}
	return true;
}

bool run_decode(struct vcpu *v, struct x86_insn *insn)
{
	enum x86_mode mode = X86_MODE_64;
	u32 n = X86_INSN_MAX;
	struct guest_sregs s;
	struct guest_code c;
	u8 buf[FETCH_BYTES];

	backend->vcpu_get_code(&v->hw, &c);
	if (unlikely(!fetch_fast(v, &c, buf, FETCH_BYTES))) {
		n = run_fetch(v, buf);
		if (!n)
			return false;
		backend->vcpu_get_sregs(&v->hw, &s);
		mode = run_mode(&s);
	}
	if (!x86_decode(buf, n, mode, insn))
		return true;
	run_inject_ud(v);
	return false;
}

u32 run_insn_len(struct vcpu *v, const struct exit_info *x, const u8 *opcode,
		 u32 opcode_len)
{
	u8 buf[X86_INSN_MAX];
	struct guest_code c;
	u32 n;

	if (x->insn_len)
		return x->insn_len;
	backend->vcpu_get_code(&v->hw, &c);
	if (likely(fetch_fast(v, &c, buf, FAST_BYTES))) {
		n = x86_insn_len_fixed(buf, FAST_BYTES, opcode, opcode_len);
		if (likely(n))
			return n;
	}
	n = run_fetch(v, buf);
	return n ? x86_insn_len_fixed(buf, n, opcode, opcode_len) : 0;
}

bool run_skip(struct vcpu *v, const struct exit_info *x, const u8 *opcode,
	      u32 opcode_len)
{
	u32 len = run_insn_len(v, x, opcode, opcode_len);

	if (len)
		backend->vcpu_skip(&v->hw, len);
	return len;
}
