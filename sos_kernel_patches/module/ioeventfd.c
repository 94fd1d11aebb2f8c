/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * A write of a VM to a known address becomes an event, without the client.
 * Where the hypervisor knows the address, as a doorbell, the VM does not even
 * wait for this driver; else the write comes as a request.
 */
#include <linux/eventfd.h>
#include <linux/io.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "abi/acrn.h"
#include "compat.h"
#include "hsm.h"
#include "hypercall.h"

/* An ioctl must not be able to fill the kernel's memory. */
#define IOEVENTFDS_MAX 1024

struct hsm_ioeventfd {
	struct list_head node;
	struct eventfd_ctx *eventfd;
	u64 addr;
	u64 data;
	u32 len;
	u32 type; /* ACRN_IOREQ_TYPE_PORTIO or _MMIO */
	bool any_data;
	bool belled;
	struct holm_doorbell bell; /* read by the hypervisor */
};

/* It is off the list. */
static void ioeventfd_free(struct hsm_ioeventfd *p)
{
	eventfd_ctx_put(p->eventfd);
	hsm_object_free(HOLM_OBJECT_IOEVENTFD, p);
}

static bool ioeventfd_conflicts(const struct hsm_ioeventfd *a,
				const struct hsm_ioeventfd *b)
{
	return a->addr == b->addr && a->type == b->type &&
	       (a->any_data || b->any_data || a->data == b->data);
}

static u32 *bell_word(const struct hsm_vm *vm, u32 index)
{
	struct acrn_abi_ioreq *slots = (void *)vm->ioreq;

	return &slots[index / HOLM_SLOT_BELLS].bell[index % HOLM_SLOT_BELLS];
}

static int bell_call(struct hsm_vm *vm, struct hsm_ioeventfd *p, u32 flags)
{
	p->bell.flags = flags;
	return hsm_hcall(HC_HOLM_DOORBELL, vm->vmid, virt_to_phys(&p->bell));
}

/* Without a doorbell it works as well. The caller holds slot_lock. */
static void bell_install(struct hsm_vm *vm, struct hsm_ioeventfd *p)
{
	u32 index = 0;

	while (index < HOLM_DOORBELLS && vm->bells[index])
		index++;
	if (!hsm_is_holm() || index == HOLM_DOORBELLS)
		return;
	p->bell = (struct holm_doorbell){
		.index = index,
		.type = p->type,
		.len = p->len,
		.addr = p->addr,
		.data = p->data,
	};
	WRITE_ONCE(*bell_word(vm, index), 0);
	vm->bells[index] = p;
	p->belled =
		bell_call(vm, p, p->any_data ? 0 : HOLM_DOORBELL_MATCH) >= 0;
	if (!p->belled)
		vm->bells[index] = NULL;
}

/* A refusal would leave a bell that rings for nobody. */
static void bell_remove(struct hsm_vm *vm, struct hsm_ioeventfd *p)
{
	if (!p->belled)
		return;
	bell_call(vm, p, HOLM_DOORBELL_REMOVE);
	vm->bells[p->bell.index] = NULL;
	p->belled = false;
}

static int ioeventfd_insert(struct hsm_vm *vm, struct hsm_ioeventfd *new)
{
	struct hsm_ioeventfd *p;
	unsigned int count = 0;
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&vm->slot_lock, flags);
	list_for_each_entry(p, &vm->ioeventfds, node)
	{
		if (ioeventfd_conflicts(p, new))
			ret = -EEXIST;
		count++;
	}
	if (!ret && count >= IOEVENTFDS_MAX)
		ret = -ENOSPC;
	if (!ret) {
		list_add_tail(&new->node, &vm->ioeventfds);
		bell_install(vm, new);
	}
	spin_unlock_irqrestore(&vm->slot_lock, flags);
	return ret;
}

static int ioeventfd_check(const struct acrn_ioeventfd *args)
{
	u64 end;

	if (check_add_overflow(args->addr, (u64)args->len, &end))
		return -EINVAL;
	if (args->len != 1 && args->len != 2 && args->len != 4 &&
	    args->len != 8)
		return -EINVAL;
	return 0;
}

