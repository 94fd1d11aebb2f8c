/* SPDX-License-Identifier: BSD-2-Clause */
/* Local APIC: registers, modes, priorities, concurrency. */
#include "tests/unit/test_virq.h"

#include <pthread.h>

static struct machine m;
static struct vlapic *const bsp = &m.cpu[0].lapic;

static int setup(void **state)
{
	(void)state;
	m_setup(&m, NULL);
	return 0;
}

static void reset_values(void **state)
{
	/* SDM vol. 3, "Local APIC State After Power-Up or Reset" */
	static const struct {
		u32 offset;
		u32 val;
	} expected[] = {
		{ 0x20, 3 << 24 },  { 0x30, 0x00050014 }, { 0x80, 0 },
		{ 0xa0, 0 },        { 0xd0, 0 },          { 0xe0, 0xffffffff },
		{ 0xf0, 0xff },     { 0x100, 0 },         { 0x1f0, 0 },
		{ 0x270, 0 },       { 0x280, 0 },         { 0x300, 0 },
		{ 0x310, 0 },       { 0x320, 0x10000 },   { 0x330, 0x10000 },
		{ 0x340, 0x10000 }, { 0x350, 0x10000 },   { 0x360, 0x10000 },
		{ 0x370, 0x10000 }, { 0x380, 0 },         { 0x390, 0 },
		{ 0x3e0, 0 },
	};
	struct vlapic *v = &m.cpu[3].lapic;
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(expected); i++)
		assert_int_equal(m_xread(v, expected[i].offset),
				 expected[i].val);
	assert_int_equal(vlapic_base_read(v), 0xfee00800);
	assert_int_equal(vlapic_base_read(bsp), 0xfee00900);
	/* The boot processor comes up in virtual-wire mode. */
	assert_int_equal(m_xread(bsp, 0x350), 0x700);
	assert_true(vlapic_accepts_pic(bsp));
	assert_false(vlapic_accepts_pic(v));
}

/* Every register twice: what a write of ones leaves, what zeroes leave. */
static void xapic_write_masks(void **state)
{
	static const struct {
		u32 offset;
		u32 ones;
		u32 zeroes;
	} expected[] = {
		{ 0x20, 0, 0 },
		{ 0x30, 0x00050014, 0x00050014 },
		{ 0x80, 0xff, 0 },
		{ 0xd0, 0xff000000, 0 },
		{ 0xe0, 0xffffffff, 0x0fffffff },
		{ 0x310, 0xff000000, 0 },
		{ 0x330, 0x107ff, 0 },
		{ 0x340, 0x107ff, 0 },
		{ 0x350, 0x1a7ff, 0 },
		{ 0x360, 0x1a7ff, 0 },
		{ 0x370, 0x100ff, 0 },
		{ 0x320, 0x700ff, 0 },
		{ 0x3e0, 0xb, 0 },
		{ 0xf0, 0x3ff, 0 },
	};
	u32 i;

	(void)state;
	m_enable(&m);
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		m_xwrite(bsp, expected[i].offset, 0xffffffff);
		assert_int_equal(m_xread(bsp, expected[i].offset),
				 expected[i].ones);
		m_xwrite(bsp, expected[i].offset, 0);
		assert_int_equal(m_xread(bsp, expected[i].offset),
				 expected[i].zeroes);
	}
}

static void xapic_odd_accesses(void **state)
{
	u64 val;

	(void)state;
	m_xwrite(bsp, 0xf0, 0x1ff);
	assert_int_equal(vlapic_mmio_read(bsp, 0x31, 1, &val), 0);
	assert_int_equal(val, 0);
	assert_int_equal(vlapic_mmio_read(bsp, 0x32, 2, &val), 0);
	assert_int_equal(val, 5);
	assert_int_equal(vlapic_mmio_read(bsp, 0x34, 4, &val), 0);
	assert_int_equal(val, 0);
	val = 0;
	assert_int_equal(vlapic_mmio_write(bsp, 0xf0, 1, &val), 0);
	assert_int_equal(vlapic_mmio_write(bsp, 0xf4, 4, &val), 0);
	assert_int_equal(m_xread(bsp, 0xf0), 0x1ff);
	/* Registers that are not there are an error the guest can see. */
	assert_int_equal(m_xread(bsp, 0xff0), 0);
	m_xwrite(bsp, 0x280, 0);
	assert_int_equal(m_xread(bsp, 0x280), 0x80);
	m_xwrite(bsp, 0x2f0, 1);
	m_xwrite(bsp, 0x280, 0);
	assert_int_equal(m_xread(bsp, 0x280), 0x80);
	m_xwrite(bsp, 0x280, 0);
	assert_int_equal(m_xread(bsp, 0x280), 0);
}

