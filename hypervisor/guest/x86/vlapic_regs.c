/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Local APIC registers. One table serves both ways in: a register's number
 * is its xAPIC offset / 16 and its x2APIC MSR - 0x800; SDM vol. 3, "Local
 * APIC Register Address Map" and "x2APIC Register Address Space".
 */
#include "guest/x86/vlapic.h"

#include "guest/x86/vlapic_priv.h"
#include "lib/errno.h"

#define APIC_VERSION (0x14U | (VLAPIC_LVT_COUNT - 1U) << 16)

enum {
	REG_ID = 0x02,
	REG_VERSION = 0x03,
	REG_TPR = 0x08,
	REG_PPR = 0x0a,
	REG_EOI = 0x0b,
	REG_LDR = 0x0d,
	REG_DFR = 0x0e,
	REG_SVR = 0x0f,
	REG_ISR = 0x10,
	REG_TMR = 0x18,
	REG_IRR = 0x20,
	REG_ESR = 0x28,
	REG_ICR = 0x30,
	REG_ICR2 = 0x31,
	REG_LVT = 0x32,
	REG_INITIAL = 0x38,
	REG_CURRENT = 0x39,
	REG_DIVIDE = 0x3e,
	REG_SELF_IPI = 0x3f,
	REG_COUNT = 0x40,
};

struct apic_reg {
	u64 (*read)(struct vlapic *v, u32 reg); /* NULL: write-only */
	void (*write)(struct vlapic *v, u32 reg, u64 val); /* NULL: r/o */
	u64 valid; /* bits that may be written; others #GP in x2APIC mode */
	bool x2apic_only;
};

static u64 read_id(struct vlapic *v, u32 reg)
{
	(void)reg;
	return vlapic_state(v) == VLAPIC_X2APIC ? v->id : v->id << 24;
}

static u64 read_version(struct vlapic *v, u32 reg)
{
	(void)v;
	(void)reg;
	return APIC_VERSION;
}

static u64 read_tpr(struct vlapic *v, u32 reg)
{
	(void)reg;
	return v->tpr;
}

static void write_tpr(struct vlapic *v, u32 reg, u64 val)
{
	(void)reg;
	vlapic_set_tpr(v, (u8)val);
}

static u64 read_ppr(struct vlapic *v, u32 reg)
{
	(void)reg;
	return v->ppr;
}

static void write_eoi(struct vlapic *v, u32 reg, u64 val)
{
	(void)reg;
	(void)val;
	vlapic_eoi(v);
}

static u64 read_ldr(struct vlapic *v, u32 reg)
{
	(void)reg;
	if (vlapic_state(v) == VLAPIC_X2APIC)
		return vlapic_x2apic_ldr(v->id);
	return v->ldr;
}

static void write_ldr(struct vlapic *v, u32 reg, u64 val)
{
	(void)reg;
	vlapic_shared_set(&v->ldr, (u32)val);
}

static u64 read_dfr(struct vlapic *v, u32 reg)
{
	(void)reg;
	return v->dfr;
}

static void write_dfr(struct vlapic *v, u32 reg, u64 val)
{
	(void)reg;
	vlapic_shared_set(&v->dfr, (u32)val | 0x0fffffff);
}

static u64 read_svr(struct vlapic *v, u32 reg)
{
	(void)reg;
	return v->svr;
}

static void store_lvt(struct vlapic *v, u32 i, u32 val)
{
	if (i == VLAPIC_LVT_TIMER)
		vlapic_timer_write_lvt(v, val);
	else
		vlapic_shared_set(&v->lvt[i], val);
}

/* Switching the APIC off by software masks every LVT entry. */
static void write_svr(struct vlapic *v, u32 reg, u64 val)
{
	u32 i;

	(void)reg;
	vlapic_shared_set(&v->svr, (u32)val);
	if ((val & APIC_SVR_ENABLE) != 0)
		return;
	for (i = 0; i < VLAPIC_LVT_COUNT; i++)
		store_lvt(v, i, v->lvt[i] | APIC_LVT_MASKED);
}

static u64 read_isr(struct vlapic *v, u32 reg)
{
	u32 class = (reg - REG_ISR) * 2;
	u32 bits = 0;
	u32 i;

	for (i = 0; i < 2; i++)
		if ((v->isr_classes & BIT32(class + i)) != 0)
			bits |= BIT32(v->isr_vector[class + i] & 31);
	return bits;
}

static u64 read_bitmap(const u32 *bitmap, u32 word)
{
	u32 low = __atomic_load_n(&bitmap[word * 2], __ATOMIC_RELAXED);
	u32 high = __atomic_load_n(&bitmap[word * 2 + 1], __ATOMIC_RELAXED);

	return low | high << 16;
}

