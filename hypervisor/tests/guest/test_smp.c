/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting CPUs, and interrupts between them, in both LAPIC modes. */
#include "kit/apic.h"
#include "kit/hc.h"
#include "kit/smp.h"
#include "kit/test.h"
#include "kit/trap.h"

#define VEC_IPI   0x41
#define VEC_LOW   0x30
#define VEC_HIGH  0xd0
#define DFR_FLAT  0xffffffffU
#define SETTLE_US 5000

static u32 ncpus;

static void set_x2apic(void *arg)
{
	apic_enable(*(bool *)arg);
	if (!apic_is_x2apic()) {
		apic_write(LAPIC_DFR, DFR_FLAT);
		apic_write(LAPIC_LDR, BIT32(24 + kcpu_self()->index));
	}
}

/* False if this machine cannot. */
static bool all_to_mode(bool x2apic)
{
	if (!apic_may_be(x2apic))
		return false;
	set_x2apic(&x2apic);
	for (u32 i = 1; i < ncpus; i++) {
		smp_call(i, set_x2apic, &x2apic);
		check(smp_join(i), "CPU %u does not answer", i);
	}
	return true;
}

static void start_all(bool x2apic)
{
	if (!apic_may_be(x2apic))
		return;
	apic_enable(x2apic);
	ncpus = hc_info().ncpus;
	for (u32 i = 1; i < ncpus; i++) {
		u32 id = hc_cpu(i).lapic_id;

		if (!check(smp_start(i, id), "CPU %u does not start", i))
			continue;
		check_eq(kcpu_get(i)->lapic_id, id, "LAPIC id of CPU %u", i);
	}
	all_to_mode(x2apic);
	irq_enable();
}

static void start_in_xapic(void)
{
	start_all(false);
}

/* A running CPU starts again; so does one that was started long ago. */
static void start_in_x2apic(void)
{
	for (u32 round = 0; round < 3; round++)
		start_all(true);
}

/* Expect @vector on exactly the CPUs of @mask, once. */
static void expect_on(u32 mask, u8 vector, const u32 *before, const char *how)
{
	for (u32 i = 0; i < ncpus; i++) {
		struct kcpu *cpu = kcpu_get(i);
		u32 want = before[i] + !!(mask & BIT32(i));

		WAIT_FOR(kcpu_irqs(cpu, vector) >= want);
	}
	delay_us(SETTLE_US);
	for (u32 i = 0; i < ncpus; i++)
		check_eq(kcpu_irqs(kcpu_get(i), vector) - before[i],
			 !!(mask & BIT32(i)), "%s: interrupts of CPU %u", how,
			 i);
}

static void send(u32 dest, u32 low, u32 mask, const char *how)
{
	u8 vector = (low & ICR_MODE_MASK) == ICR_NMI ? VEC_NMI : (u8)low;
	u32 before[KIT_MAX_CPUS];

	for (u32 i = 0; i < ncpus; i++)
		before[i] = kcpu_irqs(kcpu_get(i), vector);
	apic_icr(dest, low | ICR_ASSERT);
	expect_on(mask, vector, before, how);
}

static u32 all_cpus(void)
{
	return BIT32(ncpus) - 1;
}

static void shorthands(void)
{
	for (u32 x2 = 0; x2 < 2; x2++) {
		if (!all_to_mode(x2))
			continue;
		send(0, ICR_TO_SELF | VEC_IPI, 1, "self");
		send(0, ICR_TO_ALL | VEC_IPI, all_cpus(), "all");
		send(0, ICR_TO_OTHERS | VEC_IPI, all_cpus() & ~1U, "others");
	}
}

static void physical(void)
{
	for (u32 x2 = 0; x2 < 2; x2++) {
		if (!all_to_mode(x2))
			continue;
		for (u32 i = 0; i < ncpus; i++)
			send(kcpu_get(i)->lapic_id, VEC_IPI, BIT32(i),
			     x2 ? "x2APIC id" : "xAPIC id");
		send(x2 ? ~0U : 0xff, VEC_IPI, all_cpus(), "broadcast");
		send(0x7e, VEC_IPI, 0, "nobody's id");
	}
}

static void logical(void)
{
	for (u32 x2 = 0; x2 < 2; x2++) {
		if (!all_to_mode(x2))
			continue;
		for (u32 mask = 1; mask <= all_cpus(); mask++)
			send(mask, ICR_LOGICAL | VEC_IPI, mask,
			     x2 ? "cluster logical" : "flat logical");
		send(x2 ? 0x00010001 : 0xf0, ICR_LOGICAL | VEC_IPI, 0,
		     x2 ? "another cluster" : "flat logical, nobody's");
	}
}

