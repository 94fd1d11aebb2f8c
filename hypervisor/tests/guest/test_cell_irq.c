/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupt lines that leave the Service VM for a cell and come back. */
#include "kit/apic.h"
#include "kit/hc.h"
#include "kit/ioapic.h"
#include "kit/puppet.h"
#include "kit/test.h"
#include "kit/trap.h"
#include "lib/string.h"

#define PIT_PIN     2
#define FREE_PIN    23
#define VEC_OURS    0x51
#define VEC_CELL    0x43
#define VEC_NOBODYS 0x60 /* behind the puppet's IDT */
#define MODE(n)     ((n) << RTE_MODE_SHIFT)
#define PIT_CH0     0x40
#define PIT_MODE    0x43
#define CELL_ID     (hc_cpu(1).lapic_id)
#define TO(id)      ((u32)(id) << 24)
#define LOW(pin)    (0x10 + 2 * (pin))
#define HIGH(pin)   (LOW(pin) + 1)

static void pit_start(void)
{
	x86_outb(PIT_MODE, 0x34);
	x86_outb(PIT_CH0, 0x88);
	x86_outb(PIT_CH0, 0x08);
}

static void pit_stop(void)
{
	x86_outb(PIT_MODE, 0x30);
}

/* What the cell does to its I/O APIC. */
static void cell_write(u32 reg, u32 val)
{
	puppet_do(PUPPET_WRITE32, IOAPIC_PAGE, reg);
	puppet_do(PUPPET_WRITE32, IOAPIC_PAGE + 0x10, val);
}

static u32 cell_read(u32 reg)
{
	puppet_do(PUPPET_WRITE32, IOAPIC_PAGE, reg);
	return puppet_do(PUPPET_READ32, IOAPIC_PAGE + 0x10, 0);
}

static void cell_set(u32 pin, u32 low, u32 dest)
{
	cell_write(LOW(pin), RTE_MASKED);
	cell_write(HIGH(pin), TO(dest));
	cell_write(LOW(pin), low);
}

static u32 make(u32 flags)
{
	puppet_describe(flags);
	desc_add_irq(PIT_PIN);
	return puppet_make();
}

static bool ticks(void)
{
	u32 was = puppet_irqs(VEC_CELL);

	return WAIT_FOR(puppet_irqs(VEC_CELL) - was > 10);
}

static bool silent(void)
{
	u32 was = puppet_irqs(VEC_CELL);

	delay_us(20000);
	return puppet_irqs(VEC_CELL) == was;
}

static u32 ours(void)
{
	return kcpu_irqs(kcpu_self(), VEC_OURS);
}

/* QEMU's and others' looks at eight bits of an address: it is there again. */
static void set_by_the_back_door(u32 reg, u32 val)
{
	volatile u32 *regs = (volatile u32 *)(IOAPIC_PAGE + 0x100);

	regs[0] = reg;
	regs[4] = val;
}

static void a_line_changes_hands(void)
{
	u32 was, id;

	cell_take_cpu(1);
	cell_take_cpu(2);
	pic_init(0x70, 0xffff);
	irq_enable();
	ioapic_set(PIT_PIN, VEC_OURS, apic_id());
	pit_start();
	check(WAIT_FOR(ours() > 3), "no tick to begin with");
	id = make(0);
	irq_disable();
	was = ours();
	check(ioapic_get(PIT_PIN) & RTE_MASKED, "it is not masked");
	check_eq(ioapic_get(PIT_PIN) & 0xff, VEC_OURS, "the vector");
	ioapic_set(PIT_PIN, VEC_OURS + 1, apic_id());
	check(ioapic_get(PIT_PIN) & RTE_MASKED, "it was unmasked");
	check_eq(ioapic_get(PIT_PIN) & 0xff, VEC_OURS, "it was changed");
	check_eq(cell_read(LOW(PIT_PIN)), RTE_MASKED, "what the cell finds");
	check_eq(cell_read(1) >> 16, ioapic_read(1) >> 16, "pins");
	irq_enable();
	cell_set(PIT_PIN, VEC_CELL, CELL_ID);
	check(ticks(), "no tick in the cell");
	check_eq(cell_read(LOW(PIT_PIN)) & ~0x1000U, VEC_CELL, "low half");
	check_eq(cell_read(HIGH(PIT_PIN)), TO(CELL_ID), "high half");
	set_by_the_back_door(LOW(PIT_PIN), RTE_MASKED | VEC_OURS);
	check(ticks(), "it was masked by a second window");
	cell_set(PIT_PIN, RTE_MASKED | VEC_CELL, CELL_ID);
	check(silent(), "it ticks, masked");
	check_eq(ours() - was <= 1, true, "ticks here: %u", ours() - was);
	was = ours();
	puppet_end(id);
	check(WAIT_FOR(ours() - was > 3), "no tick when it is back");
	check_eq(ioapic_get(PIT_PIN) & 0x1efff, VEC_OURS, "the entry");
	pit_stop();
	ioapic_set(PIT_PIN, RTE_MASKED, 0);
}