/* The page is gone for a guest that left xAPIC mode. */
static void xapic_page_is_closed(void **state)
{
	u64 val = 0;

	(void)state;
	m_to_x2apic(bsp);
	assert_int_equal(vlapic_mmio_read(bsp, 0x20, 4, &val), 0);
	assert_int_equal(val, 0xffffffff);
	val = 0x1ff;
	assert_int_equal(vlapic_mmio_write(bsp, 0xf0, 4, &val), 0);
	assert_int_equal(m_rdmsr(bsp, 0x80f), 0xff);
}

#define NO_READ  1
#define NO_WRITE 2

/* SDM vol. 3, "x2APIC Register Address Space", bits that may be written. */
static const struct x2apic_rule {
	u32 first, last;
	u32 deny;
	u64 valid;
} x2apic_rules[] = {
	{ 0x802, 0x803, NO_WRITE, 0 },
	{ 0x808, 0x808, 0, 0xff },
	{ 0x80a, 0x80a, NO_WRITE, 0 },
	{ 0x80b, 0x80b, NO_READ, 0 },
	{ 0x80d, 0x80d, NO_WRITE, 0 },
	{ 0x80f, 0x80f, 0, 0x3ff },
	{ 0x810, 0x827, NO_WRITE, 0 },
	{ 0x828, 0x828, 0, 0 },
	{ 0x830, 0x830, 0, 0xffffffff000cdfff },
	{ 0x832, 0x832, 0, 0x710ff },
	{ 0x833, 0x834, 0, 0x117ff },
	{ 0x835, 0x836, 0, 0x1f7ff },
	{ 0x837, 0x837, 0, 0x110ff },
	{ 0x838, 0x838, 0, 0xffffffff },
	{ 0x839, 0x839, NO_WRITE, 0 },
	{ 0x83e, 0x83e, 0, 0xb },
	{ 0x83f, 0x83f, NO_READ, 0xff },
};

static const struct x2apic_rule *rule_of(u32 msr)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(x2apic_rules); i++)
		if (msr >= x2apic_rules[i].first && msr <= x2apic_rules[i].last)
			return &x2apic_rules[i];
	return NULL;
}

static void x2apic_rules_hold(void **state)
{
	const struct x2apic_rule *r;
	bool may_read, may_write;
	u32 msr, bit;
	u64 val;

	(void)state;
	m_to_x2apic(bsp);
	for (msr = 0x7f0; msr < 0x910; msr++) {
		r = rule_of(msr);
		may_read = r != NULL && (r->deny & NO_READ) == 0;
		may_write = r != NULL && (r->deny & NO_WRITE) == 0;
		assert_int_equal(vlapic_msr_read(bsp, msr, &val),
				 may_read ? 0 : -EINVAL);
		assert_int_equal(vlapic_msr_write(bsp, msr, 0),
				 may_write ? 0 : -EINVAL);
		for (bit = 0; may_write && bit < 64; bit++)
			assert_int_equal(
				vlapic_msr_write(bsp, msr, BIT64(bit)),
				(r->valid & BIT64(bit)) != 0 ? 0 : -EINVAL);
	}
}

static void x2apic_needs_its_mode(void **state)
{
	u32 msr;
	u64 val;

	(void)state;
	for (msr = 0x800; msr < 0x900; msr++) {
		assert_int_equal(vlapic_msr_read(bsp, msr, &val), -EINVAL);
		assert_int_equal(vlapic_msr_write(bsp, msr, 0), -EINVAL);
	}
}

static void x2apic_ids(void **state)
{
	static const u32 ids[M_CPUS] = { 0,    1,     15,      16,
					 0x2f, 0x123, 0xfffe3, 0xff };
	static const u32 ldr[M_CPUS] = {
		0x1,     0x2,      0x8000,     0x10001,
		0x28000, 0x120008, 0xfffe0008, 0xf8000
	};
	u32 i;

	(void)state;
	m_setup(&m, ids);
	for (i = 0; i < M_CPUS; i++) {
		m_to_x2apic(&m.cpu[i].lapic);
		assert_int_equal(m_rdmsr(&m.cpu[i].lapic, 0x802), ids[i]);
		assert_int_equal(m_rdmsr(&m.cpu[i].lapic, 0x80d), ldr[i]);
	}
}

