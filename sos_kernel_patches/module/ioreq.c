/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The request page: 16 slots of 256 bytes, one a vCPU. An upcall says that
 * some page has a PENDING slot; its interrupt scans them all. What can be
 * answered here is, the rest becomes PROCESSING and wakes the client.
 *
 * The page is mapped in user space, so nothing in it is believed twice: who
 * has a slot is kept in vm->ioreqs, and a request is copied before it is used.
 */
#define pr_fmt(fmt) "acrn_hsm: " fmt

#include <linux/bits.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/printk.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>

#include "abi/acrn.h"
#include "hsm.h"
#include "hypercall.h"

#define PCI_PORT_ADDR   0xcf8
#define PCI_PORT_DATA   0xcfc
#define PCI_ADDR_ENABLE BIT(31)

/* Of each tick, what upcalls may take for answers: a quarter. */
#define UPCALL_NS_A_TICK (TICK_NSEC / 4)

static struct workqueue_struct *ioreq_wq;
static struct workqueue_struct *ioreq_late_wq;

/* What upcalls took so far in which tick; under hsm_vms_lock. */
static struct {
	unsigned long tick;
	u64 ns;
} ioreq_spent;

/* Answer of a machine that has nothing at an address. */
static void ioreq_set_floating(struct acrn_io_request *req, u32 type)
{
	/* PIO and PCI requests have their direction and value in one place. */
	if (READ_ONCE(req->reqs.pio_request.direction) != ACRN_IOREQ_DIR_READ)
		return;
	if (type == ACRN_IOREQ_TYPE_MMIO)
		req->reqs.mmio_request.value = ~0ULL;
	else
		req->reqs.pio_request.value = ~0U;
}

static int ioreq_finish(const struct hsm_vm *vm, u32 vcpu)
{
	struct acrn_io_request *req = &vm->ioreq->req_slot[vcpu];
	/* Once COMPLETE is visible the slot is the hypervisor's. */
	u32 polling = READ_ONCE(req->completion_polling);
	int ret = 0;

	smp_store_release(&req->processed, ACRN_IOREQ_STATE_COMPLETE);
	if (!polling)
		ret = hsm_hcall(HC_NOTIFY_REQUEST_FINISH, vm->vmid, vcpu);
	return ret < 0 ? ret : 0;
}

static bool ioreq_pci_address(struct hsm_vm *vm, struct acrn_pio_request *pio,
			      const struct acrn_pio_request *now)
{
	bool read = now->direction == ACRN_IOREQ_DIR_READ;

	/* Only a whole dword reaches the address register. */
	if (now->size != 4 && read)
		pio->value = ~0U;
	else if (now->size == 4 && read)
		pio->value = vm->pci_conf_addr;
	else if (now->size == 4)
		vm->pci_conf_addr = now->value;
	return true;
}

static bool ioreq_pci_data(struct hsm_vm *vm, struct acrn_io_request *req,
			   const struct acrn_pio_request *now)
{
	struct acrn_pci_request *pci = &req->reqs.pci_request;
	u32 addr = vm->pci_conf_addr;

	if (!(addr & PCI_ADDR_ENABLE)) {
		ioreq_set_floating(req, ACRN_IOREQ_TYPE_PORTIO);
		return true;
	}
	req->type = ACRN_IOREQ_TYPE_PCICFG;
	pci->bus = (addr >> 16) & 0xff;
	pci->dev = PCI_SLOT(addr >> 8);
	pci->func = PCI_FUNC(addr >> 8);
	/* Bits 27:24 extend the register number, as on AMD's chipsets. */
	pci->reg = (addr & 0xfc) + ((addr >> 16) & 0xf00) +
		   (u32)(now->address - PCI_PORT_DATA);
	return false;
}

/*
 * Ports 0xcf8 and 0xcfc: true when the request is answered. Otherwise it is
 * left alone or turned into one of type PCICFG.
 */
static bool ioreq_handle_pci(struct hsm_vm *vm, struct acrn_io_request *req,
			     u32 type)
{
	struct acrn_pio_request now;

	if (type != ACRN_IOREQ_TYPE_PORTIO)
		return false;
	memcpy(&now, &req->reqs.pio_request, sizeof(now));
	if (now.address == PCI_PORT_ADDR)
		return ioreq_pci_address(vm, &req->reqs.pio_request, &now);
	if (now.address >= PCI_PORT_DATA && now.address < PCI_PORT_DATA + 4)
		return ioreq_pci_data(vm, req, &now);
	return false;
}