static u64 read_tmr(struct vlapic *v, u32 reg)
{
	return read_bitmap(v->tmr, reg - REG_TMR);
}

static u64 read_irr(struct vlapic *v, u32 reg)
{
	return read_bitmap(v->irr, reg - REG_IRR);
}

static u64 read_esr(struct vlapic *v, u32 reg)
{
	(void)reg;
	return v->esr;
}

/* A write moves what was noted since the last one into the register. */
static void write_esr(struct vlapic *v, u32 reg, u64 val)
{
	(void)reg;
	(void)val;
	v->esr = __atomic_exchange_n(&v->esr_latch, 0, __ATOMIC_RELAXED);
}

static u64 read_icr(struct vlapic *v, u32 reg)
{
	(void)reg;
	return v->icr;
}

/* Bit 12 says "being sent": read-only, and over before anyone looks. */
static void write_icr(struct vlapic *v, u32 reg, u64 val)
{
	(void)reg;
	val &= ~BIT64(12);
	if (vlapic_state(v) != VLAPIC_X2APIC)
		val = (v->icr & GENMASK64(63, 32)) | (u32)val;
	v->icr = val;
	vlapic_send_ipi(v, val);
}

static u64 read_icr2(struct vlapic *v, u32 reg)
{
	(void)reg;
	return v->icr >> 32;
}

static void write_icr2(struct vlapic *v, u32 reg, u64 val)
{
	(void)reg;
	v->icr = (u32)v->icr | val << 32;
}

static u64 read_lvt(struct vlapic *v, u32 reg)
{
	return v->lvt[reg - REG_LVT];
}

static void write_lvt(struct vlapic *v, u32 reg, u64 val)
{
	u32 lvt = (u32)val & ~APIC_LVT_READ_ONLY;

	if ((v->svr & APIC_SVR_ENABLE) == 0)
		lvt |= APIC_LVT_MASKED;
	store_lvt(v, reg - REG_LVT, lvt);
}

static u64 read_initial(struct vlapic *v, u32 reg)
{
	(void)reg;
	return v->timer_initial;
}

static void write_initial(struct vlapic *v, u32 reg, u64 val)
{
	(void)reg;
	vlapic_timer_write_initial(v, (u32)val);
}

static u64 read_current(struct vlapic *v, u32 reg)
{
	(void)reg;
	return vlapic_timer_current(v);
}

static u64 read_divide(struct vlapic *v, u32 reg)
{
	(void)reg;
	return v->timer_divide;
}

static void write_divide(struct vlapic *v, u32 reg, u64 val)
{
	(void)reg;
	vlapic_timer_write_divide(v, (u32)val);
}

static void write_self_ipi(struct vlapic *v, u32 reg, u64 val)
{
	(void)reg;
	if (unlikely(val < APIC_VECTOR_FIRST))
		vlapic_error(v, APIC_ESR_SEND_VECTOR);
	else
		(void)vlapic_accept_local(v, (u8)val, false);
}

/* clang-format off */
#define LVT_TIMER_BITS	0x000710ffU
#define LVT_ERROR_BITS	0x000110ffU
#define LVT_LOCAL_BITS	0x000117ffU	/* thermal sensor, counters */
#define LVT_LINT_BITS	0x0001f7ffU
/* In xAPIC mode only the low half reaches write_icr(). */
#define ICR_BITS	(GENMASK64(63, 32) | 0x000cdfffU)

