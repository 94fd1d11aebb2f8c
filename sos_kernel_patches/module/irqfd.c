/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * An event becomes an MSI of a VM. The eventfd's waker injects it at once, in
 * whatever context signalled it; a work item takes the irqfd away when the
 * eventfd is closed. Whoever takes an irqfd off the list frees it.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/io.h>
#include <linux/poll.h>
#include <linux/slab.h>

#include "compat.h"
#include "hsm.h"
#include "hypercall.h"

#define IRQFDS_MAX 1024

struct hsm_irqfd {
	struct list_head node;
	struct hsm_vm *vm;
	struct eventfd_ctx *eventfd;
	wait_queue_entry_t wait;
	poll_table pt;
	struct work_struct hangup;
	struct acrn_msi_entry msi; /* read by the hypervisor */
};

static struct workqueue_struct *irqfd_wq;

static void irqfd_inject(struct hsm_irqfd *irqfd)
{
	hsm_hcall(HC_INJECT_MSI, irqfd->vm->vmid, virt_to_phys(&irqfd->msi));
}

/* Called with the eventfd's wait queue locked. */
static int irqfd_wake(wait_queue_entry_t *wait, unsigned int mode, int sync,
		      void *key)
{
	struct hsm_irqfd *irqfd = container_of(wait, struct hsm_irqfd, wait);
	__poll_t events = key_to_poll(key);
	u64 count;

	if (events & EPOLLIN) {
		eventfd_ctx_do_read(irqfd->eventfd, &count);
		irqfd_inject(irqfd);
	}
	if (events & EPOLLHUP)
		queue_work(irqfd_wq, &irqfd->hangup);
	return 0;
}

static void irqfd_queue(struct file *file, wait_queue_head_t *wqh,
			poll_table *pt)
{
	struct hsm_irqfd *irqfd = container_of(pt, struct hsm_irqfd, pt);

	add_wait_queue(wqh, &irqfd->wait);
}

/* After this no event comes. The irqfd is off the list. */
static void irqfd_free(struct hsm_irqfd *irqfd)
{
	u64 count;

	eventfd_ctx_remove_wait_queue(irqfd->eventfd, &irqfd->wait, &count);
	eventfd_ctx_put(irqfd->eventfd);
	hsm_object_free(HOLM_OBJECT_IRQFD, irqfd);
}

static void irqfd_hangup(struct work_struct *work)
{
	struct hsm_irqfd *irqfd = container_of(work, struct hsm_irqfd, hangup);
	struct hsm_vm *vm = irqfd->vm;
	bool mine;

	mutex_lock(&vm->event_lock);
	mine = !list_empty(&irqfd->node);
	if (mine)
		list_del_init(&irqfd->node);
	mutex_unlock(&vm->event_lock);
	if (mine)
		irqfd_free(irqfd);
}

/* Free what was just taken off the list; its hangup work may be queued. */
static void irqfd_retire(struct hsm_irqfd *irqfd)
{
	u64 count;

	eventfd_ctx_remove_wait_queue(irqfd->eventfd, &irqfd->wait, &count);
	cancel_work_sync(&irqfd->hangup);
	eventfd_ctx_put(irqfd->eventfd);
	hsm_object_free(HOLM_OBJECT_IRQFD, irqfd);
}

static struct hsm_irqfd *irqfd_alloc(struct hsm_vm *vm,
				     const struct acrn_irqfd *args)
{
	struct hsm_irqfd *irqfd =
		hsm_object_alloc(HOLM_OBJECT_IRQFD, sizeof(*irqfd));

	if (!irqfd)
		return NULL;
	INIT_LIST_HEAD(&irqfd->node);
	INIT_WORK(&irqfd->hangup, irqfd_hangup);
	init_waitqueue_func_entry(&irqfd->wait, irqfd_wake);
	init_poll_funcptr(&irqfd->pt, irqfd_queue);
	irqfd->vm = vm;
	irqfd->msi = args->msi;
	return irqfd;
}

