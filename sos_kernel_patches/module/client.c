/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The client: the device model's side of the request page. It waits in
 * ATTACH until a request is its own, or until there is nothing to wait for.
 */
#define pr_fmt(fmt) "acrn_hsm: " fmt

#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/tick.h>
#include <linux/timex.h>
#include <asm/tsc.h>

#include "abi/holm.h"
#include "compat.h"
#include "hsm.h"
#include "hypercall.h"

/* Not to search for ever, whatever the hypervisor says. */
#define SLOTS_MAX 256

/* A request that comes within so many microseconds is soon. */
#define BRISK_US 200

/**
 * hsm_client_create() - user space will serve the requests
 * @vm: its @op is held
 *
 * Return: 0, or -EEXIST when it already does.
 */
int hsm_client_create(struct hsm_vm *vm)
{
	int ret = -EEXIST;

	mutex_lock(&vm->ioreq_lock);
	if (!vm->client) {
		WRITE_ONCE(vm->client, true);
		hsm_object_add(HOLM_OBJECT_CLIENT, 1);
		ret = 0;
	}
	mutex_unlock(&vm->ioreq_lock);
	return ret;
}

/**
 * hsm_client_destroy() - user space no longer serves the requests
 * @vm: its @op is held
 *
 * What the client had not finished is completed for it: a vCPU that waits
 * for an answer would otherwise wait for ever.
 */
void hsm_client_destroy(struct hsm_vm *vm)
{
	mutex_lock(&vm->ioreq_lock);
	if (vm->client)
		hsm_object_add(HOLM_OBJECT_CLIENT, -1);
	WRITE_ONCE(vm->client, false);
	mutex_unlock(&vm->ioreq_lock);
	hsm_client_wake(vm);
	hsm_ioreq_clear(vm);
}

static bool client_is_over(const struct hsm_vm *vm)
{
	return !READ_ONCE(vm->client) || READ_ONCE(vm->off);
}

static bool client_has_work(const struct hsm_vm *vm)
{
	return client_is_over(vm) ||
	       !bitmap_empty(vm->ioreqs, ACRN_IO_REQUEST_MAX);
}

/**
 * hsm_client_wake() - the client has work, or is over
 * @vm: in any context
 */
void hsm_client_wake(struct hsm_vm *vm)
{
	int cpu;

	/* Pairs with client_nap() and prepare_to_wait(): say, then look. */
	smp_mb();
	if (waitqueue_active(&vm->client_wq))
		wake_up_all(&vm->client_wq);
	cpu = READ_ONCE(vm->napping);
	if (cpu != HSM_NO_CPU && cpu != raw_smp_processor_id())
		hsm_compat_kick_cpu(cpu);
}

/* The CPU has nothing better to do than to wait here, and it is still now. */
static bool client_may_nap(unsigned long since)
{
	return !need_resched() && !signal_pending(current) &&
	       single_task_running() && jiffies == since &&
	       !tick_nohz_full_cpu(raw_smp_processor_id());
}

/*
 * Between two requests that follow each other closely the CPU halts right
 * here: to leave for the idle task and to come back costs several times what
 * the request does. It is over at the next tick, or when anybody else wants
 * the CPU. Interrupts are off between the look and the halt, so none is missed.
 */
static void client_nap(struct hsm_vm *vm)
{
	unsigned long since = jiffies;

	preempt_disable();
	local_irq_disable();
	WRITE_ONCE(vm->napping, raw_smp_processor_id());
	/* Pairs with hsm_client_wake(). */
	smp_mb();
	while (!client_has_work(vm) && client_may_nap(since)) {
		raw_safe_halt();
		local_irq_disable();
	}
	WRITE_ONCE(vm->napping, HSM_NO_CPU);
	local_irq_enable();
	preempt_enable();
}

/**
 * hsm_client_wait() - wait for work
 * @vm: @op is not held: the wait has no end in sight
 *
 * Return: 0 when there may be a request, also after a signal; -ENODEV when
 * there is no client, or the VM was destroyed or stopped by itself.
 */
int hsm_client_wait(struct hsm_vm *vm)
{
	cycles_t start = get_cycles();

	if (vm->brisk)
		client_nap(vm);
	wait_event_interruptible(vm->client_wq, client_has_work(vm));
	vm->brisk = get_cycles() - start < (u64)tsc_khz * BRISK_US / 1000;
	return client_is_over(vm) ? -ENODEV : 0;
}

