/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inter-processor interrupts: every delivery mode, shorthand and way of
 * addressing against a reference written from the SDM's wording.
 */
#include "tests/unit/test_virq.h"

static struct machine m;

/* Who has which id, and how each APIC is set up. */
static const u32 ids[M_CPUS] = { 0, 1, 2, 5, 8, 0x11, 0x1f, 0xfe };

enum layout { FLAT, CLUSTER, X2APIC, MIXED, LAYOUTS };

static u8 logical_id(enum layout layout, u32 cpu)
{
	if (layout == CLUSTER)
		return (u8)(cpu / 4 << 4 | BIT32(cpu % 4));
	return (u8)BIT32(cpu);
}

static bool in_x2apic(enum layout layout, u32 cpu)
{
	return layout == X2APIC || (layout == MIXED && (cpu & 1) != 0);
}

static void lay_out(enum layout layout)
{
	struct vlapic *v;
	u32 i;

	m_setup(&m, ids);
	m_enable(&m);
	for (i = 0; i < M_CPUS; i++) {
		v = &m.cpu[i].lapic;
		m_xwrite(v, 0xd0, (u32)logical_id(layout, i) << 24);
		m_xwrite(v, 0xe0, layout == CLUSTER ? 0 : 0xffffffff);
		if (in_x2apic(layout, i))
			m_to_x2apic(v);
	}
}

static void forget(void)
{
	u32 i;

	for (i = 0; i < M_CPUS; i++) {
		while (m_take(&m.cpu[i].lapic) >= 0)
			vlapic_eoi(&m.cpu[i].lapic);
		m.cpu[i].kicks = 0;
		m.cpu[i].inits = 0;
		m.cpu[i].sipis = 0;
		m.cpu[i].nmis = 0;
	}
}

/* Does @cpu answer to @dest (with 0xff widened) by the SDM's rules? */
static bool addressed(enum layout layout, u32 cpu, u32 dest, bool logical)
{
	u8 mine = logical_id(layout, cpu);

	if (dest == 0xffffffff)
		return true;
	if (!logical)
		return dest == ids[cpu];
	if (in_x2apic(layout, cpu))
		return dest >> 16 == ids[cpu] >> 4 &&
		       (dest >> (ids[cpu] & 15) & 1) != 0;
	if (dest > 0xff)
		return false;
	if (layout == CLUSTER)
		return dest >> 4 == (u32)mine >> 4 && (dest & mine & 15) != 0;
	return (dest & mine) != 0;
}

struct ipi {
	u32 from;
	u32 dest; /* as written to the ICR */
	bool logical;
	u32 mode;
	u32 shorthand;
	u8 vector;
};

static void send(enum layout layout, const struct ipi *i)
{
	struct vlapic *v = &m.cpu[i->from].lapic;
	u32 low = i->vector | i->mode << 8 | (i->logical ? 0x800U : 0) |
		  0x4000U | i->shorthand << 18;

	if (in_x2apic(layout, i->from)) {
		assert_int_equal(
			vlapic_msr_write(v, 0x830, (u64)i->dest << 32 | low),
			0);
		return;
	}
	m_xwrite(v, 0x310, i->dest << 24);
	m_xwrite(v, 0x300, low);
	assert_int_equal(m_xread(v, 0x300), low);
}

static bool expected_at(enum layout layout, const struct ipi *i, u32 cpu)
{
	bool self = cpu == i->from;
	u32 dest = i->dest;

	if (!in_x2apic(layout, i->from))
		dest = (dest & 0xff) == 0xff ? 0xffffffff : dest & 0xff;
	switch (i->shorthand) {
	case 1:
		return self && (i->mode == 0 || i->mode == 4);
	case 2:
		return i->mode <= 1 || i->mode == 4;
	case 3:
		return !self;
	default:
		return addressed(layout, cpu, dest, i->logical);
	}
}

static u32 received(u32 cpu, const struct ipi *i)
{
	struct m_cpu *c = &m.cpu[cpu];
	u32 fixed = vlapic_pending(&c->lapic) == i->vector ? 1 : 0;

	assert_int_equal(fixed == 0 ? -1 : (int)i->vector,
			 vlapic_pending(&c->lapic));
	assert_true(fixed == 0 || i->mode <= 1);
	assert_true(c->nmis == 0 || i->mode == 4);
	assert_true(c->inits == 0 || i->mode == 5);
	assert_true(c->sipis == 0 ||
		    (i->mode == 6 && c->sipi_vector == i->vector));
	return fixed + c->nmis + c->inits + c->sipis;
}

