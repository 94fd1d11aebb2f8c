/* SPDX-License-Identifier: BSD-2-Clause */
/* The Service VM's own I/O APIC, PIC and timers, seen through Holm. */
#include "kit/apic.h"
#include "kit/hc.h"
#include "kit/ioapic.h"
#include "kit/smp.h"
#include "kit/test.h"
#include "kit/trap.h"

#define VEC_A     0x41
#define VEC_PIC   0x70
#define PIT_PIN   2
#define FREE_PIN  23
#define MODE(n)   ((n) << RTE_MODE_SHIFT)
#define MODE_SMI  2U
#define MODE_NMI  4U
#define MODE_INIT 5U
#define PIT_CH0   0x40
#define PIT_MODE  0x43

static u32 taken(u8 vector)
{
	return kcpu_irqs(kcpu_get(0), vector);
}

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

static void is_there(void)
{
	u32 version = ioapic_read(1);

	check((version & 0xff) >= 0x11, "version %x", version);
	check((version >> 16 & 0xff) >= 23, "%u pins", version >> 16);
}

static void entries_are_kept(void)
{
	ioapic_set(FREE_PIN, RTE_MASKED | RTE_LEVEL | RTE_LOW | 0x77, 3);
	check_eq(ioapic_get(FREE_PIN) & 0x1afff,
		 RTE_MASKED | RTE_LEVEL | RTE_LOW | 0x77, "low half");
	check_eq(ioapic_read(0x11 + 2 * FREE_PIN) >> 24, 3, "destination");
}

/* INIT or SMI would take a CPU out of its guest, or Holm's hands. */
static void dangerous_modes_are_refused(void)
{
	static const u32 modes[] = { MODE_SMI, MODE_INIT };

	for (u32 i = 0; i < ARRAY_SIZE(modes); i++) {
		ioapic_set(FREE_PIN, MODE(modes[i]), 0);
		check(ioapic_get(FREE_PIN) & RTE_MASKED, "mode %u: unmasked",
		      modes[i]);
		check((ioapic_get(FREE_PIN) >> RTE_MODE_SHIFT & 7) != modes[i],
		      "mode %u stands", modes[i]);
		ioapic_set(PIT_PIN, MODE(modes[i]), 0);
		pit_start();
		delay_us(5000);
		pit_stop();
		ioapic_set(PIT_PIN, RTE_MASKED, 0);
	}
	check_eq(hc_info().nvms, 1, "Holm answers");
}

/* Odd accesses: what is written in pieces must not get round the filter. */
static void odd_widths(void)
{
	volatile u8 *window8 = (volatile u8 *)(uintptr_t)(IOAPIC_PAGE + 0x10);
	volatile u64 *select64 = (volatile u64 *)(uintptr_t)IOAPIC_PAGE;

	ioapic_set(FREE_PIN, RTE_MASKED, 0);
	ioapic_read(0x10 + 2 * FREE_PIN);
	window8[1] = MODE_INIT;
	*select64 = 0x500;
	check(ioapic_get(FREE_PIN) & RTE_MASKED, "unmasked: %x",
	      ioapic_get(FREE_PIN));
}

static void pit_arrives(void)
{
	u32 before = taken(VEC_A);

	irq_enable();
	pic_init(VEC_PIC, 0xffff);
	ioapic_set(PIT_PIN, VEC_A, apic_id());
	pit_start();
	check(WAIT_FOR(taken(VEC_A) - before > 3), "it does not");
	pit_stop();
	ioapic_set(PIT_PIN, RTE_MASKED, 0);
}

static void pic_handler(u8 vector)
{
	pic_eoi(vector - VEC_PIC);
}

static void pit_arrives_by_pic(void)
{
	u32 before = taken(VEC_PIC);

	apic_write(LAPIC_LVT_LINT0, 7 << 8);
	trap_set_handler(VEC_PIC, pic_handler);
	pic_init(VEC_PIC, 0xfffe);
	pit_start();
	check(WAIT_FOR(taken(VEC_PIC) - before > 3), "it does not");
	pit_stop();
	pic_init(VEC_PIC, 0xffff);
	apic_write(LAPIC_LVT_LINT0, LVT_MASKED);
}

/* An NMI that is not Holm's own is the guest's: perf and watchdogs. */
static void foreign_nmi_by_ioapic(void)
{
	u32 before = taken(VEC_NMI);
	u64 foreign = hc_cpu(0).nmis_foreign;

	ioapic_set(PIT_PIN, MODE(MODE_NMI), apic_id());
	pit_start();
	check(WAIT_FOR(taken(VEC_NMI) - before > 3), "it does not come");
	pit_stop();
	ioapic_set(PIT_PIN, RTE_MASKED, 0);
	check(hc_cpu(0).nmis_foreign > foreign, "nobody counted it");
}

static void foreign_nmi_by_lint(void)
{
	u32 before = taken(VEC_NMI);

	/* lint=0: the PIC's line does not pass through this local APIC. */
	if (option("lint") && *option("lint") == '0')
		return;
	apic_write(LAPIC_LVT_LINT0, MODE(MODE_NMI));
	pic_init(VEC_PIC, 0xfffe);
	pit_start();
	check(WAIT_FOR(taken(VEC_NMI) != before), "it does not come");
	pit_stop();
	pic_init(VEC_PIC, 0xffff);
	apic_write(LAPIC_LVT_LINT0, LVT_MASKED);
}

/* To a CPU that Holm kicks at the same time: none of both is lost. */
static void foreign_and_own(void)
{
	u32 id = hc_cpu(1).lapic_id;
	u32 before, sent = 0;

	if (!check(smp_start(1, id), "CPU 1 does not start"))
		return;
	before = kcpu_irqs(kcpu_get(1), VEC_NMI);
	ioapic_set(PIT_PIN, MODE(MODE_NMI), id);
	pit_start();
	for (u32 i = 0; i < 200; i++) {
		u32 seen = kcpu_irqs(kcpu_get(1), VEC_NMI);

		apic_icr(id, ICR_NMI | ICR_ASSERT);
		sent += WAIT_FOR(kcpu_irqs(kcpu_get(1), VEC_NMI) != seen);
	}
	pit_stop();
	ioapic_set(PIT_PIN, RTE_MASKED, 0);
	check_eq(sent, 200, "NMIs after which one came");
	check(kcpu_irqs(kcpu_get(1), VEC_NMI) - before >= 200, "too few");
}

/* clang-format off */
const struct test tests[] = {
	{ "is_there", is_there },
	{ "entries_are_kept", entries_are_kept },
	{ "dangerous_modes_are_refused", dangerous_modes_are_refused },
	{ "odd_widths", odd_widths },
	{ "pit_arrives", pit_arrives },
	{ "pit_arrives_by_pic", pit_arrives_by_pic },
	{ "foreign_nmi_by_ioapic", foreign_nmi_by_ioapic },
	{ "foreign_nmi_by_lint", foreign_nmi_by_lint },
	{ "foreign_and_own", foreign_and_own },
	{ NULL, NULL },
};
/* clang-format on */
