/* SPDX-License-Identifier: BSD-2-Clause */
/* I/O APIC: registers, edges and levels, EOI. */
#include "tests/unit/test_virq.h"

#define LEVEL   0x8000U
#define LOW     0x2000U
#define REMOTE  0x4000U
#define MASKED  0x10000U
#define LOGICAL 0x800U

static struct machine m;
static struct vlapic *const bsp = &m.cpu[0].lapic;

static int setup(void **state)
{
	(void)state;
	m_setup(&m, NULL);
	m_enable(&m);
	return 0;
}

static void line(u32 pin, bool level)
{
	assert_int_equal(vioapic_set_line(&m.q.ioapic, pin, level), 0);
}

static void registers(void **state)
{
	u32 pin;

	(void)state;
	assert_int_equal(m_ioapic_read(&m, 0), 0);
	m_ioapic_write(&m, 0, 0xffffffff);
	assert_int_equal(m_ioapic_read(&m, 0), 0x0f000000);
	assert_int_equal(m_ioapic_read(&m, 2), 0x0f000000);
	m_ioapic_write(&m, 0, 0);
	assert_int_equal(m_ioapic_read(&m, 1), 0x002f0011);
	m_ioapic_write(&m, 1, 0);
	assert_int_equal(m_ioapic_read(&m, 1), 0x002f0011);
	for (pin = 0; pin < VIOAPIC_PINS; pin++) {
		assert_int_equal(m_ioapic_read(&m, 0x10 + 2 * pin), MASKED);
		assert_int_equal(m_ioapic_read(&m, 0x11 + 2 * pin), 0);
		m_ioapic_write(&m, 0x11 + 2 * pin, 0xffffffff);
		m_ioapic_write(&m, 0x10 + 2 * pin, 0xffffffff);
		/* Delivery status and remote IRR are not the guest's. */
		assert_int_equal(m_ioapic_read(&m, 0x10 + 2 * pin), 0x1afff);
		assert_int_equal(m_ioapic_read(&m, 0x11 + 2 * pin), 0xff000000);
	}
	assert_int_equal(m_ioapic_read(&m, 3), 0xffffffff);
	assert_int_equal(m_ioapic_read(&m, 0x0f), 0xffffffff);
	assert_int_equal(m_ioapic_read(&m, 0x70), 0xffffffff);
	assert_int_equal(m_ioapic_read(&m, 0xff), 0xffffffff);
}

static void window(void **state)
{
	struct vioapic *io = &m.q.ioapic;
	u64 val = 0x101;

	(void)state;
	assert_int_equal(vioapic_mmio_write(io, 0, 4, &val), 0);
	assert_int_equal(vioapic_mmio_read(io, 0, 4, &val), 0);
	assert_int_equal(val, 1); /* the index has 8 bits */
	assert_int_equal(vioapic_mmio_read(io, 0x12, 1, &val), 0);
	assert_int_equal(val, 0x2f);
	assert_int_equal(vioapic_mmio_read(io, 0x40, 4, &val), 0);
	assert_int_equal(val, 0xffffffff);
	assert_int_equal(vioapic_mmio_read(io, 0x10, 8, &val), 0);
	assert_int_equal(val, ~(u64)0);
	/* No EOI register in this version. */
	m_set_rte(&m, 20, LEVEL | 0x55);
	line(20, true);
	val = 0x55;
	assert_int_equal(vioapic_mmio_write(io, 0x40, 4, &val), 0);
	assert_int_equal(m_ioapic_read(&m, 0x10 + 40), LEVEL | REMOTE | 0x55);
	assert_int_equal(vioapic_set_line(io, 48, true), -EINVAL);
	assert_int_equal(vioapic_read_rte(io, 48), 0);
}

static void edges(void **state)
{
	(void)state;
	m_set_rte(&m, 4, 0x34);
	line(4, true);
	assert_int_equal(m_take(bsp), 0x34);
	vlapic_eoi(bsp);
	line(4, true);
	assert_int_equal(vlapic_pending(bsp), -1);
	line(4, false);
	line(4, true);
	assert_int_equal(m_take(bsp), 0x34);
	vlapic_eoi(bsp);
	assert_int_equal(m.eois, 0);
	/* An edge that met a mask is gone. */
	line(4, false);
	m_set_rte(&m, 4, MASKED | 0x34);
	line(4, true);
	m_set_rte(&m, 4, 0x34);
	assert_int_equal(vlapic_pending(bsp), -1);
}

static void levels(void **state)
{
	(void)state;
	m_set_rte(&m, 17, LEVEL | 0x45);
	line(17, true);
	assert_int_equal(m_ioapic_read(&m, 0x10 + 34), LEVEL | REMOTE | 0x45);
	assert_int_equal(m_take(bsp), 0x45);
	line(17, false);
	line(17, true); /* still waiting: no second message */
	assert_int_equal(vlapic_pending(bsp), -1);
	vlapic_eoi(bsp);
	assert_int_equal(m.eois, 1);
	/* The line was high at the EOI: once more. */
	assert_int_equal(m_take(bsp), 0x45);
	line(17, false);
	vlapic_eoi(bsp);
	assert_int_equal(vlapic_pending(bsp), -1);
	assert_int_equal(m_ioapic_read(&m, 0x10 + 34), LEVEL | 0x45);
}

