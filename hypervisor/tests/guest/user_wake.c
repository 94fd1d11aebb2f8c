/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU that sleeps again and again, and is woken by others at any moment:
 * while it goes to sleep, while it is in Holm, while it waits for an answer
 * of the device model. No interrupt may be lost, nor be one too many.
 */
#include "abi/acrn.h"
#include "kit/apic.h"
#include "kit/host.h"
#include "kit/smp.h"
#include "kit/test.h"
#include "kit/trap.h"

#define VEC_IPI   0x41
#define VEC_MSI   0x51
#define VEC_TIMER 0x61
#define ROUNDS    100
#define MSI_BASE  0xfee00000U

/* What the sleeper does besides, each with its own way into Holm. */
enum besides { NOTHING, TIMER, REQUESTS, BOTH };

static struct {
	u32 vector;
	u32 rounds;
	enum besides besides;
} job;

static u32 seen; /* how many the sleeper has seen come */

static u64 seed = 88172645463325252;
static u64 sleepers_seed = 362436069362436069;

static void dawdle(u64 *from, u64 most)
{
	u64 until = x86_rdtsc() + random_next(from) % most;

	while (x86_rdtsc() < until)
		x86_pause();
}

static void besides(u32 round)
{
	u16 port = HOST_SCRATCH + 8;

	if (job.besides & TIMER)
		apic_timer_us(VEC_TIMER, 1 + random_next(&sleepers_seed) % 200);
	if (!(job.besides & REQUESTS) || random_next(&sleepers_seed) % 4)
		return;
	x86_outl(port, round);
	check_eq(x86_inl(port), round, "answer");
}

static void sleep_again_and_again(void *arg)
{
	const struct kcpu *self = kcpu_self();
	u32 first = *(u32 *)arg;

	for (u32 i = 0; i < job.rounds; i++) {
		besides(i);
		irq_disable();
		while (kcpu_irqs(self, (u8)job.vector) == first + i)
			irq_wait();
		irq_enable();
		__atomic_store_n(&seen, i + 1, __ATOMIC_SEQ_CST);
	}
	apic_timer_stop();
}

static void by_ipi(u32 to)
{
	apic_icr(to, ICR_ASSERT | VEC_IPI);
}

static void by_device(u32 to)
{
	x86_outl(HOST_ARG0, MSI_BASE | to << 12);
	x86_outl(HOST_ARG1, VEC_MSI);
	x86_outl(HOST_COMMAND, HOST_MSI);
}

static void wake(u8 vector, void (*send)(u32 to), enum besides what)
{
	const struct kcpu *sleeper = kcpu_get(1);
	u32 first = kcpu_irqs(sleeper, vector);
	u64 most = tsc_per_ms() / 10;

	job.vector = vector;
	job.rounds = ROUNDS;
	job.besides = what;
	seen = 0;
	smp_call(1, sleep_again_and_again, &first);
	for (u32 i = 0; i < ROUNDS; i++) {
		dawdle(&seed, most);
		send(sleeper->lapic_id);
		if (!check(WAIT_FOR(__atomic_load_n(&seen, __ATOMIC_SEQ_CST) ==
				    i + 1),
			   "besides %u, round %u: it sleeps on, irqs %u", what,
			   i, kcpu_irqs(sleeper, vector) - first))
			test_abort("nothing wakes it");
	}
	check(smp_join(1), "it does not end");
	check_eq(kcpu_irqs(sleeper, vector) - first, ROUNDS, "interrupts");
}

static void begin(bool x2apic)
{
	apic_enable(x2apic);
	irq_enable();
	check(smp_start(1, x86_inl(HOST_LAPIC_ID + 4)), "vCPU 1");
}

static void wakes(bool x2apic)
{
	begin(x2apic);
	for (enum besides what = NOTHING; what <= BOTH; what++) {
		wake(VEC_IPI, by_ipi, what);
		wake(VEC_MSI, by_device, what);
	}
}

static void wakes_in_x2apic_mode(void)
{
	wakes(true);
}

static void wakes_in_xapic_mode(void)
{
	wakes(false);
}

/* clang-format off */
const struct test tests[] = {
	{ "wakes_in_xapic_mode", wakes_in_xapic_mode },
	{ "wakes_in_x2apic_mode", wakes_in_x2apic_mode },
	{ NULL, NULL },
};
/* clang-format on */
