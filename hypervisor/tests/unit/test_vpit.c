/* SPDX-License-Identifier: BSD-2-Clause */
/* The 8254, port 0x61 and the ACPI timer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guest/x86/virq_clock.h"
#include "guest/x86/vpit.h"
#include "guest/x86/vpmtimer.h"

#define TSC_KHZ 2893201U
#define TSC_HZ  (TSC_KHZ * (u64)1000)

static struct vpit p;
static u64 tsc;
static u64 armed;
static u32 edges;
static bool irq_level;

static u64 now(void)
{
	return tsc;
}

static void on_irq(void *arg, bool level)
{
	assert_ptr_equal(arg, &edges);
	if (level && !irq_level)
		edges++;
	irq_level = level;
}

static void on_rearm(void *arg, u64 deadline)
{
	assert_ptr_equal(arg, &edges);
	armed = deadline;
}

static const struct vpit_ops ops = {
	.now = now,
	.irq = on_irq,
	.rearm = on_rearm,
};

static int setup(void **state)
{
	(void)state;
	tsc = 123456789;
	armed = VPIT_NO_DEADLINE;
	edges = 0;
	irq_level = false;
	vpit_init(&p, TSC_KHZ, &ops, &edges);
	return 0;
}

static void outb(u32 port, u32 val)
{
	u64 wide = val;

	assert_int_equal(vpit_pio_write(&p, port, 1, &wide), 0);
	assert_int_equal(armed, vpit_next_deadline(&p));
}

static u32 inb(u32 port)
{
	u64 val = 0;

	assert_int_equal(vpit_pio_read(&p, port, 1, &val), 0);
	assert_true(val <= 0xff);
	return (u32)val;
}

/* Set the time to PIT tick @t, counted from setup(). */
static void at_tick(u64 t)
{
	tsc = 123456789 + virq_scale_up(t, TSC_HZ, VPIT_HZ);
}

static u32 latched(u32 channel)
{
	u32 low;

	outb(0x43, channel << 6);
	low = inb(0x40 + channel);
	return low | inb(0x40 + channel) << 8;
}

/* Let the deadlines up to TSC @end fire, each on time. */
static void run_until(u64 end)
{
	while (armed <= end) {
		assert_true(armed > tsc || edges == 0);
		tsc = armed;
		vpit_expire(&p, tsc);
	}
	tsc = end;
}

/* Exactness of the conversion, against 128-bit arithmetic. */
static void scaling_is_exact(void **state)
{
	static const u32 khz[] = { 1000, 999999, 2893201, 16000000 };
	u64 v = 1, i, hz;
	unsigned __int128 wide;
	u32 k;

	(void)state;
	for (k = 0; k < ARRAY_SIZE(khz); k++) {
		hz = virq_tsc_hz(khz[k]);
		for (i = 0; i < 100000; i++) {
			v = v * 6364136223846793005ULL + 1442695040888963407ULL;
			wide = (unsigned __int128)(v >> 8) * VPIT_HZ / hz;
			assert_int_equal(virq_scale_down(v >> 8, VPIT_HZ, hz),
					 (u64)wide);
			wide = ((unsigned __int128)(v >> 24) * hz + VPIT_HZ -
				1) /
			       VPIT_HZ;
			assert_int_equal(virq_scale_up(v >> 24, hz, VPIT_HZ),
					 (u64)wide);
		}
	}
	assert_int_equal(virq_tsc_hz(0), 1000000);
	assert_int_equal(virq_tsc_hz(~0U), 16000000000ULL);
}

static void reset_state(void **state)
{
	u32 i;

	(void)state;
	assert_int_equal(vpit_next_deadline(&p), VPIT_NO_DEADLINE);
	for (i = 0; i < 3; i++)
		assert_int_equal(latched(i), 0);
	assert_int_equal(inb(0x61) & 0x2f, 0x20);
	assert_int_equal(inb(0x43), 0xff);
	tsc += TSC_HZ;
	vpit_expire(&p, tsc);
	assert_int_equal(edges, 0);
}

/* Linux's pit_set_periodic() at 1000 Hz, for an hour. */
static void periodic_does_not_drift(void **state)
{
	u64 start = tsc;
	u64 ticks;

	(void)state;
	outb(0x43, 0x34);
	outb(0x40, 1193 & 0xff);
	outb(0x40, 1193 >> 8);
	run_until(start + 3600 * TSC_HZ);
	ticks = 3600ULL * VPIT_HZ / 1193;
	assert_int_equal(edges, ticks);
	assert_int_equal(p.lost, 0);
}

