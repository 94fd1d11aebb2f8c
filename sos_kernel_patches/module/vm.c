/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* A VM from its creation to its end. */
#define pr_fmt(fmt) "acrn_hsm: " fmt

#include <linux/io.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "hsm.h"
#include "hypercall.h"

LIST_HEAD(hsm_vms);
DEFINE_SPINLOCK(hsm_vms_lock);
DEFINE_MUTEX(hsm_vms_mutex);

/**
 * hsm_vm_alloc() - an object for a file that has no VM yet
 *
 * Return: the object, or NULL without memory.
 */
struct hsm_vm *hsm_vm_alloc(void)
{
	struct hsm_vm *vm = hsm_object_alloc(HOLM_OBJECT_FILE, sizeof(*vm));

	if (!vm)
		return NULL;
	init_rwsem(&vm->op);
	INIT_LIST_HEAD(&vm->node);
	vm->vmid = HSM_VMID_INVALID;
	mutex_init(&vm->mem_lock);
	INIT_LIST_HEAD(&vm->segs);
	mutex_init(&vm->ioreq_lock);
	spin_lock_init(&vm->slot_lock);
	vm->napping = HSM_NO_CPU;
	init_waitqueue_head(&vm->client_wq);
	mutex_init(&vm->event_lock);
	INIT_LIST_HEAD(&vm->ioeventfds);
	INIT_LIST_HEAD(&vm->irqfds);
	return vm;
}

/**
 * hsm_vm_free() - the file goes, and its VM with it
 * @vm: nobody else can reach it any more
 *
 * Runs also for a device model that was killed at any moment.
 */
void hsm_vm_free(struct hsm_vm *vm)
{
	down_write(&vm->op);
	hsm_vm_destroy(vm);
	up_write(&vm->op);
	hsm_object_free(HOLM_OBJECT_FILE, vm);
}

static void vm_publish(struct hsm_vm *vm)
{
	mutex_lock(&hsm_vms_mutex);
	spin_lock_irq(&hsm_vms_lock);
	list_add_tail(&vm->node, &hsm_vms);
	spin_unlock_irq(&hsm_vms_lock);
	hsm_object_add(HOLM_OBJECT_VM, 1);
	mutex_unlock(&hsm_vms_mutex);
}

static void vm_unpublish(struct hsm_vm *vm)
{
	mutex_lock(&hsm_vms_mutex);
	if (!list_empty(&vm->node)) {
		spin_lock_irq(&hsm_vms_lock);
		list_del_init(&vm->node);
		spin_unlock_irq(&hsm_vms_lock);
		hsm_object_add(HOLM_OBJECT_VM, -1);
	}
	mutex_unlock(&hsm_vms_mutex);
}

static int vm_call_create(struct hsm_vm *vm, struct acrn_vm_creation *param)
{
	int ret = hsm_hcall(HC_CREATE_VM, virt_to_phys(param), 0);

	if (ret < 0) {
		pr_err_ratelimited(
			"hypervisor refused to create a VM on CPUs %#llx: %d\n",
			param->cpu_affinity, ret);
		return ret;
	}
	/* This is how ACRN says no after it began. */
	if (param->vmid == HSM_VMID_INVALID)
		return -EINVAL;

	vm->vmid = param->vmid;
	vm->vcpu_num = param->vcpu_num;
	return 0;
}

static int vm_check_vcpus(const struct hsm_vm *vm)
{
	if (vm->vcpu_num && vm->vcpu_num <= ACRN_IO_REQUEST_MAX)
		return 0;

	pr_err("VM %u has %u vCPUs, its request page serves 1 to %u\n",
	       vm->vmid, vm->vcpu_num, ACRN_IO_REQUEST_MAX);
	return -EINVAL;
}

/**
 * hsm_vm_create() - create a VM
 * @vm: object without a VM; its @op is held for writing
 * @param: what user space asked for, in memory the hypervisor can read; on
 *	return what it got: vmid, number of vCPUs, CPUs
 *
 * On failure nothing is left behind: CPUs are back, nothing is pinned.
 *
 * Return: 0, -EEXIST when the file has a VM, -EINVAL for reserved fields that
 * are not 0, or what the CPUs, the hypervisor or the request page failed with.
 */
int hsm_vm_create(struct hsm_vm *vm, struct acrn_vm_creation *param)
{
	u64 ioreq_buf = param->ioreq_buf;
	int ret;

	if (vm->vmid != HSM_VMID_INVALID)
		return -EEXIST;
	if (param->reserved0 || param->reserved1)
		return -EINVAL;

	ret = hsm_cpu_claim(&param->cpu_affinity, param->vcpu_num);
	if (ret)
		return ret;
	vm->cpus = param->cpu_affinity;

	ret = vm_call_create(vm, param);
	if (!ret)
		ret = vm_check_vcpus(vm);
	if (!ret)
		ret = hsm_ioreq_attach_page(vm, ioreq_buf);
	if (ret) {
		hsm_vm_destroy(vm);
		return ret;
	}

	vm_publish(vm);
	pr_debug("VM %u created, %u vCPUs on CPUs %#llx\n", vm->vmid,
		 vm->vcpu_num, vm->cpus);
	return 0;
}

/* False when the hypervisor keeps the VM, and so may use its memory still. */
static bool vm_call_destroy(const struct hsm_vm *vm)
{
	int ret;

	/* ACRN destroys only what is paused; Holm does not mind. */
	hsm_hcall(HC_PAUSE_VM, vm->vmid, 0);
	ret = hsm_hcall(HC_DESTROY_VM, vm->vmid, 0);
	if (ret >= 0)
		return true;

	pr_err("hypervisor refused to destroy VM %u: %d\n", vm->vmid, ret);
	return false;
}

static void vm_release_pages(struct hsm_vm *vm, bool gone)
{
	hsm_mem_release(vm, gone);
	if (gone && vm->ioreq_page)
		hsm_page_unpin(vm->ioreq_page);
	if (gone && vm->monitor_page)
		hsm_page_unpin(vm->monitor_page);
	vm->ioreq_page = NULL;
	vm->ioreq = NULL;
	vm->monitor_page = NULL;
}

/**
 * hsm_vm_destroy() - destroy the VM, if there is one, at whatever stage it is
 * @vm: its @op is held for writing
 *
 * The order matters: first nobody sends the VM anything, then it stops, then
 * its memory and its CPUs come back.
 */
void hsm_vm_destroy(struct hsm_vm *vm)
{
	bool gone = true;

	hsm_client_destroy(vm);
	hsm_irqfd_release(vm);
	vm_unpublish(vm);
	hsm_ioeventfd_release(vm);
	if (vm->vmid != HSM_VMID_INVALID)
		gone = vm_call_destroy(vm);
	vm_release_pages(vm, gone);
	if (gone)
		hsm_cpu_release(vm->cpus);

	vm->cpus = 0;
	vm->vmid = HSM_VMID_INVALID;
	vm->vcpu_num = 0;
	vm->off = false;
	vm->pci_conf_addr = 0;
}