/* The device's interrupts and their ends cost no exit. */
static void costs_no_exit(void)
{
	const u32 kinds[] = { 0, RTE_LEVEL };
	u32 id;

	/* There, each EOI may. */
	if (puppet_in_xapic_mode())
		return;
	id = make(0);
	pit_start();
	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++) {
		u64 exits;

		cell_set(PIT_PIN, kinds[i] | VEC_CELL, CELL_ID);
		check(ticks(), "kind %u: no tick", i);
		exits = hc_cpu(1).exits;
		check(ticks() && ticks() && ticks(), "kind %u: it stops", i);
		check_eq(hc_cpu(1).exits, exits, "kind %u: exits", i);
	}
	pit_stop();
	puppet_end(id);
}

/* Bit n of the first cluster in x2APIC mode, what it chooses in the other. */
static u32 own_name(void)
{
	if (!puppet_in_xapic_mode())
		return BIT32(CELL_ID);
	puppet_do(PUPPET_WRITE32, LAPIC_BASE + LAPIC_LDR, 0x20U << 24);
	return 0x20;
}

/* What an entry may say: the rest is masked and counted. */
static void entries_are_looked_at(void)
{
	static const struct {
		u32 low;
		s32 dest; /* relative to the cell's own */
		bool good;
	} e[] = {
		{ VEC_CELL, 0, true },
		{ VEC_CELL, -1, false },
		{ VEC_CELL, 1, false },
		{ MODE(1) | VEC_CELL, 0, true },
		{ MODE(2) | VEC_CELL, 0, false },
		{ MODE(5) | VEC_CELL, 0, false },
		{ MODE(7) | VEC_CELL, 0, false },
		{ 0x1f, 0, false },
		{ VEC_CELL, 0, true },
	};
	u32 id = make(0), refused = 0;

	pit_start();
	for (u32 i = 0; i < ARRAY_SIZE(e); i++) {
		u32 low;

		cell_set(PIT_PIN, e[i].low, (u32)((s32)CELL_ID + e[i].dest));
		low = cell_read(LOW(PIT_PIN));
		check_eq(!(low & RTE_MASKED), e[i].good, "entry %u: %x", i,
			 low);
		check(e[i].good ? ticks() : silent(), "entry %u: ticks", i);
		refused += !e[i].good;
	}
	cell_set(PIT_PIN, VEC_CELL, 0xff);
	check(silent(), "to all CPUs");
	cell_set(PIT_PIN, RTE_LOGICAL | VEC_CELL, own_name());
	check(ticks(), "to its logical name");
	cell_set(PIT_PIN, RTE_LOGICAL | VEC_CELL, BIT32(0));
	check(silent(), "to another's logical name");
	check_eq(cell_query(id).denied[HOLM_CELL_DENY_IPI], refused + 2,
		 "refused");
	pit_stop();
	puppet_end(id);
}

static void other_pins_are_not_its_own(void)
{
	u32 id = make(0);

	ioapic_set(FREE_PIN, 0x77, apic_id());
	check_eq(cell_read(LOW(FREE_PIN)), RTE_MASKED, "it sees another pin");
	ioapic_set(FREE_PIN, RTE_MASKED | 0x77, 0);
	cell_write(HIGH(FREE_PIN), TO(CELL_ID));
	cell_write(LOW(FREE_PIN), RTE_MASKED);
	check_eq(cell_query(id).denied[HOLM_CELL_DENY_PIN], 0, "masking");
	cell_write(LOW(FREE_PIN), VEC_CELL);
	check_eq(cell_query(id).denied[HOLM_CELL_DENY_PIN], 1, "unmasking");
	check_eq(cell_query(id).last_denied, FREE_PIN, "which");
	check_eq(ioapic_get(FREE_PIN) & 0x1ffff, RTE_MASKED | 0x77, "entry");
	puppet_end(id);
	id = make(HOLM_CELL_F_STOP);
	puppet_do(PUPPET_WRITE32, IOAPIC_PAGE, LOW(PIT_PIN));
	check_eq(hc_vm(id).state, HOLM_VM_RUNNING, "before it sins");
	puppet_do(PUPPET_WRITE32, IOAPIC_PAGE, LOW(FREE_PIN));
	puppet_begin(PUPPET_WRITE32, IOAPIC_PAGE + 0x10, VEC_CELL);
	check(WAIT_FOR(hc_vm(id).state == HOLM_VM_OFF), "it goes on");
	puppet_end(id);
}

static void stopping_masks(void)
{
	u32 id = make(0);

	pit_start();
	for (u32 i = 0; i < 3; i++) {
		cell_set(PIT_PIN, (i ? RTE_LEVEL : 0) | VEC_CELL, CELL_ID);
		check(ticks(), "round %u: no tick", i);
		check_eq(cell_call(HC_HOLM_CELL_STOP, id), 0, "stop");
		puppet_start(id);
		check_eq(cell_read(LOW(PIT_PIN)), RTE_MASKED, "round %u", i);
		check(silent(), "round %u: it ticks by itself", i);
	}
	pit_stop();
	puppet_end(id);
}