static void late_ticks_are_dropped(void **state)
{
	(void)state;
	outb(0x43, 0x34);
	outb(0x40, 0x10);
	outb(0x40, 0x27); /* 10000 */
	at_tick(95001);
	vpit_expire(&p, tsc);
	assert_int_equal(edges, 1);
	assert_int_equal(p.lost, 8);
	/* The next one is on the old grid. */
	tsc = armed - 1;
	vpit_expire(&p, tsc);
	assert_int_equal(edges, 1);
	at_tick(100000);
	assert_int_equal(tsc, armed);
	vpit_expire(&p, tsc);
	assert_int_equal(edges, 2);
}

static void reset_stops_it(void **state)
{
	(void)state;
	outb(0x43, 0x34);
	outb(0x40, 0);
	outb(0x40, 0);
	outb(0x61, 3);
	assert_int_not_equal(armed, VPIT_NO_DEADLINE);
	vpit_reset(&p);
	assert_int_equal(armed, VPIT_NO_DEADLINE);
	assert_int_equal(inb(0x61) & 0x2f, 0x20);
	tsc += TSC_HZ;
	vpit_expire(&p, tsc);
	assert_int_equal(edges, 0);
}

/* A guest that asks for a megahertz of interrupts gets a tolerable rate. */
static void storms_are_tamed(void **state)
{
	u64 start = tsc;

	(void)state;
	outb(0x43, 0x14);
	outb(0x40, 1);
	run_until(start + TSC_HZ);
	assert_int_equal(edges, VPIT_HZ / 64);
	assert_int_equal(p.lost, 0);
}

static void one_shot(void **state)
{
	(void)state;
	irq_level = true;
	outb(0x43, 0x30); /* mode 0: output low from now on */
	assert_false(irq_level);
	outb(0x40, 0xe8);
	assert_int_equal(armed, VPIT_NO_DEADLINE);
	outb(0x40, 0x03); /* 1000 */
	at_tick(999);
	vpit_expire(&p, tsc);
	assert_int_equal(edges, 0);
	assert_int_equal(latched(0), 1);
	at_tick(1000);
	assert_int_equal(tsc, armed);
	vpit_expire(&p, tsc);
	assert_int_equal(edges, 1);
	assert_true(irq_level);
	assert_int_equal(armed, VPIT_NO_DEADLINE);
	/* It counts on below zero, silently. */
	at_tick(1010);
	vpit_expire(&p, tsc);
	assert_int_equal(latched(0), 0x10000 - 10);
	assert_int_equal(edges, 1);
	/* Linux's pit_next_event() only writes the count. */
	outb(0x40, 100);
	assert_false(irq_level);
	outb(0x40, 0);
	at_tick(1110);
	vpit_expire(&p, tsc);
	assert_int_equal(edges, 2);
}

/* Linux's pit_calibrate_tsc(): channel 2 in mode 0, polled at port 0x61. */
static void linux_calibrates(void **state)
{
	u32 latch = VPIT_HZ / (1000 / 10); /* 10 ms */
	u64 t1;

	(void)state;
	outb(0x61, (inb(0x61) & ~2U) | 1);
	outb(0x43, 0xb0);
	outb(0x42, latch & 0xff);
	outb(0x42, latch >> 8);
	t1 = tsc;
	while ((inb(0x61) & 0x20) == 0)
		tsc += 500;
	assert_in_range((tsc - t1) / 10, TSC_KHZ - TSC_KHZ / 1000,
			TSC_KHZ + TSC_KHZ / 1000);
	assert_int_equal(edges, 0);
}

/* Linux's quick_pit_calibrate(): the high byte steps every 256 ticks. */
static void linux_calibrates_quickly(void **state)
{
	u32 expect = 0xff, high;
	u64 start;

	(void)state;
	outb(0x61, (inb(0x61) & ~2U) | 1);
	outb(0x43, 0xb0);
	outb(0x42, 0xff);
	outb(0x42, 0xff);
	start = tsc;
	(void)inb(0x42);
	(void)inb(0x42);
	for (; expect > 0xf0; expect--) {
		do {
			tsc += 1000;
			(void)inb(0x42);
			high = inb(0x42);
		} while (high == expect);
		assert_int_equal(high, expect - 1);
	}
	assert_in_range((tsc - start) * VPIT_HZ / TSC_HZ, 15 * 256 - 2,
			15 * 256 + 2);
}

