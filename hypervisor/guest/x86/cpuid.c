/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/cpuid.h"

#include "guest/x86/cpuid_table.h"
#include "lib/errno.h"

#define CR4_OSXSAVE        BIT64(18)
#define CR4_PKE            BIT64(22)
#define LEAF1_ECX_XSAVE    BIT32(26)
#define LEAF1_ECX_OSXSAVE  BIT32(27)
#define LEAF1_ECX_HV       BIT32(31)
#define LEAF1_EDX_APIC     BIT32(9)
#define LEAF1_EDX_HTT      BIT32(28)
#define LEAF7_ECX_PKU      BIT32(3)
#define LEAF7_ECX_OSPKE    BIT32(4)
#define EXT1_ECX_CMPLEGACY BIT32(1)
#define VENDOR_AMD         0x68747541U /* "Auth", EBX of leaf 0 */
#define VENDOR_HYGON       0x6f677948U /* "Hygo" */
#define LEAF_MAX           0x0U
#define LEAF_XSAVE         0xdU
#define LEAF_CLOCK         0x15U
#define LEAF_FREQUENCY     0x16U
#define LEAF_EXT_MAX       0x80000000U

/* XSAVE: legacy region and header; component properties in ECX. */
#define XSAVE_BASE_SIZE   576U
#define XSAVE_ECX_ALIGN64 BIT32(1)
#define XSAVE_FIRST_EXT   2U
#define XSAVE_COMPONENTS  63U
/* XSAVEOPT, XSAVEC, XGETBV with ECX = 1; not XSAVES, XFD. */
#define XSAVE_D1_EAX 0x7U

/* A table under construction. */
struct builder {
	struct cpuid_table *t;
	const struct cpuid_env *env;
};

static struct cpuid_regs mask_regs(struct cpuid_regs r,
				   const struct cpuid_regs *mask)
{
	r.eax &= mask->eax;
	r.ebx &= mask->ebx;
	r.ecx &= mask->ecx;
	r.edx &= mask->edx;
	return r;
}

/* The CPU's own answer; beyond its last leaf it would be another leaf's. */
static struct cpuid_regs native(const struct builder *b, u32 leaf, u32 sub)
{
	struct cpuid_regs r = { 0 };

	if (leaf <= b->t->max_leaf[leaf >> 30])
		b->env->native(leaf, sub, &r);
	return r;
}

static int add_entry(struct cpuid_table *t, u32 leaf,
		     const struct cpuid_entry *entry)
{
	u8 *first = &t->first[leaf >> 30][leaf & 0xff];

	if (t->count == CPUID_ENTRIES_MAX)
		return -ENOSPC;
	if (*first == 0)
		*first = (u8)(t->count + 1);
	else
		t->entry[t->count - 1].more = true;
	t->entry[t->count++] = *entry;
	return 0;
}

/* A cache of level 3 or more is everybody's, others a core's own. */
static void share_cache(const struct builder *b, struct cpuid_regs *r)
{
	u32 ids = BIT32(b->t->topo_shift) - 1;
	u32 level = r->eax >> 5 & 7;
	u32 sharing = level >= 3 ? MIN(ids, 0xfffU) : 0;

	r->eax = (r->eax & 0x3fff) | sharing << 14;
	if (!b->t->amd)
		r->eax |= MIN(ids, 0x3fU) << 26;
}

static int add_caches(const struct builder *b, const struct cpuid_rule *rule)
{
	struct cpuid_entry e = { 0 };
	int ret = 0;

	/* Type 0 ends the list; no CPU has near as many as 8. */
	for (e.sub = 0; e.sub < 8 && !ret; e.sub++) {
		e.regs = native(b, rule->leaf, e.sub);
		if ((e.regs.eax & 0x1f) == 0)
			break;
		share_cache(b, &e.regs);
		ret = add_entry(b->t, rule->leaf, &e);
	}
	return ret;
}

/* End of component @e in an area that holds it at its standard place. */
static u32 standard_end(const struct cpuid_entry *e)
{
	return e->regs.ebx + e->regs.eax;
}

