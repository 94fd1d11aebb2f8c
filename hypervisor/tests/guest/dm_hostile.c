/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A User VM for acrn-dm that means harm: seed=N, ap=N (LAPIC id of its second
 * CPU). It goes through its parts in random order, tells what it fired, dies
 * in a random way, and begins anew as somebody else.
 */
#include "hostile/hostile.h"
#include "kit/apic.h"
#include "kit/smp.h"
#include "kit/test.h"
#include "kit/trap.h"
#include "lib/string.h"

#define PARTS_A_LIFE 80

struct hostile hostile = { .ap = ~0U };

static u64 seed = 1;

u64 rnd(u64 below)
{
	return random_next(&seed) % below;
}

u64 random_value(void)
{
	switch (rnd(4)) {
	case 0:
		return rnd(256);
	case 1:
		return BIT64(rnd(64)) - rnd(2);
	case 2:
		return ~0UL >> rnd(64);
	default:
		return random_next(&seed);
	}
}

/* clang-format off */
static const struct {
	u64 base, size;
} places[] = {
	{ ARENA,	ARENA_SIZE },
	{ CHURN,	CHURN_SIZE },
	{ 0xfee00000,	0x1000 },	/* local APIC */
	{ 0xfec00000,	0x1000 },	/* I/O APIC */
	{ 0xe0000000,	0x100000 },	/* configuration space */
	{ 0x80000000,	0x100000 },	/* BARs */
	{ 0x90000000,	0x800000 },
	{ 0x4000000000, 0x1000000 },
	{ 0xa0000,	0x60000 },	/* hole and firmware tables */
	{ 0x7ff0000,	0x20000 },	/* the end of RAM */
	{ 0xfed00000,	0x100000 },
	{ 0xffff0000,	0x10000 },
	{ 0x100000000,	0x100000 },
};
/* clang-format on */

u64 random_place(void)
{
	u32 i = (u32)rnd(ARRAY_SIZE(places) + 1);

	if (i == ARRAY_SIZE(places))
		return random_value();
	/* Across the end of a page, and of the place, now and then. */
	if (rnd(4) == 0)
		return places[i].base +
		       rnd(places[i].size / PAGE_SIZE + 1) * PAGE_SIZE - rnd(9);
	return places[i].base + rnd(places[i].size);
}

u32 fire(void (*fn)(void *arg), void *arg)
{
	u32 vector;

	hostile.record->fired++;
	__atomic_fetch_add(&hostile.progress, 1, __ATOMIC_SEQ_CST);
	vector = probe(fn, arg);
	hostile.record->faults += vector != NO_FAULT;
	return vector;
}

static const struct {
	const char *name;
	void (*fire)(void);
} parts[] = {
	{ "memory", fire_memory },     { "ports", fire_ports },
	{ "pci", fire_pci },           { "msrs", fire_msrs },
	{ "control", fire_control },   { "calls", fire_calls },
	{ "code", fire_code },         { "ipis", fire_ipis },
	{ "irqchips", fire_irqchips }, { "tables", fire_tables },
	{ "virtio", fire_virtio },
};

static u64 number(const char *name, u64 missing)
{
	const char *s = option(name);
	u64 n = 0;

	if (!s)
		return missing;
	for (; *s >= '0' && *s <= '9'; s++)
		n = n * 10 + (u64)(*s - '0');
	return n;
}

/* Each life has other numbers, the same for the same seed and count. */
static void begin_life(void)
{
	struct record *r = (void *)(uintptr_t)RECORD_AT;

	if (r->magic != RECORD_MAGIC)
		*r = (struct record){ .magic = RECORD_MAGIC };
	r->lives++;
	hostile.record = r;
	seed = (number("seed", 1) * 0x9e3779b97f4a7c15UL) ^ r->lives << 32 ^
	       r->lives;
	seed |= 1;
	for (u32 i = 0; i < 8; i++)
		random_next(&seed);
	hostile.ap = (u32)number("ap", ~0U);
}

/* It may have got an INIT, or worse. */
static void start_other(void)
{
	static u64 other_seed;

	if (hostile.ap == ~0U || !smp_start(1, hostile.ap))
		return;
	other_seed = random_next(&seed);
	smp_call(1, other_cpu, &other_seed);
}

/* An exception or an end that nobody expected is an end, too. */
static void on_fault(void)
{
	die_by_reset();
}

static void tell(const char *what)
{
	const struct record *r = hostile.record;

	say("HOSTILE life %lu %s: fired %lu, faults %lu", r->lives, what,
	    r->fired, r->faults);
}

static void run(void)
{
	begin_life();
	trap_set_fallback(on_fault);
	calm_irqs();
	start_other();
	for (u32 i = 0; i < PARTS_A_LIFE; i++) {
		u32 n = (u32)rnd(ARRAY_SIZE(parts));

		tell(parts[n].name);
		parts[n].fire();
	}
	tell("dies");
	die();
}

/* clang-format off */
const struct test tests[] = {
	{ "hostile", run },
	{ NULL, NULL },
};
/* clang-format on */