/* A level that waits for an EOI of the Service VM's is the cell's anew. */
static void remote_irr_is_forgotten(void)
{
	u32 id;

	/* The machine without the other mode has a PIT that only pulses. */
	if (puppet_in_xapic_mode())
		return;
	irq_disable();
	pit_start();
	ioapic_set(PIT_PIN, RTE_LEVEL | VEC_OURS, apic_id());
	check(WAIT_FOR(ioapic_get(PIT_PIN) & RTE_REMOTE_IRR), "no level");
	id = make(0);
	cell_set(PIT_PIN, RTE_LEVEL | VEC_CELL, CELL_ID);
	check(ticks(), "no tick in the cell");
	puppet_end(id);
	pit_stop();
	ioapic_set(PIT_PIN, RTE_MASKED, 0);
	irq_enable();
	delay_us(1000);
}

/*
 * A cell dies of a level's interrupt and never ends it: the Service VM's next
 * one comes all the same. It is seen in the local APIC, since the line is
 * high nearly always and no instruction would be done between two of them.
 */
static void a_cells_remote_irr_is_forgotten(void)
{
	u32 id;

	if (puppet_in_xapic_mode())
		return;
	irq_disable();
	pit_start();
	ioapic_set(PIT_PIN, RTE_LEVEL | VEC_OURS, apic_id());
	check(WAIT_FOR(apic_requested(VEC_OURS)), "no level");
	id = make(0);
	irq_enable();
	check(WAIT_FOR(!apic_requested(VEC_OURS)), "two of one level");
	irq_disable();
	cell_write(HIGH(PIT_PIN), TO(CELL_ID));
	puppet_do(PUPPET_WRITE32, IOAPIC_PAGE, LOW(PIT_PIN));
	puppet_begin(PUPPET_WRITE32, IOAPIC_PAGE + 0x10,
		     RTE_LEVEL | VEC_NOBODYS);
	check(WAIT_FOR(hc_vm(id).state == HOLM_VM_OFF), "it survives that");
	puppet_end(id);
	check(WAIT_FOR(apic_requested(VEC_OURS)), "no level when it is back");
	pit_stop();
	ioapic_set(PIT_PIN, RTE_MASKED, 0);
	irq_enable();
	delay_us(1000);
}

/* Lines of the Service VM's do not lead to CPUs that a cell has. */
static void service_lines_avoid_the_cell(void)
{
	u32 id;

	ioapic_set(FREE_PIN, 0x77, CELL_ID);
	check(!(ioapic_get(FREE_PIN) & RTE_MASKED), "before");
	id = make(0);
	check(ioapic_get(FREE_PIN) & RTE_MASKED, "found");
	ioapic_set(FREE_PIN, 0x77, CELL_ID);
	check(ioapic_get(FREE_PIN) & RTE_MASKED, "written");
	ioapic_set(FREE_PIN, 0x77, apic_id());
	check(!(ioapic_get(FREE_PIN) & RTE_MASKED), "another CPU");
	ioapic_write(HIGH(FREE_PIN), TO(CELL_ID));
	check(ioapic_get(FREE_PIN) & RTE_MASKED, "turned");
	puppet_end(id);
	ioapic_set(FREE_PIN, RTE_MASKED, 0);
}

static void refusals(void)
{
	u32 id = make(0);

	puppet_describe(0);
	desc()->name[0] = 'T';
	desc_add_irq(1000);
	check_eq(desc_create(), -EBUSY, "the CPU first");
	desc_begin(HOLM_CELL_F_START32, CELL_AT);
	desc()->name[0] = 'T';
	desc_add_cpu(hc_cpu(2).lapic_id);
	desc_add_mem(MIB(320), 0, PUPPET_SIZE, HOLM_CELL_M_EXEC);
	desc_add_irq(FREE_PIN);
	desc_add_irq(PIT_PIN);
	check_eq(desc_create(), -EBUSY, "the line");
	check_eq(hc_cpu(2).owner_vm, HOLM_NO_VM, "the CPU");
	puppet_end(id);
	puppet_describe(0);
	desc_add_irq(1000);
	check_eq(desc_create(), -EINVAL, "no such line");
	puppet_describe(0);
	desc_add_irq(3);
	desc_add_irq(3);
	check_eq(desc_create(), -EINVAL, "twice");
	ioapic_set(FREE_PIN, RTE_MASKED | 0x79, 0);
	check_eq(ioapic_get(FREE_PIN) & 0x1ffff, RTE_MASKED | 0x79,
		 "a line that came back");
}

/* clang-format off */
const struct test tests[] = {
	{ "a_line_changes_hands", a_line_changes_hands },
	{ "costs_no_exit", costs_no_exit },
	{ "entries_are_looked_at", entries_are_looked_at },
	{ "other_pins_are_not_its_own", other_pins_are_not_its_own },
	{ "stopping_masks", stopping_masks },
	{ "remote_irr_is_forgotten", remote_irr_is_forgotten },
	{ "a_cells_remote_irr_is_forgotten", a_cells_remote_irr_is_forgotten },
	{ "service_lines_avoid_the_cell", service_lines_avoid_the_cell },
	{ "refusals", refusals },
	{ NULL, NULL },
};
/* clang-format on */