static int ioeventfd_assign(struct hsm_vm *vm,
			    const struct acrn_ioeventfd *args)
{
	struct hsm_ioeventfd *p;
	int ret = ioeventfd_check(args);

	if (ret)
		return ret;
	p = hsm_object_alloc(HOLM_OBJECT_IOEVENTFD, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->eventfd = eventfd_ctx_fdget((int)args->fd);
	if (IS_ERR(p->eventfd)) {
		ret = PTR_ERR(p->eventfd);
		goto free;
	}
	p->addr = args->addr;
	p->len = args->len;
	p->data = args->data;
	p->any_data = !(args->flags & ACRN_IOEVENTFD_FLAG_DATAMATCH);
	p->type = args->flags & ACRN_IOEVENTFD_FLAG_PIO ? ACRN_IOREQ_TYPE_PORTIO
							: ACRN_IOREQ_TYPE_MMIO;

	ret = ioeventfd_insert(vm, p);
	if (!ret)
		return 0;
	eventfd_ctx_put(p->eventfd);
free:
	hsm_object_free(HOLM_OBJECT_IOEVENTFD, p);
	return ret;
}

static int ioeventfd_deassign(struct hsm_vm *vm,
			      const struct acrn_ioeventfd *args)
{
	struct eventfd_ctx *eventfd = eventfd_ctx_fdget((int)args->fd);
	struct hsm_ioeventfd *p, *found = NULL;
	unsigned long flags;

	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);
	spin_lock_irqsave(&vm->slot_lock, flags);
	list_for_each_entry(p, &vm->ioeventfds, node)
	{
		if (p->eventfd != eventfd)
			continue;
		list_del(&p->node);
		bell_remove(vm, p);
		found = p;
		break;
	}
	spin_unlock_irqrestore(&vm->slot_lock, flags);
	if (found)
		ioeventfd_free(found);
	eventfd_ctx_put(eventfd);
	return 0;
}

/**
 * hsm_ioeventfd_config() - assign or deassign an eventfd to an address
 * @vm: its @op is held for reading
 * @args: as in the ABI. To deassign one that is not there is no error
 *
 * Return: 0, -EINVAL for a bad range or a file that is no eventfd, -EBADF,
 * -EEXIST when another has the address, -ENOSPC, -ENOMEM.
 */
int hsm_ioeventfd_config(struct hsm_vm *vm, const struct acrn_ioeventfd *args)
{
	if (args->flags & ACRN_IOEVENTFD_FLAG_DEASSIGN)
		return ioeventfd_deassign(vm, args);
	return ioeventfd_assign(vm, args);
}

static bool ioeventfd_matches(const struct hsm_ioeventfd *p, u32 type, u64 addr,
			      u64 len, u64 value)
{
	return p->type == type && p->addr == addr && len <= p->len &&
	       (p->any_data || p->data == value);
}

/**
 * hsm_ioeventfd_write() - signal the event a write stands for
 * @vm: its @slot_lock is held
 * @type: ACRN_IOREQ_TYPE_PORTIO or ACRN_IOREQ_TYPE_MMIO
 * @addr: port or address
 * @len: bytes
 * @value: what was written
 *
 * Return: true when there was one. Otherwise the write is the client's.
 */
bool hsm_ioeventfd_write(struct hsm_vm *vm, u32 type, u64 addr, u64 len,
			 u64 value)
{
	struct hsm_ioeventfd *p;

	list_for_each_entry(p, &vm->ioeventfds, node)
	{
		if (!ioeventfd_matches(p, type, addr, len, value))
			continue;
		hsm_compat_eventfd_signal(p->eventfd);
		return true;
	}
	return false;
}

/**
 * hsm_ioeventfd_rung() - signal the events of the doorbells that rang
 * @vm: its @slot_lock is held
 *
 * User space may write the words as well: it can only ring its own.
 */
void hsm_ioeventfd_rung(struct hsm_vm *vm)
{
	struct acrn_abi_ioreq *slots = (void *)vm->ioreq;
	u32 index;

	/* First this, then the words: what rings meanwhile calls again. */
	if (!READ_ONCE(slots[0].rung) || !xchg(&slots[0].rung, 0))
		return;
	for (index = 0; index < HOLM_DOORBELLS; index++) {
		if (vm->bells[index] && READ_ONCE(*bell_word(vm, index)) &&
		    xchg(bell_word(vm, index), 0))
			hsm_compat_eventfd_signal(vm->bells[index]->eventfd);
	}
}

/**
 * hsm_ioeventfd_release() - deassign all
 * @vm: its @op is held for writing
 */
void hsm_ioeventfd_release(struct hsm_vm *vm)
{
	struct hsm_ioeventfd *p, *next;
	unsigned long flags;
	LIST_HEAD(gone);

	spin_lock_irqsave(&vm->slot_lock, flags);
	list_splice_init(&vm->ioeventfds, &gone);
	list_for_each_entry(p, &gone, node) bell_remove(vm, p);
	spin_unlock_irqrestore(&vm->slot_lock, flags);
	list_for_each_entry_safe(p, next, &gone, node) ioeventfd_free(p);
}
