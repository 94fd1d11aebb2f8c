/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUs that go from the Service VM to others and come back. */
#include "kit/apic.h"
#include "kit/blobs.h"
#include "kit/smp.h"
#include "kit/test.h"

#define RAM    MIB(4)
#define ROUNDS 20
#define NOBODY 200

static s64 take(u32 cpu)
{
	return hypercall(HC_SOS_REMOVE_CPU, hc_cpu(cpu).lapic_id, 0);
}

static s64 give_back(u32 cpu)
{
	return hypercall(HC_HOLM_RETURN_CPU, hc_cpu(cpu).lapic_id, 0);
}

static void wrong_cpus(void)
{
	check_eq(take(0), -EINVAL, "take the boot CPU");
	check_eq(hypercall(HC_SOS_REMOVE_CPU, NOBODY, 0), -EINVAL, "nobody");
	check_eq(hypercall(HC_SOS_REMOVE_CPU, 1UL << 32 | 1, 0), -EINVAL,
		 "an id of more than 32 bits");
	check_eq(hypercall(HC_SOS_REMOVE_CPU, ~0UL, 0), -EINVAL, "-1");
	check_eq(hypercall(HC_HOLM_RETURN_CPU, NOBODY, 0), -EINVAL,
		 "return nobody");
	check_eq(give_back(0), -EINVAL, "return the boot CPU");
	check_eq(give_back(1), -EINVAL, "return one that was not taken");
}

static void never_started(void)
{
	check_eq(take(1), 0, "take");
	check_eq(hc_cpu(1).owner_vm, HOLM_NO_VM, "owner");
	check_eq(hc_cpu(1).mode, 2, "mode: idle");
	check_eq(hc_vm(0).cpus & 2, 0, "in the Service VM's set");
	check_eq(take(1), -EBUSY, "take it twice");
	check_eq(give_back(1), 0, "return");
	check_eq(hc_cpu(1).owner_vm, 0, "owner");
	check_eq(hc_vm(0).cpus & 2, 2, "in the Service VM's set");
	check_eq(give_back(1), -EINVAL, "return it twice");
	irq_enable();
	check(smp_start(1, hc_cpu(1).lapic_id), "it does not start");
}

static void online_is_refused(void)
{
	check(smp_start(1, hc_cpu(1).lapic_id), "it does not start");
	check_eq(take(1), -EBUSY, "take");
	check_eq(hc_cpu(1).owner_vm, 0, "owner");
	smp_call(1, (void (*)(void *))(uintptr_t)apic_eoi, NULL);
	check(smp_join(1), "it does not run on");
}

/* As Linux does it: offline, taken, used, returned, online. */
static void there_and_back(void)
{
	u64 used = hc_info().pool_used;

	for (u32 i = 0; i < ROUNDS; i++) {
		u32 runs = smp_trampoline_runs();
		struct dm_vm vm;

		check(smp_start(1, hc_cpu(1).lapic_id), "start %u", i);
		check_eq(smp_trampoline_runs() - runs, 1, "starts");
		check_eq(take(1), -EBUSY, "take it online, %u", i);
		check(smp_offline(1), "offline %u", i);
		check_eq(take(1), 0, "take %u", i);
		ram_free_all();
		if (!dm_make(&vm, 1, RAM))
			return;
		{
			struct acrn_abi_vcpu_regs regs =
				dm_regs_long(&vm, 0, BLOB_AT);

			blob_load(&vm, request);
			check_eq(dm_set_regs(&vm, &regs), 0, "registers");
		}
		check_eq(dm_call(HC_START_VM, &vm), 0, "start VM");
		check_eq(dm_serve(&vm, PATIENCE_MS), DM_ENDED, "round %u", i);
		irq_enable();
		check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
		check_eq(give_back(1), 0, "return %u", i);
	}
	check_eq(hc_info().pool_used, used, "pages in use");
}

/* What the Service VM sends to a CPU it gave up must not arrive. */
static void out_of_reach(void)
{
	u32 id = hc_cpu(1).lapic_id;
	u32 runs;
	struct dm_vm vm;

	check(smp_start(1, id), "start");
	check(smp_offline(1), "offline");
	check_eq(take(1), 0, "take");
	ram_free_all();
	if (!dm_make(&vm, 1, RAM))
		return;
	{
		struct acrn_abi_vcpu_regs regs = dm_regs_long(&vm, 0, BLOB_AT);

		blob_load(&vm, count);
		check_eq(dm_set_regs(&vm, &regs), 0, "registers");
	}
	check_eq(dm_call(HC_START_VM, &vm), 0, "start VM");
	runs = smp_trampoline_runs();
	apic_icr(id, ICR_INIT | ICR_LEVEL | ICR_ASSERT);
	apic_icr(id, ICR_STARTUP | ICR_ASSERT | TRAMPOLINE_PAGE >> 12);
	apic_icr(id, ICR_NMI | ICR_ASSERT);
	apic_icr(id, ICR_ASSERT | 0x41);
	apic_icr(0, ICR_TO_OTHERS | ICR_ASSERT | 0x41);
	apic_icr(0, ICR_TO_OTHERS | ICR_ASSERT | ICR_NMI);
	delay_us(5000);
	check_eq(smp_trampoline_runs(), runs, "it was started");
	check_eq(dm_state(&vm), HOLM_VM_RUNNING, "the User VM");
	{
		volatile u32 *n =
			(volatile u32 *)(void *)(vm.ram + BLOB_COUNTER);
		u32 before = *n;

		check(WAIT_FOR(*n != before), "the User VM stands still");
	}
	check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
	check_eq(give_back(1), 0, "return");
	delay_us(20000);
	check_eq(smp_trampoline_runs(), runs, "started by an old command");
	check(smp_start(1, id), "start at last");
}

