/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The ioctls of /dev/acrn_hsm as a table: how the argument travels, what has
 * to be there, what is done. Arguments are copied once, into memory the
 * hypervisor can read.
 */
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "abi/holm_ioctl.h"
#include "hsm.h"
#include "hypercall.h"

/* One call: @data is the kernel's copy of the argument, or NULL. */
struct hsm_call {
	struct hsm_vm *vm;
	void *data;
	unsigned long arg;
	u32 hcall;
};

/* How the VM is held during the call. */
enum hsm_hold {
	HOLD_VM,      /* there must be one, and it stays */
	HOLD_ALONE,   /* it is being created or destroyed */
	HOLD_NOTHING, /* the call may wait */
};

struct hsm_ioctl {
	unsigned int cmd;
	enum hsm_hold hold;
	bool by_value; /* the argument is not an address of a copy */
	int (*fn)(struct hsm_call *call);
	u32 hcall;
};

static int ioc_call_vm(struct hsm_call *call)
{
	return min(hsm_hcall(call->hcall, call->vm->vmid, 0), 0);
}

static int ioc_call_data(struct hsm_call *call)
{
	return min(hsm_hcall(call->hcall, call->vm->vmid,
			     virt_to_phys(call->data)),
		   0);
}

static int ioc_call_value(struct hsm_call *call)
{
	return min(hsm_hcall(call->hcall, call->vm->vmid, call->arg), 0);
}

static int ioc_call_revive(struct hsm_call *call)
{
	return hsm_client_revive(call->vm, call->hcall);
}

static int ioc_create(struct hsm_call *call)
{
	int ret = hsm_vm_create(call->vm, call->data);

	if (ret)
		return ret;
	if (!copy_to_user((void __user *)call->arg, call->data,
			  sizeof(struct acrn_vm_creation)))
		return 0;
	/* A VM whose number nobody knows is of no use. */
	hsm_vm_destroy(call->vm);
	return -EFAULT;
}

static int ioc_destroy(struct hsm_call *call)
{
	if (call->vm->vmid == HSM_VMID_INVALID)
		return -EINVAL;
	hsm_vm_destroy(call->vm);
	return 0;
}

static int ioc_set_vcpu_regs(struct hsm_call *call)
{
	const struct acrn_vcpu_regs *in = call->data;
	const struct acrn_regs *regs = &in->vcpu_regs;

	if (memchr_inv(in->reserved, 0, sizeof(in->reserved)) ||
	    memchr_inv(regs->reserved_32, 0, sizeof(regs->reserved_32)) ||
	    memchr_inv(regs->reserved_64, 0, sizeof(regs->reserved_64)) ||
	    memchr_inv(regs->gdt.reserved, 0, sizeof(regs->gdt.reserved)) ||
	    memchr_inv(regs->idt.reserved, 0, sizeof(regs->idt.reserved)))
		return -EINVAL;
	return ioc_call_data(call);
}

static int ioc_set_memseg(struct hsm_call *call)
{
	return hsm_mem_map(call->vm, call->data);
}

static int ioc_unset_memseg(struct hsm_call *call)
{
	return hsm_mem_unmap(call->vm, call->data);
}

/* The hypervisor counts in the new page before the old one may go. */
static int ioc_intr_monitor(struct hsm_call *call)
{
	struct hsm_vm *vm = call->vm;
	struct page *page, *old;
	int ret;

	ret = hsm_page_pin(call->arg, &page);
	if (ret)
		return ret;
	mutex_lock(&vm->mem_lock);
	ret = hsm_hcall(HC_VM_INTR_MONITOR, vm->vmid, page_to_phys(page));
	old = page;
	if (ret >= 0) {
		old = vm->monitor_page;
		vm->monitor_page = page;
	}
	mutex_unlock(&vm->mem_lock);
	if (old)
		hsm_page_unpin(old);
	return min(ret, 0);
}

static int ioc_notify_finish(struct hsm_call *call)
{
	const struct acrn_ioreq_notify *notify = call->data;

	if (notify->reserved)
		return -EINVAL;
	return hsm_ioreq_complete(call->vm, notify->vcpu);
}

static int ioc_create_client(struct hsm_call *call)
{
	return hsm_client_create(call->vm);
}

static int ioc_attach_client(struct hsm_call *call)
{
	return hsm_client_wait(call->vm);
}

