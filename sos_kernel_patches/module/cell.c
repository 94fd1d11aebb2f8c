/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Cells from creation to end. */
#define pr_fmt(fmt) "acrn_hsm: " fmt

#include <linux/io.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cell.h"
#include "hsm.h"
#include "hypercall.h"

#define LOAD_CHUNK 32768U

/* One cell is made or ends at a time; guards the list and what cells have. */
static DEFINE_MUTEX(hsm_cell_mutex);
static LIST_HEAD(hsm_cells);

/**
 * hsm_cell_file_open() - somebody may make cells
 *
 * Return: what belongs to the open file, or NULL without memory.
 */
struct hsm_cell_file *hsm_cell_file_open(void)
{
	struct hsm_cell_file *file =
		hsm_object_alloc(HOLM_OBJECT_FILE, sizeof(*file));

	if (file)
		xa_init(&file->pins);
	return file;
}

/**
 * hsm_cell_file_close() - the file goes; cells stay
 * @file: of hsm_cell_file_open(), or NULL
 */
void hsm_cell_file_close(struct hsm_cell_file *file)
{
	if (!file)
		return;
	hsm_cell_pins_drop(file);
	hsm_object_free(HOLM_OBJECT_FILE, file);
}

static struct hsm_cell *cell_alloc(struct hsm_cell_file *file)
{
	struct hsm_cell *cell =
		hsm_object_alloc(HOLM_OBJECT_CELL, sizeof(*cell));

	if (!cell)
		return NULL;
	INIT_LIST_HEAD(&cell->holds);
	INIT_LIST_HEAD(&cell->pins);
	cell->file = file;
	return cell;
}

static void cell_free(struct hsm_cell *cell)
{
	hsm_cell_desc_free(cell->desc);
	hsm_object_free(HOLM_OBJECT_CELL, cell);
}

static void cell_own_pins(struct hsm_cell *cell)
{
	const struct holm_cell_record *r = NULL;
	const struct holm_cell_ivshmem *v;
	const struct holm_cell_mem *m;

	while ((r = hsm_cell_desc_next(cell->desc, r))) {
		m = (const void *)r;
		v = (const void *)r;
		if (r->type == HOLM_CELL_R_MEM)
			hsm_cell_pins_move(cell, m->phys, m->size);
		if (r->type == HOLM_CELL_R_IVSHMEM)
			hsm_cell_pins_move(cell, v->phys,
					   PAGE_SIZE + v->rw_size +
						   v->out_size * v->peers);
	}
}

/* The caller holds the lock; the cell has its description. */
static int cell_make(struct hsm_cell *cell)
{
	int ret = hsm_cell_take(cell);

	if (ret)
		return ret;
	ret = hsm_hcall_again(HC_HOLM_CELL_CREATE, virt_to_phys(cell->desc),
			      cell->desc->size);
	if (ret < 0) {
		pr_info("cell '%.15s': the hypervisor refuses it: %d\n",
			HSM_CELL_NAME(cell), ret);
		hsm_cell_give_back(cell);
		return ret;
	}
	cell->id = (u32)ret;
	cell_own_pins(cell);
	cell->file = NULL;
	list_add_tail(&cell->node, &hsm_cells);
	hsm_cell_links_update(cell);
	/* It is there after the file and the tool have gone; so are we. */
	__module_get(THIS_MODULE);
	return ret;
}

/**
 * hsm_cell_create() - make a cell
 * @file: has pinned memory for it
 * @ioc: the description
 *
 * On failure everything is as it was; what was pinned is still the file's.
 *
 * Return: its id, above 0, or a negative errno after a line in the log.
 */
int hsm_cell_create(struct hsm_cell_file *file,
		    const struct holm_ioc_cell_create *ioc)
{
	struct hsm_cell *cell;
	int ret;

	cell = cell_alloc(file);
	if (!cell)
		return -ENOMEM;
	ret = hsm_cell_desc_read(ioc->desc, ioc->size, &cell->desc);
	if (ret)
		goto free;
	ret = mutex_lock_interruptible(&hsm_cell_mutex);
	if (ret)
		goto free;
	ret = cell_make(cell);
	mutex_unlock(&hsm_cell_mutex);
	if (ret >= 0)
		return ret;
free:
	cell_free(cell);
	return ret;
}

static struct hsm_cell *cell_find(u32 id)
{
	struct hsm_cell *cell;

	list_for_each_entry(cell, &hsm_cells, node)
	{
		if (cell->id == id)
			return cell;
	}
	return NULL;
}

/* The caller holds the lock. */
static int cell_end(u32 id, bool force)
{
	struct hsm_cell *cell = cell_find(id);
	int ret;

	if (!cell)
		return -ENOENT;
	ret = hsm_hcall_again(HC_HOLM_CELL_DESTROY, id,
			      force ? HOLM_CELL_FORCE : 0);
	if (ret < 0) {
		pr_info("cell '%.15s': the hypervisor keeps it: %d\n",
			HSM_CELL_NAME(cell), ret);
		return ret;
	}
	list_del(&cell->node);
	hsm_cell_links_update(cell);
	hsm_cell_give_back(cell);
	cell_free(cell);
	module_put(THIS_MODULE);
	return 0;
}

/**
 * hsm_cell_destroy() - end a cell, whatever it does; all comes back
 * @id: of hsm_cell_create()
 * @force: even if another cell is locked
 *
 * Return: 0, -ENOENT, -EPERM for another that is locked, -EINTR after a
 * signal, when nothing has happened yet.
 */
int hsm_cell_destroy(u32 id, bool force)
{
	int ret = mutex_lock_interruptible(&hsm_cell_mutex);

	if (ret)
		return ret;
	ret = cell_end(id, force);
	mutex_unlock(&hsm_cell_mutex);
	return ret;
}

struct load_bounce {
	struct holm_cell_load args;
	u8 data[LOAD_CHUNK - sizeof(struct holm_cell_load)];
};

static int load_chunk(struct load_bounce *b, u64 from)
{
	if (copy_from_user(b->data, u64_to_user_ptr(from), b->args.size))
		return -EFAULT;
	if (fatal_signal_pending(current))
		return -EINTR;
	return min(hsm_hcall(HC_HOLM_CELL_LOAD, virt_to_phys(&b->args), 0), 0);
}

/**
 * hsm_cell_load() - copy into a cell's memory
 * @ioc: which cell, from where to where
 *
 * What was copied before an error is there.
 *
 * Return: 0, -EFAULT, -EINVAL, -EINTR, -ENOMEM, or the hypervisor's refusal.
 */
int hsm_cell_load(const struct holm_ioc_cell_load *ioc)
{
	struct load_bounce *b;
	u64 off, end;
	int ret = 0;

	static_assert(sizeof(*b) == LOAD_CHUNK);
	if (ioc->reserved || !ioc->size ||
	    check_add_overflow(ioc->from, ioc->size, &end) ||
	    check_add_overflow(ioc->to, ioc->size, &end))
		return -EINVAL;
	b = hsm_object_alloc(HOLM_OBJECT_ARGUMENT, sizeof(*b));
	if (!b)
		return -ENOMEM;
	for (off = 0; !ret && off < ioc->size; off += b->args.size) {
		b->args.id = ioc->id;
		b->args.from = virt_to_phys(b->data);
		b->args.to = ioc->to + off;
		b->args.size = min_t(u64, ioc->size - off, sizeof(b->data));
		ret = load_chunk(b, ioc->from + off);
		cond_resched();
	}
	hsm_object_free(HOLM_OBJECT_ARGUMENT, b);
	return ret;
}