static bool ioreq_handle_event(struct hsm_vm *vm,
			       const struct acrn_io_request *req, u32 type)
{
	struct acrn_mmio_request now;

	if (type != ACRN_IOREQ_TYPE_PORTIO && type != ACRN_IOREQ_TYPE_MMIO)
		return false;
	memcpy(&now, &req->reqs.mmio_request, sizeof(now));
	if (now.direction != ACRN_IOREQ_DIR_WRITE)
		return false;
	if (type == ACRN_IOREQ_TYPE_PORTIO)
		now.value = lower_32_bits(now.value);
	return hsm_ioeventfd_write(vm, type, now.address, now.size, now.value);
}

/* Device models know three types and give up on any other. */
static bool ioreq_handle_orphan(const struct hsm_vm *vm,
				struct acrn_io_request *req, u32 type)
{
	if (READ_ONCE(vm->client) && type <= ACRN_IOREQ_TYPE_PCICFG)
		return false;
	ioreq_set_floating(req, type);
	return true;
}

static void ioreq_hand_to_client(struct hsm_vm *vm, u32 vcpu)
{
	struct acrn_io_request *req = &vm->ioreq->req_slot[vcpu];

	req->kernel_handled = 0;
	/* First the bit: a client that sees PROCESSING may finish at once. */
	set_bit(vcpu, vm->ioreqs);
	smp_store_release(&req->processed, ACRN_IOREQ_STATE_PROCESSING);
}

static void ioreq_dispatch_slot(struct hsm_vm *vm, u32 vcpu)
{
	struct acrn_io_request *req = &vm->ioreq->req_slot[vcpu];
	u32 type = READ_ONCE(req->type);

	atomic64_inc(&hsm_stat.requests);
	if (ioreq_handle_pci(vm, req, type) ||
	    ioreq_handle_event(vm, req, type) ||
	    ioreq_handle_orphan(vm, req, type)) {
		req->kernel_handled = 1;
		ioreq_finish(vm, vcpu);
		return;
	}
	ioreq_hand_to_client(vm, vcpu);
}

static void ioreq_dispatch_vm(struct hsm_vm *vm)
{
	unsigned long flags;
	u32 i;

	spin_lock_irqsave(&vm->slot_lock, flags);
	for (i = 0; i < vm->vcpu_num; i++) {
		if (smp_load_acquire(&vm->ioreq->req_slot[i].processed) !=
		    ACRN_IOREQ_STATE_PENDING)
			continue;
		ioreq_dispatch_slot(vm, i);
	}
	hsm_ioeventfd_rung(vm);
	spin_unlock_irqrestore(&vm->slot_lock, flags);
	if (!bitmap_empty(vm->ioreqs, ACRN_IO_REQUEST_MAX))
		hsm_client_wake(vm);
}

/* What the page says is a hint: the hypervisor is asked. */
static bool ioreq_may_be_off(const struct hsm_vm *vm)
{
	const struct acrn_abi_ioreq *slots = (const void *)vm->ioreq;

	return READ_ONCE(slots[0].off) && !READ_ONCE(vm->off);
}

static void ioreq_look_for_off(struct work_struct *work)
{
	struct hsm_vm *vm;

	mutex_lock(&hsm_vms_mutex);
	list_for_each_entry(vm, &hsm_vms, node) hsm_client_check_off(vm);
	mutex_unlock(&hsm_vms_mutex);
}

static DECLARE_WORK(ioreq_work, ioreq_look_for_off);

/* Every slot of every VM. The caller has hsm_vms_lock. True: one may be off. */
static bool ioreq_dispatch_all(void)
{
	struct hsm_vm *vm;
	bool off = false;

	list_for_each_entry(vm, &hsm_vms, node)
	{
		ioreq_dispatch_vm(vm);
		off |= ioreq_may_be_off(vm);
	}
	return off;
}

/*
 * Guests that ask as fast as they are answered would keep this CPU in
 * interrupts for ever. What is too much for a tick is left to a worker, which
 * has to share the CPU as every process has.
 */
static bool ioreq_is_too_much(void)
{
	if (ioreq_spent.tick != jiffies) {
		ioreq_spent.tick = jiffies;
		ioreq_spent.ns = 0;
	}
	return ioreq_spent.ns > UPCALL_NS_A_TICK;
}

static void ioreq_dispatch_late(struct work_struct *work)
{
	unsigned long flags;
	bool off;

	spin_lock_irqsave(&hsm_vms_lock, flags);
	off = ioreq_dispatch_all();
	spin_unlock_irqrestore(&hsm_vms_lock, flags);
	if (off)
		queue_work(ioreq_wq, &ioreq_work);
}