static int ioc_destroy_client(struct hsm_call *call)
{
	hsm_client_destroy(call->vm);
	return 0;
}

static int ioc_clear_ioreq(struct hsm_call *call)
{
	hsm_ioreq_clear(call->vm);
	return 0;
}

static int ioc_ioeventfd(struct hsm_call *call)
{
	const struct acrn_ioeventfd *args = call->data;

	if (args->reserved)
		return -EINVAL;
	return hsm_ioeventfd_config(call->vm, args);
}

static int ioc_irqfd(struct hsm_call *call)
{
	return hsm_irqfd_config(call->vm, call->data);
}

/* Bytes the answer to a power management command has; 0: no such command. */
static size_t pm_answer_size(u64 cmd)
{
	static const size_t sizes[] = {
		[ACRN_PMCMD_GET_PX_CNT] = sizeof(u64),
		[ACRN_PMCMD_GET_PX_DATA] = sizeof(struct acrn_pstate_data),
		[ACRN_PMCMD_GET_CX_CNT] = sizeof(u64),
		[ACRN_PMCMD_GET_CX_DATA] = sizeof(struct acrn_cstate_data),
	};
	u64 type = cmd & PMCMD_TYPE_MASK;

	return type < ARRAY_SIZE(sizes) ? sizes[type] : 0;
}

/* The answer goes where the command came from. */
static int ioc_pm_get_cpu_state(struct hsm_call *call)
{
	u64 cmd = *(u64 *)call->data;
	size_t size = pm_answer_size(cmd);
	void *answer;
	int ret;

	if (!size)
		return -EINVAL;
	answer = kzalloc(size, GFP_KERNEL);
	if (!answer)
		return -ENOMEM;
	/* A device model asks about its own VM only: bits 31 to 24. */
	cmd = (cmd & ~0xff000000ULL) | ((u64)(call->vm->vmid & 0xff) << 24);
	ret = hsm_hcall(HC_PM_GET_CPU_STATE, cmd, virt_to_phys(answer));
	if (ret >= 0 && copy_to_user((void __user *)call->arg, answer, size))
		ret = -EFAULT;
	kfree(answer);
	return min(ret, 0);
}

/* clang-format off */
static const struct hsm_ioctl ioctls[] = {
	{ ACRN_IOCTL_CREATE_VM,		HOLD_ALONE, false, ioc_create },
	{ ACRN_IOCTL_DESTROY_VM,	HOLD_ALONE, false, ioc_destroy },
	{ ACRN_IOCTL_START_VM,		HOLD_VM, false, ioc_call_revive, HC_START_VM },
	{ ACRN_IOCTL_PAUSE_VM,		HOLD_VM, false, ioc_call_vm, HC_PAUSE_VM },
	{ ACRN_IOCTL_RESET_VM,		HOLD_VM, false, ioc_call_revive, HC_RESET_VM },
	{ ACRN_IOCTL_SET_VCPU_REGS,	HOLD_VM, false, ioc_set_vcpu_regs, HC_SET_VCPU_REGS },
	{ ACRN_IOCTL_SET_MEMSEG,	HOLD_VM, false, ioc_set_memseg },
	{ ACRN_IOCTL_UNSET_MEMSEG,	HOLD_VM, false, ioc_unset_memseg },
	{ ACRN_IOCTL_INJECT_MSI,	HOLD_VM, false, ioc_call_data, HC_INJECT_MSI },
	{ ACRN_IOCTL_SET_IRQLINE,	HOLD_VM, true, ioc_call_value, HC_SET_IRQLINE },
	{ ACRN_IOCTL_VM_INTR_MONITOR,	HOLD_VM, true, ioc_intr_monitor },
	{ ACRN_IOCTL_CREATE_IOREQ_CLIENT, HOLD_VM, false, ioc_create_client },
	{ ACRN_IOCTL_ATTACH_IOREQ_CLIENT, HOLD_NOTHING, false, ioc_attach_client },
	{ ACRN_IOCTL_DESTROY_IOREQ_CLIENT, HOLD_VM, false, ioc_destroy_client },
	{ ACRN_IOCTL_NOTIFY_REQUEST_FINISH, HOLD_VM, false, ioc_notify_finish },
	{ ACRN_IOCTL_CLEAR_VM_IOREQ,	HOLD_VM, false, ioc_clear_ioreq },
	{ ACRN_IOCTL_SET_PTDEV_INTR,	HOLD_VM, false, ioc_call_data, HC_SET_PTDEV_INTR },
	{ ACRN_IOCTL_RESET_PTDEV_INTR,	HOLD_VM, false, ioc_call_data, HC_RESET_PTDEV_INTR },
	{ ACRN_IOCTL_ASSIGN_PCIDEV,	HOLD_VM, false, ioc_call_data, HC_ASSIGN_PCIDEV },
	{ ACRN_IOCTL_DEASSIGN_PCIDEV,	HOLD_VM, false, ioc_call_data, HC_DEASSIGN_PCIDEV },
	{ ACRN_IOCTL_ASSIGN_MMIODEV,	HOLD_VM, false, ioc_call_data, HC_ASSIGN_MMIODEV },
	{ ACRN_IOCTL_DEASSIGN_MMIODEV,	HOLD_VM, false, ioc_call_data, HC_DEASSIGN_MMIODEV },
	{ ACRN_IOCTL_CREATE_VDEV,	HOLD_VM, false, ioc_call_data, HC_CREATE_VDEV },
	{ ACRN_IOCTL_DESTROY_VDEV,	HOLD_VM, false, ioc_call_data, HC_DESTROY_VDEV },
	{ ACRN_IOCTL_PM_GET_CPU_STATE,	HOLD_VM, false, ioc_pm_get_cpu_state },
	{ ACRN_IOCTL_IOEVENTFD,		HOLD_VM, false, ioc_ioeventfd },
	{ ACRN_IOCTL_IRQFD,		HOLD_VM, false, ioc_irqfd },
};
/* clang-format on */

