/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory on its way from the Service VM to a cell and back.
 *
 * A page that a cell has alone is mapped in its stage 2 and in no other. It
 * leaves the Service VM's first, all translations of it are flushed, and only
 * then is it looked for elsewhere: what no donor maps can be donated no more,
 * so what is not found then will not come. Withdrawn pages can be mapped
 * again without memory (pgtable_withdraw()), so giving back cannot fail.
 *
 * Holm does not map it either while it is the cell's, RAM or a device's
 * registers: whatever goes wrong on behalf of somebody else, speculation
 * included, has nothing to read or to write.
 */
#include "cell/cell_take.h"
#include "core/log.h"
#include "guest/x86/vpci.h"
#include "io/subpage.h"
#include "lib/errno.h"
#include "mem/hostmap.h"
#include "mem/physmap.h"
#include "mem/physwin.h"
#include "vm/memregion.h"
#include "vm/sched.h"

static u32 type_of(const struct holm_cell_mem *m)
{
	return m->flags & HOLM_CELL_M_DEVICE ? PT_UC : PT_WB;
}

static bool is_shared(const struct holm_cell_mem *m)
{
	return m->flags & HOLM_CELL_M_SHARED;
}

static u32 attr_of(const struct holm_cell_mem *m)
{
	u32 attr = PT_R | type_of(m);

	attr |= m->flags & HOLM_CELL_M_WRITE ? PT_W : 0;
	attr |= m->flags & HOLM_CELL_M_EXEC ? PT_X : 0;
	return attr;
}

static const struct holm_cell_mem *next_mem(const struct cell *c,
					    const struct holm_cell_mem *m)
{
	do
		m = cell_desc_next(c->desc, HOLM_CELL_R_MEM, m);
	while (m && cell_mem_is_part(m));
	return m;
}

/*
 * The range is all the Service VM's own, of the kind that was said; unless it
 * is shared, it leaves it with that. PCI configuration has other ways to a
 * cell, and what of it is a cell's must not be reachable by another.
 */
static int claim(const struct holm_cell_mem *m)
{
	struct stage2 *s2 = &vm_service()->s2;
	const u32 attr = PT_RWX | type_of(m);

	if (vpci_is_config(m->phys, m->size))
		return -EBUSY;
	return is_shared(m) ? stage2_check_own(s2, GPA(m->phys), m->size, attr)
			    : stage2_take(s2, GPA(m->phys), m->size, attr);
}

static int take_owned(const struct holm_cell_mem *m)
{
	int rc = claim(m);

	if (rc == -EBUSY)
		log_guest("cell: memory at %llx is not the Service VM's %s",
			  (unsigned long long)m->phys,
			  type_of(m) == PT_WB ? "RAM" : "device memory");
	return rc;
}

static int leaf_overlaps(const struct pt_leaf *leaf, void *arg)
{
	const struct holm_cell_mem *m = arg;

	return range_overlaps(leaf->pa, leaf->size, m->phys, m->size) ? -EBUSY
								      : 0;
}

struct use_ask {
	const struct cell *cell;
	struct holm_cell_mem mem;
};

/* Nobody but the Service VM may have had it. */
static bool has_memory(struct vm *vm, void *arg)
{
	struct use_ask *ask = arg;
	bool has;

	if (vm->kind == VM_SERVICE || vm == ask->cell->vm)
		return false;
	spin_lock(&vm->s2.lock);
	has = pgtable_for_each(&vm->s2.pt, 0, VM_GPA_LIMIT, leaf_overlaps,
			       &ask->mem);
	spin_unlock(&vm->s2.lock);
	if (vm->ioreq_page.v != ADDR_NONE &&
	    range_inside(vm->ioreq_page.v, 1, ask->mem.phys, ask->mem.size))
		has = true;
	if (has)
		log_guest("cell: memory at %llx is in use by VM '%s'",
			  (unsigned long long)ask->mem.phys, vm->name);
	return has;
}

int cell_mem_check_unused(const struct cell *c, const struct holm_cell_mem *m)
{
	struct use_ask ask = { c, *m };

	return vm_any(has_memory, &ask) ? -EBUSY : 0;
}

/* The same, and nobody has a part of it that stayed the Service VM's. */
static int check_whole(const struct cell *c, const struct holm_cell_mem *m)
{
	if (!subpage_is_any(m->phys, m->size))
		return cell_mem_check_unused(c, m);
	log_guest("cell: a part of what is at %llx is a cell's",
		  (unsigned long long)m->phys);
	return -EBUSY;
}

static void flush_service(void)
{
	vm_flush_wait(vm_service());
	stage2_reap(&vm_service()->s2);
}

static void return_one(const struct holm_cell_mem *m)
{
	struct stage2 *s2 = &vm_service()->s2;

	CHECK(stage2_map(s2, GPA(m->phys), HPA(m->phys), m->size,
			 PT_RWX | type_of(m)) == 0);
	CHECK(stage2_collapse(s2, GPA(m->phys), m->size) == 0);
}

