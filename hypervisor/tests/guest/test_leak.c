/* SPDX-License-Identifier: BSD-2-Clause */
/* What of a CPU's last user its next one sees: nothing. */
#include "kit/apic.h"
#include "kit/blobs.h"
#include "kit/smp.h"
#include "kit/test.h"

#define RAM MIB(4)

static u32 run_leak(struct dm_vm *vm)
{
	struct acrn_abi_vcpu_regs regs = dm_regs_long(vm, 0, BLOB_AT);

	regs.regs.gprs.r[4] = 0x8000;
	blob_load(vm, leak);
	vm->ended = false;
	check_eq(dm_set_regs(vm, &regs), 0, "registers");
	check_eq(dm_call(HC_START_VM, vm), 0, "start");
	check_eq(dm_serve(vm, PATIENCE_MS), DM_ENDED, "how it ended");
	irq_enable();
	return vm->status;
}

static void user_after_user(void)
{
	for (u32 i = 0; i < 3; i++) {
		struct dm_vm vm;

		ram_free_all();
		if (!dm_take_cpus(1) || !dm_make(&vm, 1, RAM))
			return;
		check_eq(run_leak(&vm), 0, "what VM %u found", i);
		check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
	}
}

static void user_after_reset(void)
{
	struct dm_vm vm;

	ram_free_all();
	if (!dm_take_cpus(1) || !dm_make(&vm, 1, RAM))
		return;
	for (u32 i = 0; i < 3; i++) {
		check_eq(run_leak(&vm), 0, "what was found in run %u", i);
		check_eq(dm_call(HC_PAUSE_VM, &vm), 0, "pause");
		check_eq(dm_call(HC_RESET_VM, &vm), 0, "reset");
	}
	check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
}

static void look(void *arg)
{
	*(u32 *)arg = leak_look();
}

static void taint(void *arg)
{
	(void)arg;
	leak_look();
	leak_taint();
}

static void service_after_user(void)
{
	struct dm_vm vm;
	u32 found = ~0U;

	ram_free_all();
	if (!dm_take_cpus(1) || !dm_make(&vm, 1, RAM))
		return;
	run_leak(&vm);
	check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
	dm_return_cpus();
	check(smp_start(1, hc_cpu(1).lapic_id), "CPU 1");
	smp_call(1, look, &found);
	check(smp_join(1), "CPU 1");
	check_eq(found, 0, "what the Service VM found");
}

static void user_after_service(void)
{
	struct dm_vm vm;

	smp_call(1, taint, NULL);
	check(smp_join(1), "CPU 1");
	check(smp_offline(1), "offline");
	ram_free_all();
	if (!dm_take_cpus(1) || !dm_make(&vm, 1, RAM))
		return;
	check_eq(run_leak(&vm), 0, "what the User VM found");
	check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
	dm_return_cpus();
}

/* Its own state, on the other hand, a vCPU keeps over a pause. */
static void kept_over_a_pause(void)
{
	leak_look();
	leak_taint();
	check_eq(leak_look() & 0x7f, 0x7f, "the Service VM's own after calls");
	hc_info();
	check_eq(leak_look() & 0x7f, 0x7f, "and after a hypercall");
}

/* clang-format off */
const struct test tests[] = {
	{ "user_after_user", user_after_user },
	{ "user_after_reset", user_after_reset },
	{ "service_after_user", service_after_user },
	{ "user_after_service", user_after_service },
	{ "kept_over_a_pause", kept_over_a_pause },
	{ NULL, NULL },
};
/* clang-format on */
