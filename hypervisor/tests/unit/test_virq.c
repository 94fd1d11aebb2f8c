/* SPDX-License-Identifier: BSD-2-Clause */
/* From a line or a message to a vCPU, through all the chips. */
#include "tests/unit/test_virq.h"

#include "guest/x86/vpit.h"

#define LEVEL  0x8000U
#define MASKED 0x10000U

static struct machine m;
static struct vlapic *const bsp = &m.cpu[0].lapic;

static int setup(void **state)
{
	(void)state;
	m_setup(&m, NULL);
	m_enable(&m);
	return 0;
}

static void gsi(u32 n, bool level)
{
	assert_int_equal(virq_set_gsi(&m.q, n, level), 0);
}

static u32 pic_lines(void)
{
	return m.q.pic.chip[0].line | (u32)m.q.pic.chip[1].line << 8;
}

static void every_gsi(void **state)
{
	u32 n, pin;

	(void)state;
	for (n = 0; n < VIRQ_GSIS; n++) {
		gsi(n, true);
		assert_int_equal(m.q.ioapic.line, BIT64(n));
		pin = n == 2 ? 0 : n;
		assert_int_equal(pic_lines(), n < 16 ? BIT32(pin) : 0);
		gsi(n, false);
		assert_int_equal(m.q.ioapic.line, 0);
		assert_int_equal(pic_lines(), 0);
	}
	assert_int_equal(virq_set_gsi(&m.q, 48, true), -EINVAL);
	assert_int_equal(virq_set_gsi(&m.q, ~0U, true), -EINVAL);
}

static void line_operations(void **state)
{
	u32 op;

	(void)state;
	m_set_rte(&m, 20, 0x60);
	assert_int_equal(virq_set_line_op(&m.q, 20, 0), 0);
	assert_int_equal(m.q.ioapic.line, BIT64(20));
	assert_int_equal(m_take(bsp), 0x60);
	vlapic_eoi(bsp);
	assert_int_equal(virq_set_line_op(&m.q, 20, 1), 0);
	assert_int_equal(m.q.ioapic.line, 0);
	assert_int_equal(vlapic_pending(bsp), -1);
	assert_int_equal(virq_set_line_op(&m.q, 20, 2), 0);
	assert_int_equal(m.q.ioapic.line, 0);
	assert_int_equal(m_take(bsp), 0x60);
	vlapic_eoi(bsp);
	assert_int_equal(virq_set_line_op(&m.q, 20, 3), 0);
	assert_int_equal(m.q.ioapic.line, BIT64(20));
	assert_int_equal(m_take(bsp), 0x60);
	vlapic_eoi(bsp);
	/* From high it falls first, and its rise is an edge again. */
	assert_int_equal(virq_set_line_op(&m.q, 20, 3), 0);
	assert_int_equal(m_take(bsp), 0x60);
	for (op = 0; op < 4; op++)
		assert_int_equal(virq_set_line_op(&m.q, 48, op), -EINVAL);
	assert_int_equal(virq_set_line_op(&m.q, 20, 4), -EINVAL);
	assert_int_equal(virq_set_line_op(&m.q, 20, ~0U), -EINVAL);
}

static u32 took(u8 vector)
{
	u32 cpus = 0, i;
	int got;

	for (i = 0; i < M_CPUS; i++) {
		got = m_take(&m.cpu[i].lapic);
		if (got < 0)
			continue;
		assert_int_equal(got, vector);
		vlapic_eoi(&m.cpu[i].lapic);
		cpus |= BIT32(i);
	}
	return cpus;
}

static void messages(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < M_CPUS; i++)
		m_xwrite(&m.cpu[i].lapic, 0xd0, BIT32(24 + i));
	assert_int_equal(virq_deliver_msi(&m.bus, 0xfee03000, 0x41), 1);
	assert_int_equal(took(0x41), BIT32(3));
	/* The trigger bits of the data are ignored: always an edge. */
	assert_int_equal(virq_deliver_msi(&m.bus, 0xfee03000, 0xc041), 1);
	assert_int_equal(took(0x41), BIT32(3));
	assert_int_equal(m.eois, 0);
	assert_int_equal(virq_deliver_msi(&m.bus, 0xfeeff000, 0x42), M_CPUS);
	assert_int_equal(took(0x42), 0xff);
	/* Logical; with the hint, one of them. */
	assert_int_equal(virq_deliver_msi(&m.bus, 0xfee5a004, 0x43), 4);
	assert_int_equal(took(0x43), 0x5a);
	assert_int_equal(virq_deliver_msi(&m.bus, 0xfee5a00c, 0x44), 1);
	assert_int_equal(__builtin_popcount(took(0x44) & 0x5a), 1);
	assert_int_equal(virq_deliver_msi(&m.bus, 0xfee5a004, 0x145), 1);
	assert_int_equal(__builtin_popcount(took(0x45) & 0x5a), 1);
	/* Other modes. */
	assert_int_equal(virq_deliver_msi(&m.bus, 0xfee06000, 0x400), 1);
	assert_int_equal(m.cpu[6].nmis, 1);
	assert_int_equal(virq_deliver_msi(&m.bus, 0xfee06000, 0x500), 1);
	assert_int_equal(m.cpu[6].inits, 1);
	assert_int_equal(virq_deliver_msi(&m.bus, 0xfee06000, 0x300), -EINVAL);
	/* Nobody home; a vector that may not be. */
	assert_int_equal(virq_deliver_msi(&m.bus, 0xfee77000, 0x41), 0);
	assert_int_equal(virq_deliver_msi(&m.bus, 0xfee00000, 0x05), 0);
}

