/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links: memory of several cells, and of the Service VM if they want that.
 * The first cell that names a link takes its memory from the Service VM, the
 * last one that goes gives it back, wiped. In between each peer maps the
 * sections with the rights that its number gives it.
 */
#include "cell/cell_desc.h"
#include "cell/cell_take.h"
#include "core/log.h"
#include "guest/x86/ivshmem.h"
#include "lib/errno.h"
#include "vm/memregion.h"

/** Under the hand-over lock. */
struct cell_link {
	struct cell_link *next;
	struct ivshmem_link dev;
	struct holm_cell_mem mem;
	u32 cells; /* that are its peers */
	bool has_service;
	struct ivshmem service;
};

/** A cell's end of a link. */
struct cell_end {
	struct cell_link *link; /* NULL: not joined */
	struct ivshmem dev;
};

static struct cell_link *links;

static const struct holm_cell_ivshmem *next_end(
	const struct holm_cell_desc *d, const struct holm_cell_ivshmem *r)
{
	return cell_desc_next(d, HOLM_CELL_R_IVSHMEM, r);
}

static u64 size_of(const struct holm_cell_ivshmem *r)
{
	return IVSHMEM_TABLE_SIZE + r->rw_size + r->peers * r->out_size;
}

/* Is the range [@at, @at + @size) of the cell's addresses somebody else's? */
static bool is_used(const struct holm_cell_desc *d, const void *but, u64 at,
		    u64 size)
{
	const struct holm_cell_ivshmem *r = NULL;
	const struct holm_cell_comm *c =
		cell_desc_next(d, HOLM_CELL_R_COMM, NULL);
	const struct holm_cell_mem *m = NULL;

	while ((m = cell_desc_next(d, HOLM_CELL_R_MEM, m)))
		if (range_overlaps(at, size, m->virt, m->size))
			return true;
	while ((r = next_end(d, r)) != but)
		if (range_overlaps(at, size, r->virt, size_of(r)))
			return true;
	return c && range_overlaps(at, size, c->virt, HOLM_COMM_SIZE);
}

/* Is that memory listed elsewhere? */
static bool is_listed(const struct holm_cell_desc *d, const void *but, u64 phys,
		      u64 size)
{
	const struct holm_cell_ivshmem *r = NULL;
	const struct holm_cell_mem *m = NULL;

	while ((m = cell_desc_next(d, HOLM_CELL_R_MEM, m)))
		if (range_overlaps(phys, size, m->phys, m->size))
			return true;
	while ((r = next_end(d, r)) != but)
		if (range_overlaps(phys, size, r->phys, size_of(r)))
			return true;
	return false;
}

static int check_peers(const struct holm_cell_ivshmem *r)
{
	bool service = r->flags & HOLM_CELL_IV_SERVICE;

	if (r->reserved || (r->flags & ~HOLM_CELL_IV_SERVICE))
		return cell_desc_refuse("shared-memory flags", r->flags,
					"unknown bit");
	if (r->peers < 2 || r->peers > IVSHMEM_PEERS_MAX)
		return cell_desc_refuse("shared-memory peers", r->peers,
					"not 2 to 16");
	if (r->id >= r->peers || r->service_id >= r->peers)
		return cell_desc_refuse("shared-memory id",
					MAX(r->id, r->service_id),
					"not below the number of peers");
	if (service ? r->service_id == r->id : r->service_id != 0)
		return cell_desc_refuse(
			"shared-memory id", r->service_id,
			"the Service VM's must be another, or 0 without it");
	if (r->vectors < 1 || r->vectors > IVSHMEM_VECTORS_MAX)
		return cell_desc_refuse("shared-memory vectors", r->vectors,
					"not 1 to 16");
	if (r->protocol > 0xffff || r->bdf > 0xffff)
		return cell_desc_refuse("shared-memory device",
					MAX(r->protocol, r->bdf),
					"protocol and address have 16 bits");
	return 0;
}

#define SECTION_MAX GIB(64)