/* Reach @mode from reset by legal steps. */
static void enter_mode(struct vlapic *v, enum vlapic_state mode)
{
	vlapic_reset(v);
	if (mode == VLAPIC_X2APIC)
		m_to_x2apic(v);
	else if (mode == VLAPIC_DISABLED)
		assert_int_equal(vlapic_base_write(v, VLAPIC_MMIO_BASE), 0);
	assert_int_equal(vlapic_state(v), mode);
}

static void base_transitions(void **state)
{
	/* [from][EXTD << 1 | EN]: mode after the write, -1: #GP */
	static const int next[3][4] = {
		[VLAPIC_DISABLED] = { VLAPIC_DISABLED, VLAPIC_XAPIC, -1, -1 },
		[VLAPIC_XAPIC] = { VLAPIC_DISABLED, VLAPIC_XAPIC, -1,
				   VLAPIC_X2APIC },
		[VLAPIC_X2APIC] = { VLAPIC_DISABLED, -1, -1, VLAPIC_X2APIC },
	};
	u32 from, to;
	u64 val;

	(void)state;
	for (from = 0; from < 3; from++) {
		for (to = 0; to < 4; to++) {
			enter_mode(bsp, (enum vlapic_state)from);
			val = VLAPIC_MMIO_BASE |
			      ((to & 1) != 0 ? APIC_BASE_ENABLE : 0) |
			      ((to & 2) != 0 ? APIC_BASE_X2APIC : 0);
			assert_int_equal(vlapic_base_write(bsp, val),
					 next[from][to] < 0 ? -EINVAL : 0);
			assert_int_equal(vlapic_state(bsp),
					 next[from][to] < 0 ? (int)from
							    : next[from][to]);
		}
	}
}

static void base_reserved_bits(void **state)
{
	u64 good = vlapic_base_read(bsp);
	u32 bit;

	(void)state;
	for (bit = 0; bit < 64; bit++) {
		if (bit == 8 || bit == 10 || bit == 11)
			continue;
		assert_int_equal(vlapic_base_write(bsp, good ^ BIT64(bit)),
				 -EINVAL);
		assert_int_equal(vlapic_base_read(bsp), good);
	}
}

static void switched_off_forgets(void **state)
{
	(void)state;
	m_enable(&m);
	assert_true(vlapic_accept(bsp, 0x55, false));
	assert_int_equal(vlapic_base_write(bsp, VLAPIC_MMIO_BASE), 0);
	assert_int_equal(vlapic_pending(bsp), -1);
	assert_false(vlapic_has_pending_raw(bsp));
	assert_false(vlapic_accept(bsp, 0x55, false));
	vlapic_set_tpr(bsp, 0);
	assert_int_equal(vlapic_pending(bsp), -1);
	/* The processor is then wired to the 8259s, if it is the first. */
	assert_true(vlapic_accepts_pic(bsp));
	assert_int_equal(
		vlapic_base_write(bsp, VLAPIC_MMIO_BASE | APIC_BASE_ENABLE), 0);
	assert_int_equal(m_xread(bsp, 0xf0), 0xff);
	m_xwrite(bsp, 0xf0, 0x1ff);
	assert_true(vlapic_accept(bsp, 0x56, false));
	assert_int_equal(vlapic_pending(bsp), 0x56);
}

static void x2apic_keeps_state(void **state)
{
	(void)state;
	m_enable(&m);
	m_xwrite(bsp, 0x350, 0x10044);
	vlapic_set_tpr(bsp, 0x20);
	assert_true(vlapic_accept(bsp, 0x31, true));
	m_to_x2apic(bsp);
	assert_int_equal(m_rdmsr(bsp, 0x80f), 0x1ff);
	assert_int_equal(m_rdmsr(bsp, 0x835), 0x10044);
	assert_int_equal(m_rdmsr(bsp, 0x808), 0x20);
	assert_int_equal(m_rdmsr(bsp, 0x821), BIT32(0x11));
	assert_int_equal(m_rdmsr(bsp, 0x819), BIT32(0x11));
	vlapic_init_reset(bsp);
	assert_int_equal(vlapic_state(bsp), VLAPIC_X2APIC);
	assert_int_equal(m_rdmsr(bsp, 0x80f), 0xff);
	assert_int_equal(m_rdmsr(bsp, 0x821), 0);
}