static DECLARE_WORK(ioreq_late, ioreq_dispatch_late);

/**
 * hsm_ioreq_upcall() - the hypervisor has something for some VM
 *
 * Called in interrupt context. The work runs once more if it is running.
 */
void hsm_ioreq_upcall(void)
{
	u64 start = local_clock();
	bool off = false, late;
	unsigned long flags;

	atomic64_inc(&hsm_stat.upcalls);
	spin_lock_irqsave(&hsm_vms_lock, flags);
	late = ioreq_is_too_much();
	if (!late)
		off = ioreq_dispatch_all();
	ioreq_spent.ns += local_clock() - start;
	spin_unlock_irqrestore(&hsm_vms_lock, flags);
	if (late) {
		atomic64_inc(&hsm_stat.upcalls_late);
		queue_work(ioreq_late_wq, &ioreq_late);
	}
	if (off)
		queue_work(ioreq_wq, &ioreq_work);
}

/**
 * hsm_ioreq_attach_page() - pin the request page and tell the hypervisor
 * @vm: created, and not yet in the list of VMs
 * @uaddr: user address of the page
 *
 * The hypervisor marks all slots free; a page it refuses is released.
 *
 * Return: 0, -EINVAL or -EFAULT for a bad page, or the hypervisor's refusal.
 */
int hsm_ioreq_attach_page(struct hsm_vm *vm, u64 uaddr)
{
	struct page *page;
	u64 *gpa;
	int ret;

	gpa = kmalloc(sizeof(*gpa), GFP_KERNEL);
	if (!gpa)
		return -ENOMEM;
	ret = hsm_page_pin(uaddr, &page);
	if (ret)
		goto out;

	*gpa = page_to_phys(page);
	ret = hsm_hcall(HC_SET_IOREQ_BUFFER, vm->vmid, virt_to_phys(gpa));
	if (ret < 0) {
		hsm_page_unpin(page);
		goto out;
	}
	vm->ioreq_page = page;
	vm->ioreq = page_address(page);
	ret = 0;
out:
	kfree(gpa);
	return ret;
}

/**
 * hsm_ioreq_complete() - the client has finished a request
 * @vm: its @op is held for reading
 * @vcpu: slot of the request
 *
 * Return: 0, -EINVAL when the client has no request in that slot, or what the
 * hypervisor answered.
 */
int hsm_ioreq_complete(struct hsm_vm *vm, u32 vcpu)
{
	if (vcpu >= vm->vcpu_num)
		return -EINVAL;
	if (!test_and_clear_bit(vcpu, vm->ioreqs))
		return -EINVAL;
	return ioreq_finish(vm, vcpu);
}

/**
 * hsm_ioreq_clear() - complete every request, served or not
 * @vm: its @op is held
 *
 * For a VM that is about to be reset or destroyed. What the guest reads is
 * what the page held: it never gets to see it.
 */
void hsm_ioreq_clear(struct hsm_vm *vm)
{
	unsigned long flags;
	u32 i;

	spin_lock_irqsave(&vm->slot_lock, flags);
	for (i = 0; vm->ioreq && i < vm->vcpu_num; i++) {
		u32 *state = &vm->ioreq->req_slot[i].processed;

		if (test_and_clear_bit(i, vm->ioreqs) ||
		    smp_load_acquire(state) == ACRN_IOREQ_STATE_PENDING)
			ioreq_finish(vm, i);
	}
	spin_unlock_irqrestore(&vm->slot_lock, flags);
}

/**
 * hsm_ioreq_init() - make the worker that looks for VMs that stopped
 *
 * Return: 0 or -ENOMEM.
 */
int hsm_ioreq_init(void)
{
	ioreq_wq = alloc_ordered_workqueue("acrn_hsm_ioreq",
					   WQ_HIGHPRI | WQ_MEM_RECLAIM);
	if (!ioreq_wq)
		return -ENOMEM;
	ioreq_late_wq =
		alloc_ordered_workqueue("acrn_hsm_late", WQ_MEM_RECLAIM);
	if (ioreq_late_wq)
		return 0;
	destroy_workqueue(ioreq_wq);
	return -ENOMEM;
}

/**
 * hsm_ioreq_exit() - end the worker
 *
 * No upcall comes any more.
 */
void hsm_ioreq_exit(void)
{
	destroy_workqueue(ioreq_late_wq);
	destroy_workqueue(ioreq_wq);
}
