/* SPDX-License-Identifier: BSD-2-Clause */
/* Cells: CPUs, memory and ports that leave the Service VM and come back. */
#include "abi/cell.h"
#include "kit/apic.h"
#include "kit/celldesc.h"
#include "kit/cells.h"
#include "kit/hc.h"
#include "kit/smp.h"
#include "kit/test.h"
#include "kit/trap.h"
#include "lib/string.h"

/* The Service VM's memory that cells get; nothing else uses it here. */
#define RAM_AT    (MIB(300) + 0x5000)
#define RAM_SIZE  0x80000U
#define HIGH_AT   MIB(320)
#define HIGH_SIZE 0x10000U
#define SHARED_AT MIB(310)
#define MARK      0x5a5a5a5aU

/* The first CPU of the next cell. */
static u32 cell_cpu = 1;

/* What most of them are made of. */
static void desc_usual(u32 flags, u64 entry)
{
	const u32 own = HOLM_CELL_M_WRITE | HOLM_CELL_M_EXEC | HOLM_CELL_M_LOAD;

	desc_begin(flags, entry);
	desc_add_cpu(hc_cpu(cell_cpu).lapic_id);
	desc_add_mem(RAM_AT, 0, RAM_SIZE, own);
	desc_add_mem(SHARED_AT, CELL_SHARED, PAGE_SIZE,
		     HOLM_CELL_M_WRITE | HOLM_CELL_M_SHARED);
	desc_add_mem(HIGH_AT, 0xf0000, HIGH_SIZE, own);
	desc_add_port(CELL_PORT, 1, 0);
}

static volatile u32 *shared(void)
{
	return (volatile u32 *)SHARED_AT;
}