static void software_disable(void **state)
{
	(void)state;
	assert_false(vlapic_accept(bsp, 0x40, false));
	/* Masks stay while it is off. */
	m_xwrite(bsp, 0x370, 0x44);
	assert_int_equal(m_xread(bsp, 0x370), 0x10044);
	m_xwrite(bsp, 0xf0, 0x1ff);
	m_xwrite(bsp, 0x370, 0x44);
	assert_int_equal(m_xread(bsp, 0x370), 0x44);
	assert_true(vlapic_accept(bsp, 0x40, false));
	m_xwrite(bsp, 0xf0, 0xff);
	assert_int_equal(m_xread(bsp, 0x370), 0x10044);
	assert_int_equal(m_xread(bsp, 0x350), 0x10700);
	/* What had been accepted is still delivered. */
	assert_int_equal(m_take(bsp), 0x40);
	vlapic_eoi(bsp);
	assert_int_equal(vlapic_pending(bsp), -1);
}

static void kicks_only_for_news(void **state)
{
	(void)state;
	m_enable(&m);
	assert_true(vlapic_accept(bsp, 0x40, false));
	assert_int_equal(m.cpu[0].kicks, 1);
	assert_true(vlapic_accept(bsp, 0x40, false));
	assert_int_equal(m.cpu[0].kicks, 1);
	assert_true(vlapic_accept(bsp, 0x41, false));
	assert_int_equal(m.cpu[0].kicks, 2);
	assert_int_equal(m_take(bsp), 0x41);
	/* Again while in service: one more stays pending. */
	assert_true(vlapic_accept(bsp, 0x41, false));
	assert_int_equal(m.cpu[0].kicks, 3);
	assert_int_equal(vlapic_pending(bsp), -1);
	vlapic_eoi(bsp);
	assert_int_equal(m_take(bsp), 0x41);
}

static void eoi_broadcast(void **state)
{
	(void)state;
	m_enable(&m);
	vlapic_eoi(bsp);
	assert_int_equal(m.eois, 0);
	vlapic_accept(bsp, 0x60, true);
	vlapic_accept(bsp, 0x50, false);
	assert_int_equal(m_take(bsp), 0x60);
	vlapic_eoi(bsp);
	assert_int_equal(m.eois, 1);
	assert_int_equal(m.eoi_vector, 0x60);
	assert_int_equal(m_take(bsp), 0x50);
	vlapic_eoi(bsp);
	assert_int_equal(m.eois, 1);
	/* The same vector as an edge is no level any more. */
	vlapic_accept(bsp, 0x60, false);
	assert_int_equal(m_xread(bsp, 0x1b0), 0);
	assert_int_equal(m_take(bsp), 0x60);
	vlapic_eoi(bsp);
	assert_int_equal(m.eois, 1);
}

static void errors(void **state)
{
	(void)state;
	m_enable(&m);
	m_xwrite(bsp, 0x370, 0xfe);
	assert_false(vlapic_accept(bsp, 15, false));
	assert_int_equal(m_take(bsp), 0xfe);
	assert_int_equal(m_xread(bsp, 0x280), 0);
	m_xwrite(bsp, 0x280, 0x1234);
	assert_int_equal(m_xread(bsp, 0x280), 0x40);
	m_xwrite(bsp, 0x280, 0);
	assert_int_equal(m_xread(bsp, 0x280), 0);
	vlapic_eoi(bsp);
	/* An error interrupt with a bad vector does not run in circles. */
	m_xwrite(bsp, 0x370, 0x05);
	assert_false(vlapic_accept(bsp, 0, false));
	assert_int_equal(vlapic_pending(bsp), -1);
	/* Sending a bad vector. */
	m_xwrite(bsp, 0x280, 0);
	m_xwrite(bsp, 0x300, 0x4000f);
	m_xwrite(bsp, 0x280, 0);
	assert_int_equal(m_xread(bsp, 0x280), 0x20);
}

