/* SPDX-License-Identifier: BSD-2-Clause */
/* Parts of device pages on their way from the Service VM to a cell and back. */
#include "cell/cell_take.h"
#include "guest/x86/vpci.h"
#include "io/subpage.h"
#include "lib/errno.h"

static const struct holm_cell_mem *next_part(const struct cell *c,
					     const struct holm_cell_mem *m)
{
	do
		m = cell_desc_next(c->desc, HOLM_CELL_R_MEM, m);
	while (m && !cell_mem_is_part(m));
	return m;
}

static void return_parts(struct cell *c, u32 n)
{
	while (n > 0)
		subpage_give_back(&c->parts[--n]);
	vm_mem_free(c->parts, c->nparts * sizeof(*c->parts));
	c->parts = NULL;
	c->nparts = 0;
}

/* As memory it is shared by none who wants to have a part of it alone. */
int cell_part_take(const struct cell *c, struct subpage *s)
{
	const struct holm_cell_mem page = {
		.phys = align_down(s->hpa, PAGE_SIZE),
		.size = PAGE_SIZE,
	};
	int rc = vpci_is_config(page.phys, page.size) ? -EBUSY : 0;

	if (rc == 0)
		rc = subpage_take(s);
	if (rc || s->shared)
		return rc;
	rc = cell_mem_check_unused(c, &page);
	if (rc)
		subpage_give_back(s);
	return rc;
}

static int take_part(const struct cell *c, struct subpage *s,
		     const struct holm_cell_mem *m)
{
	*s = (struct subpage){
		.vm = c->vm,
		.gpa = m->virt,
		.hpa = m->phys,
		.size = m->size,
		.write = m->flags & HOLM_CELL_M_WRITE,
		.shared = m->flags & HOLM_CELL_M_SHARED,
	};
	return cell_part_take(c, s);
}

static int take_parts(struct cell *c)
{
	const struct holm_cell_mem *m = NULL;
	u32 n = 0;

	while ((m = next_part(c, m)))
		c->nparts++;
	if (!c->nparts)
		return 0;
	c->parts = vm_mem_alloc(c->nparts * sizeof(*c->parts));
	if (!c->parts)
		return -ENOMEM;
	while ((m = next_part(c, m))) {
		int rc = take_part(c, &c->parts[n], m);

		if (rc) {
			return_parts(c, n);
			return rc;
		}
		n++;
	}
	return 0;
}

static void give_back_parts(struct cell *c)
{
	if (c->nparts)
		return_parts(c, c->nparts);
}

const struct cell_resource cell_parts = {
	.take = take_parts,
	.give_back = give_back_parts,
};
