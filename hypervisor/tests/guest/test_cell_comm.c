/* SPDX-License-Identifier: BSD-2-Clause */
/* What a cell is told and asked, and what it says of itself. */
#include "abi/cell_comm.h"
#include "kit/celldesc.h"
#include "kit/cells.h"
#include "kit/hc.h"
#include "kit/test.h"
#include "kit/trap.h"
#include "lib/string.h"

#define RAM_SIZE  0x80000U
#define RAM_AT(n) (MIB(300) + (n) * (u64)RAM_SIZE)
#define SHARED_AT MIB(310)
#define COMM_END  (CELL_COMM + HOLM_COMM_SIZE)

static volatile u32 *shared(u32 off)
{
	return (volatile u32 *)(SHARED_AT + off);
}

/* Cell "tiny0" has CPU 1 and the shared page, "tiny1" CPU 2. */
static void desc_usual(u32 n, u32 comm_flags)
{
	desc_begin(HOLM_CELL_F_START32, CELL_AT);
	desc()->name[4] = (char)('0' + n);
	desc_add_cpu(hc_cpu(n + 1).lapic_id);
	desc_add_mem(RAM_AT(n), 0, RAM_SIZE,
		     HOLM_CELL_M_WRITE | HOLM_CELL_M_EXEC | HOLM_CELL_M_LOAD);
	desc_add_mem(SHARED_AT, CELL_SHARED, PAGE_SIZE,
		     HOLM_CELL_M_WRITE | HOLM_CELL_M_SHARED);
	desc_add_comm(CELL_COMM, comm_flags);
}

static u64 pool_at_start;

static u32 begin(u32 flags)
{
	s64 id;

	memset((void *)SHARED_AT, 0, PAGE_SIZE);
	pool_at_start = hc_info().pool_used;
	desc_usual(0, flags);
	id = desc_create();
	if (!check(id > 0, "create: %ld", (long)id))
		return 0;
	check_eq(cell_load((u32)id, cell_talk, cell_talk_end, CELL_AT), 0,
		 "load");
	return (u32)id;
}

static void end(u32 id)
{
	check_eq(cell_call(HC_HOLM_CELL_DESTROY, id), 0, "destroy");
	check_eq(hc_info().pool_used, pool_at_start, "pages in use");
}

static bool counts(void)
{
	u32 was = *shared(TALK_COUNT);

	return WAIT_FOR(*shared(TALK_COUNT) - was > 10);
}

static struct holm_comm comm;

static bool query(u32 id)
{
	s64 n = hc_query(HOLM_QUERY_CELL_COMM, id, &comm, sizeof(comm));

	return check_eq(n, sizeof(comm), "query");
}

static u32 answer(u32 id)
{
	query(id);
	return comm.message ? 0 : comm.reply;
}

static s64 ask(u32 id, u32 message)
{
	return hypercall(HC_HOLM_CELL_ASK, id, message);
}

static void is_told_of_its_machine(void)
{
	u32 id;

	cell_take_cpu(1);
	cell_take_cpu(2);
	id = begin(0);
	query(id);
	check_eq(comm.magic, 0, "it never started");
	for (u32 i = 0; i < 2; i++) {
		check_eq(cell_call(HC_HOLM_CELL_START, id), 0, "start");
		check(counts(), "it does not run");
		query(id);
		check(comm.magic == HOLM_COMM_MAGIC, "magic");
		check_eq(comm.version, HOLM_COMM_VERSION, "version");
		check_eq(comm.size, HOLM_COMM_SIZE, "size");
		check_eq(comm.cpus, 1, "CPUs");
		check_eq(comm.tsc_khz, hc_info().tsc_khz, "TSC");
		check(comm.apic_khz > 1000, "local APIC timer");
		check_eq(comm.pm_timer, 0, "a port that is not its own");
		check_eq(comm.console_head, 4, "console");
		check(!memcmp(comm.console, "hi!\n", 4), "console");
		check_eq(ask(id, HOLM_COMM_SHUTDOWN), 0, "round %u: ask", i);
		check_eq(cell_call(HC_HOLM_CELL_STOP, id), 0, "stop");
		query(id);
		check_eq(comm.console_head, 4, "what it said is lost");
	}
	end(id);
	check_eq(hc_query(HOLM_QUERY_CELL_COMM, id, &comm, sizeof(comm)),
		 -ENOENT, "query of none");
	check_eq(hc_query(HOLM_QUERY_CELL_COMM, 0, &comm, sizeof(comm)),
		 -ENOENT, "query of the Service VM");
}

