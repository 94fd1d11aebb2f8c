/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the guest's instructions. Not every CPU says how long the
 * instruction was that exited, so it is fetched and measured. A guest that
 * changes it meanwhile fools only itself.
 */
#include "run/run.h"

#include "arch/x86/asm.h"
#include "arch/x86/physmap_same.h"
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
	insncache_clear(&v->guest->insns);
}

#define ENTRY_PRESENT BIT64(0)
#define ENTRY_LARGE   BIT64(7)
#define ENTRY_ADDR    GENMASK64(51, 12)
#define FETCH_BYTES   (INSN_BYTE_WORDS * sizeof(u64))

_Static_assert(PHYSMAP_SAME_WORDS == INSN_WORDS, "physmap_same() on a slot");
_Static_assert(FETCH_BYTES >= X86_INSN_MAX, "an instruction of any length");

/*
 * The common case, straight: 64-bit code. The CPU has just executed it, so
 * rights need no second look; whatever is odd is left to run_fetch(). Sets
 * the words of the walk; the address, or ADDR_NONE.
 */
static u64 walk_code(struct vcpu *v, const struct guest_code *c,
		     struct walk_word *word)
{
	struct s2_cache *cache = &v->guest->s2_cache;
	struct stage2 *s2 = &v->vm->s2;
	u64 entry = c->cr3, at = c->linear, page;
	u32 shift = 39, n = 0;

	for (;; shift -= 9) {
		page = s2cache_page(cache, s2, entry & ENTRY_ADDR);
		if (page == ADDR_NONE)
			return ADDR_NONE;
		word[n].at = HPA(page + ((at >> shift) & 511) * 8);
		entry = physmap_load64(word[n].at);
		word[n++].held = entry;
		if (!(entry & ENTRY_PRESENT))
			return ADDR_NONE;
		if (shift == 12 || (shift < 39 && (entry & ENTRY_LARGE)))
			break;
	}
	/* A large page has fewer: the others repeat the first. */
	for (; n < INSN_WALK_WORDS; n++)
		word[n] = word[0];
	entry &= ENTRY_ADDR & ~(BIT64(shift) - 1);
	entry |= at & (BIT64(shift) - 1);
	page = s2cache_page(cache, s2, entry);
	return page == ADDR_NONE ? page : page + (at & (PAGE_SIZE - 1));
}

/* Read the instruction at @c into @k, all but what it is. */
static bool look(struct vcpu *v, const struct guest_code *c,
		 struct known_insn *k)
{
	struct walk_word *bytes = k->word + INSN_WALK_WORDS;
	u64 at;

	k->as = NULL;
	/* What is reached by the window is not looked at again where it was. */
	if (v->vm->s2.by_window || !c->long4 ||
	    c->linear % PAGE_SIZE > PAGE_SIZE - FETCH_BYTES)
		return false;
	at = walk_code(v, c, k->word);
	if (at == ADDR_NONE)
		return false;
	for (u32 i = 0; i < INSN_BYTE_WORDS; i++) {
		bytes[i].at = HPA(at + i * sizeof(u64));
		bytes[i].held = physmap_load64(bytes[i].at);
	}
	k->linear = c->linear;
	k->cr3 = c->cr3;
	return true;
}

/* Whether @k is the instruction at @c. */
static inline bool is_known(const struct known_insn *k,
			    const struct guest_code *c, const void *as)
{
	return likely(k->as == as && k->linear == c->linear &&
		      k->cr3 == c->cr3 && c->long4) &&
	       physmap_same(k->word);
}

static void bytes_of(const struct known_insn *k, u8 *buf)
{
	for (u32 i = 0; i < INSN_BYTE_WORDS; i++)
		__builtin_memcpy(buf + i * sizeof(u64),
				 &k->word[INSN_WALK_WORDS + i].held,
				 sizeof(u64));
}

/* Looked at as any instruction. */
static const u8 any_insn;

static __rare const struct x86_insn *decode_new(struct vcpu *v,
						const struct guest_code *c)
{
	struct known_insn *k = insncache_slot(&v->guest->insns, c->linear);
	bool keep = look(v, c, k);
	enum x86_mode mode = X86_MODE_64;
	u32 n = FETCH_BYTES;
	struct guest_sregs s;
	u8 buf[FETCH_BYTES];

	if (keep) {
		bytes_of(k, buf);
	} else {
		n = run_fetch(v, buf);
		if (!n)
			return NULL;
		backend->vcpu_get_sregs(&v->hw, &s);
		mode = run_mode(&s);
	}
	if (x86_decode(buf, n, mode, &k->insn)) {
		run_inject_ud(v);
		return NULL;
	}
	k->as = keep ? &any_insn : NULL;
	return &k->insn;
}

const struct x86_insn *run_decode(struct vcpu *v, const struct guest_code *c)
{
	struct known_insn *k = insncache_slot(&v->guest->insns, c->linear);

	return likely(is_known(k, c, &any_insn)) ? &k->insn : decode_new(v, c);
}

static __rare u32 measure_new(struct vcpu *v, const struct guest_code *c,
			      const struct run_opcode *op)
{
	struct known_insn *k = insncache_slot(&v->guest->insns, c->linear);
	u8 buf[FETCH_BYTES];
	u32 n;

	if (look(v, c, k)) {
		bytes_of(k, buf);
		n = x86_insn_len_fixed(buf, FETCH_BYTES, op->byte, op->len);
		if (n) {
			k->insn.len = (u8)n;
			k->as = op;
			return n;
		}
	}
	n = run_fetch(v, buf);
	return n ? x86_insn_len_fixed(buf, n, op->byte, op->len) : 0;
}

u32 run_insn_len(struct vcpu *v, const struct exit_info *x,
		 const struct guest_code *c, const struct run_opcode *op)
{
	const struct known_insn *k;

	if (x->insn_len)
		return x->insn_len;
	k = insncache_slot(&v->guest->insns, c->linear);
	return likely(is_known(k, c, op)) ? k->insn.len : measure_new(v, c, op);
}
