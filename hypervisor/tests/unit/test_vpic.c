/* SPDX-License-Identifier: BSD-2-Clause */
/* The two 8259As. */
#include "tests/unit/test_virq.h"

#include "guest/x86/vpic.h"

static struct vpic p;
static u32 rises;

static void on_intr(void *arg)
{
	assert_ptr_equal(arg, &rises);
	/* Called without the lock: looking from here must not hang. */
	assert_true(vpic_pending(&p) >= 0);
	rises++;
}

static void outb(u32 port, u32 val)
{
	m_outb(vpic_pio_write, &p, port, val);
}

static u32 inb(u32 port)
{
	return m_inb(vpic_pio_read, &p, port);
}

static void line(u32 pin, bool level)
{
	assert_int_equal(vpic_set_line(&p, pin, level), 0);
}

static void pulse(u32 pin)
{
	line(pin, true);
	line(pin, false);
}

/* Linux's init_8259A(): vectors 0x30 and 0x38, everything masked. */
static void linux_init(bool auto_eoi)
{
	outb(0x21, 0xff);
	outb(0x20, 0x11);
	outb(0x21, 0x30);
	outb(0x21, 0x04);
	outb(0x21, auto_eoi ? 3 : 1);
	outb(0xa0, 0x11);
	outb(0xa1, 0x38);
	outb(0xa1, 0x02);
	outb(0xa1, 0x01);
	outb(0x21, 0xff);
	outb(0xa1, 0xff);
}

static int setup(void **state)
{
	(void)state;
	rises = 0;
	vpic_init(&p, on_intr, &rises);
	return 0;
}

static int setup_open(void **state)
{
	(void)setup(state);
	linux_init(false);
	outb(0x21, 0);
	outb(0xa1, 0);
	return 0;
}

static void reset_state(void **state)
{
	(void)state;
	assert_int_equal(inb(0x21), 0xff);
	assert_int_equal(inb(0xa1), 0xff);
	assert_int_equal(inb(0x4d0) | inb(0x4d1), 0);
	line(1, true);
	assert_false(vpic_has_intr(&p));
	assert_int_equal(vpic_pending(&p), -1);
	assert_int_equal(vpic_set_line(&p, 16, true), -EINVAL);
	assert_int_equal(vpic_set_line(&p, 2, true), -EINVAL);
	assert_int_equal(vpic_set_line(&p, ~0U, true), -EINVAL);
}

/* Linux's probe_8259A(): is there a chip that keeps its mask? */
static void linux_probe(void **state)
{
	(void)state;
	outb(0xa1, 0xff);
	outb(0x21, 0xfb);
	assert_int_equal(inb(0x21), 0xfb);
	linux_init(false);
	assert_int_equal(inb(0x21), 0xff);
	pulse(0);
	assert_false(vpic_has_intr(&p));
	outb(0x21, 0xfe);
	assert_int_equal(vpic_ack(&p), 0x30);
	outb(0x20, 0x60); /* specific EOI */
	pulse(0);
	assert_int_equal(vpic_ack(&p), 0x30);
	outb(0x20, 0x20);
	assert_int_equal(vpic_pending(&p), -1);
	assert_int_equal(rises, 2);
}

static void half_initialised_is_quiet(void **state)
{
	(void)state;
	linux_init(false);
	outb(0x21, 0);
	outb(0x20, 0x11);
	pulse(1);
	assert_int_equal(vpic_pending(&p), -1);
	outb(0x21, 0x50);
	assert_int_equal(vpic_pending(&p), -1);
	outb(0x21, 0x04);
	assert_int_equal(vpic_pending(&p), -1);
	outb(0x21, 0x01);
	assert_int_equal(vpic_ack(&p), 0x51);
	/* Without ICW4, and alone, two words do. */
	outb(0x20, 0x12);
	outb(0x21, 0x60);
	pulse(1);
	assert_int_equal(vpic_ack(&p), 0x61);
}

static void cascade(void **state)
{
	(void)state;
	pulse(10);
	assert_int_equal(vpic_pending(&p), 0x3a);
	assert_int_equal(vpic_ack(&p), 0x3a);
	outb(0x20, 0x0b);
	outb(0xa0, 0x0b);
	assert_int_equal(inb(0x20), 0x04);
	assert_int_equal(inb(0xa0), 0x04);
	/* A higher one on the slave waits for the master's EOI. */
	pulse(9);
	assert_int_equal(vpic_pending(&p), -1);
	/* One before the cascade does not. */
	pulse(1);
	assert_int_equal(vpic_ack(&p), 0x31);
	outb(0x20, 0x20);
	outb(0xa0, 0x20);
	outb(0x20, 0x20);
	assert_int_equal(vpic_ack(&p), 0x39);
	outb(0xa0, 0x20);
	outb(0x20, 0x20);
	assert_int_equal(vpic_pending(&p), -1);
}