static void level_through_masks(void **state)
{
	(void)state;
	m_set_rte(&m, 17, MASKED | LEVEL | 0x45);
	line(17, true);
	assert_int_equal(vlapic_pending(bsp), -1);
	m_set_rte(&m, 17, LEVEL | 0x45);
	assert_int_equal(m_take(bsp), 0x45);
	/* Masked in service and EOId: quiet until unmasked. */
	m_set_rte(&m, 17, MASKED | LEVEL | 0x45);
	assert_int_equal(m_ioapic_read(&m, 0x10 + 34),
			 MASKED | LEVEL | REMOTE | 0x45);
	vlapic_eoi(bsp);
	assert_int_equal(vlapic_pending(bsp), -1);
	m_set_rte(&m, 17, LEVEL | 0x45);
	assert_int_equal(m_take(bsp), 0x45);
	/* Linux's way to clear a stuck remote IRR: edge and back. */
	m_set_rte(&m, 17, MASKED | 0x45);
	assert_int_equal(m_ioapic_read(&m, 0x10 + 34), MASKED | 0x45);
	m_set_rte(&m, 17, MASKED | LEVEL | 0x45);
	assert_int_equal(m_ioapic_read(&m, 0x10 + 34), MASKED | LEVEL | 0x45);
}

static void shared_vector(void **state)
{
	(void)state;
	m_set_rte(&m, 17, LEVEL | 0x45);
	m_set_rte(&m, 18, LEVEL | 0x45);
	m_set_rte(&m, 19, LEVEL | 0x46);
	line(17, true);
	line(18, true);
	line(19, true);
	assert_int_equal(m_take(bsp), 0x46);
	vlapic_eoi(bsp);
	assert_int_equal(m_take(bsp), 0x46);
	line(19, false);
	vlapic_eoi(bsp);
	assert_int_equal(m_take(bsp), 0x45);
	line(17, false);
	vlapic_eoi(bsp);
	/* 18 is still high, so the vector comes again; 17 waits no more. */
	assert_int_equal(m_take(bsp), 0x45);
	assert_int_equal(m_ioapic_read(&m, 0x10 + 34), LEVEL | 0x45);
	line(18, false);
	vlapic_eoi(bsp);
	assert_int_equal(vlapic_pending(bsp), -1);
}

static void nobody_took_it(void **state)
{
	(void)state;
	/* A level for an APIC that is not there must not jam the pin. */
	m_set_rte(&m, 17, 0x77ULL << 56 | LEVEL | 0x45);
	line(17, true);
	assert_int_equal(m_ioapic_read(&m, 0x10 + 34), LEVEL | 0x45);
	m_ioapic_write(&m, 0x11 + 34, 1 << 24);
	assert_int_equal(m_take(&m.cpu[1].lapic), 0x45);
	vlapic_eoi(&m.cpu[1].lapic);
	/* Driving the line again retries, too. */
	m_xwrite(&m.cpu[1].lapic, 0xf0, 0xff);
	assert_int_equal(m_take(&m.cpu[1].lapic), 0x45);
	vlapic_eoi(&m.cpu[1].lapic);
	m_xwrite(&m.cpu[1].lapic, 0xf0, 0x1ff);
	line(17, true);
	assert_int_equal(m_take(&m.cpu[1].lapic), 0x45);
}

static void other_modes(void **state)
{
	(void)state;
	m_set_rte(&m, 3, 0x2ULL << 56 | LEVEL | 0x400);
	line(3, true);
	assert_int_equal(m.cpu[2].nmis, 1);
	/* Nothing will answer an NMI with an EOI. */
	assert_int_equal(m_ioapic_read(&m, 0x16) & REMOTE, 0);
	m_set_rte(&m, 5, 0x2ULL << 56 | 0x500);
	line(5, true);
	assert_int_equal(m.cpu[2].inits, 1);
	m_set_rte(&m, 6, 0xffULL << 56 | 0x61);
	line(6, true);
	assert_int_equal(m_take(&m.cpu[7].lapic), 0x61);
	assert_int_equal(m_take(bsp), 0x61);
	m_xwrite(&m.cpu[4].lapic, 0xd0, 0x10 << 24);
	m_set_rte(&m, 7, 0x30ULL << 56 | LOGICAL | 0x100 | 0x62);
	line(7, true);
	assert_int_equal(m_take(&m.cpu[4].lapic), 0x62);
	/* ExtINT, SMI and the reserved mode go nowhere. */
	m_set_rte(&m, 8, 0x700);
	m_set_rte(&m, 9, 0x200);
	m_set_rte(&m, 10, LEVEL | 0x300);
	line(8, true);
	line(9, true);
	line(10, true);
	assert_int_equal(m_ioapic_read(&m, 0x10 + 20) & REMOTE, 0);
}