static void extended_destinations(void **state)
{
	static const u32 ids[M_CPUS] = { 0,     1,    0x100,   0x1ff,
					 0x230, 0xff, 0x10055, 7 };
	u32 i;

	(void)state;
	m_setup(&m, ids);
	m_enable(&m);
	for (i = 0; i < M_CPUS; i++)
		m_to_x2apic(&m.cpu[i].lapic);
	assert_int_equal(virq_deliver_msi(&m.bus, 0x00100fee00000, 0x41), 1);
	assert_int_equal(took(0x41), BIT32(2));
	assert_int_equal(virq_deliver_msi(&m.bus, 0x00100feeff000, 0x41), 1);
	assert_int_equal(took(0x41), BIT32(3));
	assert_int_equal(virq_deliver_msi(&m.bus, 0x20000fee55000, 0x41), 0);
	assert_int_equal(virq_deliver_msi(&m.bus, 0x10000fee55000, 0x41), 1);
	assert_int_equal(took(0x41), BIT32(6));
	/* Eight bits of ones still mean everybody. */
	assert_int_equal(virq_deliver_msi(&m.bus, 0xfeeff000, 0x41), M_CPUS);
}

static void not_a_message(void **state)
{
	u64 good = 0xfee00000;
	u32 bit;

	(void)state;
	for (bit = 20; bit < 40; bit++)
		assert_int_equal(
			virq_deliver_msi(&m.bus, good ^ BIT64(bit), 0x41),
			-EINVAL);
	assert_int_equal(virq_deliver_msi(&m.bus, 0, 0x41), -EINVAL);
	assert_int_equal(took(0x41), 0);
}

static void pic_out(u32 port, u32 val)
{
	m_outb(vpic_pio_write, &m.q.pic, port, val);
}

static void pic_start(void)
{
	pic_out(0x20, 0x11);
	pic_out(0x21, 0x30);
	pic_out(0x21, 0x04);
	pic_out(0x21, 0x01);
	pic_out(0x21, 0x00);
}

/* Virtual wire: the 8259 reaches the processor by LINT0. */
static void pic_by_lint0(void **state)
{
	(void)state;
	pic_start();
	m_xwrite(bsp, 0x350, MASKED | 0x700);
	gsi(4, true);
	assert_int_equal(m.cpu[0].kicks, 0);
	assert_false(virq_has_extint(&m.q, bsp));
	m_xwrite(bsp, 0x350, 0x700);
	assert_true(virq_has_extint(&m.q, bsp));
	assert_false(virq_has_extint(&m.q, &m.cpu[1].lapic));
	assert_int_equal(virq_ack_extint(&m.q), 0x34);
	assert_false(virq_has_extint(&m.q, bsp));
	pic_out(0x20, 0x20);
	gsi(4, false);
	gsi(4, true);
	assert_int_equal(m.cpu[0].kicks, 1);
	assert_int_equal(m.cpu[1].kicks, 0);
	assert_int_equal(virq_ack_extint(&m.q), 0x34);
	pic_out(0x20, 0x20);
	/* No APIC, no LINT0: straight to the first processor. */
	assert_int_equal(vlapic_base_write(bsp, VLAPIC_MMIO_BASE), 0);
	gsi(1, true);
	assert_int_equal(m.cpu[0].kicks, 2);
	assert_true(virq_has_extint(&m.q, bsp));
}

/* A level-triggered line all the way, and back by the EOI. */
static void level_round_trip(void **state)
{
	struct vlapic *v = &m.cpu[5].lapic;

	(void)state;
	m_to_x2apic(v);
	m_set_rte(&m, 9, 5ULL << 56 | LEVEL | 0x39);
	gsi(9, true);
	assert_int_equal(m.cpu[5].kicks, 1);
	assert_int_equal(m_take(v), 0x39);
	assert_int_equal(vlapic_msr_write(v, 0x80b, 0), 0);
	assert_int_equal(m.eoi_vector, 0x39);
	assert_int_equal(m.cpu[5].kicks, 2);
	assert_int_equal(m_take(v), 0x39);
	gsi(9, false);
	assert_int_equal(vlapic_msr_write(v, 0x80b, 0), 0);
	assert_int_equal(vlapic_pending(v), -1);
}

static void pit_irq(void *arg, bool level)
{
	assert_ptr_equal(arg, &m);
	gsi(VIRQ_GSI_PIT, level);
}

static u64 pit_deadline;

static void pit_rearm(void *arg, u64 deadline)
{
	assert_ptr_equal(arg, &m);
	pit_deadline = deadline;
}