static void gate_stops_channel_2(void **state)
{
	(void)state;
	outb(0x61, 1);
	outb(0x43, 0xb0);
	outb(0x42, 0);
	outb(0x42, 0x10);
	at_tick(100);
	outb(0x61, 0);
	at_tick(5000);
	assert_int_equal(latched(2), 0x1000 - 100);
	assert_int_equal(inb(0x61) & 0x21, 0);
	outb(0x61, 3);
	assert_int_equal(inb(0x61) & 0x23, 0x03);
	at_tick(5010);
	assert_int_equal(latched(2), 0x1000 - 110);
	at_tick(5000 + 0x1000);
	assert_int_equal(inb(0x61) & 0x20, 0x20);
	/* Modes 2 and 3 start over with the gate, and rest at high. */
	outb(0x43, 0xb4);
	outb(0x42, 0);
	outb(0x42, 0x10);
	outb(0x61, 0);
	assert_int_equal(inb(0x61) & 0x20, 0x20);
	at_tick(20000);
	outb(0x61, 1);
	at_tick(20010);
	assert_int_equal(latched(2), 0x1000 - 10);
}

static void triggered_one_shot(void **state)
{
	(void)state;
	outb(0x43, 0xb2);
	outb(0x42, 100);
	outb(0x42, 0);
	at_tick(50);
	assert_int_equal(inb(0x61) & 0x20, 0x20);
	outb(0x61, 1);
	assert_int_equal(inb(0x61) & 0x20, 0);
	at_tick(120);
	outb(0x61, 0); /* closing the gate does not matter */
	assert_int_equal(inb(0x61) & 0x20, 0);
	at_tick(150);
	assert_int_equal(inb(0x61) & 0x20, 0x20);
	outb(0x61, 1); /* and a new edge starts it again */
	assert_int_equal(inb(0x61) & 0x20, 0);
	/* Channel 0's gate never moves: no trigger, no interrupt. */
	outb(0x43, 0x32);
	outb(0x40, 100);
	outb(0x40, 0);
	assert_int_equal(armed, VPIT_NO_DEADLINE);
}

static u32 status(u32 channel)
{
	outb(0x43, 0xe0 | 2U << channel);
	return inb(0x40 + channel);
}

/* The strobes are low for one tick; the null-count bit tells of loads. */
static void strobes(void **state)
{
	(void)state;
	outb(0x61, 1);
	outb(0x43, 0xb8); /* mode 4 */
	assert_int_equal(status(2), 0xf8);
	outb(0x42, 100);
	outb(0x42, 0);
	assert_int_equal(status(2), 0xb8);
	at_tick(60);
	outb(0x61, 0); /* holds the count, unlike in modes 1 and 5 */
	at_tick(200);
	outb(0x61, 1);
	at_tick(239);
	assert_int_equal(inb(0x61) & 0x21, 0x21);
	at_tick(240);
	assert_int_equal(inb(0x61) & 0x21, 0x01);
	at_tick(241);
	assert_int_equal(inb(0x61) & 0x21, 0x21);
	outb(0x61, 0);
	outb(0x43, 0xba); /* mode 5: the count waits for the gate */
	outb(0x42, 100);
	outb(0x42, 0);
	assert_int_equal(status(2), 0xfa);
	at_tick(1000);
	outb(0x61, 1);
	assert_int_equal(status(2), 0xba);
	outb(0x61, 0);
	at_tick(1100);
	assert_int_equal(inb(0x61), (1100 / 18 % 2) << 4);
	at_tick(1101);
	outb(0x61, 3);
	assert_int_equal(inb(0x61) & 0x23, 0x23);
	outb(0x61, 1);
	assert_int_equal(inb(0x61) & 0x23, 0x21);
}

static void square_wave(void **state)
{
	u32 t, high = 0;

	(void)state;
	outb(0x61, 1);
	outb(0x43, 0xb6);
	outb(0x42, 101);
	outb(0x42, 0);
	for (t = 0; t < 1010; t++) {
		at_tick(t);
		high += inb(0x61) >> 5 & 1;
	}
	assert_int_equal(high, 510); /* odd counts: one tick longer high */
	outb(0x43, 0xb6);
	outb(0x42, 100);
	outb(0x42, 0);
	for (t = 0; t < 25; t++) {
		at_tick(1009 + t);
		assert_int_equal(latched(2), 100 - 2 * t);
	}
}

