/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Huge pages of user space that become memory of cells. Each 2 MiB are pinned
 * by one reference, which keeps the whole huge page from being freed, moved
 * or split. First the file has it, then the cell that names it.
 */
#define pr_fmt(fmt) "acrn_hsm: " fmt

#include <linux/io.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "cell.h"
#include "hsm.h"

struct hsm_pin {
	struct list_head node; /* in the cell's list */
	struct page *page;
};

static void pin_free(struct hsm_pin *pin)
{
	unpin_user_pages_dirty_lock(&pin->page, 1, true);
	hsm_object_free(HOLM_OBJECT_PIN, pin);
}

static bool page_is_huge(struct page *page)
{
	return PageHuge(page) && IS_ALIGNED(page_to_phys(page), HSM_PIN_SIZE) &&
	       page_size(compound_head(page)) >= HSM_PIN_SIZE;
}

/* Pin the 2 MiB at @uaddr, a user address. */
static int pin_alloc(u64 uaddr, struct hsm_pin **out)
{
	struct hsm_pin *pin = hsm_object_alloc(HOLM_OBJECT_PIN, sizeof(*pin));
	int ret;

	if (!pin)
		return -ENOMEM;
	ret = pin_user_pages_fast(uaddr, 1, FOLL_WRITE | FOLL_LONGTERM,
				  &pin->page);
	if (ret != 1) {
		hsm_object_free(HOLM_OBJECT_PIN, pin);
		return ret < 0 ? ret : -EFAULT;
	}
	if (!page_is_huge(pin->page)) {
		pr_info("cell memory at user address %#llx is not in huge "
			"pages of 2 MiB or more\n",
			uaddr);
		pin_free(pin);
		return -EINVAL;
	}
	*out = pin;
	return 0;
}

/* The file has a pin of it then, this one or the one it had. */
static int pin_keep(struct hsm_cell_file *file, struct hsm_pin *pin)
{
	unsigned long index = page_to_phys(pin->page) >> HSM_PIN_SHIFT;
	int ret = xa_insert(&file->pins, index, pin, GFP_KERNEL);

	if (ret)
		pin_free(pin);
	return ret == -EBUSY ? 0 : ret;
}

static int pin_one(struct hsm_cell_file *file, u64 uaddr, u64 __user *phys)
{
	struct hsm_pin *pin;
	u64 at;
	int ret = pin_alloc(uaddr, &pin);

	if (ret)
		return ret;
	at = page_to_phys(pin->page);
	ret = pin_keep(file, pin);
	if (ret)
		return ret;
	if (put_user(at, phys))
		return -EFAULT;
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/**
 * hsm_cell_pin() - pin memory of the caller for a cell
 * @file: has it from then on
 * @ioc: what, and where its physical addresses go
 *
 * What was pinned before an error stays the file's.
 *
 * Return: 0, -EINVAL for what is not whole huge pages, -EFAULT, -ENOMEM,
 * -EINTR when the caller is killed.
 */
int hsm_cell_pin(struct hsm_cell_file *file,
		 const struct holm_ioc_cell_pin *ioc)
{
	u64 __user *phys = u64_to_user_ptr(ioc->phys);
	u64 off, end;
	int ret = 0;

	if (!ioc->size || !IS_ALIGNED(ioc->addr | ioc->size, HSM_PIN_SIZE) ||
	    check_add_overflow(ioc->addr, ioc->size, &end)) {
		pr_info("cell memory at user address %#llx, %#llx bytes: must "
			"be whole huge pages of 2 MiB\n",
			ioc->addr, ioc->size);
		return -EINVAL;
	}
	for (off = 0; !ret && off < ioc->size; off += HSM_PIN_SIZE) {
		ret = pin_one(file, ioc->addr + off, phys++);
		cond_resched();
	}
	return ret;
}

/**
 * hsm_cell_pins_cover() - is all of a range pinned by a file
 * @file: the file
 * @phys: physical address
 * @size: bytes, not 0; the end does not wrap
 *
 * Return: true or false.
 */
bool hsm_cell_pins_cover(struct hsm_cell_file *file, u64 phys, u64 size)
{
	unsigned long last = (phys + size - 1) >> HSM_PIN_SHIFT;
	unsigned long i;

	for (i = phys >> HSM_PIN_SHIFT; i <= last; i++) {
		if (!xa_load(&file->pins, i))
			return false;
	}
	return true;
}

/**
 * hsm_cell_pins_move() - what a cell's file has of a range is the cell's now
 * @cell: is made
 * @phys: physical address
 * @size: bytes, not 0; the end does not wrap
 */
void hsm_cell_pins_move(struct hsm_cell *cell, u64 phys, u64 size)
{
	unsigned long last = (phys + size - 1) >> HSM_PIN_SHIFT;
	unsigned long i = phys >> HSM_PIN_SHIFT;
	struct hsm_pin *pin = xa_find(&cell->file->pins, &i, last, XA_PRESENT);

	while (pin) {
		xa_erase(&cell->file->pins, i);
		list_add_tail(&pin->node, &cell->pins);
		pin = xa_find(&cell->file->pins, &i, last, XA_PRESENT);
	}
}

/**
 * hsm_cell_pins_release() - a cell's pinned memory is Linux's again
 * @cell: the hypervisor has none of it any more
 */
void hsm_cell_pins_release(struct hsm_cell *cell)
{
	struct hsm_pin *pin, *next;

	list_for_each_entry_safe(pin, next, &cell->pins, node)
	{
		list_del(&pin->node);
		pin_free(pin);
		cond_resched();
	}
}

/**
 * hsm_cell_pins_drop() - unpin what no cell has taken
 * @file: is closed
 */
void hsm_cell_pins_drop(struct hsm_cell_file *file)
{
	struct hsm_pin *pin;
	unsigned long i;

	xa_for_each(&file->pins, i, pin)
	{
		pin_free(pin);
		cond_resched();
	}
	xa_destroy(&file->pins);
}