/* Interrupts with the vectors of exceptions, pending as it goes to sleep. */
static void sleep_with_low_vectors(void *arg)
{
	u32 *asleep = arg;

	irq_disable();
	for (u32 v = 16; v < 32; v++)
		apic_icr(hc_cpu(1).lapic_id, ICR_ASSERT | v);
	__atomic_store_n(asleep, 1, __ATOMIC_SEQ_CST);
	for (;;)
		__asm__ volatile("hlt");
}

/* They are nobody's who has the CPU next: not Holm's, nor a User VM's. */
static void low_vectors_are_left_behind(void)
{
	static u32 asleep;
	struct dm_vm vm;

	check(smp_start(1, hc_cpu(1).lapic_id), "start");
	smp_call(1, sleep_with_low_vectors, &asleep);
	check(WAIT_FOR(__atomic_load_n(&asleep, __ATOMIC_SEQ_CST)), "asleep");
	check_eq(take(1), 0, "take");
	ram_free_all();
	if (!dm_make(&vm, 1, RAM))
		return;
	{
		struct acrn_abi_vcpu_regs regs = dm_regs_long(&vm, 0, BLOB_AT);

		blob_load(&vm, request);
		check_eq(dm_set_regs(&vm, &regs), 0, "registers");
	}
	check_eq(dm_call(HC_START_VM, &vm), 0, "start VM");
	check_eq(dm_serve(&vm, PATIENCE_MS), DM_ENDED, "it does not end");
	irq_enable();
	check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
	check_eq(give_back(1), 0, "return");
	check(smp_start(1, hc_cpu(1).lapic_id), "start again");
	check(smp_offline(1), "offline");
	check_eq(take(1), 0, "take it again");
	check_eq(give_back(1), 0, "return it again");
}

/* INIT alone makes a CPU offline enough, once it has arrived. */
static void init_is_offline(void)
{
	u32 id = hc_cpu(1).lapic_id;

	check(smp_start(1, id), "start");
	apic_icr(id, ICR_INIT | ICR_LEVEL | ICR_ASSERT);
	check(WAIT_FOR(take(1) == 0), "take");
	check_eq(give_back(1), 0, "return");
	check(smp_start(1, id), "start again");
}

/* A kernel that starts a CPU nobody uses has it back, by that INIT alone. */
static void init_asks_back(void)
{
	u32 id = hc_cpu(1).lapic_id;
	u32 runs;
	struct dm_vm vm;

	check(smp_start(1, id), "start");
	check(smp_offline(1), "offline");
	check_eq(take(1), 0, "take");
	runs = smp_trampoline_runs();
	apic_icr(id, ICR_STARTUP | ICR_ASSERT | TRAMPOLINE_PAGE >> 12);
	apic_icr(0, ICR_TO_OTHERS | ICR_ASSERT | ICR_INIT);
	check_eq(hc_cpu(1).owner_vm, HOLM_NO_VM, "owner");
	ram_free_all();
	if (!dm_make(&vm, 1, RAM))
		return;
	apic_icr(id, ICR_INIT | ICR_LEVEL | ICR_ASSERT);
	check_eq(hc_vm(0).cpus & 2, 0, "a User VM's CPU in the set");
	check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
	delay_us(5000);
	check_eq(smp_trampoline_runs(), runs, "started by an old command");
	check(smp_start(1, id), "start");
	check_eq(smp_trampoline_runs() - runs, 1, "starts");
	check_eq(hc_cpu(1).owner_vm, 0, "owner");
	check_eq(give_back(1), -EINVAL, "return what is back");
	check(smp_offline(1), "offline");
	check_eq(take(1), 0, "take it again");
	check_eq(give_back(1), 0, "return");
}

/* clang-format off */
const struct test tests[] = {
	{ "wrong_cpus", wrong_cpus },
	{ "never_started", never_started },
	{ "online_is_refused", online_is_refused },
	{ "there_and_back", there_and_back },
	{ "out_of_reach", out_of_reach },
	{ "low_vectors_are_left_behind", low_vectors_are_left_behind },
	{ "init_is_offline", init_is_offline },
	{ "init_asks_back", init_asks_back },
	{ NULL, NULL },
};
/* clang-format on */