static void rate_generator_output(void **state)
{
	u32 t, low = 0;

	(void)state;
	outb(0x61, 1);
	outb(0x43, 0x94);
	outb(0x42, 10);
	for (t = 0; t < 1000; t++) {
		at_tick(t);
		low += (inb(0x61) & 0x20) == 0 ? 1 : 0;
	}
	assert_int_equal(low, 100);
}

static void latches(void **state)
{
	(void)state;
	outb(0x43, 0x34);
	outb(0x40, 0x34);
	outb(0x40, 0x12);
	outb(0x43, 0x00);
	at_tick(0x30);
	outb(0x43, 0x00); /* ignored: the first is not read yet */
	assert_int_equal(inb(0x40), 0x34);
	at_tick(0x31);
	assert_int_equal(inb(0x40), 0x12);
	/* Unlatched reads are live, low byte first. */
	assert_int_equal(inb(0x40), 0x03);
	assert_int_equal(inb(0x40), 0x12);
	/* One-byte formats. */
	outb(0x43, 0x94);
	outb(0x42, 0x55);
	assert_int_equal(inb(0x42), 0x55);
	outb(0x43, 0xa4);
	outb(0x42, 0x55);
	assert_int_equal(inb(0x42), 0x55);
	outb(0x43, 0x80);
	assert_int_equal(inb(0x42), 0x55);
}

static void read_back(void **state)
{
	(void)state;
	outb(0x43, 0x34);
	outb(0x43, 0xe2); /* status of channel 0 */
	assert_int_equal(inb(0x40), 0x80 | 0x40 | 0x34);
	outb(0x40, 0x00);
	outb(0x40, 0x10);
	outb(0x43, 0xb9); /* channel 2: mode 4, BCD */
	at_tick(0x20);
	outb(0x43, 0xca); /* count and status of channels 0 and 2 */
	at_tick(0x40);
	assert_int_equal(inb(0x40), 0x80 | 0x34);
	assert_int_equal(inb(0x40), 0xe0);
	assert_int_equal(inb(0x40), 0x0f);
	assert_int_equal(inb(0x42), 0x80 | 0x40 | 0x39);
	outb(0x43, 0xd2); /* count only */
	assert_int_equal(inb(0x40), 0xc0);
	assert_int_equal(inb(0x40), 0x0f);
}

/* Modes 6 and 7 are other names of 2 and 3; a control word stops it all. */
static void control_word(void **state)
{
	u32 mode;

	(void)state;
	for (mode = 0; mode < 8; mode++) {
		outb(0x40, 0x10);
		outb(0x40, 0x10);
		outb(0x43, 0x30 | mode << 1);
		assert_int_equal(armed, VPIT_NO_DEADLINE);
		outb(0x43, 0xe2);
		assert_int_equal(inb(0x40) & 0x7f,
				 0x70 | (mode > 5 ? mode - 4 : mode) << 1);
	}
}

static void bcd(void **state)
{
	(void)state;
	outb(0x61, 1);
	outb(0x43, 0xb1);
	outb(0x42, 0x00);
	outb(0x42, 0x10); /* 1000 */
	at_tick(1);
	assert_int_equal(latched(2), 0x999);
	at_tick(1001);
	assert_int_equal(latched(2), 0x9999);
	/* 0 means 10000; no digit above 9 breaks anything. */
	outb(0x43, 0x35);
	outb(0x40, 0);
	outb(0x40, 0);
	assert_int_equal(armed,
			 123456789 + virq_scale_up(11001, TSC_HZ, VPIT_HZ));
	outb(0x43, 0x35);
	outb(0x40, 0xff);
	outb(0x40, 0xff); /* 16665, which is 6665 */
	assert_int_equal(latched(0), 0x6665);
}

static void refresh_toggles(void **state)
{
	u32 t, changes = 0, last, next;

	(void)state;
	last = inb(0x61) & 0x10;
	for (t = 0; t < 1800; t++) {
		at_tick(t);
		next = inb(0x61) & 0x10;
		changes += next != last ? 1 : 0;
		last = next;
	}
	assert_int_equal(changes, 99);
}