/* Exactly one of those addressed gets it. */
static void lowest_priority(void)
{
	u32 before = 0, after = 0;

	if (!all_to_mode(false))
		return;
	for (u32 i = 0; i < ncpus; i++)
		before += kcpu_irqs(kcpu_get(i), VEC_IPI);
	apic_icr(all_cpus(), ICR_LOGICAL | ICR_LOWEST | ICR_ASSERT | VEC_IPI);
	delay_us(SETTLE_US);
	for (u32 i = 0; i < ncpus; i++)
		after += kcpu_irqs(kcpu_get(i), VEC_IPI);
	check_eq(after - before, 1, "CPUs that took it");
}

static void nmis(void)
{
	for (u32 x2 = 0; x2 < 2; x2++) {
		if (!all_to_mode(x2))
			continue;
		for (u32 i = 0; i < ncpus; i++)
			send(kcpu_get(i)->lapic_id, ICR_NMI, BIT32(i), "NMI");
		send(0, ICR_TO_OTHERS | ICR_NMI, all_cpus() & ~1U,
		     "NMI to others");
	}
}

static void nmis_do_not_nest(void)
{
	u32 taken;

	check_eq(apic_nest_nmis(&taken), 1, "depth");
	check_eq(taken, 2, "NMIs");
}

/* An NMI goes where interrupts are off and to one that sleeps. */
static void nmi_wakes(void *arg)
{
	u32 *stage = arg;

	irq_disable();
	__atomic_store_n(stage, 1, __ATOMIC_SEQ_CST);
	__asm__ volatile("hlt");
	__atomic_store_n(stage, 2, __ATOMIC_SEQ_CST);
	irq_enable();
}

static void nmi_ends_halt(void)
{
	static u32 stage;

	for (u32 i = 1; i < ncpus; i++) {
		stage = 0;
		smp_call(i, nmi_wakes, &stage);
		check(WAIT_FOR(__atomic_load_n(&stage, __ATOMIC_SEQ_CST) == 1),
		      "CPU %u does not go to sleep", i);
		delay_us(SETTLE_US);
		send(kcpu_get(i)->lapic_id, ICR_NMI, BIT32(i), "NMI");
		check(smp_join(i), "CPU %u sleeps on", i);
	}
}

static void ipi_ends_halt(void)
{
	u32 before = kcpu_irqs(kcpu_get(0), VEC_IPI);

	irq_disable();
	apic_icr(0, ICR_TO_SELF | ICR_ASSERT | VEC_IPI);
	irq_wait();
	check_eq(kcpu_irqs(kcpu_get(0), VEC_IPI) - before, 1, "interrupts");
	irq_enable();
}

static void illegal_vectors(void)
{
	for (u32 x2 = 0; x2 < 2; x2++) {
		if (!all_to_mode(x2))
			continue;
		for (u32 vector = 0; vector < 16; vector++)
			apic_icr(0, ICR_TO_ALL | ICR_ASSERT | vector);
		delay_us(SETTLE_US);
		for (u32 vector = 0; vector < 16; vector++)
			check(!apic_requested((u8)vector),
			      "vector %u was delivered", vector);
		send(0, ICR_TO_ALL | VEC_IPI, all_cpus(), "and then");
	}
}

/* An SMI or a reserved mode would leave the guest's hands. */
static void refused_modes(void)
{
	for (u32 x2 = 0; x2 < 2; x2++) {
		if (!all_to_mode(x2))
			continue;
		apic_icr(0, ICR_TO_ALL | ICR_ASSERT | ICR_SMI);
		apic_icr(0, ICR_TO_ALL | ICR_ASSERT | 3U << 8);
		apic_icr(0, ICR_TO_ALL | ICR_ASSERT | 7U << 8);
		send(0, ICR_TO_ALL | VEC_IPI, all_cpus(), "and then");
	}
}

static void priorities(void)
{
	struct kcpu *cpu = kcpu_get(0);

	if (!all_to_mode(false))
		return;
	irq_disable();
	apic_icr(0, ICR_TO_SELF | ICR_ASSERT | VEC_LOW);
	apic_icr(0, ICR_TO_SELF | ICR_ASSERT | VEC_HIGH);
	apic_write(LAPIC_TPR, 0x40);
	irq_enable();
	check(WAIT_FOR(kcpu_irqs(cpu, VEC_HIGH) == 1), "the high one is lost");
	check_eq(kcpu_irqs(cpu, VEC_LOW), 0, "low one under TPR");
	check(apic_requested(VEC_LOW), "the low one is not waiting");
	apic_write(LAPIC_TPR, 0);
	check(WAIT_FOR(kcpu_irqs(cpu, VEC_LOW) == 1), "the low one is lost");
}