static void slave_registers(void **state)
{
	(void)state;
	outb(0xa1, 0x5a);
	assert_int_equal(inb(0xa1), 0x5a);
	assert_int_equal(inb(0x21), 0);
	/* Input 0 of the slave, the clock: no input but one like others. */
	pulse(8);
	assert_int_equal(vpic_ack(&p), 0x38);
	outb(0xa0, 0x0b);
	outb(0x20, 0x0b);
	assert_int_equal(inb(0xa0), 0x01);
	assert_int_equal(inb(0x20), 0x04);
}

static void special_fully_nested(void **state)
{
	(void)state;
	outb(0x20, 0x11);
	outb(0x21, 0x30);
	outb(0x21, 0x04);
	outb(0x21, 0x11);
	pulse(10);
	assert_int_equal(vpic_ack(&p), 0x3a);
	pulse(9);
	assert_int_equal(vpic_ack(&p), 0x39);
	pulse(11);
	assert_int_equal(vpic_pending(&p), -1);
}

static void spurious(void **state)
{
	(void)state;
	/* A level that is gone before the CPU asks. */
	outb(0x4d0, 0x20);
	line(5, true);
	assert_true(vpic_has_intr(&p));
	line(5, false);
	assert_false(vpic_has_intr(&p));
	assert_int_equal(vpic_pending(&p), -1);
	assert_int_equal(vpic_ack(&p), 0x37);
	outb(0x20, 0x0b);
	assert_int_equal(inb(0x20), 0);
	/* On the slave: the master believes it, the slave says 7. */
	assert_int_equal(vpic_ack(&p), 0x37);
}

static void level_triggered(void **state)
{
	(void)state;
	outb(0x4d0, 0xff);
	outb(0x4d1, 0xff);
	assert_int_equal(inb(0x4d0), 0xf8);
	assert_int_equal(inb(0x4d1), 0xde);
	line(11, true);
	assert_int_equal(vpic_ack(&p), 0x3b);
	outb(0xa0, 0x20);
	outb(0x20, 0x20);
	assert_int_equal(vpic_ack(&p), 0x3b);
	line(11, false);
	outb(0xa0, 0x20);
	outb(0x20, 0x20);
	assert_int_equal(vpic_pending(&p), -1);
}

static void auto_eoi_rotates(void **state)
{
	u32 i;

	(void)state;
	linux_init(true);
	outb(0x21, 0);
	pulse(3);
	assert_int_equal(vpic_ack(&p), 0x33);
	outb(0x20, 0x0b);
	assert_int_equal(inb(0x20), 0);
	outb(0x20, 0x80); /* rotate in automatic EOI mode */
	for (i = 0; i < 4; i++) {
		pulse(3);
		pulse(4);
		assert_int_equal(vpic_ack(&p), i % 2 == 0 ? 0x33 : 0x34);
		assert_int_equal(vpic_ack(&p), i % 2 == 0 ? 0x34 : 0x33);
		pulse(i % 2 == 0 ? 3 : 4);
		vpic_ack(&p);
	}
}

/* ICW1 without ICW4 takes back what an earlier ICW4 had set. */
static void initialise_again(void **state)
{
	(void)state;
	linux_init(true);
	outb(0x20, 0x10);
	outb(0x21, 0x30);
	outb(0x21, 0x04);
	pulse(3);
	assert_int_equal(vpic_ack(&p), 0x33);
	outb(0x20, 0x0b);
	assert_int_equal(inb(0x20), 0x08);
	outb(0x20, 0x10);
	outb(0x21, 0x30);
	outb(0x21, 0x04);
	assert_int_equal(inb(0x20), 0);
}

static void rotations(void **state)
{
	(void)state;
	outb(0x20, 0xc3); /* 3 becomes the lowest, so 4 is the highest */
	pulse(3);
	pulse(4);
	pulse(1);
	assert_int_equal(vpic_ack(&p), 0x34);
	outb(0x20, 0xa0); /* EOI; 4 becomes the lowest */
	pulse(4);
	assert_int_equal(vpic_ack(&p), 0x31);
	outb(0x20, 0xe1); /* specific; 1 becomes the lowest */
	assert_int_equal(vpic_ack(&p), 0x33);
	outb(0x20, 0x63);
	assert_int_equal(vpic_ack(&p), 0x34);
	outb(0x20, 0x40); /* no operation */
	outb(0x20, 0x0b);
	assert_int_equal(inb(0x20), 0x10);
}