static int check_place(const struct holm_cell_ivshmem *r)
{
	if (r->rw_size > SECTION_MAX || r->out_size > SECTION_MAX)
		return cell_desc_refuse("shared-memory section",
					MAX(r->rw_size, r->out_size),
					"larger than 64 GiB");
	if (!is_aligned(r->phys | r->virt | r->rw_size | r->out_size,
			PAGE_SIZE))
		return cell_desc_refuse("shared memory",
					r->phys | r->virt | r->rw_size |
						r->out_size,
					"not whole 4 KiB pages");
	if (!range_valid(r->phys, size_of(r)) ||
	    !range_valid(r->virt, size_of(r)) ||
	    !range_inside(r->phys, size_of(r), 0, VM_GPA_LIMIT) ||
	    !range_inside(r->virt, size_of(r), 0, VM_GPA_LIMIT))
		return cell_desc_refuse("shared memory", r->phys,
					"beyond 2^48");
	return 0;
}

static bool bdf_is_used(const struct holm_cell_desc *d,
			const struct holm_cell_ivshmem *but)
{
	const struct holm_cell_ivshmem *r = NULL;
	const struct holm_cell_pci *p = NULL;

	while ((p = cell_desc_next(d, HOLM_CELL_R_PCI, p)))
		if (p->bdf == but->bdf)
			return true;
	while ((r = next_end(d, r)) != but)
		if (r->bdf == but->bdf)
			return true;
	return false;
}

int cell_ivshmem_check(const struct holm_cell_desc *d, const void *record)
{
	const struct holm_cell_ivshmem *r = record;
	const struct vm_region window = {
		.op = VM_REGION_ADD,
		.gpa = GPA(r->virt),
		.size = size_of(r),
	};
	int rc = check_peers(r);

	if (rc == 0)
		rc = check_place(r);
	if (rc)
		return rc;
	if (vm_region_check(&window))
		return -EINVAL;
	if (is_used(d, r, r->virt, size_of(r)))
		return cell_desc_refuse("shared-memory address", r->virt,
					"used twice");
	if (is_listed(d, r, r->phys, size_of(r)))
		return cell_desc_refuse("shared memory", r->phys,
					"listed twice");
	if (bdf_is_used(d, r))
		return cell_desc_refuse("PCI address", r->bdf, "used twice");
	return 0;
}

/* What peer @id of @l may do with its sections, from @base of @s2 on. */
static int map_sections(struct stage2 *s2, const struct cell_link *l, u64 base,
			u32 id)
{
	const struct ivshmem_link *dev = &l->dev;
	u64 off = IVSHMEM_TABLE_SIZE;
	int rc = stage2_map(s2, GPA(base), HPA(dev->phys), off, PT_R | PT_WB);

	if (rc == 0 && dev->rw_size)
		rc = stage2_map(s2, GPA(base + off), HPA(dev->phys + off),
				dev->rw_size, PT_R | PT_W | PT_WB);
	off += dev->rw_size;
	if (!dev->out_size)
		return rc;
	for (u32 i = 0; i < dev->peers && rc == 0; i++, off += dev->out_size)
		rc = stage2_map(s2, GPA(base + off), HPA(dev->phys + off),
				dev->out_size,
				PT_R | PT_WB | (i == id ? PT_W : 0));
	return rc;
}

/* The memory is nobody's; the Service VM becomes a peer. */
static int add_service(struct cell_link *l, u32 id)
{
	struct vm *vm = vm_service();
	int rc = map_sections(&vm->s2, l, l->dev.phys, id);

	if (rc == 0)
		rc = ivshmem_connect(&l->service, &l->dev, vm, id,
				     IVSHMEM_BDF_ANY, l->dev.phys);
	if (rc)
		log_guest("cell: the Service VM cannot be a peer: %d", rc);
	return rc;
}

static void free_link(struct cell_link *l)
{
	struct cell_link **at = &links;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	ivshmem_disconnect(&l->service);
	cell_mem_give_back(&l->mem);
	vm_mem_free(l, sizeof(*l));
}