/* The caller holds the event lock. */
static int irqfd_insert(struct hsm_vm *vm, struct hsm_irqfd *new)
{
	struct hsm_irqfd *p;
	unsigned int count = 0;

	list_for_each_entry(p, &vm->irqfds, node)
	{
		if (p->eventfd == new->eventfd)
			return -EBUSY;
		count++;
	}
	if (count >= IRQFDS_MAX)
		return -ENOSPC;
	list_add_tail(&new->node, &vm->irqfds);
	return 0;
}

static int irqfd_start(struct hsm_vm *vm, struct hsm_irqfd *irqfd,
		       struct file *file)
{
	int ret;

	mutex_lock(&vm->event_lock);
	ret = irqfd_insert(vm, irqfd);
	/* An event from before the waker was in place counts too. */
	if (!ret && (vfs_poll(file, &irqfd->pt) & EPOLLIN))
		irqfd_inject(irqfd);
	mutex_unlock(&vm->event_lock);
	return ret;
}

static int irqfd_assign(struct hsm_vm *vm, const struct acrn_irqfd *args)
{
	struct file *file = eventfd_fget(args->fd);
	struct hsm_irqfd *irqfd;
	int ret = -ENOMEM;

	if (IS_ERR(file))
		return PTR_ERR(file);
	irqfd = irqfd_alloc(vm, args);
	if (!irqfd)
		goto out;

	/* eventfd_fget() took nothing but eventfds, so this succeeds. */
	irqfd->eventfd = eventfd_ctx_fileget(file);
	ret = irqfd_start(vm, irqfd, file);
	if (ret) {
		eventfd_ctx_put(irqfd->eventfd);
		hsm_object_free(HOLM_OBJECT_IRQFD, irqfd);
	}
out:
	fput(file);
	return ret;
}

static struct hsm_irqfd *irqfd_take(struct hsm_vm *vm,
				    const struct eventfd_ctx *eventfd)
{
	struct hsm_irqfd *p, *found = NULL;

	mutex_lock(&vm->event_lock);
	list_for_each_entry(p, &vm->irqfds, node)
	{
		if (eventfd && p->eventfd != eventfd)
			continue;
		list_del_init(&p->node);
		found = p;
		break;
	}
	mutex_unlock(&vm->event_lock);
	return found;
}

static int irqfd_deassign(struct hsm_vm *vm, const struct acrn_irqfd *args)
{
	struct eventfd_ctx *eventfd = eventfd_ctx_fdget(args->fd);
	struct hsm_irqfd *irqfd;

	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);
	irqfd = irqfd_take(vm, eventfd);
	if (irqfd)
		irqfd_retire(irqfd);
	eventfd_ctx_put(eventfd);
	return 0;
}

/**
 * hsm_irqfd_config() - assign or deassign an eventfd to an MSI
 * @vm: its @op is held for reading
 * @args: as in the ABI. To deassign one that is not there is no error
 *
 * Return: 0, -EINVAL for a file that is no eventfd, -EBADF, -EBUSY when the
 * eventfd has an MSI, -ENOSPC, -ENOMEM.
 */
int hsm_irqfd_config(struct hsm_vm *vm, const struct acrn_irqfd *args)
{
	if (args->flags & ACRN_IRQFD_FLAG_DEASSIGN)
		return irqfd_deassign(vm, args);
	return irqfd_assign(vm, args);
}

/**
 * hsm_irqfd_release() - deassign all
 * @vm: its @op is held for writing
 *
 * On return no interrupt is injected any more, so the VM may go.
 */
void hsm_irqfd_release(struct hsm_vm *vm)
{
	struct hsm_irqfd *irqfd;

	while ((irqfd = irqfd_take(vm, NULL)))
		irqfd_retire(irqfd);
	/* One that a hangup took off the list may not be freed yet. */
	flush_workqueue(irqfd_wq);
}

/**
 * hsm_irqfd_init() - make the queue hangups are handled on
 *
 * Return: 0 or -ENOMEM.
 */
int hsm_irqfd_init(void)
{
	irqfd_wq = alloc_workqueue("acrn_hsm_irqfd", 0, 0);
	return irqfd_wq ? 0 : -ENOMEM;
}

/**
 * hsm_irqfd_exit() - end the queue
 */
void hsm_irqfd_exit(void)
{
	destroy_workqueue(irqfd_wq);
}
