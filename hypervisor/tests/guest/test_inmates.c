/* SPDX-License-Identifier: BSD-2-Clause */
/* The demo inmates, each in a cell: what they say, and what they cost. */
#include "kit/apic.h"
#include "kit/celldesc.h"
#include "kit/hc.h"
#include "kit/inmate.h"
#include "kit/test.h"

#define START32         HOLM_CELL_F_START32
#define CPUID1_DEADLINE BIT32(24)

static void hello(const u8 *image, const u8 *end, u32 flags, const char *text)
{
	u32 id;

	inmate_describe(1, flags);
	id = inmate_begin(image, end, "");
	for (u32 i = 0; id && i < 3; i++) {
		inmate_says(id, text);
		check(WAIT_FOR(inmate_is_over(id)), "it goes on");
		check_eq(cell_call(HC_HOLM_CELL_STOP, id), 0, "stop");
		check_eq(cell_call(HC_HOLM_CELL_START, id), 0, "start %u", i);
	}
	inmate_finish(id);
}

static void hello32(void)
{
	cell_take_cpu(1);
	cell_take_cpu(2);
	hello(IMAGE(hello32), START32, "hello: 32 bits");
}

static void hello64(void)
{
	hello(IMAGE(hello64), 0, "hello: 64 bits");
}

static void timer_ends(void)
{
	u32 id;

	inmate_describe(1, 0);
	id = inmate_begin(IMAGE(timer), "period=500 ticks=50");
	inmate_says(id, "timer: done");
	check_eq(inmate_look(id)->histogram.count >= 50, 1,
		 "ticks in the histogram");
	inmate_finish(id);
}

static bool ticked(u32 id, u64 n)
{
	return inmate_look(id)->histogram.count >= n;
}

/*
 * At work it takes no exit, and to be looked at costs it none either. The
 * last: its CPU cannot leave x2APIC mode in Bochs.
 */
static void timer_needs_no_exit(void)
{
	u32 id;
	u64 exits, nmis;

	/* In xAPIC mode each EOI exits. */
	if (!apic_has_x2apic())
		return;
	inmate_describe(1, 0);
	id = inmate_begin(IMAGE(timer), "period=200 x2apic");
	inmate_says(id, x86_cpuid(1, 0).ecx & CPUID1_DEADLINE
				? "timer: x2APIC, TSC deadline"
				: "timer: x2APIC, one shot");
	check(WAIT_FOR(ticked(id, 20)), "no ticks");
	exits = hc_cpu(1).exits;
	nmis = hc_cpu(1).nmis_own;
	check(WAIT_FOR(ticked(id, 500)), "too few ticks");
	cell_query(id);
	hc_vm(id);
	check_eq(hc_cpu(1).exits, exits, "exits");
	check_eq(hc_cpu(1).nmis_own, nmis, "kicks");
	check_eq(cell_call(HC_HOLM_CELL_ASK, id), -EINVAL, "ask nothing");
	check_eq(hypercall(HC_HOLM_CELL_ASK, id, HOLM_COMM_SHUTDOWN), 0, "ask");
	check(WAIT_FOR(inmate_is_over(id)), "it goes on");
	check_eq(inmate_look(id)->reply, HOLM_COMM_APPROVED, "its reply");
	inmate_finish(id);
}

/* The ACPI timer of QEMU's board, or of Bochs'. */
static u32 pm_timer(void)
{
	return cpu_is_intel() ? 0xb008 : 0x608;
}

static u64 exits_of_both(void)
{
	return hc_cpu(1).exits + hc_cpu(2).exits;
}

/* They hear of each other by memory alone. */
static void two_cpus_need_no_exit(void)
{
	u64 exits;
	u32 id;

	inmate_describe(2, 0);
	id = inmate_begin(IMAGE(smp), "rounds=200 memory");
	inmate_says(id, "smp: 2 CPUs");
	exits = exits_of_both();
	inmate_says(id, "caught 100");
	inmate_says(id, "smp: done");
	check_eq(exits_of_both(), exits, "exits");
	inmate_finish(id);
}