static struct cell_link *make_link(const struct cell *c,
				   const struct holm_cell_ivshmem *r, int *rc)
{
	struct cell_link *l = vm_mem_alloc(sizeof(*l));

	*rc = -ENOMEM;
	if (!l)
		return NULL;
	l->mem = (struct holm_cell_mem){
		.phys = r->phys,
		.virt = r->virt,
		.size = size_of(r),
		.flags = HOLM_CELL_M_READ | HOLM_CELL_M_WRITE,
	};
	l->dev.phys = r->phys;
	l->dev.rw_size = r->rw_size;
	l->dev.out_size = r->out_size;
	l->dev.peers = r->peers;
	l->dev.vectors = r->vectors;
	l->dev.protocol = r->protocol;
	l->has_service = r->flags & HOLM_CELL_IV_SERVICE;
	*rc = cell_mem_take(c, &l->mem);
	if (*rc) {
		vm_mem_free(l, sizeof(*l));
		return NULL;
	}
	l->next = links;
	links = l;
	if (l->has_service)
		*rc = add_service(l, r->service_id);
	if (*rc) {
		free_link(l);
		return NULL;
	}
	return l;
}

/* Does @r say of the link what its first peer said? */
static bool agrees(const struct cell_link *l, const struct holm_cell_ivshmem *r)
{
	const struct ivshmem_link *d = &l->dev;

	return d->rw_size == r->rw_size && d->out_size == r->out_size &&
	       d->peers == r->peers && d->vectors == r->vectors &&
	       d->protocol == r->protocol &&
	       l->has_service == !!(r->flags & HOLM_CELL_IV_SERVICE) &&
	       (!l->has_service || l->service.id == r->service_id);
}

static struct cell_link *find_link(u64 phys)
{
	struct cell_link *l = links;

	while (l && l->dev.phys != phys)
		l = l->next;
	return l;
}

static int join_link(const struct cell *c, struct cell_end *end,
		     struct cell_link *l, const struct holm_cell_ivshmem *r)
{
	int rc = -EBUSY;

	if (!agrees(l, r) || l->dev.end[r->id]) {
		log_guest("cell '%s': shared memory at %llx: %s", c->desc->name,
			  (unsigned long long)r->phys,
			  agrees(l, r) ? "its id is another peer's"
				       : "its other peers describe it in "
					 "another way");
		return rc;
	}
	rc = map_sections(&c->vm->s2, l, r->virt, r->id);
	if (rc == 0)
		rc = ivshmem_connect(&end->dev, &l->dev, c->vm, r->id, r->bdf,
				     r->virt);
	if (rc)
		return rc;
	end->link = l;
	l->cells++;
	return 0;
}

static int join(const struct cell *c, struct cell_end *end,
		const struct holm_cell_ivshmem *r)
{
	struct cell_link *l = find_link(r->phys);
	int rc = 0;

	if (!l)
		l = make_link(c, r, &rc);
	if (rc)
		return rc;
	rc = join_link(c, end, l, r);
	if (rc && !l->cells)
		free_link(l);
	return rc;
}

static void ivshmem_give_back(struct cell *c)
{
	for (u32 i = 0; i < c->nends; i++) {
		struct cell_end *end = &c->ends[i];

		ivshmem_disconnect(&end->dev);
		if (end->link && --end->link->cells == 0)
			free_link(end->link);
	}
	vm_mem_free(c->ends, c->nends * sizeof(*c->ends));
	c->nends = 0;
	c->ends = NULL;
}

static int ivshmem_take(struct cell *c)
{
	const struct holm_cell_ivshmem *r = NULL;
	int rc = 0;

	while ((r = next_end(c->desc, r)))
		c->nends++;
	if (!c->nends)
		return 0;
	c->ends = vm_mem_alloc(c->nends * sizeof(*c->ends));
	if (!c->ends) {
		c->nends = 0;
		return -ENOMEM;
	}
	for (u32 i = 0; rc == 0 && i < c->nends; i++) {
		r = next_end(c->desc, r);
		rc = join(c, &c->ends[i], r);
	}
	if (rc)
		ivshmem_give_back(c);
	return rc;
}

const struct cell_resource cell_ivshmem = {
	.take = ivshmem_take,
	.give_back = ivshmem_give_back,
};