static void hostile_guest(void **state)
{
	static const u32 ports[] = {
		0x40, 0x41, 0x42, 0x43, 0x61, 0x44, 0x3f, 0
	};
	u64 seed = 1, val;
	u32 i, port;

	(void)state;
	for (i = 0; i < 1000000; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		port = ports[seed >> 40 & 7];
		val = seed >> 48;
		if ((seed >> 33 & 3) == 0)
			(void)vpit_pio_write(&p, port, 1U << (val & 3), &val);
		else if ((seed >> 33 & 3) == 1)
			(void)vpit_pio_read(&p, port, 1U << (val & 3), &val);
		else if ((seed >> 33 & 3) == 2)
			tsc += seed >> 60 == 0 ? val << 32 : val;
		else
			vpit_expire(&p, tsc);
		assert_int_equal(p.lock.next, p.lock.owner);
		assert_true(p.ch[0].reload <= 0x10000);
		/* After an expiry the next deadline is in the future. */
		if ((seed >> 33 & 3) == 3)
			assert_true(vpit_next_deadline(&p) > tsc);
	}
}

static void ranges(void **state)
{
	(void)state;
	assert_int_equal(vpit_ranges[0].base, 0x40);
	assert_int_equal(vpit_ranges[0].size, 4);
	assert_int_equal(vpit_ranges[1].base, 0x61);
	assert_int_equal(vpit_ranges[1].size, 1);
	assert_int_equal(vpmtimer_ranges[0].base, 0x408);
	assert_int_equal(vpmtimer_ranges[0].size, 4);
	assert_false(vpit_ranges[0].mmio || vpit_ranges[1].mmio ||
		     vpmtimer_ranges[0].mmio);
}

static u32 pm_read(struct vpmtimer *t, u32 port, u32 size)
{
	u64 val = 0;

	assert_int_equal(vpmtimer_pio_read(t, port, size, &val), 0);
	return (u32)val;
}

static void pm_timer(void **state)
{
	struct vpmtimer t;
	u64 val = 0, start;

	(void)state;
	vpmtimer_init(&t, TSC_KHZ, now);
	start = tsc;
	assert_int_equal(pm_read(&t, 0x408, 4), 0);
	tsc = start + TSC_HZ;
	assert_int_equal(pm_read(&t, 0x408, 4), 3579545);
	assert_int_equal(pm_read(&t, 0x408, 2), 3579545 & 0xffff);
	assert_int_equal(pm_read(&t, 0x40a, 1), 3579545 >> 16 & 0xff);
	assert_int_equal(vpmtimer_pio_write(&t, 0x408, 4, &val), 0);
	assert_int_equal(pm_read(&t, 0x408, 4), 3579545);
	/* 32 bits wrap after 20 minutes, at the very tick. */
	tsc = start + virq_scale_up(0xffffffff, TSC_HZ, VPMTIMER_HZ);
	assert_int_equal(pm_read(&t, 0x408, 4), 0xffffffff);
	tsc = start + virq_scale_up(0x100000000, TSC_HZ, VPMTIMER_HZ);
	assert_int_equal(pm_read(&t, 0x408, 4), 0);
	/* A TSC that is behind does not turn it back. */
	tsc -= 1000000;
	assert_int_equal(pm_read(&t, 0x408, 4), 0);
	tsc = 0;
	assert_int_equal(vpmtimer_count(&t), 0x100000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(scaling_is_exact, setup),
		cmocka_unit_test_setup(reset_state, setup),
		cmocka_unit_test_setup(periodic_does_not_drift, setup),
		cmocka_unit_test_setup(late_ticks_are_dropped, setup),
		cmocka_unit_test_setup(reset_stops_it, setup),
		cmocka_unit_test_setup(storms_are_tamed, setup),
		cmocka_unit_test_setup(one_shot, setup),
		cmocka_unit_test_setup(linux_calibrates, setup),
		cmocka_unit_test_setup(linux_calibrates_quickly, setup),
		cmocka_unit_test_setup(gate_stops_channel_2, setup),
		cmocka_unit_test_setup(triggered_one_shot, setup),
		cmocka_unit_test_setup(strobes, setup),
		cmocka_unit_test_setup(square_wave, setup),
		cmocka_unit_test_setup(rate_generator_output, setup),
		cmocka_unit_test_setup(latches, setup),
		cmocka_unit_test_setup(read_back, setup),
		cmocka_unit_test_setup(control_word, setup),
		cmocka_unit_test_setup(bcd, setup),
		cmocka_unit_test_setup(refresh_toggles, setup),
		cmocka_unit_test_setup(hostile_guest, setup),
		cmocka_unit_test_setup(pm_timer, setup),
		cmocka_unit_test(ranges),
	};

	return cmocka_run_group_tests_name("vpit", tests, NULL, NULL);
}
