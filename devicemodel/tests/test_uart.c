/* SPDX-License-Identifier: BSD-2-Clause */
/* The serial port's registers, interrupts and back-pressure. */
#include "platform/uart.h"
#include "core/types.h"
#include "tests/test.h"

#include <stdlib.h>

enum { DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR };
#define FCR IIR

static struct uart u;
static u8 sent[4096];
static size_t nsent, budget;
static int line, edges, resumes;

static bool put(void *arg, u8 byte)
{
	(void)arg;
	if (!budget)
		return false;
	budget--;
	sent[nsent++ % sizeof(sent)] = byte;
	return true;
}

static void resume(void *arg)
{
	(void)arg;
	resumes++;
}

static void irq(void *arg, bool level)
{
	(void)arg;
	assert_int_not_equal(level, line); /* told of changes only */
	line = level;
	edges += level;
}

static int setup(void **state)
{
	const struct uart_ops ops = { put, resume, irq, NULL };

	(void)state;
	nsent = 0;
	budget = SIZE_MAX;
	line = edges = resumes = 0;
	uart_init(&u, &ops);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	uart_destroy(&u);
	return 0;
}

static u8 rd(u64 reg)
{
	return (u8)uart_read(&u, reg, 1);
}

static void wr(u64 reg, u8 val)
{
	uart_write(&u, reg, 1, val);
}

static void receive(const char *s)
{
	uart_receive(&u, (const u8 *)s, strlen(s));
}

static void test_power_on(void **state)
{
	(void)state;
	assert_int_equal(rd(LSR), 0x60);
	assert_int_equal(rd(IIR), 0x01);
	assert_int_equal(rd(IER), 0);
	assert_int_equal(rd(MSR), 0xb0);
	assert_int_equal(line, 0);
	assert_int_equal(uart_read(&u, DATA, 2), 0xffff);
}

static void test_scratch_and_divisor(void **state)
{
	(void)state;
	wr(SCR, 0xa5);
	assert_int_equal(rd(SCR), 0xa5);
	wr(LCR, 0x80);
	wr(DATA, 0x34);
	wr(IER, 0x12);
	assert_int_equal(rd(DATA), 0x34);
	assert_int_equal(rd(IER), 0x12);
	wr(LCR, 0x03);
	assert_int_equal(rd(IER), 0);
	assert_int_equal(nsent, 0);
	assert_int_equal(rd(LCR), 0x03);
}

/* What Linux does to tell a 16550A from its relatives. */
static void test_identification(void **state)
{
	(void)state;
	wr(IER, 0xff);
	assert_int_equal(rd(IER), 0x0f);
	wr(IER, 0);
	wr(FCR, 0x01);
	assert_int_equal(rd(IIR) >> 6, 3);
	wr(FCR, 0);
	assert_int_equal(rd(IIR) >> 6, 0);
	wr(MCR, 0x10 | 0x0a);
	assert_int_equal(rd(MSR) & 0xf0, 0x90);
}

static void test_transmit_interrupt(void **state)
{
	(void)state;
	wr(MCR, 0x08);
	wr(IER, 0x02);
	assert_int_equal(line, 1); /* empty when enabled */
	assert_int_equal(rd(IIR), 0x02);
	assert_int_equal(line, 0); /* reading it clears it */
	assert_int_equal(rd(IIR), 0x01);
	wr(DATA, 'x');
	assert_int_equal(line, 1);
	assert_int_equal(nsent, 1);
	wr(IER, 0);
	assert_int_equal(line, 0);
	wr(IER, 0x02);
	assert_int_equal(line, 1);
}

static void test_out2_gates(void **state)
{
	(void)state;
	wr(IER, 0x02);
	assert_int_equal(line, 0);
	wr(MCR, 0x08);
	assert_int_equal(line, 1);
	wr(MCR, 0x18);
	assert_int_equal(line, 0);
}

static void test_receive_fifo(void **state)
{
	int i;

	(void)state;
	wr(MCR, 0x08);
	wr(FCR, 0x01 | 0x80); /* trigger at 8 */
	wr(IER, 0x01);
	receive("1234567");
	assert_int_equal(rd(IIR), 0xcc); /* timeout: below trigger */
	receive("8");
	assert_int_equal(rd(IIR), 0xc4);
	assert_int_equal(uart_room(&u), 8);
	assert_int_equal(line, 1);
	for (i = 0; i < 8; i++) {
		assert_int_equal(rd(LSR), 0x61);
		assert_int_equal(rd(DATA), '1' + i);
	}
	assert_int_equal(line, 0);
	assert_int_equal(rd(LSR), 0x60);
	assert_int_equal(rd(DATA), 0);
}

