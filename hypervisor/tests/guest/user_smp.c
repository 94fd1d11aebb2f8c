/* SPDX-License-Identifier: BSD-2-Clause */
/* vCPUs of one User VM: starting each other, interrupts, ending. */
#include "kit/apic.h"
#include "kit/host.h"
#include "kit/smp.h"
#include "kit/test.h"
#include "kit/trap.h"

#define VEC_A  0x41
#define ROUNDS 40

static u32 n;

static u32 id_of(u32 vcpu)
{
	return x86_inl((u16)(HOST_LAPIC_ID + 4 * vcpu));
}

static void start_all(bool x2apic)
{
	apic_enable(x2apic);
	irq_enable();
	n = x86_inl(HOST_NVCPUS);
	for (u32 i = 1; i < n; i++) {
		if (!check(smp_start(i, id_of(i)), "vCPU %u", i))
			continue;
		check_eq(kcpu_get(i)->lapic_id, id_of(i), "its LAPIC id");
	}
}

static void start(void)
{
	start_all(false);
	check(n > 1, "%u vCPUs are too few for this test", n);
	check_eq(smp_trampoline_runs(), n - 1, "trampoline runs");
}

static void start_again(void)
{
	for (u32 i = 0; i < 5; i++)
		start_all(i & 1);
}

static void sipi_without_init(void)
{
	u32 runs = smp_trampoline_runs();

	apic_icr(id_of(1), ICR_STARTUP | ICR_ASSERT | TRAMPOLINE_PAGE >> 12);
	delay_us(20000);
	check_eq(smp_trampoline_runs(), runs, "a running vCPU started anew");
}

static void look_at_self(void *arg)
{
	u32 *out = arg;

	out[0] = x86_cpuid(1, 0).ebx >> 24;
	out[1] = !!(x86_rdmsr(MSR_APIC_BASE) & APIC_BASE_BSP);
	out[2] = x86_cpuid(0xb, 0).edx;
}

static void each_is_itself(void)
{
	for (u32 i = 1; i < n; i++) {
		u32 out[3] = { 0 };

		smp_call(i, look_at_self, out);
		check(smp_join(i), "vCPU %u", i);
		check_eq(out[0], id_of(i), "CPUID 1");
		check_eq(out[1], 0, "BSP flag");
		check_eq(out[2], id_of(i), "CPUID b");
	}
}

static void send(u32 dest, u32 low, u32 mask, const char *how)
{
	u8 vector = (low & ICR_MODE_MASK) == ICR_NMI ? VEC_NMI : (u8)low;
	u32 before[KIT_MAX_CPUS];

	for (u32 i = 0; i < n; i++)
		before[i] = kcpu_irqs(kcpu_get(i), vector);
	apic_icr(dest, low | ICR_ASSERT);
	for (u32 i = 0; i < n; i++)
		if (mask & BIT32(i))
			WAIT_FOR(kcpu_irqs(kcpu_get(i), vector) != before[i]);
	delay_us(2000);
	for (u32 i = 0; i < n; i++)
		check_eq(kcpu_irqs(kcpu_get(i), vector) - before[i],
			 !!(mask & BIT32(i)), "%s: vCPU %u", how, i);
}

static void interrupts(void)
{
	u32 all = BIT32(n) - 1;

	for (u32 x2 = 0; x2 < 2; x2++) {
		start_all(x2);
		send(0, ICR_TO_SELF | VEC_A, 1, "self");
		send(0, ICR_TO_ALL | VEC_A, all, "all");
		send(0, ICR_TO_OTHERS | VEC_A, all & ~1U, "others");
		send(x2 ? ~0U : 0xff, VEC_A, all, "broadcast");
		for (u32 i = 0; i < n; i++)
			send(id_of(i), VEC_A, BIT32(i), "physical");
		send(id_of(1), ICR_NMI, 2, "NMI");
		send(0, ICR_TO_OTHERS | ICR_NMI, all & ~1U, "NMI to others");
	}
}

static void sleep_once(void *arg)
{
	u32 *stage = arg;

	irq_disable();
	__atomic_store_n(stage, 1, __ATOMIC_SEQ_CST);
	irq_wait();
	__atomic_store_n(stage, 2, __ATOMIC_SEQ_CST);
	irq_enable();
}

static void wakes_from_halt(void)
{
	static u32 stage;

	for (u32 round = 0; round < ROUNDS; round++) {
		u32 to = 1 + round % (n - 1);

		stage = 0;
		smp_call(to, sleep_once, &stage);
		if (!check(WAIT_FOR(__atomic_load_n(&stage, __ATOMIC_SEQ_CST)),
			   "round %u: it does not go to sleep", round))
			return;
		apic_icr(id_of(to), ICR_ASSERT | VEC_A);
		if (!check(smp_join(to), "round %u: it sleeps on", round))
			return;
	}
}

static void ping(void *arg)
{
	u32 me = kcpu_self()->index;
	u32 to = (me + 1) % n;
	u8 vector = (u8)(0x60 + me);

	for (u32 i = 0; i < ROUNDS; i++) {
		u32 seen = kcpu_irqs(kcpu_get(to), vector);

		apic_icr(kcpu_get(to)->lapic_id, ICR_ASSERT | vector);
		if (!WAIT_FOR(kcpu_irqs(kcpu_get(to), vector) == seen + 1)) {
			__atomic_fetch_add((u32 *)arg, 1, __ATOMIC_SEQ_CST);
			return;
		}
	}
}

static void all_ping(void)
{
	u32 lost = 0;

	kcpu_get(0)->lapic_id = id_of(0);
	for (u32 i = 1; i < n; i++)
		smp_call(i, ping, &lost);
	ping(&lost);
	for (u32 i = 1; i < n; i++)
		check(smp_join(i), "vCPU %u does not end", i);
	check_eq(lost, 0, "interrupts lost");
}

static void many_requests(void *arg)
{
	u16 port = (u16)(HOST_SCRATCH + kcpu_self()->index);

	for (u32 i = 0; i < ROUNDS; i++) {
		x86_outb(port, (u8)i);
		if (x86_inb(port) != (u8)i)
			__atomic_fetch_add((u32 *)arg, 1, __ATOMIC_SEQ_CST);
	}
}

/* Each vCPU has its own slot of the request page. */
static void requests_side_by_side(void)
{
	u32 wrong = 0;

	for (u32 i = 1; i < n; i++)
		smp_call(i, many_requests, &wrong);
	many_requests(&wrong);
	for (u32 i = 1; i < n; i++)
		check(smp_join(i), "vCPU %u does not end", i);
	check_eq(wrong, 0, "wrong answers");
}

static void init_stops(void)
{
	u32 before = kcpu_irqs(kcpu_get(1), VEC_A);

	apic_icr(id_of(1), ICR_INIT | ICR_LEVEL | ICR_ASSERT);
	delay_us(5000);
	apic_icr(id_of(1), ICR_ASSERT | VEC_A);
	delay_us(20000);
	check_eq(kcpu_irqs(kcpu_get(1), VEC_A), before, "after INIT");
	check(smp_start(1, id_of(1)), "it does not start again");
}

/* clang-format off */
const struct test tests[] = {
	{ "start", start },
	{ "start_again", start_again },
	{ "sipi_without_init", sipi_without_init },
	{ "each_is_itself", each_is_itself },
	{ "interrupts", interrupts },
	{ "wakes_from_halt", wakes_from_halt },
	{ "all_ping", all_ping },
	{ "requests_side_by_side", requests_side_by_side },
	{ "init_stops", init_stops },
	{ NULL, NULL },
};
/* clang-format on */
