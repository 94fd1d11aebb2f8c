/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine of interrupt chips whose surroundings only take notes. */
#ifndef TESTS_UNIT_TEST_VIRQ_H
#define TESTS_UNIT_TEST_VIRQ_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guest/x86/virq.h"
#include "guest/x86/vlapic.h"
#include "lib/errno.h"
#include "lib/types.h"

#define M_CPUS 8U

struct m_cpu {
	struct vlapic lapic;
	u32 kicks;
	u32 inits;
	u32 sipis;
	u32 nmis;
	u8 sipi_vector;
	u64 armed; /* what timer_arm() said last */
	u32 arms;
};

struct machine {
	struct m_cpu cpu[M_CPUS];
	struct vlapic *table[M_CPUS];
	struct lapic_bus bus;
	struct virq q;
	u32 eois;
	u8 eoi_vector;
};

static u64 m_tsc;

static inline u64 m_now(void)
{
	return m_tsc;
}

static inline void m_kick(void *vcpu)
{
	__atomic_fetch_add(&((struct m_cpu *)vcpu)->kicks, 1, __ATOMIC_RELAXED);
}

static inline struct m_cpu *m_by_id(struct machine *m, u32 id)
{
	u32 i;

	for (i = 0; i < M_CPUS; i++)
		if (m->cpu[i].lapic.id == id)
			return &m->cpu[i];
	fail_msg("no APIC has the id %u", id);
	return NULL;
}

static inline void m_init_ipi(void *vm, u32 id)
{
	m_by_id(vm, id)->inits++;
}

static inline void m_sipi(void *vm, u32 id, u8 vector)
{
	m_by_id(vm, id)->sipis++;
	m_by_id(vm, id)->sipi_vector = vector;
}

static inline void m_nmi(void *vm, u32 id)
{
	m_by_id(vm, id)->nmis++;
}

static inline void m_eoi(void *vm, u8 vector)
{
	struct machine *m = vm;

	m->eois++;
	m->eoi_vector = vector;
	vioapic_eoi(&m->q.ioapic, vector);
}

static inline void m_arm(void *vcpu, u64 deadline)
{
	struct m_cpu *c = vcpu;

	c->armed = deadline;
	c->arms++;
}

static const struct vlapic_ops m_ops = {
	.kick = m_kick,
	.init = m_init_ipi,
	.sipi = m_sipi,
	.nmi = m_nmi,
	.eoi = m_eoi,
	.now = m_now,
	.timer_arm = m_arm,
};

/** CPU i gets the APIC id ids[i], or i if @ids is NULL. */
static inline void m_setup(struct machine *m, const u32 *ids)
{
	struct vlapic_config cfg = { .ops = &m_ops, .bus = &m->bus, .vm = m };
	u32 i;

	memset(m, 0, sizeof(*m));
	m_tsc = 1000000;
	for (i = 0; i < M_CPUS; i++) {
		cfg.id = ids != NULL ? ids[i] : i;
		cfg.bsp = i == 0;
		cfg.vcpu = &m->cpu[i];
		m->table[i] = &m->cpu[i].lapic;
		vlapic_init(&m->cpu[i].lapic, &cfg);
	}
	m->bus.v = m->table;
	m->bus.n = M_CPUS;
	virq_init(&m->q, &m->bus);
}

static inline u32 m_xread(struct vlapic *v, u32 offset)
{
	u64 val = 0;

	assert_int_equal(vlapic_mmio_read(v, offset, 4, &val), 0);
	assert_true(val <= 0xffffffff);
	return (u32)val;
}

static inline void m_xwrite(struct vlapic *v, u32 offset, u32 val)
{
	u64 wide = val;

	assert_int_equal(vlapic_mmio_write(v, offset, 4, &wide), 0);
}

static inline u64 m_rdmsr(struct vlapic *v, u32 msr)
{
	u64 val = 0;

	assert_int_equal(vlapic_msr_read(v, msr, &val), 0);
	return val;
}

/** Enable by software, with spurious vector 0xff. */
static inline void m_enable(struct machine *m)
{
	u32 i;

	for (i = 0; i < M_CPUS; i++)
		m_xwrite(&m->cpu[i].lapic, 0xf0, 0x1ff);
}

static inline void m_to_x2apic(struct vlapic *v)
{
	u64 base = vlapic_base_read(v);

	assert_int_equal(vlapic_base_write(v, base | APIC_BASE_X2APIC), 0);
}

/** Take, as the run loop would, what is deliverable: vector or -1. */
static inline int m_take(struct vlapic *v)
{
	int vector = vlapic_pending(v);

	if (vector >= 0)
		vlapic_ack(v, (u8)vector);
	return vector;
}

static inline void m_ioapic_write(struct machine *m, u32 reg, u32 val)
{
	u64 wide = reg;

	assert_int_equal(vioapic_mmio_write(&m->q.ioapic, 0, 4, &wide), 0);
	wide = val;
	assert_int_equal(vioapic_mmio_write(&m->q.ioapic, 0x10, 4, &wide), 0);
}

static inline u32 m_ioapic_read(struct machine *m, u32 reg)
{
	u64 wide = reg;

	assert_int_equal(vioapic_mmio_write(&m->q.ioapic, 0, 4, &wide), 0);
	assert_int_equal(vioapic_mmio_read(&m->q.ioapic, 0x10, 4, &wide), 0);
	return (u32)wide;
}

static inline void m_set_rte(struct machine *m, u32 pin, u64 rte)
{
	m_ioapic_write(m, 0x11 + pin * 2, (u32)(rte >> 32));
	m_ioapic_write(m, 0x10 + pin * 2, (u32)rte);
}

static inline void m_outb(vdev_access_fn fn, void *dev, u32 port, u32 val)
{
	u64 wide = val;

	assert_int_equal(fn(dev, port, 1, &wide), 0);
}

static inline u32 m_inb(vdev_access_fn fn, void *dev, u32 port)
{
	u64 wide = 0;

	assert_int_equal(fn(dev, port, 1, &wide), 0);
	assert_true(wide <= 0xff);
	return (u32)wide;
}

/** xorshift64*: the same sequence on every run. */
static inline u64 m_random(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

#endif
