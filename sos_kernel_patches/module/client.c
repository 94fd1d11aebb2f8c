/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The client: the device model's side of the request page. It waits in
 * ATTACH until a request is its own, or until there is nothing to wait for.
 */
#define pr_fmt(fmt) "acrn_hsm: " fmt

#include <linux/printk.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "abi/holm.h"
#include "hsm.h"
#include "hypercall.h"

/* Not to search for ever, whatever the hypervisor says. */
#define SLOTS_MAX 256

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
	wake_up_all(&vm->client_wq);
	hsm_ioreq_clear(vm);
}

static bool client_is_over(const struct hsm_vm *vm)
{
	return !READ_ONCE(vm->client) || READ_ONCE(vm->off);
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
	wait_event_interruptible(
		vm->client_wq,
		client_is_over(vm) ||
			!bitmap_empty(vm->ioreqs, ACRN_IO_REQUEST_MAX));
	return client_is_over(vm) ? -ENODEV : 0;
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
	wake_up_all(&vm->client_wq);
}

/**
 * hsm_client_check_off() - see whether the VM has stopped by itself
 * @vm: had nothing to do although there was an upcall
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