#define load_at(id, name, to) \
	check_eq(cell_load(id, cell_##name, cell_##name##_end, to), 0, "load")

static u64 pool_at_start;

/* With the shared page blank. 0 on failure. */
static u32 begin(u32 flags, u64 entry)
{
	s64 id;

	memset((void *)SHARED_AT, 0, PAGE_SIZE);
	*(volatile u32 *)RAM_AT = MARK;
	pool_at_start = hc_info().pool_used;
	desc_usual(flags, entry);
	id = desc_create();
	return check(id > 0, "create: %ld", (long)id) ? (u32)id : 0;
}

static void end(u32 id)
{
	check_eq(cell_call(HC_HOLM_CELL_DESTROY, id), 0, "destroy");
	check_eq(hc_info().pool_used, pool_at_start, "pages in use");
	check_eq(*(volatile u32 *)RAM_AT, 0, "memory comes back");
	check_eq(hc_cpu(cell_cpu).owner_vm, HOLM_NO_VM, "the CPU");
}

static bool counts(u32 word)
{
	u32 was = shared()[word];

	return WAIT_FOR(shared()[word] - was > 10);
}

static void lives(void)
{
	u32 id, word;

	cell_take_cpu(1);
	id = begin(HOLM_CELL_F_START32, CELL_AT);
	check_eq(cell_call(HC_HOLM_CELL_LOAD, id), -EINVAL, "a bad load");
	load_at(id, count, CELL_AT);
	check_eq(shared()[0], 0, "it runs early");
	for (u32 i = 0; i < 3; i++) {
		check_eq(cell_call(HC_HOLM_CELL_START, id), 0, "start %u", i);
		check(counts(0), "round %u: it does not run", i);
		check_eq(cell_call(HC_HOLM_CELL_START, id), -EPERM, "twice");
		check_eq(cell_load(id, cell_jam, cell_jam_end, CELL_AT), -EPERM,
			 "load while it runs");
		check_eq(cell_call(HC_HOLM_CELL_STOP, id), 0, "stop %u", i);
		word = shared()[0];
		delay_us(2000);
		check_eq(shared()[0], word, "it goes on");
	}
	check_eq(cell_call(HC_HOLM_CELL_START, id), 0, "start again");
	end(id);
	check_eq(cell_call(HC_HOLM_CELL_STOP, id), -ENOENT, "gone");
}

static void memory_is_not_the_service_vms(void)
{
	u32 id = begin(HOLM_CELL_F_START32, CELL_AT), got = 0;
	volatile u32 *ram = (volatile u32 *)RAM_AT;

	check_eq(*ram, 0xffffffffU, "the first word");
	*ram = 1;
	check_eq(ram[(RAM_SIZE - 4) / 4], 0xffffffffU, "the last word");
	check_eq(try_read32(RAM_AT - 4, &got), NO_FAULT, "before it");
	check(got != 0xffffffffU || ram[-1] == got, "before it");
	check_eq(cell_load(id, (const u8 *)RAM_AT, (const u8 *)RAM_AT + 16,
			   CELL_AT),
		 -EFAULT, "load from its own memory");
	check_eq(hypercall(HC_HOLM_CELL_CREATE, RAM_AT, 256), -EFAULT,
		 "a description there");
	end(id);
	*ram = MARK;
	check_eq(*ram, MARK, "it is memory again");
}

static void reaches_what_it_owns(void)
{
	u32 id = begin(HOLM_CELL_F_START32, CELL_AT);
	u32 was = kcpu_irqs(kcpu_self(), 0x41);
	struct holm_cell c;

	check_eq(x86_inb(CELL_PORT), 0xff, "the Service VM reads its port");
	load_at(id, reach, CELL_AT);
	irq_enable();
	check_eq(cell_call(HC_HOLM_CELL_START, id), 0, "start");
	check(WAIT_FOR(shared()[0] == 1), "it does not come to the end");
	check(shared()[1] != 0xff, "it cannot read its port");
	check_eq(shared()[2], 0xff, "another port");
	check_eq(shared()[3], 0xffffffffU, "an address that is nobody's");
	check_eq(shared()[4], 0, "what the Service VM left in its memory");
	check(counts(5), "a refused access stops it");
	delay_us(1000);
	irq_disable();
	check_eq(kcpu_irqs(kcpu_self(), 0x41), was, "its IPI came here");
	c = cell_query(id);
	check_eq(c.state, HOLM_CELL_RUNNING, "state");
	check_eq(c.denied[HOLM_CELL_DENY_PORT], 2, "ports refused");
	check_eq(c.denied[HOLM_CELL_DENY_MEMORY], 2, "addresses refused");
	check_eq(c.denied[HOLM_CELL_DENY_IPI], 1, "IPIs refused");
	check_eq(c.last_reason, HOLM_CELL_DENY_IPI, "the last");
	end(id);
	check(x86_inb(CELL_PORT) != 0xff, "the port did not come back");
}

static void stops_when_told_so(void)
{
	u32 id = begin(HOLM_CELL_F_START32 | HOLM_CELL_F_STOP, CELL_AT);

	load_at(id, sin, CELL_AT);
	check_eq(cell_call(HC_HOLM_CELL_START, id), 0, "start");
	check(WAIT_FOR(hc_vm(id).state == HOLM_VM_OFF), "it goes on");
	check_eq(shared()[0], 0, "it went on");
	check_eq(cell_query(id).state, HOLM_CELL_FAILED, "state");
	check_eq(cell_call(HC_HOLM_CELL_START, id), -EPERM, "start it failed");
	check_eq(cell_call(HC_HOLM_CELL_STOP, id), 0, "stop");
	check_eq(cell_call(HC_HOLM_CELL_START, id), 0, "start");
	end(id);
}

static void survives(const u8 *from, const u8 *to, bool dies)
{
	u32 id = begin(HOLM_CELL_F_START32, CELL_AT);

	check_eq(cell_load(id, from, to, CELL_AT), 0, "load");
	for (u32 i = 0; i < 3; i++) {
		shared()[0] = 0;
		check_eq(cell_call(HC_HOLM_CELL_START, id), 0, "start");
		check(WAIT_FOR(dies ? hc_vm(id).state == HOLM_VM_OFF
				    : shared()[0] == 1),
		      "it does something else");
		if (i < 2)
			check_eq(cell_call(HC_HOLM_CELL_STOP, id), 0, "stop");
	}
	end(id);
}

static void jams(void)
{
	survives(cell_jam, cell_jam_end, false);
}

static void triple_faults(void)
{
	survives(cell_triple, cell_triple_end, true);
}

static void starts_in_real_mode(void)
{
	u32 id = begin(0, CELL_RESET);

	load_at(id, real, CELL_RESET);
	check_eq(cell_call(HC_HOLM_CELL_START, id), 0, "start");
	check(counts(1), "it does not run");
	end(id);
}

static u32 begin_pair(void)
{
	s64 id;

	memset((void *)SHARED_AT, 0, PAGE_SIZE);
	*(volatile u32 *)RAM_AT = MARK;
	pool_at_start = hc_info().pool_used;
	desc_usual(HOLM_CELL_F_START32, CELL_AT);
	desc_add_cpu(hc_cpu(2).lapic_id);
	id = desc_create();
	return check(id > 0, "create: %ld", (long)id) ? (u32)id : 0;
}

static void run_pair(u32 id)
{
	check_eq(cell_call(HC_HOLM_CELL_START, id), 0, "start");
	check(counts(0), "the first does not run");
	check(counts(1), "the second does not run");
}

/* A cell of two CPUs, one of which starts the other. */
static void two_cpus(void)
{
	u32 id;

	cell_take_cpu(2);
	id = begin_pair();
	load_at(id, pair, CELL_AT);
	load_at(id, real, CELL_AP);
	for (u32 i = 0; i < 2; i++) {
		run_pair(id);
		check_eq(cell_call(HC_HOLM_CELL_STOP, id), 0, "stop");
	}
	end(id);
}

/* The CPUs find the LAPIC as they left it, whatever the cell did. */
static void cpus_come_back(void)
{
	for (u32 i = 1; i <= 2; i++)
		check_eq(hypercall(HC_HOLM_RETURN_CPU, hc_cpu(i).lapic_id, 0),
			 0, "return CPU %u", i);
	irq_enable();
	for (u32 i = 1; i <= 2; i++) {
		check(smp_start(i, hc_cpu(i).lapic_id), "CPU %u", i);
		check(smp_offline(i), "offline %u", i);
	}
	irq_disable();
}

static void other_cells(void)
{
	u32 id = begin(HOLM_CELL_F_START32, CELL_AT);

	desc_usual(HOLM_CELL_F_START32, CELL_AT);
	check_eq(desc_create(), -EEXIST, "the name");
	desc()->name[0] = 'T';
	check_eq(desc_create(), -EBUSY, "the CPU");
	desc_begin(HOLM_CELL_F_START32, CELL_AT);
	desc()->name[0] = 'T';
	desc_add_cpu(hc_cpu(2).lapic_id);
	desc_add_mem(RAM_AT, 0, RAM_SIZE, HOLM_CELL_M_EXEC);
	check_eq(desc_create(), -EBUSY, "the memory");
	desc_begin(HOLM_CELL_F_START32, CELL_AT);
	desc()->name[0] = 'T';
	desc_add_cpu(hc_cpu(2).lapic_id);
	desc_add_mem(MIB(330), 0, RAM_SIZE, HOLM_CELL_M_EXEC);
	desc_add_port(CELL_PORT - 1, 4, HOLM_CELL_P_SHARED);
	check_eq(desc_create(), -EBUSY, "the port");
	check_eq(hc_cpu(2).owner_vm, HOLM_NO_VM, "the second CPU");
	check(*(volatile u32 *)MIB(330) != 0xffffffffU, "its memory is gone");
	end(id);
}

/* What must not be had. */
static void refusals(void)
{
	static const struct {
		u64 phys, virt, size;
		u32 flags;
		s64 rc;
	} bad[] = {
		{ MIB(330), 0x1001, 0x1000, 0, -EINVAL },
		{ MIB(330), 0x1000, 0, 0, -EINVAL },
		{ ~(u64)0xfff, 0x1000, 0x2000, 0, -EINVAL },
		{ MIB(330), BIT64(48), 0x1000, 0, -EINVAL },
		{ MIB(330), 0xfee00000, 0x1000, 0, -EINVAL },
		{ MIB(330), CELL_AT, 0x1000, 0, -EINVAL },
		{ RAM_AT + 0x1000, MIB(2), 0x1000, 0, -EINVAL },
		{ MIB(330), MIB(2), 0x1000, 0x40, -EINVAL },
		{ MIB(330), MIB(2), 0x1000, HOLM_CELL_M_DEVICE, -EBUSY },
		{ 0xfee00000, MIB(2), 0x1000, HOLM_CELL_M_DEVICE, -EBUSY },
		{ 0xfee00000, MIB(2), 0x1000,
		  HOLM_CELL_M_DEVICE | HOLM_CELL_M_SHARED, -EBUSY },
		{ 0xfec00000, MIB(2), 0x1000, HOLM_CELL_M_DEVICE, -EBUSY },
		{ 0xb8000, MIB(2), 0x1000, 0, -EBUSY },
	};
	struct holm_info info = hc_info();
	u64 used = info.pool_used;
	u32 size;

	*(volatile u32 *)RAM_AT = MARK;
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		desc_usual(HOLM_CELL_F_START32, CELL_AT);
		desc_add_mem(bad[i].phys, bad[i].virt, bad[i].size,
			     bad[i].flags);
		check_eq(desc_create(), bad[i].rc, "memory %u", i);
	}
	desc_usual(HOLM_CELL_F_START32, CELL_AT);
	desc_add_mem(info.hv_base, MIB(2), 0x1000, 0);
	check_eq(desc_create(), -EBUSY, "Holm's own memory");
	desc_usual(HOLM_CELL_F_START32, CELL_AT);
	desc_add_port(0xcf8, 1, HOLM_CELL_P_SHARED);
	check_eq(desc_create(), -EBUSY, "a port of Holm's");
	desc_usual(HOLM_CELL_F_START32, MIB(200));
	check_eq(desc_create(), -EINVAL, "entry nowhere");
	desc_usual(HOLM_CELL_F_START32, CELL_SHARED);
	check_eq(desc_create(), -EINVAL, "entry in data");
	desc_usual(HOLM_CELL_F_START32, CELL_AT);
	desc_add_cpu(0);
	check_eq(desc_create(), -EBUSY, "the boot CPU");
	desc_usual(HOLM_CELL_F_START32, CELL_AT);
	size = desc_seal();
	desc()->checksum ^= 1;
	check_eq(hypercall(HC_HOLM_CELL_CREATE, addr_of(desc()), size), -EINVAL,
		 "a wrong checksum");
	check_eq(hc_info().pool_used, used, "pages in use");
	check_eq(*(volatile u32 *)RAM_AT, MARK, "memory was wiped");
}

static void take_again(void)
{
	cell_take_cpu(1);
	cell_take_cpu(2);
}

/*
 * The last two, on one CPU each, since not every CPU leaves x2APIC mode: a
 * cell that starts anew finds it in that mode then.
 */
static void two_cpus_in_x2apic_mode(void)
{
	u32 id;

	if (!apic_may_be(true))
		return;
	id = begin_pair();
	load_at(id, pair_x2apic, CELL_AT);
	load_at(id, real, CELL_AP);
	for (u32 i = 0; i < 2; i++) {
		run_pair(id);
		check_eq(cell_call(HC_HOLM_CELL_STOP, id), 0, "stop");
	}
	end(id);
}

/* A cell at work costs no exit, whatever its timer does. */
static void needs_no_exit(void)
{
	u32 id, ticks;
	u64 exits;

	if (!apic_may_be(true))
		return;
	cell_cpu = 2;
	id = begin(HOLM_CELL_F_START32, CELL_AT);
	load_at(id, timer, CELL_AT);
	check_eq(cell_call(HC_HOLM_CELL_START, id), 0, "start");
	check(counts(0), "no tick");
	exits = hc_cpu(cell_cpu).exits;
	ticks = shared()[0];
	check(WAIT_FOR(shared()[0] - ticks > 100), "too few ticks");
	check_eq(hc_cpu(cell_cpu).exits, exits, "exits");
	check(shared()[1] > 0, "it sleeps for good");
	end(id);
}

/* clang-format off */
const struct test tests[] = {
	{ "lives", lives },
	{ "memory_is_not_the_service_vms", memory_is_not_the_service_vms },
	{ "reaches_what_it_owns", reaches_what_it_owns },
	{ "stops_when_told_so", stops_when_told_so },
	{ "jams", jams },
	{ "triple_faults", triple_faults },
	{ "starts_in_real_mode", starts_in_real_mode },
	{ "two_cpus", two_cpus },
	{ "cpus_come_back", cpus_come_back },
	{ "take_again", take_again },
	{ "other_cells", other_cells },
	{ "refusals", refusals },
	{ "two_cpus_in_x2apic_mode", two_cpus_in_x2apic_mode },
	{ "needs_no_exit", needs_no_exit },
	{ NULL, NULL },
};
/* clang-format on */
