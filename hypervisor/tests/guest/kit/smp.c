/* SPDX-License-Identifier: BSD-2-Clause */
#include "kit/smp.h"

#include "kit/apic.h"
#include "kit/trap.h"
#include "lib/string.h"

#define INIT_DELAY_US 200
#define CPUID_NVCPUS  0xb

extern const u8 trampoline[], trampoline_end[];
extern const u8 trampoline_seen[];

/* For entry.S. */
u64 ap_stack;
u32 ap_taken;
void smp_ap_main(void);

static struct kcpu cpus[KIT_MAX_CPUS];
static struct {
	u32 index;
	u32 up;
	bool x2apic;
} start;

struct kcpu *kcpu_get(u32 index)
{
	return &cpus[index];
}

u32 smp_count(void)
{
	u32 id = x86_cpuid(1, 0).ebx >> 16 & 0xff;

	return MAX(id, 1U);
}

u32 smp_trampoline_runs(void)
{
	return __atomic_load_n((const u32 *)(uintptr_t)trampoline_seen,
			       __ATOMIC_SEQ_CST);
}

void smp_ap_main(void)
{
	struct kcpu *cpu = &cpus[start.index];

	trap_init_cpu(cpu);
	apic_enable(start.x2apic);
	cpu->lapic_id = apic_id();
	irq_enable();
	__atomic_store_n(&start.up, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		void (*work)(void *arg) =
			__atomic_load_n(&cpu->work, __ATOMIC_SEQ_CST);

		if (!work) {
			x86_pause();
			continue;
		}
		work(cpu->work_arg);
		__atomic_store_n(&cpu->work, NULL, __ATOMIC_SEQ_CST);
		__atomic_fetch_add(&cpu->work_done, 1, __ATOMIC_SEQ_CST);
	}
}

static void place_trampoline(void)
{
	void *page = (void *)(uintptr_t)TRAMPOLINE_PAGE;

	if (!smp_trampoline_runs() || memcmp(page, trampoline, 4))
		memcpy(page, trampoline, (size_t)(trampoline_end - trampoline));
}

bool smp_start(u32 index, u32 lapic_id)
{
	struct kcpu *cpu = &cpus[index];

	place_trampoline();
	start.index = index;
	start.x2apic = apic_is_x2apic();
	__atomic_store_n(&start.up, 0, __ATOMIC_SEQ_CST);
	cpu->index = index;
	cpu->work = NULL;
	cpu->probe_sp = 0;
	ap_stack = (u64)(uintptr_t)(cpu->stack + sizeof(cpu->stack));
	apic_icr(lapic_id, ICR_INIT | ICR_LEVEL | ICR_ASSERT);
	delay_us(INIT_DELAY_US);
	apic_icr(lapic_id, ICR_STARTUP | ICR_ASSERT | TRAMPOLINE_PAGE >> 12);
	return WAIT_FOR(__atomic_load_n(&start.up, __ATOMIC_SEQ_CST));
}

void smp_call(u32 index, void (*fn)(void *arg), void *arg)
{
	cpus[index].work_arg = arg;
	__atomic_store_n(&cpus[index].work, fn, __ATOMIC_SEQ_CST);
}

bool smp_join(u32 index)
{
	return WAIT_FOR(!__atomic_load_n(&cpus[index].work, __ATOMIC_SEQ_CST));
}

static void sleep_for_good(void *arg)
{
	u32 *asleep = arg;

	irq_disable();
	__atomic_store_n(asleep, 1, __ATOMIC_SEQ_CST);
	for (;;)
		__asm__ volatile("cli; hlt");
}

bool smp_offline(u32 index)
{
	static u32 asleep;

	asleep = 0;
	smp_call(index, sleep_for_good, &asleep);
	return WAIT_FOR(__atomic_load_n(&asleep, __ATOMIC_SEQ_CST));
}