static const struct hsm_ioctl *ioctl_find(unsigned int cmd)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ioctls); i++) {
		if (ioctls[i].cmd == cmd)
			return &ioctls[i];
	}
	return NULL;
}

static int ioctl_run_held(const struct hsm_ioctl *ioc, struct hsm_call *call)
{
	struct hsm_vm *vm = call->vm;
	int ret = -EINVAL;

	down_read(&vm->op);
	if (vm->vmid != HSM_VMID_INVALID)
		ret = ioc->fn(call);
	up_read(&vm->op);
	return ret;
}

static int ioctl_run_alone(const struct hsm_ioctl *ioc, struct hsm_call *call)
{
	int ret;

	down_write(&call->vm->op);
	ret = ioc->fn(call);
	up_write(&call->vm->op);
	return ret;
}

static int ioctl_run(const struct hsm_ioctl *ioc, struct hsm_call *call)
{
	if (ioc->hold == HOLD_VM)
		return ioctl_run_held(ioc, call);
	if (ioc->hold == HOLD_ALONE)
		return ioctl_run_alone(ioc, call);
	return READ_ONCE(call->vm->vmid) == HSM_VMID_INVALID ? -EINVAL
							     : ioc->fn(call);
}

/**
 * hsm_ioctl() - an ioctl of /dev/acrn_hsm
 * @vm: of the file
 * @cmd: ACRN_IOCTL_*
 * @arg: argument
 *
 * Return: 0, -ENOTTY for an unknown number, -EINVAL before CREATE_VM, -EFAULT
 * for a bad address, or what the call fails with.
 */
long hsm_ioctl(struct hsm_vm *vm, unsigned int cmd, unsigned long arg)
{
	const struct hsm_ioctl *ioc;
	struct hsm_call call = { .vm = vm, .arg = arg };
	int ret;

	/* Once a request: it does not look for its row. */
	if (cmd == HOLM_IOC_SERVE)
		return hsm_client_serve(vm, arg);
	ioc = ioctl_find(cmd);
	if (!ioc)
		return -ENOTTY;
	call.hcall = ioc->hcall;
	if (_IOC_SIZE(cmd) && !ioc->by_value) {
		call.data = memdup_user((void __user *)arg, _IOC_SIZE(cmd));
		if (IS_ERR(call.data))
			return PTR_ERR(call.data);
	}
	hsm_object_add(HOLM_OBJECT_ARGUMENT, 1);
	ret = ioctl_run(ioc, &call);
	hsm_object_add(HOLM_OBJECT_ARGUMENT, -1);
	kfree(call.data);
	return ret;
}