static int add_components(const struct builder *b, u32 *max_size)
{
	struct cpuid_entry e = { 0 };
	int ret = 0;

	*max_size = XSAVE_BASE_SIZE;
	for (e.sub = XSAVE_FIRST_EXT; e.sub < XSAVE_COMPONENTS && !ret;
	     e.sub++) {
		if (!(b->t->xcr0_valid >> e.sub & 1))
			continue;
		e.regs = native(b, LEAF_XSAVE, e.sub);
		*max_size = MAX(*max_size, standard_end(&e));
		ret = add_entry(b->t, LEAF_XSAVE, &e);
	}
	return ret;
}

static int add_xsave(const struct builder *b)
{
	struct cpuid_entry d0 = { .sub = 0, .fix = CPUID_FIX_D0 };
	struct cpuid_entry d1 = { .sub = 1, .fix = CPUID_FIX_D1 };
	struct cpuid_table *t = b->t;
	u32 first = t->count;
	u32 size;
	int ret;

	d0.regs = native(b, LEAF_XSAVE, 0);
	d1.regs.eax = native(b, LEAF_XSAVE, 1).eax & XSAVE_D1_EAX;
	t->xcr0_valid =
		CPUID_USER_XCR0 & ((u64)d0.regs.edx << 32 | d0.regs.eax);
	if (t->xcr0_valid == 0)
		return 0;

	ret = add_entry(t, LEAF_XSAVE, &d0);
	if (!ret)
		ret = add_entry(t, LEAF_XSAVE, &d1);
	if (!ret)
		ret = add_components(b, &size);
	if (ret)
		return ret;
	t->entry[first].regs = (struct cpuid_regs){
		.eax = (u32)t->xcr0_valid,
		.ecx = size,
		.edx = (u32)(t->xcr0_valid >> 32),
	};
	return 0;
}

/* x2APIC and TSC deadline: what the CPU's own LAPIC has, if that is used. */
#define LEAF1_ECX_LAPIC (BIT32(21) | BIT32(24))

static void adjust_1(const struct builder *b, struct cpuid_regs *r)
{
	if (b->env->kind == GUEST_CELL)
		r->ecx &= native(b, 1, 0).ecx | ~LEAF1_ECX_LAPIC;
	if (b->t->topo_shift == 0)
		return;
	r->edx |= LEAF1_EDX_HTT;
	r->ebx |= MIN(BIT32(b->t->topo_shift), 0xffU) << 16;
}

static void limit_linear(struct cpuid_regs *r)
{
	u32 linear = r->eax >> 8 & 0xff;

	r->eax = (r->eax & ~0xff00U) | MIN(linear, 48U) << 8;
}

static void adjust_ext8(const struct builder *b, struct cpuid_regs *r)
{
	limit_linear(r);
	if (b->t->amd)
		r->ecx = (u32)b->t->topo_shift << 12 |
			 MIN(b->t->nvcpus - 1, 0xffU);
}

/*
 * The TSC's rate in kHz as the CPU claims it, 0 if it does not: crystal times
 * ratio, or else the base frequency in MHz (SDM vol 2, CPUID leaves 15H, 16H).
 */
static u64 claimed_tsc_khz(const struct builder *b)
{
	struct cpuid_regs clock = native(b, LEAF_CLOCK, 0);

	if (clock.eax && clock.ebx && clock.ecx)
		return (u64)clock.ecx * clock.ebx / clock.eax / 1000;
	return (u64)(native(b, LEAF_FREQUENCY, 0).eax & 0xffff) * 1000;
}

/* What was measured differs from what is true by far less than a percent. */
static bool clock_is_true(const struct builder *b)
{
	u64 claimed = claimed_tsc_khz(b);
	u64 khz = b->env->tsc_khz;

	return claimed <= khz + khz / 100 && claimed >= khz - khz / 100;
}

static void adjust(const struct builder *b, const struct cpuid_rule *rule,
		   struct cpuid_regs *r)
{
	switch (rule->adjust) {
	case CPUID_ADJ_MAX:
		r->eax = MIN(r->eax, rule->limit);
		break;
	case CPUID_ADJ_1:
		adjust_1(b, r);
		break;
	case CPUID_ADJ_EXT1:
		if (b->t->amd && b->t->topo_shift)
			r->ecx |= EXT1_ECX_CMPLEGACY;
		break;
	case CPUID_ADJ_EXT8:
		adjust_ext8(b, r);
		break;
	case CPUID_ADJ_LINEAR:
		limit_linear(r);
		break;
	case CPUID_ADJ_CLOCK:
		if (!clock_is_true(b))
			*r = (struct cpuid_regs){ 0 };
		break;
	case CPUID_ADJ_TSC_KHZ:
		r->eax = b->env->tsc_khz;
		break;
	default:
		break;
	}
}

