/* SPDX-License-Identifier: BSD-2-Clause */
/* The demo inmates, each in a cell: what they say, and what they cost. */
#include "abi/cell_comm.h"
#include "kit/apic.h"
#include "kit/celldesc.h"
#include "kit/hc.h"
#include "kit/test.h"
#include "lib/printf.h"
#include "lib/string.h"

#define INMATE_DECLARE(name) \
	extern const u8 inmate_##name[], inmate_##name##_end[];
#define INMATES(X) X(hello32) X(hello64) X(smp) X(timer)
INMATES(INMATE_DECLARE)

/* As in inmates/lib/memmap.h. */
#define CMDLINE 0x1000
#define LOW     0x80000
#define HIGH    0xf0000
#define RESET   0xffff0
#define COMM    MIB(1)
#define RAM_AT  MIB(300)

#define START32     HOLM_CELL_F_START32
#define IMAGE(name) inmate_##name, inmate_##name##_end

#define DENIAL_NAME(id, text) text,

static struct holm_comm comm;
static u64 pool_at_start;

static const struct holm_comm *look(u32 id)
{
	check_eq(hc_query(HOLM_QUERY_CELL_COMM, id, &comm, sizeof(comm)),
		 sizeof(comm), "query");
	comm.console[HOLM_COMM_CONSOLE - 1] = 0;
	return &comm;
}

static bool said(u32 id, const char *text)
{
	return strstr((const char *)look(id)->console, text);
}

/* The last access that was refused. */
static const char *refused(u32 id, u64 *at)
{
	static const char *const names[] = { HOLM_CELL_DENIALS(DENIAL_NAME) };
	struct holm_cell c = cell_query(id);

	*at = c.last_denied;
	return c.denied[c.last_reason % ARRAY_SIZE(names)]
		       ? names[c.last_reason % ARRAY_SIZE(names)]
		       : "nothing";
}

static bool says(u32 id, const char *text)
{
	bool ok = WAIT_FOR(said(id, text));
	u64 at = 0;

	if (!ok)
		say("refused: %s at %llx; it says:\n%s", refused(id, &at),
		    (unsigned long long)at, (const char *)comm.console);
	return check(ok, "it does not say '%s'", text);
}

static void describe(u32 cpus, u32 flags)
{
	pool_at_start = hc_info().pool_used;
	desc_begin(flags, flags & START32 ? LOW : RESET);
	for (u32 i = 1; i <= cpus; i++)
		desc_add_cpu(hc_cpu(i).lapic_id);
	desc_add_mem(RAM_AT, 0, MIB(1),
		     HOLM_CELL_M_WRITE | HOLM_CELL_M_EXEC | HOLM_CELL_M_LOAD);
	desc_add_comm(COMM, 0);
}

/* What describe() has begun, loaded and running; 0 on failure. */
static u32 begin(const u8 *image, const u8 *end, const char *line)
{
	char words[64];
	bool any = apic_may_be(true) || strstr(line, "x2apic");
	u32 len = fmt_print(words, sizeof(words), "%s%s", line,
			    any ? "" : " xapic");
	u64 at = desc()->flags & START32 ? LOW : HIGH;
	s64 rc = desc_create();
	u32 id = (u32)rc;

	if (!check(rc > 0, "create: %ld", (long)rc))
		return 0;
	check_eq(cell_load(id, image, end, at), 0, "load");
	check_eq(cell_load(id, (u8 *)words, (u8 *)words + len + 1, CMDLINE), 0,
		 "load the command line");
	check_eq(cell_call(HC_HOLM_CELL_START, id), 0, "start");
	return id;
}

static void finish(u32 id)
{
	check_eq(cell_call(HC_HOLM_CELL_DESTROY, id), 0, "destroy");
	check_eq(hc_info().pool_used, pool_at_start, "pages in use");
}

static bool is_over(u32 id)
{
	return look(id)->state == HOLM_CELL_SHUT_DOWN;
}

static void hello(const u8 *image, const u8 *end, u32 flags, const char *text)
{
	u32 id;

	describe(1, flags);
	id = begin(image, end, "");
	for (u32 i = 0; id && i < 3; i++) {
		says(id, text);
		check(WAIT_FOR(is_over(id)), "it goes on");
		check_eq(cell_call(HC_HOLM_CELL_STOP, id), 0, "stop");
		check_eq(cell_call(HC_HOLM_CELL_START, id), 0, "start %u", i);
	}
	finish(id);
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

	describe(1, 0);
	id = begin(IMAGE(timer), "period=500 ticks=50");
	says(id, "timer: done");
	check_eq(look(id)->histogram.count >= 50, 1, "ticks in the histogram");
	finish(id);
}

static bool ticked(u32 id, u64 n)
{
	return look(id)->histogram.count >= n;
}

/*
 * At work it takes no exit, and to be looked at costs it none either. The
 * last: its CPU cannot leave x2APIC mode in Bochs.
 */
static void timer_needs_no_exit(void)
{
	u32 id;
	u64 exits, nmis;

	describe(1, 0);
	id = begin(IMAGE(timer), "period=200 x2apic");
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
	check(WAIT_FOR(is_over(id)), "it goes on");
	check_eq(look(id)->reply, HOLM_COMM_APPROVED, "its reply");
	finish(id);
}

static void two_cpus(void)
{
	u32 id;

	describe(2, 0);
	id = begin(IMAGE(smp), "rounds=100");
	says(id, "smp: 2 CPUs");
	says(id, "caught 50");
	says(id, "smp: done");
	finish(id);
}

/* clang-format off */
const struct test tests[] = {
	{ "hello32", hello32 },
	{ "hello64", hello64 },
	{ "timer_ends", timer_ends },
	{ "two_cpus", two_cpus },
	{ "timer_needs_no_exit", timer_needs_no_exit },
	{ NULL, NULL },
};
/* clang-format on */