static void lint1(void **state)
{
	(void)state;
	m_enable(&m);
	vlapic_lint1_pulse(bsp);
	assert_int_equal(m.cpu[0].nmis, 0);
	m_xwrite(bsp, 0x360, 0x400);
	vlapic_lint1_pulse(bsp);
	assert_int_equal(m.cpu[0].nmis, 1);
	m_xwrite(bsp, 0x360, 0x77);
	vlapic_lint1_pulse(bsp);
	assert_int_equal(m_take(bsp), 0x77);
	m_xwrite(bsp, 0x360, 0x10400);
	vlapic_lint1_pulse(bsp);
	assert_int_equal(m.cpu[0].nmis, 1);
}

/* The SDM's rules over plain bit arrays, as slow as they are clear. */
struct model {
	bool irr[256], isr[256], tmr[256];
	u8 tpr;
};

static int highest(const bool *bits)
{
	int i;

	for (i = 255; i >= 0; i--)
		if (bits[i])
			return i;
	return -1;
}

static int model_ppr(const struct model *r)
{
	int isrv = highest(r->isr) < 0 ? 0 : highest(r->isr);

	return (r->tpr & 0xf0) >= (isrv & 0xf0) ? r->tpr : isrv & 0xf0;
}

static int model_pending(const struct model *r)
{
	int irrv = highest(r->irr);

	return irrv >= 0 && (irrv & 0xf0) > (model_ppr(r) & 0xf0) ? irrv : -1;
}

static void model_step(struct model *r, u64 dice)
{
	u8 vector = (u8)(dice >> 8);
	bool level = (dice & 0x80) != 0;
	int top;

	switch (dice % 5) {
	case 0:
	case 1:
		assert_int_equal(vlapic_accept(bsp, vector, level),
				 vector >= 16);
		if (vector >= 16) {
			r->irr[vector] = true;
			r->tmr[vector] = level;
		}
		break;
	case 2:
		top = model_pending(r);
		assert_int_equal(m_take(bsp), top);
		if (top >= 0) {
			r->irr[top] = false;
			r->isr[top] = true;
		}
		break;
	case 3:
		top = highest(r->isr);
		m.eois = 0;
		vlapic_eoi(bsp);
		assert_int_equal(m.eois, top >= 0 && r->tmr[top]);
		if (top >= 0)
			r->isr[top] = false;
		break;
	default:
		r->tpr = (u8)(dice >> 16) & (u8)(dice >> 24);
		vlapic_set_tpr(bsp, r->tpr);
		break;
	}
}

static void compare_bitmap(u32 offset, const bool *bits)
{
	u32 reg, i, expected;

	for (reg = 0; reg < 8; reg++) {
		expected = 0;
		for (i = 0; i < 32; i++)
			expected |= bits[reg * 32 + i] ? BIT32(i) : 0;
		assert_int_equal(m_xread(bsp, offset + reg * 16), expected);
	}
}

static void priorities_match_model(void **state)
{
	static struct model r;
	u64 seed = 42;
	u32 i;

	(void)state;
	m_enable(&m);
	memset(&r, 0, sizeof(r));
	for (i = 0; i < 300000; i++) {
		model_step(&r, m_random(&seed));
		assert_int_equal(vlapic_pending(bsp), model_pending(&r));
		assert_int_equal(m_xread(bsp, 0xa0), model_ppr(&r));
		assert_int_equal(vlapic_get_cr8(bsp), r.tpr >> 4);
		if (i % 16 != 0)
			continue;
		compare_bitmap(0x100, r.isr);
		compare_bitmap(0x180, r.tmr);
		compare_bitmap(0x200, r.irr);
	}
}

static void check_invariants(struct vlapic *v)
{
	u32 serving = 0;
	int pending;
	u32 c;

	for (c = 0; c < 16; c++) {
		assert_int_equal(v->irr[c] >> 16, 0);
		if (v->irr[c] != 0)
			assert_true((v->irr_classes & BIT32(c)) != 0);
		if ((v->isr_classes & BIT32(c)) != 0) {
			assert_int_equal(v->isr_vector[c] >> 4, c);
			serving = c;
		}
	}
	assert_int_equal(v->irr[0] | (v->isr_classes & 1), 0);
	assert_true(v->ppr >> 4 >= serving);
	pending = vlapic_pending(v);
	assert_true(pending < 0 || pending >> 4 > v->ppr >> 4);
	if (vlapic_state(v) == VLAPIC_DISABLED)
		assert_int_equal(pending, -1);
	assert_true(vlapic_timer_deadline(v) == 0 ||
		    vlapic_timer_deadline(v) == v->timer_expiry);
	/* Nobody waits for a deadline that is no more. */
	assert_int_equal(container_of(v, struct m_cpu, lapic)->armed,
			 vlapic_timer_deadline(v));
}