static void test_receive_without_fifo(void **state)
{
	(void)state;
	assert_int_equal(uart_room(&u), 1);
	receive("a");
	assert_int_equal(uart_room(&u), 0);
	receive("b"); /* nobody asked for room: overrun */
	assert_int_equal(rd(LSR), 0x63);
	assert_int_equal(rd(LSR), 0x61);
	assert_int_equal(resumes, 0);
	assert_int_equal(rd(DATA), 'a');
	assert_int_equal(resumes, 1);
}

static void test_priorities(void **state)
{
	(void)state;
	wr(IER, 0x0f);
	receive("a");
	receive("b");
	wr(MCR, 0x10); /* CTS, DSR, DCD drop: deltas */
	assert_int_equal(rd(IIR), 0x06);
	rd(LSR);
	assert_int_equal(rd(IIR), 0x04);
	rd(DATA);
	assert_int_equal(rd(IIR), 0x02);
	assert_int_equal(rd(IIR), 0x00);
	assert_int_equal(rd(MSR), 0x0b);
	assert_int_equal(rd(IIR), 0x01);
}

static void test_loopback(void **state)
{
	(void)state;
	wr(FCR, 0x01);
	wr(MCR, 0x10);
	wr(DATA, 'L');
	assert_int_equal(nsent, 0);
	assert_int_equal(rd(LSR), 0x61);
	assert_int_equal(rd(DATA), 'L');
	assert_int_equal(uart_room(&u), 0); /* pin not connected */
	rd(MSR);
	wr(MCR, 0x10 | 0x04);
	assert_int_equal(rd(MSR), 0x40); /* RI rose: no delta */
	wr(MCR, 0x10);
	assert_int_equal(rd(MSR), 0x04); /* and fell: TERI */
	wr(MCR, 0);
	assert_int_equal(uart_room(&u), 16);
	assert_true(resumes > 0);
}

static void test_clear_fifo(void **state)
{
	(void)state;
	wr(FCR, 0x01);
	receive("abc");
	wr(FCR, 0x03);
	assert_int_equal(rd(LSR), 0x60);
	receive("abc");
	wr(FCR, 0x00); /* switching it off clears it, too */
	assert_int_equal(rd(LSR), 0x60);
}

static void test_transmit_back_pressure(void **state)
{
	int i;

	(void)state;
	wr(FCR, 0x01);
	wr(MCR, 0x08);
	wr(IER, 0x02);
	rd(IIR);
	budget = 0;
	for (i = 0; i < 16; i++)
		wr(DATA, (u8)('a' + i));
	assert_int_equal(rd(LSR), 0x00);
	assert_int_equal(line, 0);
	budget = 3;
	uart_drained(&u);
	assert_int_equal(nsent, 3);
	assert_int_equal(rd(LSR), 0x00);
	budget = 100;
	uart_drained(&u);
	assert_int_equal(nsent, 16);
	assert_memory_equal(sent, "abcdefghijklmnop", 16);
	assert_int_equal(rd(LSR), 0x60);
	assert_int_equal(line, 1);
}

static void test_reset(void **state)
{
	(void)state;
	wr(MCR, 0x08);
	wr(IER, 0x0f);
	receive("a");
	assert_int_equal(line, 1);
	uart_reset(&u);
	assert_int_equal(line, 0);
	assert_int_equal(rd(LSR), 0x60);
	assert_int_equal(rd(MCR), 0);
}

/* Whatever is written: the line tells what IIR says, counts stay sane. */
static void test_random_accesses(void **state)
{
	u32 i;

	(void)state;
	srandom(1);
	for (i = 0; i < 300000; i++) {
		long r = random();

		budget = (size_t)(r >> 8 & 3);
		if (r & 1)
			wr((u64)(r >> 1 & 7), (u8)(r >> 16));
		else
			rd((u64)(r >> 1 & 7));
		if ((r >> 24 & 15) == 0)
			uart_receive(&u, (const u8 *)"xy",
				     uart_room(&u) ? 1 : 0);
		if ((r >> 24 & 15) == 1)
			uart_drained(&u);
		assert_true(u.rx.count <= UART_FIFO);
		assert_true(u.tx.count <= UART_FIFO);
	}
	uart_reset(&u);
	assert_int_equal(line, 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_power_on),
		T(test_scratch_and_divisor),
		T(test_identification),
		T(test_transmit_interrupt),
		T(test_out2_gates),
		T(test_receive_fifo),
		T(test_receive_without_fifo),
		T(test_priorities),
		T(test_loopback),
		T(test_clear_fifo),
		T(test_transmit_back_pressure),
		T(test_reset),
		T(test_random_accesses),
	};

	return cmocka_run_group_tests_name("dm uart", tests, NULL, NULL);
}