/* Ports that are the cell's cost no exit: nothing else happens there. */
static void three_clocks(void)
{
	u64 exits;
	u32 id;

	inmate_describe(1, 0);
	desc_add_port(0x42, 2, HOLM_CELL_P_SHARED);
	desc_add_port(0x61, 1, HOLM_CELL_P_SHARED);
	desc_add_port(pm_timer(), 4, HOLM_CELL_P_SHARED);
	id = inmate_begin(IMAGE(clock), "times=2 ms=5");
	inmate_says(id, "clock: Holm says");
	exits = hc_cpu(1).exits;
	inmate_says(id, "clock: by the PIT");
	inmate_says(id, "clock: by the ACPI timer");
	inmate_says(id, "clock: done");
	check_eq(hc_cpu(1).exits, exits, "exits");
	inmate_finish(id);
}

static s64 ask(u32 id)
{
	s64 rc = hypercall(HC_HOLM_CELL_ASK, id, HOLM_COMM_SHUTDOWN);

	check(WAIT_FOR(inmate_look(id)->message == HOLM_COMM_NONE),
	      "no answer");
	return rc;
}

static void may_be_asked(void)
{
	u32 id;

	inmate_describe(1, 0);
	id = inmate_begin(IMAGE(shutdown), "deny=1");
	inmate_says(id, "shutdown: waiting");
	check_eq(ask(id), 0, "ask");
	check_eq(inmate_comm.reply, HOLM_COMM_DENIED, "the first");
	check_eq(ask(id), 0, "ask again");
	check_eq(inmate_comm.reply, HOLM_COMM_APPROVED, "the second");
	inmate_says(id, "shutdown: done");
	check(WAIT_FOR(inmate_is_over(id)), "it goes on");
	inmate_finish(id);
}

static void wild_is_refused(void)
{
	struct holm_cell c;
	u32 id;

	inmate_describe(1, 0);
	id = inmate_begin(IMAGE(wild), "");
	inmate_says(id, "wild: still here");
	c = cell_query(id);
	check_eq(c.state, HOLM_CELL_RUNNING, "state");
	check_eq(c.denied[HOLM_CELL_DENY_PORT], 2, "ports");
	check_eq(c.denied[HOLM_CELL_DENY_MEMORY], 2, "memory");
	check_eq(c.denied[HOLM_CELL_DENY_MSR], 2, "MSRs");
	check_eq(c.denied[HOLM_CELL_DENY_IPI], 2, "interrupts");
	inmate_finish(id);
}

static void wild_with(const char *word, const char *text)
{
	u32 id;

	inmate_describe(1, 0);
	id = inmate_begin(IMAGE(wild), word);
	for (u32 i = 0; id && i < 2; i++) {
		if (text)
			inmate_says(id, text);
		else
			check(WAIT_FOR(inmate_look(id)->magic !=
				       HOLM_COMM_MAGIC),
			      "it does not lie");
		check_eq(cell_call(HC_HOLM_CELL_STOP, id), 0, "stop");
		check_eq(cell_call(HC_HOLM_CELL_START, id), 0, "start");
	}
	inmate_finish(id);
}

static void wild_is_stopped(void)
{
	wild_with("jam", "wild: jammed");
	wild_with("triple", "wild: falls");
	wild_with("flood", "wild: line");
	wild_with("lie", NULL);
}

/* Whichever CPU has the ball last. */
static void two_cpus(void)
{
	static const struct {
		const char *rounds, *caught;
	} game[] = {
		{ "rounds=100", "caught 50" },
		{ "rounds=101", "caught 51" },
	};
	u32 id;

	for (u32 i = 0; i < ARRAY_SIZE(game); i++) {
		inmate_describe(2, 0);
		id = inmate_begin(IMAGE(smp), game[i].rounds);
		inmate_says(id, "smp: 2 CPUs");
		inmate_says(id, game[i].caught);
		inmate_says(id, "smp: done");
		inmate_finish(id);
	}
}

/* clang-format off */
const struct test tests[] = {
	{ "hello32", hello32 },
	{ "hello64", hello64 },
	{ "timer_ends", timer_ends },
	{ "two_cpus", two_cpus },
	{ "two_cpus_need_no_exit", two_cpus_need_no_exit },
	{ "three_clocks", three_clocks },
	{ "may_be_asked", may_be_asked },
	{ "wild_is_refused", wild_is_refused },
	{ "wild_is_stopped", wild_is_stopped },
	{ "timer_needs_no_exit", timer_needs_no_exit },
	{ NULL, NULL },
};
/* clang-format on */