static void is_asked(void)
{
	u32 id = begin(0);

	check_eq(ask(id, HOLM_COMM_SHUTDOWN), -EPERM, "it does not run");
	cell_call(HC_HOLM_CELL_START, id);
	check(counts(), "it does not run");
	check_eq(ask(id, 3), -EINVAL, "no message");
	check_eq(ask(id, 0), -EINVAL, "none");
	check_eq(ask(id, HOLM_COMM_SHUTDOWN), 0, "ask");
	check_eq(ask(id, HOLM_COMM_SHUTDOWN), -EBUSY, "ask again");
	check_eq(answer(id), 0, "an answer too early");
	*shared(TALK_REPLY) = HOLM_COMM_DENIED;
	check(WAIT_FOR(answer(id) == HOLM_COMM_DENIED), "denied");
	*shared(TALK_REPLY) = HOLM_COMM_APPROVED;
	check_eq(ask(id, HOLM_COMM_SHUTDOWN), 0, "ask once more");
	check(WAIT_FOR(answer(id) == HOLM_COMM_APPROVED), "approved");
	check_eq(cell_query(id).state, HOLM_CELL_RUNNING, "state");
	end(id);
	check_eq(ask(id, HOLM_COMM_SHUTDOWN), -ENOENT, "it is gone");
}

static void says_what_it_is(void)
{
	u32 id = begin(0);

	*shared(TALK_STATE) = HOLM_CELL_FAILED;
	check_eq(cell_query(id).state, HOLM_CELL_SHUT_DOWN, "before start");
	cell_call(HC_HOLM_CELL_START, id);
	check(counts(), "it does not run");
	check_eq(cell_query(id).state, HOLM_CELL_FAILED, "failed");
	check_eq(ask(id, HOLM_COMM_SHUTDOWN), -EPERM, "asked all the same");
	*shared(TALK_STATE) = HOLM_CELL_SHUT_DOWN;
	check(counts(), "it stands");
	check_eq(cell_query(id).state, HOLM_CELL_SHUT_DOWN, "shut down");
	check_eq(cell_call(HC_HOLM_CELL_START, id), -EPERM, "its CPU runs");
	*shared(TALK_STATE) = 77;
	check(counts(), "it stands");
	check_eq(cell_query(id).state, HOLM_CELL_RUNNING, "nonsense");
	*shared(TALK_STATE) = HOLM_CELL_LOCKED;
	check(counts(), "it stands");
	check_eq(cell_query(id).state, HOLM_CELL_LOCKED, "locked");
	check_eq(cell_call(HC_HOLM_CELL_STOP, id), 0, "stop");
	check_eq(cell_query(id).state, HOLM_CELL_SHUT_DOWN, "stopped");
	end(id);
}

static void may_be_passive(void)
{
	u32 id = begin(HOLM_CELL_C_PASSIVE);

	cell_call(HC_HOLM_CELL_START, id);
	check(counts(), "it does not run");
	check_eq(ask(id, HOLM_COMM_SHUTDOWN), -ENOTTY, "it is asked");
	end(id);
}

/* What others do, and what a locked cell forbids them. */
static void others_come_and_go(void)
{
	u32 id = begin(0);
	s64 other;

	cell_call(HC_HOLM_CELL_START, id);
	check(counts(), "it does not run");
	desc_usual(1, 0);
	other = desc_create();
	check(other > 0, "create: %ld", (long)other);
	check(WAIT_FOR(*shared(TALK_CHANGED) == 1), "not told of one more");
	check_eq(cell_call(HC_HOLM_CELL_DESTROY, (u32)other), 0, "destroy");
	check(WAIT_FOR(*shared(TALK_CHANGED) == 2), "not told of one less");
	*shared(TALK_STATE) = HOLM_CELL_LOCKED;
	check(counts(), "it stands");
	desc_usual(1, 0);
	check_eq(desc_create(), -EPERM, "create while it is locked");
	desc()->flags |= HOLM_CELL_F_FORCE;
	other = desc_create();
	check(other > 0, "create, forced: %ld", (long)other);
	check_eq(cell_call(HC_HOLM_CELL_DESTROY, (u32)other), -EPERM,
		 "destroy while it is locked");
	check_eq(hypercall(HC_HOLM_CELL_DESTROY, (u64)other, HOLM_CELL_FORCE),
		 0, "destroy, forced");
	end(id);
}

/* One that takes no message gets no second one, and nobody waits for it. */
static void the_deaf_are_left_alone(void)
{
	u32 id = begin(0);
	s64 other;

	check_eq(cell_load(id, cell_count, cell_count_end, CELL_AT), 0, "load");
	cell_call(HC_HOLM_CELL_START, id);
	check(counts(), "it does not run");
	for (u32 i = 0; i < 3; i++) {
		desc_usual(1, 0);
		other = desc_create();
		check(other > 0, "create: %ld", (long)other);
		check_eq(cell_call(HC_HOLM_CELL_DESTROY, (u32)other), 0,
			 "destroy");
	}
	query(id);
	check_eq(comm.message, HOLM_COMM_CHANGED, "message");
	check_eq(ask(id, HOLM_COMM_SHUTDOWN), -EBUSY, "ask");
	end(id);
}

