/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Memory and ports by address. What a cell has alone, and is not pinned, is
 * claimed in Linux's table of resources: whose driver uses it keeps it, and
 * no driver gets it while the cell lives.
 */
#define pr_fmt(fmt) "acrn_hsm: " fmt

#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/printk.h>

#include "cell.h"
#include "hsm.h"

#define PORTS 0x10000U

struct hsm_region {
	struct hsm_hold hold;
	struct resource *in; /* iomem_resource or ioport_resource */
	u64 start;
	u64 size;
};

static void region_release(struct hsm_hold *hold)
{
	struct hsm_region *r = container_of(hold, struct hsm_region, hold);

	__release_region(r->in, r->start, r->size);
	hsm_object_free(HOLM_OBJECT_REGION, r);
}

static int region_take(struct hsm_cell *cell, struct resource *in, u64 start,
		       u64 size)
{
	struct hsm_region *r = hsm_object_alloc(HOLM_OBJECT_REGION, sizeof(*r));

	if (!r)
		return -ENOMEM;
	/* A literal: the table keeps the pointer longer than a name lives. */
	if (!__request_region(in, start, size, "Holm cell", 0)) {
		hsm_object_free(HOLM_OBJECT_REGION, r);
		pr_info("cell '%.15s': %s %#llx, %#llx bytes: in use by a "
			"driver or another cell, see /proc/%s\n",
			HSM_CELL_NAME(cell), in->name, start, size,
			in == &iomem_resource ? "iomem" : "ioports");
		return -EBUSY;
	}
	r->in = in;
	r->start = start;
	r->size = size;
	return hsm_cell_add_hold(cell, &r->hold, region_release);
}

/* 0: pinned by the file; 1: nothing Linux knows as its RAM. */
static int mem_check(struct hsm_cell *cell, u64 phys, u64 size)
{
	u64 end;

	if (!size || check_add_overflow(phys, size, &end)) {
		pr_info("cell '%.15s': memory at %#llx, %#llx bytes: empty, or "
			"beyond 2^64\n",
			HSM_CELL_NAME(cell), phys, size);
		return -EINVAL;
	}
	if (hsm_cell_pins_cover(cell->file, phys, size))
		return 0;
	if (region_intersects(phys, size, IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) == REGION_DISJOINT)
		return 1;
	pr_info("cell '%.15s': memory at %#llx, %#llx bytes: Linux uses it as "
		"RAM; it must be pinned or reserved by memmap=\n",
		HSM_CELL_NAME(cell), phys, size);
	return -EBUSY;
}

/**
 * hsm_cell_take_mem() - a record of memory
 * @cell: being made
 * @record: a struct holm_cell_mem
 *
 * Return: 0, -EINVAL, -EBUSY for memory that Linux uses, -ENOMEM.
 */
int hsm_cell_take_mem(struct hsm_cell *cell,
		      const struct holm_cell_record *record)
{
	const struct holm_cell_mem *m = (const void *)record;
	int ret = mem_check(cell, m->phys, m->size);

	if (ret <= 0 || (m->flags & HOLM_CELL_M_SHARED))
		return min(ret, 0);
	return region_take(cell, &iomem_resource, m->phys, m->size);
}

/**
 * hsm_cell_take_ivshmem() - a record of a shared-memory device
 * @cell: being made
 * @record: a struct holm_cell_ivshmem
 *
 * Its memory is several cells': they all have it, none claims it.
 *
 * Return: as hsm_cell_take_mem().
 */
int hsm_cell_take_ivshmem(struct hsm_cell *cell,
			  const struct holm_cell_record *record)
{
	const struct holm_cell_ivshmem *v = (const void *)record;
	u64 size;

	if (check_mul_overflow(v->out_size, (u64)v->peers, &size) ||
	    check_add_overflow(size, v->rw_size, &size) ||
	    check_add_overflow(size, (u64)PAGE_SIZE, &size))
		return -EINVAL;
	return min(mem_check(cell, v->phys, size), 0);
}

/**
 * hsm_cell_take_port() - a record of ports
 * @cell: being made
 * @record: a struct holm_cell_port
 *
 * Return: 0, -EINVAL, -EBUSY for ports that a driver uses, -ENOMEM.
 */
int hsm_cell_take_port(struct hsm_cell *cell,
		       const struct holm_cell_record *record)
{
	const struct holm_cell_port *p = (const void *)record;

	if (!p->count || p->port >= PORTS || p->count > PORTS - p->port) {
		pr_info("cell '%.15s': %u ports at %#x: none, or beyond "
			"0xffff\n",
			HSM_CELL_NAME(cell), p->count, p->port);
		return -EINVAL;
	}
	if (p->flags & HOLM_CELL_P_SHARED)
		return 0;
	return region_take(cell, &ioport_resource, p->port, p->count);
}