static void hostile_step(struct vlapic *v, u64 dice, u64 val)
{
	static const u32 sizes[] = { 1, 2, 4, 8 };
	u32 reg = (u32)(dice >> 8) & 0xfff;
	u64 wide = val;

	switch (dice % 8) {
	case 0:
		(void)vlapic_mmio_write(v, reg & ~15U, 4, &wide);
		break;
	case 1:
		(void)vlapic_mmio_write(v, reg, sizes[dice >> 60 & 3], &wide);
		break;
	case 2:
		(void)vlapic_mmio_read(v, reg, sizes[dice >> 60 & 3], &wide);
		break;
	case 3:
		(void)vlapic_msr_write(v, 0x800 + reg % 0x42, val);
		break;
	case 4:
		(void)vlapic_msr_read(v, 0x800 + reg % 0x42, &wide);
		break;
	case 5:
		if (dice >> 54 == 0)
			(void)vlapic_base_write(v, val % 16 << 8 |
							   VLAPIC_MMIO_BASE);
		else
			m_tsc += val & 0xfffff;
		vlapic_timer_check(v, m_tsc);
		break;
	case 6:
		(void)m_take(v);
		break;
	default:
		vlapic_tsc_deadline_write(v, val);
		(void)vlapic_tsc_deadline_read(v);
		break;
	}
}

static void hostile_guest(void **state)
{
	struct vlapic *v;
	u64 seed = 7;
	u64 dice, val;
	u32 i;

	(void)state;
	m_enable(&m);
	m_to_x2apic(&m.cpu[2].lapic);
	m_to_x2apic(&m.cpu[3].lapic);
	for (i = 0; i < 1000000; i++) {
		dice = m_random(&seed);
		val = m_random(&seed) >> (m_random(&seed) & 63);
		v = &m.cpu[dice >> 32 & 3].lapic;
		hostile_step(v, dice, val);
		check_invariants(v);
	}
}

/* Senders never stop; each vector's last post must still get through. */
#define POSTS 400000

static u32 posted[2][256];
static u32 senders_done;
static u32 refused;