static void special_mask(void **state)
{
	(void)state;
	pulse(1);
	assert_int_equal(vpic_ack(&p), 0x31);
	pulse(5);
	assert_int_equal(vpic_pending(&p), -1);
	outb(0x21, 0x02);
	assert_int_equal(vpic_pending(&p), -1);
	outb(0x20, 0x68);
	assert_int_equal(vpic_ack(&p), 0x35);
	/* A non-specific EOI leaves the masked one in service. */
	outb(0x20, 0x20);
	outb(0x20, 0x0b);
	assert_int_equal(inb(0x20), 0x02);
	outb(0x20, 0x48);
	pulse(5);
	assert_int_equal(vpic_pending(&p), -1);
}

static void poll_mode(void **state)
{
	(void)state;
	outb(0x20, 0x0c);
	assert_int_equal(inb(0x20), 0);
	pulse(6);
	outb(0x20, 0x0c);
	assert_int_equal(inb(0x20), 0x86);
	outb(0x20, 0x0b);
	assert_int_equal(inb(0x20), 0x40);
	assert_int_equal(vpic_pending(&p), -1);
	outb(0x20, 0x20);
	assert_int_equal(vpic_pending(&p), -1);
}

static void irr_register(void **state)
{
	(void)state;
	outb(0x21, 0xff);
	pulse(7);
	line(4, true);
	outb(0x20, 0x0a);
	assert_int_equal(inb(0x20), 0x90);
	outb(0x21, 0x7f);
	assert_int_equal(vpic_ack(&p), 0x37);
	assert_int_equal(inb(0x20), 0x10);
}

static void wide_accesses(void **state)
{
	u64 val = 0x0820;

	(void)state;
	assert_int_equal(vpic_pio_write(&p, 0x4d0, 2, &val), 0);
	assert_int_equal(vpic_pio_read(&p, 0x4d0, 2, &val), 0);
	assert_int_equal(val, 0x0820);
	assert_int_equal(vpic_pio_read(&p, 0xa1, 4, &val), 0);
	assert_int_equal(val, 0xffffff00);
}

/* One 8259A by the book, with arrays in place of bit tricks. */
struct model {
	bool line[8], latch[8], isr[8], masked[8], level[8];
	int lowest;
	bool special, auto_eoi, rotate;
};

static int ranked(const struct model *r, int i)
{
	return (r->lowest + 1 + i) % 8;
}

static int model_pending(const struct model *r)
{
	int i, n;

	for (i = 0; i < 8; i++) {
		n = ranked(r, i);
		if (r->isr[n] && !(r->special && r->masked[n]))
			return -1;
		if ((r->level[n] ? r->line[n] : r->latch[n]) && !r->masked[n])
			return n;
	}
	return -1;
}

static void model_ack(struct model *r, int n)
{
	r->latch[n] = false;
	if (!r->auto_eoi)
		r->isr[n] = true;
	else if (r->rotate)
		r->lowest = n;
}

static void model_eoi(struct model *r, bool rotate)
{
	int i, n;

	for (i = 0; i < 8; i++) {
		n = ranked(r, i);
		if (!r->isr[n] || (r->special && r->masked[n]))
			continue;
		r->isr[n] = false;
		if (rotate)
			r->lowest = n;
		return;
	}
}

static void model_ocw2(struct model *r, u32 val)
{
	int n = (int)(val & 7);

	outb(0x20, val);
	if (val >> 5 == 1 || val >> 5 == 5)
		model_eoi(r, val >> 5 == 5);
	if (val >> 5 == 3 || val >> 5 == 7)
		r->isr[n] = false;
	if (val >> 5 == 6 || val >> 5 == 7)
		r->lowest = n;
	if (val >> 5 == 0 || val >> 5 == 4)
		r->rotate = val >> 5 == 4;
}

static void model_line(struct model *r, int n, bool level)
{
	if (n == 2)
		return;
	line((u32)n, level);
	if (level && !r->line[n])
		r->latch[n] = true;
	r->line[n] = level;
}

static void set_bits(bool *to, u32 val)
{
	u32 i;

	for (i = 0; i < 8; i++)
		to[i] = (val >> i & 1) != 0;
}