static const struct vpit_ops pit_ops = {
	.now = m_now,
	.irq = pit_irq,
	.rearm = pit_rearm,
};

/* The PIT's tick by both roads, as Linux's check_timer() tries them. */
static void pit_ticks(void **state)
{
	static struct vpit pit;
	u32 i;

	(void)state;
	vpit_init(&pit, 1000000, &pit_ops, &m);
	m_outb(vpit_pio_write, &pit, 0x43, 0x34);
	m_outb(vpit_pio_write, &pit, 0x40, 0xa9);
	m_outb(vpit_pio_write, &pit, 0x40, 0x04);
	m_set_rte(&m, 2, 0x30);
	for (i = 0; i < 8; i++) {
		m_tsc = pit_deadline;
		vpit_expire(&pit, m_tsc);
		assert_int_equal(m_take(bsp), 0x30);
		vlapic_eoi(bsp);
	}
	m_set_rte(&m, 2, MASKED);
	pic_start();
	m_xwrite(bsp, 0x350, 0x700);
	for (i = 0; i < 8; i++) {
		m_tsc = pit_deadline;
		vpit_expire(&pit, m_tsc);
		assert_int_equal(vlapic_pending(bsp), -1);
		assert_true(virq_has_extint(&m.q, bsp));
		assert_int_equal(virq_ack_extint(&m.q), 0x30);
		pic_out(0x20, 0x60);
	}
	assert_int_equal(pit.lost, 0);
}

/* What io/ registers, called as io/ calls it. */
static void ranges(void **state)
{
	static const u32 pic_bases[] = { 0x20, 0xa0, 0x4d0 };
	u64 val = 0;
	u32 i;

	(void)state;
	assert_true(vlapic_ranges[0].mmio && vioapic_ranges[0].mmio);
	assert_int_equal(vlapic_ranges[0].base, 0xfee00000);
	assert_int_equal(vioapic_ranges[0].base, 0xfec00000);
	assert_int_equal(vlapic_ranges[0].size, 0x1000);
	assert_int_equal(vioapic_ranges[0].size, 0x1000);
	assert_int_equal(vlapic_ranges[0].read(bsp, 0x30, 4, &val), 0);
	assert_int_equal(val, 0x50014);
	for (i = 0; i < ARRAY_SIZE(pic_bases); i++) {
		assert_false(vpic_ranges[i].mmio);
		assert_int_equal(vpic_ranges[i].base, pic_bases[i]);
		assert_int_equal(vpic_ranges[i].size, 2);
	}
}

static void reset_clears(void **state)
{
	(void)state;
	pic_start();
	m_set_rte(&m, 9, LEVEL | 0x39);
	gsi(9, true);
	gsi(40, true);
	virq_reset(&m.q);
	assert_int_equal(m.q.ioapic.line | m.q.ioapic.waiting, 0);
	assert_int_equal(pic_lines(), 0);
	assert_int_equal(vioapic_read_rte(&m.q.ioapic, 9), MASKED);
	assert_false(vpic_has_intr(&m.q.pic));
}

static void hostile_requests(void **state)
{
	u64 seed = 17, dice, addr;
	u32 i, pin;
	int r;

	(void)state;
	for (pin = 0; pin < VIOAPIC_PINS; pin++)
		m_set_rte(&m, pin, (pin % 2 != 0 ? LEVEL : 0) | (0x30 + pin));
	for (i = 0; i < 1000000; i++) {
		dice = m_random(&seed);
		addr = m_random(&seed);
		if (dice % 4 == 0) {
			if ((dice & 64) != 0)
				addr = 0xfee00000 | (addr & 0xfffff);
			r = virq_deliver_msi(&m.bus, addr, dice >> 8);
			assert_in_range((u32)(r + EINVAL), 0, EINVAL + M_CPUS);
		} else if (dice % 4 == 1) {
			(void)virq_set_line_op(&m.q, (u32)(dice >> 8) % 64,
					       (u32)(dice >> 32) % 5);
		} else if (m_take(&m.cpu[dice >> 8 & 7].lapic) >= 0) {
			vlapic_eoi(&m.cpu[dice >> 8 & 7].lapic);
		}
	}
	assert_int_equal(m.q.pic.lock.next, m.q.pic.lock.owner);
	assert_int_equal(m.q.ioapic.lock.next, m.q.ioapic.lock.owner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_gsi, setup),
		cmocka_unit_test_setup(line_operations, setup),
		cmocka_unit_test_setup(messages, setup),
		cmocka_unit_test_setup(extended_destinations, setup),
		cmocka_unit_test_setup(not_a_message, setup),
		cmocka_unit_test_setup(pic_by_lint0, setup),
		cmocka_unit_test_setup(level_round_trip, setup),
		cmocka_unit_test_setup(pit_ticks, setup),
		cmocka_unit_test_setup(ranges, setup),
		cmocka_unit_test_setup(reset_clears, setup),
		cmocka_unit_test_setup(hostile_requests, setup),
	};

	return cmocka_run_group_tests_name("virq", tests, NULL, NULL);
}