static int add_rule(const struct builder *b, const struct cpuid_rule *rule)
{
	struct cpuid_entry e = {
		.sub = rule->sub,
		.fix = rule->fix,
		.live = rule->live,
		.any_sub = rule->any_sub,
	};

	if (rule->adjust == CPUID_ADJ_CACHE)
		return add_caches(b, rule);
	if (rule->adjust == CPUID_ADJ_XSAVE)
		return add_xsave(b);

	if (rule->live) {
		e.regs = rule->keep;
	} else {
		e.regs = native(b, rule->leaf, rule->sub);
		e.regs = mask_regs(e.regs, &rule->keep);
		e.regs.eax |= rule->set.eax;
		e.regs.ebx |= rule->set.ebx;
		e.regs.ecx |= rule->set.ecx;
		e.regs.edx |= rule->set.edx;
		adjust(b, rule, &e.regs);
	}
	return add_entry(b->t, rule->leaf, &e);
}

static int add_rules(const struct builder *b, const struct cpuid_rule *rules,
		     u32 count)
{
	u32 class;
	u32 i;
	int ret = 0;

	for (i = 0; i < count && !ret; i++) {
		class = rules[i].leaf >> 30;
		/* Ours, whatever the CPU says of a hypervisor below us. */
		if (class == 1 || rules[i].leaf <= b->t->max_leaf[class])
			ret = add_rule(b, &rules[i]);
	}
	return ret;
}

static u8 bits_for(u32 max_id)
{
	u8 n = 0;

	while (n < 31 && max_id >> n)
		n++;
	return n;
}

static void init_table(struct builder *b)
{
	struct cpuid_table *t = b->t;
	struct cpuid_regs r;

	*t = (struct cpuid_table){
		.native = b->env->native,
		.passes = b->env->kind == GUEST_SERVICE,
		.nvcpus = b->env->nvcpus,
		.topo_shift = bits_for(b->env->max_lapic_id),
	};
	t->native(LEAF_EXT_MAX, 0, &r);
	t->max_leaf[2] = r.eax >> 30 == 2 ? r.eax : 0;
	t->native(LEAF_MAX, 0, &r);
	t->max_leaf[0] = r.eax;
	t->amd = r.ebx == VENDOR_AMD || r.ebx == VENDOR_HYGON;
}

int cpuid_table_build(struct cpuid_table *t, const struct cpuid_env *env)
{
	struct builder b = { .t = t, .env = env };

	if (!env->native || env->nvcpus == 0 || env->kind >= GUEST_KINDS)
		return -EINVAL;
	init_table(&b);
	if (t->passes)
		return add_rules(&b, cpuid_rules_service,
				 cpuid_rules_service_count);
	return add_rules(&b, cpuid_rules_user, cpuid_rules_user_count);
}

static const struct cpuid_entry *find_entry(const struct cpuid_table *t,
					    u32 leaf, u32 sub)
{
	u32 class = leaf >> 30;
	u32 low = leaf & 0x3fffffff;
	const struct cpuid_entry *e;

	if (class > 2 || low >= CPUID_CLASS_LEAVES || !t->first[class][low])
		return NULL;
	e = &t->entry[t->first[class][low] - 1];
	while (!e->any_sub && e->sub != sub) {
		if (!e->more)
			return NULL;
		e++;
	}
	return e;
}

/* Size of an XSAVE area for the components of @xcr0. */
static u32 xsave_size(const struct cpuid_table *t, u64 xcr0, bool compact)
{
	const struct cpuid_entry *e = find_entry(t, LEAF_XSAVE, 0);
	u32 size = XSAVE_BASE_SIZE;

	for (; e->more; e++) {
		if (e[1].sub < XSAVE_FIRST_EXT || !(xcr0 >> e[1].sub & 1))
			continue;
		if (!compact) {
			size = MAX(size, standard_end(&e[1]));
			continue;
		}
		if (e[1].regs.ecx & XSAVE_ECX_ALIGN64)
			size = (u32)align_up(size, 64);
		size += e[1].regs.eax;
	}
	return size;
}