static void *sender(void *arg)
{
	u32 *mine = arg;
	u64 seed = mine == posted[0] ? 3 : 5;
	u8 vector;
	u32 i;

	for (i = 0; i < POSTS; i++) {
		vector = (u8)(m_random(&seed) | 16);
		__atomic_fetch_add(&mine[vector], 1, __ATOMIC_SEQ_CST);
		if (!vlapic_accept(bsp, vector, (i & 1) != 0))
			__atomic_fetch_add(&refused, 1, __ATOMIC_RELAXED);
	}
	__atomic_fetch_add(&senders_done, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static u32 posts_of(int vector)
{
	return __atomic_load_n(&posted[0][vector], __ATOMIC_SEQ_CST) +
	       __atomic_load_n(&posted[1][vector], __ATOMIC_SEQ_CST);
}

static void serve_until_quiet(u32 *seen)
{
	u32 done = 0;
	int vector;

	/* Once the senders are done, one look must find what is left. */
	for (;;) {
		vector = m_take(bsp);
		if (vector < 0 && done == 2)
			break;
		if (vector < 0) {
			done = __atomic_load_n(&senders_done, __ATOMIC_SEQ_CST);
			continue;
		}
		seen[vector] = posts_of(vector);
		vlapic_eoi(bsp);
	}
}

static void senders_lose_nothing(void **state)
{
	static u32 seen[256];
	pthread_t thread[2];
	u32 i;

	(void)state;
	m_enable(&m);
	for (i = 0; i < 2; i++)
		assert_int_equal(
			pthread_create(&thread[i], NULL, sender, posted[i]), 0);
	serve_until_quiet(seen);
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	assert_int_equal(refused, 0);
	for (i = 0; i < 256; i++)
		assert_int_equal(seen[i], posts_of((int)i));
	check_invariants(bsp);
	assert_true(m.cpu[0].kicks > 0);
	assert_false(vlapic_has_pending_raw(bsp));
}

/*
 * Two vectors of one class, each posted while the other is being served:
 * the moment in which the class empties and fills again.
 */
#define ROUNDS   1000000U
#define PATIENCE (1U << 30)

static u32 served[2];

static void *volley(void *arg)
{
	u32 i, spins;

	for (i = 0; i < ROUNDS; i++) {
		vlapic_accept(bsp, (u8)(0x31 + i % 2), false);
		for (spins = 0; spins < PATIENCE; spins++)
			if (__atomic_load_n(&served[(i + 1) % 2],
					    __ATOMIC_ACQUIRE) >= (i + 1) / 2)
				break;
		if (spins == PATIENCE)
			break;
	}
	__atomic_store_n((u32 *)arg, i, __ATOMIC_RELEASE);
	return NULL;
}

static void class_empties_and_fills(void **state)
{
	u32 rounds = ~0U;
	pthread_t thread;
	int vector;

	(void)state;
	m_enable(&m);
	assert_int_equal(pthread_create(&thread, NULL, volley, &rounds), 0);
	while (__atomic_load_n(&rounds, __ATOMIC_ACQUIRE) == ~0U) {
		vector = m_take(bsp);
		if (vector < 0)
			continue;
		vlapic_eoi(bsp);
		__atomic_fetch_add(&served[vector - 0x31], 1, __ATOMIC_RELEASE);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(rounds, ROUNDS);
}

/* What Linux's setup_local_APIC() does, and what it expects to read. */
static void linux_setup(void **state)
{
	u32 i;

	(void)state;
	m_xwrite(bsp, 0xe0, 0xffffffff); /* init_apic_ldr: flat */
	m_xwrite(bsp, 0xd0, 1 << 24);
	assert_int_equal(m_xread(bsp, 0xd0), 1 << 24);
	m_xwrite(bsp, 0x80, 0x10);
	for (i = 0; i < 8; i++)
		assert_int_equal(m_xread(bsp, 0x200 + i * 16) |
					 m_xread(bsp, 0x100 + i * 16),
				 0);
	m_xwrite(bsp, 0xf0, (m_xread(bsp, 0xf0) & ~0xffU) | 0x100 | 0xff);
	m_xwrite(bsp, 0x350, 0x700);
	m_xwrite(bsp, 0x360, 0x400);
	assert_int_equal(m_xread(bsp, 0x350), 0x700);
	assert_true(((m_xread(bsp, 0x30) >> 16) & 0xff) >= 4);
	m_xwrite(bsp, 0x280, 0);
	m_xwrite(bsp, 0x370, 0xfe);
	m_xwrite(bsp, 0x280, 0);
	assert_int_equal(m_xread(bsp, 0x280), 0);
	/* TPR 0x10 keeps the exceptions' vectors out, nothing else. */
	assert_true(vlapic_accept(bsp, 0x20, false));
	assert_int_equal(m_take(bsp), 0x20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reset_values, setup),
		cmocka_unit_test_setup(xapic_write_masks, setup),
		cmocka_unit_test_setup(xapic_odd_accesses, setup),
		cmocka_unit_test_setup(xapic_page_is_closed, setup),
		cmocka_unit_test_setup(x2apic_rules_hold, setup),
		cmocka_unit_test_setup(x2apic_needs_its_mode, setup),
		cmocka_unit_test_setup(x2apic_ids, setup),
		cmocka_unit_test_setup(base_transitions, setup),
		cmocka_unit_test_setup(base_reserved_bits, setup),
		cmocka_unit_test_setup(switched_off_forgets, setup),
		cmocka_unit_test_setup(x2apic_keeps_state, setup),
		cmocka_unit_test_setup(software_disable, setup),
		cmocka_unit_test_setup(kicks_only_for_news, setup),
		cmocka_unit_test_setup(eoi_broadcast, setup),
		cmocka_unit_test_setup(errors, setup),
		cmocka_unit_test_setup(lint1, setup),
		cmocka_unit_test_setup(priorities_match_model, setup),
		cmocka_unit_test_setup(hostile_guest, setup),
		cmocka_unit_test_setup(senders_lose_nothing, setup),
		cmocka_unit_test_setup(class_empties_and_fills, setup),
		cmocka_unit_test_setup(linux_setup, setup),
	};

	return cmocka_run_group_tests_name("vlapic", tests, NULL, NULL);
}