static void model_step(struct model *r, u64 dice)
{
	u32 val = (u32)(dice >> 16) & 0xff;
	int n;

	switch (dice % 8) {
	case 0:
	case 1:
	case 2:
		model_line(r, (int)(val & 7), (val & 8) != 0);
		break;
	case 3:
		val &= (u32)(dice >> 24);
		outb(0x21, val);
		set_bits(r->masked, val);
		break;
	case 4:
		model_ocw2(r, val & 0xe7);
		break;
	case 5:
		n = model_pending(r);
		assert_int_equal(vpic_ack(&p), n < 0 ? 0x37 : 0x30 + n);
		if (n >= 0)
			model_ack(r, n);
		break;
	case 6:
		if (dice >> 60 != 0)
			break;
		outb(0x4d0, val);
		set_bits(r->level, val & 0xf8);
		break;
	default:
		if (dice >> 61 != 0)
			break;
		outb(0x20, (val & 0x20) | 0x48);
		r->special = (val & 0x20) != 0;
		break;
	}
}

static void compare(const struct model *r)
{
	u32 irr = 0, isr = 0, i;
	int n = model_pending(r);

	for (i = 0; i < 8; i++) {
		irr |= (r->level[i] ? r->line[i] : r->latch[i]) ? BIT32(i) : 0;
		isr |= r->isr[i] ? BIT32(i) : 0;
	}
	outb(0x20, 0x0a);
	assert_int_equal(inb(0x20), irr);
	outb(0x20, 0x0b);
	assert_int_equal(inb(0x20), isr);
	assert_int_equal(vpic_pending(&p), n < 0 ? -1 : 0x30 + n);
	assert_int_equal(vpic_has_intr(&p), n >= 0);
}

static void master_matches_model(void **state)
{
	struct model r;
	u64 seed = 99;
	u32 round, i;

	(void)state;
	for (round = 0; round < 64; round++) {
		vpic_init(&p, on_intr, &rises);
		linux_init(round % 2 != 0);
		outb(0x21, 0);
		memset(&r, 0, sizeof(r));
		r.lowest = 7;
		r.auto_eoi = round % 2 != 0;
		for (i = 0; i < 4000; i++) {
			model_step(&r, m_random(&seed));
			compare(&r);
		}
	}
}

static void hostile_guest(void **state)
{
	static const u32 ports[] = { 0x20,  0x21,  0xa0, 0xa1,
				     0x4d0, 0x4d1, 0x22, 0x1f };
	u64 seed = 5;
	u64 dice, val;
	int pending;
	u32 i;

	(void)state;
	for (i = 0; i < 1000000; i++) {
		dice = m_random(&seed);
		val = m_random(&seed);
		switch (dice % 4) {
		case 0:
			(void)vpic_pio_write(&p, ports[dice >> 8 & 7],
					     BIT32(dice >> 60 & 3), &val);
			break;
		case 1:
			(void)vpic_pio_read(&p, ports[dice >> 8 & 7],
					    BIT32(dice >> 60 & 3), &val);
			break;
		case 2:
			(void)vpic_set_line(&p, (u32)(dice >> 8) & 31,
					    (dice & 64) != 0);
			break;
		default:
			pending = vpic_pending(&p);
			assert_int_equal(pending >= 0, vpic_has_intr(&p));
			if (pending >= 0)
				assert_int_equal(vpic_ack(&p), pending);
			break;
		}
		assert_int_equal(p.lock.next, p.lock.owner);
		assert_true(p.chip[0].lowest < 8 && p.chip[1].lowest < 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reset_state, setup),
		cmocka_unit_test_setup(linux_probe, setup),
		cmocka_unit_test_setup(half_initialised_is_quiet, setup),
		cmocka_unit_test_setup(cascade, setup_open),
		cmocka_unit_test_setup(slave_registers, setup_open),
		cmocka_unit_test_setup(special_fully_nested, setup_open),
		cmocka_unit_test_setup(spurious, setup_open),
		cmocka_unit_test_setup(level_triggered, setup_open),
		cmocka_unit_test_setup(auto_eoi_rotates, setup_open),
		cmocka_unit_test_setup(initialise_again, setup_open),
		cmocka_unit_test_setup(rotations, setup_open),
		cmocka_unit_test_setup(special_mask, setup_open),
		cmocka_unit_test_setup(poll_mode, setup_open),
		cmocka_unit_test_setup(irr_register, setup_open),
		cmocka_unit_test_setup(wide_accesses, setup_open),
		cmocka_unit_test_setup(master_matches_model, setup),
		cmocka_unit_test_setup(hostile_guest, setup),
	};

	return cmocka_run_group_tests_name("vpic", tests, NULL, NULL);
}