static void fix_1_live(const struct cpuid_vcpu *v, struct cpuid_regs *r)
{
	r->ecx = (r->ecx & ~LEAF1_ECX_OSXSAVE) | LEAF1_ECX_HV;
	if ((r->ecx & LEAF1_ECX_XSAVE) && (v->cr4 & CR4_OSXSAVE))
		r->ecx |= LEAF1_ECX_OSXSAVE;
	r->edx &= ~LEAF1_EDX_APIC;
	if (v->apic_enabled)
		r->edx |= LEAF1_EDX_APIC;
}

static void fix_1(const struct cpuid_vcpu *v, struct cpuid_regs *r)
{
	fix_1_live(v, r);
	r->ebx |= v->lapic_id << 24;
}

static void fix_7(const struct cpuid_vcpu *v, struct cpuid_regs *r)
{
	r->ecx &= ~LEAF7_ECX_OSPKE;
	if ((r->ecx & LEAF7_ECX_PKU) && (v->cr4 & CR4_PKE))
		r->ecx |= LEAF7_ECX_OSPKE;
}

/* One thread a core, one package (SDM vol. 2, CPUID leaf 0BH). */
static void fix_b(const struct cpuid_table *t, const struct cpuid_vcpu *v,
		  u32 sub, struct cpuid_regs *r)
{
	*r = (struct cpuid_regs){ .ecx = sub & 0xff, .edx = v->lapic_id };
	if (sub == 0) {
		r->ebx = 1;
		r->ecx |= 1 << 8;
	} else if (sub == 1) {
		r->eax = t->topo_shift;
		r->ebx = t->nvcpus;
		r->ecx |= 2 << 8;
	}
}

/* One thread a core, one node (AMD APM vol. 3, E.4.14). */
static void fix_8000001e(const struct cpuid_table *t,
			 const struct cpuid_vcpu *v, struct cpuid_regs *r)
{
	*r = (struct cpuid_regs){ 0 };
	if (t->amd) {
		r->eax = v->lapic_id;
		r->ebx = v->lapic_id & 0xff;
	}
}

static void fix_80000001(const struct cpuid_table *t,
			 const struct cpuid_vcpu *v, struct cpuid_regs *r)
{
	r->edx &= ~LEAF1_EDX_APIC;
	if (t->amd && v->apic_enabled)
		r->edx |= LEAF1_EDX_APIC;
}

static void fix(const struct cpuid_table *t, const struct cpuid_entry *e,
		const struct cpuid_vcpu *v, u32 sub, struct cpuid_regs *r)
{
	switch (e->fix) {
	case CPUID_FIX_1:
		fix_1(v, r);
		break;
	case CPUID_FIX_1_LIVE:
		fix_1_live(v, r);
		break;
	case CPUID_FIX_7:
		fix_7(v, r);
		break;
	case CPUID_FIX_B:
		fix_b(t, v, sub, r);
		break;
	case CPUID_FIX_D0:
		r->ebx = xsave_size(t, v->xcr0, false);
		break;
	case CPUID_FIX_D1:
		if (r->eax & BIT32(1))
			r->ebx = xsave_size(t, v->xcr0, true);
		break;
	case CPUID_FIX_80000001:
		fix_80000001(t, v, r);
		break;
	case CPUID_FIX_8000001E:
		fix_8000001e(t, v, r);
		break;
	default:
		break;
	}
}

void cpuid_table_lookup(const struct cpuid_table *t,
			const struct cpuid_vcpu *vcpu, u32 leaf, u32 sub,
			struct cpuid_regs *out)
{
	const struct cpuid_entry *e = find_entry(t, leaf, sub);

	if (unlikely(!e)) {
		*out = (struct cpuid_regs){ 0 };
		if (t->passes && leaf <= t->max_leaf[leaf >> 30])
			t->native(leaf, sub, out);
		return;
	}
	if (e->live) {
		t->native(leaf, sub, out);
		*out = mask_regs(*out, &e->regs);
	} else {
		*out = e->regs;
	}
	if (e->fix != CPUID_FIX_NONE)
		fix(t, e, vcpu, sub, out);
}