static void polarity(void **state)
{
	(void)state;
	m_set_rte(&m, 17, LEVEL | LOW | 0x45);
	assert_int_equal(vlapic_pending(bsp), -1);
	line(17, true);
	assert_int_equal(m_take(bsp), 0x45);
	line(17, false);
	vlapic_eoi(bsp);
	assert_int_equal(vlapic_pending(bsp), -1);
	/* On request the bit means what it says. */
	m.q.ioapic.honour_polarity = true;
	m_set_rte(&m, 17, LEVEL | LOW | 0x45);
	assert_int_equal(m_take(bsp), 0x45);
	line(17, true);
	vlapic_eoi(bsp);
	assert_int_equal(vlapic_pending(bsp), -1);
	line(17, false);
	assert_int_equal(m_take(bsp), 0x45);
}

static void reset_masks_all(void **state)
{
	u32 pin;

	(void)state;
	for (pin = 0; pin < VIOAPIC_PINS; pin++)
		m_set_rte(&m, pin, LEVEL | 0x45);
	line(17, true);
	vioapic_reset(&m.q.ioapic);
	for (pin = 0; pin < VIOAPIC_PINS; pin++)
		assert_int_equal(vioapic_read_rte(&m.q.ioapic, pin), MASKED);
	/* The line is the device's: it stays high. */
	vlapic_reset(bsp);
	m_xwrite(bsp, 0xf0, 0x1ff);
	m_set_rte(&m, 17, LEVEL | 0x46);
	assert_int_equal(m_take(bsp), 0x46);
}

/* Linux's check_timer(): pin 2 as an edge, then ticks must arrive. */
static void linux_check_timer(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < VIOAPIC_PINS; i++) /* clear_IO_APIC() */
		m_set_rte(&m, i, MASKED);
	assert_int_equal(m_ioapic_read(&m, 1) >> 16 & 0xff, 47);
	m_ioapic_write(&m, 0x15, 0);
	m_ioapic_write(&m, 0x14, 0x30);
	for (i = 0; i < 10; i++) {
		assert_int_equal(virq_set_gsi(&m.q, VIRQ_GSI_PIT, false), 0);
		assert_int_equal(virq_set_gsi(&m.q, VIRQ_GSI_PIT, true), 0);
		assert_int_equal(m_take(bsp), 0x30);
		vlapic_eoi(bsp);
	}
}

static void check_invariants(void)
{
	struct vioapic *io = &m.q.ioapic;
	u32 pin;

	assert_int_equal(io->lock.next, io->lock.owner);
	assert_int_equal(io->line >> VIOAPIC_PINS, 0);
	assert_int_equal(io->waiting >> VIOAPIC_PINS, 0);
	for (pin = 0; pin < VIOAPIC_PINS; pin++) {
		assert_int_equal(io->rte[pin] & 0x00fffffffffe5000ULL, 0);
		/* Only a level-triggered fixed interrupt awaits an EOI. */
		if ((io->waiting & BIT64(pin)) != 0)
			assert_int_equal(io->rte[pin] & 0x8600, 0x8000);
	}
}

static void hostile_step(u64 dice, u64 val)
{
	struct vlapic *v = &m.cpu[dice >> 40 & 7].lapic;
	u32 pin = (u32)(dice >> 8) % VIOAPIC_PINS;

	switch (dice % 6) {
	case 0:
		m_ioapic_write(&m, (u32)(dice >> 8) & 0xff, (u32)val);
		break;
	case 1:
		m_ioapic_write(&m, 0x10 + 2 * pin, (u32)val & ~0x10400U);
		break;
	case 2:
		line(pin, (dice & 0x1000000) != 0);
		break;
	case 3:
		if (m_take(v) >= 0)
			vlapic_eoi(v);
		break;
	case 4:
		vioapic_eoi(&m.q.ioapic, (u8)val);
		break;
	default:
		(void)vioapic_mmio_write(&m.q.ioapic, (u32)(dice >> 8) & 0xfff,
					 BIT32(dice >> 60 & 3), &val);
		(void)vioapic_mmio_read(&m.q.ioapic, (u32)(dice >> 8) & 0xfff,
					BIT32(dice >> 60 & 3), &val);
		break;
	}
}

static void hostile_guest(void **state)
{
	u64 seed = 11;
	u32 i;

	(void)state;
	for (i = 0; i < 1000000; i++) {
		hostile_step(m_random(&seed), m_random(&seed));
		if (i % 16 == 0)
			check_invariants();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(registers, setup),
		cmocka_unit_test_setup(window, setup),
		cmocka_unit_test_setup(edges, setup),
		cmocka_unit_test_setup(levels, setup),
		cmocka_unit_test_setup(level_through_masks, setup),
		cmocka_unit_test_setup(shared_vector, setup),
		cmocka_unit_test_setup(nobody_took_it, setup),
		cmocka_unit_test_setup(other_modes, setup),
		cmocka_unit_test_setup(polarity, setup),
		cmocka_unit_test_setup(reset_masks_all, setup),
		cmocka_unit_test_setup(linux_check_timer, setup),
		cmocka_unit_test_setup(hostile_guest, setup),
	};

	return cmocka_run_group_tests_name("vioapic", tests, NULL, NULL);
}