static void check_one(enum layout layout, const struct ipi *i)
{
	u32 want = 0, got = 0, cpu, here;
	bool nothing = i->mode == 2 || i->mode == 3 || i->mode == 7;

	forget();
	send(layout, i);
	for (cpu = 0; cpu < M_CPUS; cpu++) {
		here = !nothing && expected_at(layout, i, cpu) ? 1 : 0;
		want += here;
		got += received(cpu, i);
		if (i->mode != 1 || i->shorthand != 0)
			assert_int_equal(received(cpu, i), here);
		else if (here == 0)
			assert_int_equal(received(cpu, i), 0);
	}
	/* Lowest priority picks one of those it names. */
	if (i->mode == 1 && i->shorthand == 0 && want > 1)
		want = 1;
	/* To itself, lowest priority is no valid combination. */
	if (i->mode == 1 && i->shorthand == 1)
		want = 0;
	assert_int_equal(got, want);
}

static const u32 dests[] = {
	0,       1,       2,          3,          5,          8,
	0x0f,    0x11,    0x12,       0x1f,       0x21,       0x80,
	0xf1,    0xfe,    0xff,       0x100,      0x10002,    0x18001,
	0x10000, 0xf4000, 0xffffffff, 0xffff0000, 0x80000000, 0xffff,
};

static void every_kind(enum layout layout, struct ipi *i)
{
	for (i->mode = 0; i->mode < 8; i->mode++)
		for (i->shorthand = 0; i->shorthand < 4; i->shorthand++)
			check_one(layout, i);
}

static void matrix(enum layout layout)
{
	struct ipi i = { .vector = 0x9a };
	u32 d;

	lay_out(layout);
	for (i.from = 0; i.from < M_CPUS; i.from++) {
		for (d = 0; d < ARRAY_SIZE(dests); d++) {
			i.dest = dests[d];
			i.logical = false;
			every_kind(layout, &i);
			i.logical = true;
			every_kind(layout, &i);
		}
	}
}

static void matrix_flat(void **state)
{
	(void)state;
	matrix(FLAT);
}

static void matrix_cluster(void **state)
{
	(void)state;
	matrix(CLUSTER);
}

static void matrix_x2apic(void **state)
{
	(void)state;
	matrix(X2APIC);
}

static void matrix_mixed(void **state)
{
	(void)state;
	matrix(MIXED);
}

static void self_ipi_msr(void **state)
{
	struct vlapic *v = &m.cpu[3].lapic;

	(void)state;
	lay_out(X2APIC);
	assert_int_equal(vlapic_msr_write(v, 0x83f, 0xf1), 0);
	assert_int_equal(m_take(v), 0xf1);
	/* It was its own doing: nobody had to be woken. */
	assert_int_equal(m.cpu[3].kicks, 0);
	assert_int_equal(vlapic_msr_write(v, 0x83f, 15), 0);
	assert_int_equal(vlapic_msr_write(v, 0x828, 0), 0);
	assert_int_equal(m_rdmsr(v, 0x828), 0x20);
}

static void lowest_priority_is_fair(void **state)
{
	struct apic_msg msg = { .dest = 0xff,
				.logical = true,
				.mode = APIC_MODE_LOWEST,
				.vector = 0x61 };
	u32 i;

	(void)state;
	lay_out(FLAT);
	for (i = 0; i < M_CPUS * 3; i++) {
		assert_int_equal(lapic_bus_deliver(&m.bus, &msg), 1);
		if (i % M_CPUS == M_CPUS - 1)
			forget();
	}
	/* Equals took turns: after a round everybody had exactly one. */
	for (i = 0; i < M_CPUS; i++)
		assert_int_equal(lapic_bus_deliver(&m.bus, &msg), 1);
	for (i = 0; i < M_CPUS; i++)
		assert_int_equal(vlapic_pending(&m.cpu[i].lapic), 0x61);
	/* The one that is least busy is preferred. */
	forget();
	for (i = 0; i < M_CPUS; i++)
		vlapic_set_tpr(&m.cpu[i].lapic, i == 5 ? 0x20 : 0x70);
	msg.vector = 0x99;
	for (i = 0; i < 4; i++) {
		assert_int_equal(lapic_bus_deliver(&m.bus, &msg), 1);
		assert_int_equal(m_take(&m.cpu[5].lapic), 0x99);
		vlapic_eoi(&m.cpu[5].lapic);
	}
	/* One that is switched off by software is no candidate. */
	m_xwrite(&m.cpu[5].lapic, 0xf0, 0xff);
	for (i = 0; i < 16; i++)
		assert_int_equal(lapic_bus_deliver(&m.bus, &msg), 1);
	assert_int_equal(vlapic_pending(&m.cpu[5].lapic), -1);
}