/* Up to, not including, @end; NULL: all. */
static void return_memory(const struct cell *c, const struct holm_cell_mem *end)
{
	const struct holm_cell_mem *m = NULL;

	while ((m = next_mem(c, m)) != end)
		if (!is_shared(m))
			return_one(m);
	flush_service();
}

static int withdraw_memory(const struct cell *c)
{
	const struct holm_cell_mem *m = NULL;
	int rc = 0;

	while ((m = next_mem(c, m))) {
		rc = take_owned(m);
		if (rc)
			break;
	}
	if (rc)
		return_memory(c, m);
	return rc;
}

static void wipe_memory(const struct cell *c, void (*zero)(hpa_t hpa, u64 len))
{
	const struct holm_cell_mem *m = NULL;

	while ((m = next_mem(c, m)))
		if (!is_shared(m) && type_of(m) == PT_WB)
			zero(HPA(m->phys), m->size);
}

/* The VM at @but may be gone already: it is compared, not looked at. */
static bool is_other_cell(struct vm *vm, void *but)
{
	return vm->kind == VM_CELL && vm != but;
}

/*
 * Holm sees the memory of @c again, up to, not including, @end. The tables
 * that were split for it stay while there are other cells, whose CPUs are not
 * to be asked to forget them; after the last one all is as it was.
 */
static void show_memory(const struct cell *c, const struct holm_cell_mem *end)
{
	const struct holm_cell_mem *m = NULL;

	while ((m = next_mem(c, m)) != end)
		if (!is_shared(m))
			hostmap_show(HPA(m->phys), m->size, type_of(m));
	if (vm_any(is_other_cell, c->vm))
		return;
	hostmap_settle();
	vm_forget_host();
	hostmap_reap();
}

static int hide_memory(const struct cell *c)
{
	const struct holm_cell_mem *m = NULL;
	int rc = 0;

	while ((m = next_mem(c, m))) {
		if (!is_shared(m))
			rc = hostmap_hide(HPA(m->phys), m->size);
		if (rc)
			break;
	}
	if (rc)
		show_memory(c, m);
	return rc;
}

static int map_memory(const struct cell *c)
{
	const struct holm_cell_mem *m = NULL;
	int rc = 0;

	while (rc == 0 && (m = next_mem(c, m)))
		rc = stage2_map(&c->vm->s2, GPA(m->virt), HPA(m->phys), m->size,
				attr_of(m));
	return rc;
}

/* It is nobody's now: is it nobody's indeed, and the cell's then? */
static int settle_memory(const struct cell *c)
{
	const struct holm_cell_mem *m = NULL;
	int rc = 0;

	while (rc == 0 && (m = next_mem(c, m)))
		if (!is_shared(m))
			rc = check_whole(c, m);
	return rc ? rc : map_memory(c);
}

static int take_memory(struct cell *c)
{
	int rc = withdraw_memory(c);

	if (rc)
		return rc;
	rc = hide_memory(c);
	if (rc == 0) {
		flush_service();
		vm_forget_host();
		rc = settle_memory(c);
		if (rc)
			show_memory(c, NULL);
	}
	if (rc)
		return_memory(c, NULL);
	else
		wipe_memory(c, physwin_zero);
	return rc;
}

static void give_back_memory(struct cell *c)
{
	show_memory(c, NULL);
	wipe_memory(c, physmap_zero);
	return_memory(c, NULL);
}

/* What belongs to several is RAM, which Holm writes too: that stays. */
static int hide_one(const struct holm_cell_mem *m)
{
	return type_of(m) == PT_UC ? hostmap_hide(HPA(m->phys), m->size) : 0;
}

static void show_one(const struct holm_cell_mem *m)
{
	if (type_of(m) == PT_UC)
		hostmap_show(HPA(m->phys), m->size, PT_UC);
}

static void wipe_one(const struct holm_cell_mem *m)
{
	if (type_of(m) == PT_WB)
		physmap_zero(HPA(m->phys), m->size);
}

/* Nobody maps it: nor may anybody have had it, or remember it. */
static int forget_one(const struct cell *c, const struct holm_cell_mem *m)
{
	int rc = hide_one(m);

	if (rc)
		return rc;
	flush_service();
	vm_forget_host();
	rc = check_whole(c, m);
	if (rc)
		show_one(m);
	return rc;
}

int cell_mem_take(const struct cell *c, const struct holm_cell_mem *m)
{
	int rc = take_owned(m);

	if (rc)
		return rc;
	rc = forget_one(c, m);
	if (rc) {
		return_one(m);
		flush_service();
		return rc;
	}
	wipe_one(m);
	return 0;
}

void cell_mem_give_back(const struct holm_cell_mem *m)
{
	/* With other rights it was mapped page by page: no table is missing. */
	CHECK(stage2_withdraw(&vm_service()->s2, GPA(m->phys), m->size) == 0);
	flush_service();
	show_one(m);
	wipe_one(m);
	return_one(m);
	flush_service();
}

const struct cell_resource cell_memory = {
	.take = take_memory,
	.give_back = give_back_memory,
};