static void timer(void)
{
	u32 before = kcpu_irqs(kcpu_get(0), VEC_IPI);

	for (u32 x2 = 0; x2 < 2; x2++) {
		if (!all_to_mode(x2))
			continue;
		irq_disable();
		apic_timer_us(VEC_IPI, 2000);
		irq_wait();
		irq_enable();
	}
	check_eq(kcpu_irqs(kcpu_get(0), VEC_IPI) - before,
		 apic_may_be(false) + apic_may_be(true), "timers");
}

/* A local vector that asks for INIT or SMI comes back masked or changed. */
static void local_vectors_are_filtered(void)
{
	for (u32 x2 = 0; x2 < 2; x2++) {
		if (!all_to_mode(x2))
			continue;
		for (u32 mode = ICR_SMI; mode <= ICR_INIT; mode += 3U << 8) {
			apic_write(LAPIC_LVT_LINT0, mode);
			check(apic_read(LAPIC_LVT_LINT0) & LVT_MASKED,
			      "mode %x is not masked", mode);
		}
		apic_write(LAPIC_LVT_LINT0, LVT_MASKED);
	}
}

static void register_page_access(void)
{
	volatile u8 *byte = (volatile u8 *)(uintptr_t)APIC_PAGE;
	volatile u64 *wide = (volatile u64 *)(uintptr_t)APIC_PAGE;

	if (!all_to_mode(false))
		return;
	byte[LAPIC_ICR] = VEC_IPI;
	wide[LAPIC_ICR / 8] = ICR_TO_SELF | VEC_IPI;
	send(0, ICR_TO_SELF | VEC_IPI, 1, "after odd writes");
}

/* Many at once, from all to all: none may be lost that has its own vector. */
static void storm_sender(void *arg)
{
	u32 me = kcpu_self()->index;

	for (u32 i = 0; i < *(u32 *)arg; i++) {
		u8 vector = (u8)(0x50 + me);
		u32 to = (me + 1) % ncpus;
		u32 seen = kcpu_irqs(kcpu_get(to), vector);

		apic_icr(kcpu_get(to)->lapic_id, ICR_ASSERT | vector);
		if (!WAIT_FOR(kcpu_irqs(kcpu_get(to), vector) == seen + 1)) {
			check(false, "CPU %u: interrupt %u is lost", me, i);
			return;
		}
	}
}

static void storm(void)
{
	static u32 rounds = 60;

	for (u32 x2 = 0; x2 < 2; x2++) {
		if (!all_to_mode(x2))
			continue;
		for (u32 i = 1; i < ncpus; i++)
			smp_call(i, storm_sender, &rounds);
		storm_sender(&rounds);
		for (u32 i = 1; i < ncpus; i++)
			check(smp_join(i), "CPU %u does not end", i);
	}
}

static void x2apic_mode_stays(void)
{
	u64 base, now;

	if (apic_may_be(false))
		return;
	check_eq(try_rdmsr(MSR_APIC_BASE, &base), NO_FAULT, "read");
	check(base & APIC_BASE_EXTD, "it is in another mode");
	check_eq(try_wrmsr(MSR_APIC_BASE, base & ~APIC_BASE_EXTD), VEC_GP,
		 "to xAPIC mode");
	check_eq(try_wrmsr(MSR_APIC_BASE,
			   base & ~(APIC_BASE_EXTD | APIC_BASE_ENABLE)),
		 VEC_GP, "disable it");
	check_eq(try_rdmsr(MSR_APIC_BASE, &now), NO_FAULT, "read again");
	check_eq(now, base, "the mode");
}

/* clang-format off */
const struct test tests[] = {
	{ "start_in_xapic", start_in_xapic },
	{ "start_in_x2apic", start_in_x2apic },
	{ "shorthands", shorthands },
	{ "physical", physical },
	{ "logical", logical },
	{ "lowest_priority", lowest_priority },
	{ "nmis", nmis },
	{ "nmis_do_not_nest", nmis_do_not_nest },
	{ "nmi_ends_halt", nmi_ends_halt },
	{ "ipi_ends_halt", ipi_ends_halt },
	{ "illegal_vectors", illegal_vectors },
	{ "refused_modes", refused_modes },
	{ "priorities", priorities },
	{ "timer", timer },
	{ "local_vectors_are_filtered", local_vectors_are_filtered },
	{ "register_page_access", register_page_access },
	{ "storm", storm },
	{ "x2apic_mode_stays", x2apic_mode_stays },
	{ NULL, NULL },
};
/* clang-format on */