static void nobody_there(void **state)
{
	struct apic_msg msg = { .dest = 0x77, .vector = 0x61 };
	struct lapic_bus empty = { .n = 0 };

	(void)state;
	lay_out(FLAT);
	assert_int_equal(lapic_bus_deliver(&m.bus, &msg), 0);
	msg.dest = 0;
	msg.mode = APIC_MODE_RESERVED;
	assert_int_equal(lapic_bus_deliver(&m.bus, &msg), -EINVAL);
	msg.mode = 8;
	assert_int_equal(lapic_bus_deliver(&m.bus, &msg), -EINVAL);
	msg.mode = APIC_MODE_EXTINT;
	assert_int_equal(lapic_bus_deliver(&m.bus, &msg), 0);
	msg.mode = APIC_MODE_LOWEST;
	assert_int_equal(lapic_bus_deliver(&empty, &msg), 0);
	msg.mode = APIC_MODE_NMI;
	assert_int_equal(lapic_bus_deliver(&m.bus, &msg), 1);
	msg.mode = APIC_MODE_SIPI;
	assert_int_equal(lapic_bus_deliver(&m.bus, &msg), 1);
	/* Counted, whether one or many. */
	msg.dest = APIC_DEST_ALL;
	assert_int_equal(lapic_bus_deliver(&m.bus, &msg), M_CPUS);
	msg.mode = APIC_MODE_INIT;
	assert_int_equal(lapic_bus_deliver(&m.bus, &msg), M_CPUS);
	msg.trigger = true; /* de-assert: nobody minds */
	assert_int_equal(lapic_bus_deliver(&m.bus, &msg), 0);
	msg = (struct apic_msg){ .mode = APIC_MODE_INIT };
	assert_int_equal(lapic_bus_deliver(&m.bus, &msg), 1);
	m.cpu[0].inits = 0;
	/* A disabled APIC hears nothing, not even INIT. */
	assert_int_equal(vlapic_base_write(&m.cpu[0].lapic, VLAPIC_MMIO_BASE),
			 0);
	msg.mode = APIC_MODE_INIT;
	assert_int_equal(lapic_bus_deliver(&m.bus, &msg), 0);
	assert_int_equal(m.cpu[0].inits, 0);
}

/* Linux's wakeup_secondary_cpu_via_init(), in both modes. */
static void linux_starts_a_cpu(void **state)
{
	struct vlapic *v = &m.cpu[0].lapic;

	(void)state;
	lay_out(FLAT);
	m_xwrite(v, 0x310, 2 << 24);
	m_xwrite(v, 0x300, 0x8000 | 0x4000 | 0x500);
	assert_int_equal(m_xread(v, 0x300) & 0x1000, 0);
	assert_int_equal(m.cpu[2].inits, 1);
	m_xwrite(v, 0x310, 2 << 24);
	m_xwrite(v, 0x300, 0x8000 | 0x500); /* de-assert */
	assert_int_equal(m.cpu[2].inits, 1);
	m_xwrite(v, 0x310, 2 << 24);
	m_xwrite(v, 0x300, 0x600 | 0x9a);
	m_xwrite(v, 0x300, 0x600 | 0x9a);
	assert_int_equal(m.cpu[2].sipis, 2);
	assert_int_equal(m.cpu[2].sipi_vector, 0x9a);
	lay_out(X2APIC);
	assert_int_equal(vlapic_msr_write(v, 0x830, 2ULL << 32 | 0xc500), 0);
	assert_int_equal(vlapic_msr_write(v, 0x830, 2ULL << 32 | 0x8500), 0);
	assert_int_equal(m.cpu[2].inits, 1);
	assert_int_equal(vlapic_msr_write(v, 0x830, 2ULL << 32 | 0x69a), 0);
	assert_int_equal(m.cpu[2].sipis, 1);
	assert_int_equal(m_rdmsr(v, 0x830), 2ULL << 32 | 0x69a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matrix_flat),
		cmocka_unit_test(matrix_cluster),
		cmocka_unit_test(matrix_x2apic),
		cmocka_unit_test(matrix_mixed),
		cmocka_unit_test(self_ipi_msr),
		cmocka_unit_test(lowest_priority_is_fair),
		cmocka_unit_test(nobody_there),
		cmocka_unit_test(linux_starts_a_cpu),
	};

	return cmocka_run_group_tests_name("vlapic_ipi", tests, NULL, NULL);
}