static const struct apic_reg regs[REG_COUNT] = {
	[REG_ID]	= { read_id, NULL, 0, false },
	[REG_VERSION]	= { read_version, NULL, 0, false },
	[REG_TPR]	= { read_tpr, write_tpr, 0xff, false },
	[REG_PPR]	= { read_ppr, NULL, 0, false },
	[REG_EOI]	= { NULL, write_eoi, 0, false },
	[REG_LDR]	= { read_ldr, NULL, 0, true },
	[REG_SVR]	= { read_svr, write_svr, 0x3ff, false },
	[REG_ISR ... REG_ISR + 7] = { read_isr, NULL, 0, false },
	[REG_TMR ... REG_TMR + 7] = { read_tmr, NULL, 0, false },
	[REG_IRR ... REG_IRR + 7] = { read_irr, NULL, 0, false },
	[REG_ESR]	= { read_esr, write_esr, 0, false },
	[REG_ICR]	= { read_icr, write_icr, ICR_BITS, false },
	[REG_LVT + VLAPIC_LVT_TIMER] =
		{ read_lvt, write_lvt, LVT_TIMER_BITS, false },
	[REG_LVT + VLAPIC_LVT_THERMAL] =
		{ read_lvt, write_lvt, LVT_LOCAL_BITS, false },
	[REG_LVT + VLAPIC_LVT_PMC] =
		{ read_lvt, write_lvt, LVT_LOCAL_BITS, false },
	[REG_LVT + VLAPIC_LVT_LINT0] =
		{ read_lvt, write_lvt, LVT_LINT_BITS, false },
	[REG_LVT + VLAPIC_LVT_LINT1] =
		{ read_lvt, write_lvt, LVT_LINT_BITS, false },
	[REG_LVT + VLAPIC_LVT_ERROR] =
		{ read_lvt, write_lvt, LVT_ERROR_BITS, false },
	[REG_INITIAL]	= { read_initial, write_initial, 0xffffffff, false },
	[REG_CURRENT]	= { read_current, NULL, 0, false },
	[REG_DIVIDE]	= { read_divide, write_divide, 0xb, false },
	[REG_SELF_IPI]	= { NULL, write_self_ipi, 0xff, true },
};

/* Registers that only the memory-mapped APIC has, or lets be written. */
static const struct apic_reg reg_ldr_xapic =
	{ read_ldr, write_ldr, 0xff000000, false };
static const struct apic_reg reg_dfr_xapic =
	{ read_dfr, write_dfr, 0xf0000000, false };
static const struct apic_reg reg_icr2_xapic =
	{ read_icr2, write_icr2, 0xff000000, false };
/* clang-format on */

static const struct apic_reg *find_xapic(u32 reg)
{
	if (reg == REG_LDR)
		return &reg_ldr_xapic;
	if (reg == REG_DFR)
		return &reg_dfr_xapic;
	if (reg == REG_ICR2)
		return &reg_icr2_xapic;
	if (reg >= REG_COUNT || regs[reg].x2apic_only ||
	    (regs[reg].read == NULL && regs[reg].write == NULL))
		return NULL;
	return &regs[reg];
}

int vlapic_mmio_read(void *dev, u32 offset, u32 size, u64 *val)
{
	struct vlapic *v = dev;
	u32 reg = offset >> 4;
	const struct apic_reg *r = find_xapic(reg);

	*val = vdev_no_answer(size);
	if (vlapic_state(v) != VLAPIC_XAPIC)
		return 0;
	if (r == NULL)
		vlapic_error(v, APIC_ESR_REGISTER);
	if (r == NULL || r->read == NULL || (offset & 0xc) != 0)
		*val = 0;
	else
		*val &= (u32)r->read(v, reg) >> (8 * (offset & 3));
	return 0;
}

int vlapic_mmio_write(void *dev, u32 offset, u32 size, u64 *val)
{
	struct vlapic *v = dev;
	u32 reg = offset >> 4;
	const struct apic_reg *r = find_xapic(reg);

	if (vlapic_state(v) != VLAPIC_XAPIC)
		return 0;
	if (r == NULL) {
		vlapic_error(v, APIC_ESR_REGISTER);
		return 0;
	}
	/* The SDM promises nothing but aligned 32-bit accesses. */
	if (r->write == NULL || (offset & 0xf) != 0 || size != 4)
		return 0;
	r->write(v, reg, (u32)*val & r->valid);
	return 0;
}

static const struct apic_reg *find_x2apic(const struct vlapic *v, u32 msr)
{
	u32 reg = msr - VLAPIC_MSR_FIRST;

	if (unlikely(reg >= REG_COUNT || vlapic_state(v) != VLAPIC_X2APIC))
		return NULL;
	return &regs[reg];
}

int vlapic_msr_read(struct vlapic *v, u32 msr, u64 *val)
{
	const struct apic_reg *r = find_x2apic(v, msr);

	if (r == NULL || r->read == NULL)
		return -EINVAL;
	*val = r->read(v, msr - VLAPIC_MSR_FIRST);
	return 0;
}

int vlapic_msr_write(struct vlapic *v, u32 msr, u64 val)
{
	const struct apic_reg *r = find_x2apic(v, msr);

	if (unlikely(!r || !r->write || (val & ~r->valid)))
		return -EINVAL;
	r->write(v, msr - VLAPIC_MSR_FIRST, val);
	return 0;
}

const struct vdev_range vlapic_ranges[1] = {
	{
		.name = "lapic",
		.mmio = true,
		.base = VLAPIC_MMIO_BASE,
		.size = VLAPIC_MMIO_SIZE,
		.read = vlapic_mmio_read,
		.write = vlapic_mmio_write,
	},
};