/* Nothing is completed unless the client had all of it. */
static int client_complete(struct hsm_vm *vm, unsigned long done)
{
	unsigned long vcpu;
	int ret = 0;

	down_read(&vm->op);
	if (vm->vmid == HSM_VMID_INVALID || (done & ~vm->ioreqs[0]))
		ret = -EINVAL;
	for (vcpu = 0; !ret && done >> vcpu; vcpu++) {
		if (done & BIT(vcpu))
			ret = hsm_ioreq_complete(vm, vcpu);
	}
	up_read(&vm->op);
	return ret;
}

/**
 * hsm_client_serve() - complete what is done, then wait for more
 * @vm: nothing of it is held
 * @done: slots of requests that the client has finished, a bit each
 *
 * Return: the slots that are the client's, a bit each; 0 after a signal;
 * -EINVAL for a slot that is not the client's, or before CREATE_VM; -ENODEV
 * as hsm_client_wait(); or what the hypervisor answered.
 */
int hsm_client_serve(struct hsm_vm *vm, unsigned long done)
{
	int ret;

	static_assert(ACRN_IO_REQUEST_MAX < 31, "slots fit into the answer");
	ret = done ? client_complete(vm, done) : 0;
	if (!ret && READ_ONCE(vm->vmid) == HSM_VMID_INVALID)
		ret = -EINVAL;
	if (!ret)
		ret = hsm_client_wait(vm);
	return ret ? ret : (int)READ_ONCE(vm->ioreqs[0]);
}

/* The state of the VM in @slot; 0 when another VM has it, or an errno. */
static int client_query_slot(const struct hsm_vm *vm, u32 slot,
			     struct holm_vm *info)
{
	u32 len;
	int ret;

	ret = hsm_query(HOLM_QUERY_VM, slot, info, sizeof(*info), &len);
	if (ret)
		return ret;
	if (len < offsetofend(struct holm_vm, state) || info->vmid != vm->vmid)
		return 0;
	return (int)info->state;
}

/* VMs number from 0 in both ways, so the first guess is nearly always right. */
static int client_query_state(const struct hsm_vm *vm, struct holm_vm *info)
{
	int state = client_query_slot(vm, vm->vmid, info);
	u32 slot;

	for (slot = 0; state <= 0 && slot < SLOTS_MAX; slot++) {
		state = client_query_slot(vm, slot, info);
		if (state < 0)
			break;
	}
	return state;
}

/* The caller holds ioreq_lock: no reset comes between question and answer. */
static void client_check_off(struct hsm_vm *vm, struct holm_vm *info)
{
	if (vm->off || client_query_state(vm, info) != HOLM_VM_OFF)
		return;
	pr_debug("VM %u is off\n", vm->vmid);
	WRITE_ONCE(vm->off, true);
	hsm_client_wake(vm);
}

/**
 * hsm_client_check_off() - see whether the VM has stopped by itself
 * @vm: its request page says so
 */
void hsm_client_check_off(struct hsm_vm *vm)
{
	struct holm_vm *info;

	if (!hsm_is_holm() || READ_ONCE(vm->off))
		return;
	info = kmalloc(sizeof(*info), GFP_KERNEL);
	if (!info)
		return;
	mutex_lock(&vm->ioreq_lock);
	client_check_off(vm, info);
	mutex_unlock(&vm->ioreq_lock);
	kfree(info);
}

/**
 * hsm_client_revive() - start or reset the VM
 * @vm: its @op is held for reading
 * @hcall: HC_START_VM or HC_RESET_VM
 *
 * That it had stopped no longer holds, if the hypervisor agrees.
 *
 * Return: 0 or the hypervisor's refusal.
 */
int hsm_client_revive(struct hsm_vm *vm, u32 hcall)
{
	int ret;

	mutex_lock(&vm->ioreq_lock);
	ret = hsm_hcall(hcall, vm->vmid, 0);
	if (ret >= 0)
		WRITE_ONCE(vm->off, false);
	mutex_unlock(&vm->ioreq_lock);
	return min(ret, 0);
}