/* A loop that copies a word of the shared page to another. */
static void load_copier(u32 id, u32 from, u32 to)
{
	struct {
		u8 load;
		u32 src;
		u8 store;
		u32 dst;
		u8 back[2];
	} __packed code = {
		0xa1,           CELL_SHARED + from, 0xa3, CELL_SHARED + to,
		{ 0xeb, 0xf4 },
	};
	const u8 *bytes = (const u8 *)&code;

	check_eq(cell_load(id, bytes, bytes + sizeof(code), CELL_AT), 0,
		 "load");
	check_eq(cell_call(HC_HOLM_CELL_START, id), 0, "start");
}

/* One page of the Service VM's and of two cells. */
static void shares_memory(void)
{
	u32 id = begin(0);
	s64 other;

	desc_usual(1, 0);
	other = desc_create();
	check(other > 0, "create: %ld", (long)other);
	load_copier(id, 0x10, 0x14);
	load_copier((u32)other, 0x14, 0x18);
	for (u32 i = 1; i < 10; i++) {
		*shared(0x10) = i;
		check(WAIT_FOR(*shared(0x18) == i), "%u is not handed on", i);
	}
	check_eq(cell_call(HC_HOLM_CELL_DESTROY, (u32)other), 0, "destroy");
	check_eq(*shared(0x18), 9, "it was wiped");
	*shared(0x10) = 77;
	check(WAIT_FOR(*shared(0x14) == 77), "the first cell lost it");
	check_eq(*shared(0x18), 9, "the second cell has it still");
	end(id);
	check_eq(*shared(0x10), 77, "it was wiped at the end");
}

/* What is shared for reading is not written. */
static void shares_for_reading(void)
{
	u32 id = begin(0);
	struct holm_cell c;
	s64 other;

	desc_begin(HOLM_CELL_F_START32, CELL_AT);
	desc()->name[4] = '1';
	desc_add_cpu(hc_cpu(2).lapic_id);
	desc_add_mem(RAM_AT(1), 0, RAM_SIZE,
		     HOLM_CELL_M_WRITE | HOLM_CELL_M_EXEC | HOLM_CELL_M_LOAD);
	desc_add_mem(SHARED_AT, CELL_SHARED, PAGE_SIZE, HOLM_CELL_M_SHARED);
	other = desc_create();
	check(other > 0, "create: %ld", (long)other);
	*shared(0x10) = 5;
	load_copier((u32)other, 0x10, 0x14);
	check(WAIT_FOR(cell_query((u32)other).denied[HOLM_CELL_DENY_MEMORY] >
		       2),
	      "no write is refused");
	check_eq(*shared(0x14), 0, "it was written");
	c = cell_query((u32)other);
	check_eq(c.last_denied, CELL_SHARED + 0x14, "address");
	check_eq(cell_call(HC_HOLM_CELL_DESTROY, (u32)other), 0, "destroy");
	end(id);
}

static void refusals(void)
{
	static const struct {
		u64 virt;
		u32 flags;
	} bad[] = {
		{ CELL_COMM + 8, 0 }, { BIT64(48), 0 },
		{ CELL_SHARED, 0 },   { RAM_SIZE - PAGE_SIZE, 0 },
		{ 0xfee00000, 0 },    { COMM_END, 2 },
		{ ~(u64)0xfff, 0 },
	};

	pool_at_start = hc_info().pool_used;
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		desc_begin(HOLM_CELL_F_START32, CELL_AT);
		desc_add_cpu(hc_cpu(1).lapic_id);
		desc_add_comm(bad[i].virt, bad[i].flags);
		desc_add_mem(RAM_AT(0), 0, RAM_SIZE, HOLM_CELL_M_EXEC);
		desc_add_mem(SHARED_AT, CELL_SHARED, PAGE_SIZE,
			     HOLM_CELL_M_SHARED);
		check_eq(desc_create(), -EINVAL, "region %u", i);
	}
	desc_usual(0, 0);
	desc_add_comm(COMM_END, 0);
	check_eq(desc_create(), -EINVAL, "two of them");
	check_eq(hc_info().pool_used, pool_at_start, "pages in use");
}

/* clang-format off */
const struct test tests[] = {
	{ "is_told_of_its_machine", is_told_of_its_machine },
	{ "is_asked", is_asked },
	{ "says_what_it_is", says_what_it_is },
	{ "may_be_passive", may_be_passive },
	{ "others_come_and_go", others_come_and_go },
	{ "the_deaf_are_left_alone", the_deaf_are_left_alone },
	{ "shares_memory", shares_memory },
	{ "shares_for_reading", shares_for_reading },
	{ "refusals", refusals },
	{ NULL, NULL },
};
/* clang-format on */
