/* SPDX-License-Identifier: BSD-2-Clause */
/* A description of a cell, checked field by field. */
#include "cell/cell_desc.h"
#include "core/log.h"
#include "lib/errno.h"
#include "vm/memregion.h"

#define CRC32_POLY 0xedb88320U /* ISO 3309, bits reversed */

#define MEM_FLAGS                                                  \
	(HOLM_CELL_M_READ | HOLM_CELL_M_WRITE | HOLM_CELL_M_EXEC | \
	 HOLM_CELL_M_DEVICE | HOLM_CELL_M_LOAD | HOLM_CELL_M_SHARED)
#define DESC_FLAGS (HOLM_CELL_F_START32 | HOLM_CELL_F_STOP | HOLM_CELL_F_FORCE)

_Static_assert(sizeof(struct holm_cell_desc) == 56, "ABI");
_Static_assert(sizeof(struct holm_cell_cpu) == 16, "ABI");
_Static_assert(sizeof(struct holm_cell_mem) == 40, "ABI");
_Static_assert(sizeof(struct holm_cell_port) == 24, "ABI");
_Static_assert(sizeof(struct holm_cell_irq) == 16, "ABI");
_Static_assert(sizeof(struct holm_cell_pci) == 16, "ABI");
_Static_assert(sizeof(struct holm_cell_comm) == 24, "ABI");
_Static_assert(sizeof(struct holm_cell_ivshmem) == 72, "ABI");

static int refuse(const char *what, u64 value, const char *rule)
{
	log_guest("cell: %s is %llx: %s", what, (unsigned long long)value,
		  rule);
	return -EINVAL;
}

int cell_desc_refuse(const char *what, u64 value, const char *rule)
{
	return refuse(what, value, rule);
}

static u32 crc32_byte(u32 crc, u8 byte)
{
	crc ^= byte;
	for (u32 bit = 0; bit < 8; bit++)
		crc = (crc >> 1) ^ (crc & 1 ? CRC32_POLY : 0);
	return crc;
}

u32 cell_desc_checksum(const struct holm_cell_desc *d, u64 size)
{
	const u64 field = offsetof(struct holm_cell_desc, checksum);
	const u8 *bytes = (const u8 *)d;
	u32 crc = ~(u32)0;

	for (u64 i = 0; i < size; i++)
		crc = crc32_byte(crc, i - field < 4 ? 0 : bytes[i]);
	return ~crc;
}

static bool name_valid(const char *name)
{
	u32 n = 0;

	while (n < HOLM_CELL_NAME && name[n] > ' ' && name[n] < 0x7f)
		n++;
	return n > 0 && n < HOLM_CELL_NAME && name[n] == '\0';
}

static int check_head(const struct holm_cell_desc *d, u64 size)
{
	if (size < sizeof(*d) || size > HOLM_CELL_MAX)
		return refuse("size", size, "too small or over 64 KiB");
	if (d->magic != HOLM_CELL_MAGIC)
		return refuse("magic", d->magic, "no description of a cell");
	if (d->version != HOLM_CELL_VERSION)
		return refuse("version", d->version, "this Holm knows 1");
	if (d->size != size)
		return refuse("size", d->size, "not what the call said");
	if (d->checksum != cell_desc_checksum(d, size))
		return refuse("checksum", d->checksum, "wrong");
	if (!name_valid(d->name))
		return refuse("name", (u8)d->name[0],
			      "1 to 15 printable characters are wanted");
	if (d->flags & ~DESC_FLAGS)
		return refuse("flags", d->flags, "unknown bit");
	if (d->reserved)
		return refuse("reserved", d->reserved, "must be 0");
	return 0;
}

/* Each sees a record of the right size. */

static int check_cpu(const struct holm_cell_desc *d, const void *record)
{
	const struct holm_cell_cpu *c = record, *other = NULL;
	const struct cpu *cpu = cpu_by_lapic_id(c->lapic_id);

	if (c->reserved)
		return refuse("reserved", c->reserved, "must be 0");
	if (!cpu || !cpu->online)
		return refuse("LAPIC id", c->lapic_id, "no such CPU");
	while ((other = cell_desc_next(d, HOLM_CELL_R_CPU, other)) != c)
		if (other->lapic_id == c->lapic_id)
			return refuse("LAPIC id", c->lapic_id, "named twice");
	return 0;
}

/* Only the registers of a device can be had by the byte. */
static int check_part(const struct holm_cell_mem *m)
{
	const u32 may = HOLM_CELL_M_READ | HOLM_CELL_M_WRITE |
			HOLM_CELL_M_DEVICE | HOLM_CELL_M_SHARED;

	if (!(m->flags & HOLM_CELL_M_DEVICE) || (m->flags & ~may))
		return refuse(
			"memory", m->phys | m->size,
			"not whole 4 KiB pages, nor a device's registers");
	if ((m->phys ^ m->virt) % PAGE_SIZE)
		return refuse("memory", m->virt,
			      "must be as far into its page as what it shows");
	if (m->phys % PAGE_SIZE + m->size > PAGE_SIZE)
		return refuse("memory size", m->size,
			      "a part of a page ends in that page");
	return 0;
}

static int check_mem_fields(const struct holm_cell_mem *m)
{
	const u32 loadable_device = HOLM_CELL_M_DEVICE | HOLM_CELL_M_LOAD;

	if (m->reserved)
		return refuse("reserved", m->reserved, "must be 0");
	if (!cell_mem_is_part(m) && !is_aligned(m->virt, PAGE_SIZE))
		return refuse("memory", m->virt, "not whole 4 KiB pages");
	if (!range_valid(m->phys, m->size) || !range_valid(m->virt, m->size) ||
	    !range_inside(m->phys, m->size, 0, VM_GPA_LIMIT) ||
	    !range_inside(m->virt, m->size, 0, VM_GPA_LIMIT))
		return refuse("memory size", m->size, "empty or beyond 2^48");
	if ((m->flags & ~MEM_FLAGS) || !(m->flags & HOLM_CELL_M_READ) ||
	    (m->flags & loadable_device) == loadable_device)
		return refuse("memory flags", m->flags,
			      "unknown, not readable, or a loadable device");
	return cell_mem_is_part(m) ? check_part(m) : 0;
}

static int check_mem(const struct holm_cell_desc *d, const void *record)
{
	const struct holm_cell_mem *m = record, *other = NULL;
	const struct vm_region window = {
		.op = VM_REGION_ADD,
		.gpa = GPA(align_down(m->virt, PAGE_SIZE)),
		.size = align_up(m->size, PAGE_SIZE),
	};
	int rc = check_mem_fields(m);

	if (rc)
		return rc;
	if (vm_region_check(&window))
		return -EINVAL;
	while ((other = cell_desc_next(d, HOLM_CELL_R_MEM, other)) != m) {
		if (range_overlaps(m->phys, m->size, other->phys, other->size))
			return refuse("memory", m->phys, "listed twice");
		if (range_overlaps(m->virt, m->size, other->virt, other->size))
			return refuse("address", m->virt, "used twice");
	}
	return 0;
}

static int check_port(const struct holm_cell_desc *d, const void *record)
{
	const struct holm_cell_port *p = record, *other = NULL;

	if (p->reserved || (p->flags & ~HOLM_CELL_P_SHARED))
		return refuse("port flags", p->flags, "unknown bit");
	if (p->count == 0 || p->port > 0xffff || p->count > 0x10000 - p->port)
		return refuse("port", p->port, "none, or beyond ffff");
	while ((other = cell_desc_next(d, HOLM_CELL_R_PORT, other)) != p)
		if (range_overlaps(p->port, p->count, other->port,
				   other->count))
			return refuse("port", p->port, "listed twice");
	return 0;
}

static int check_comm(const struct holm_cell_desc *d, const void *record)
{
	const struct holm_cell_comm *c = record;
	const struct vm_region window = {
		.op = VM_REGION_ADD,
		.gpa = GPA(c->virt),
		.size = HOLM_COMM_SIZE,
	};
	const struct holm_cell_mem *m = NULL;

	if (c->reserved || (c->flags & ~HOLM_CELL_C_PASSIVE))
		return refuse("communication flags", c->flags, "unknown bit");
	if (!is_aligned(c->virt, PAGE_SIZE) || c->virt >= VM_GPA_LIMIT)
		return refuse("communication address", c->virt,
			      "not a 4 KiB page below 2^48");
	if (vm_region_check(&window))
		return -EINVAL;
	if (cell_desc_next(d, HOLM_CELL_R_COMM, NULL) != record)
		return refuse("communication address", c->virt,
			      "one region is all there can be");
	while ((m = cell_desc_next(d, HOLM_CELL_R_MEM, m)))
		if (range_overlaps(c->virt, HOLM_COMM_SIZE, m->virt, m->size))
			return refuse("communication address", c->virt,
				      "it is memory's, too");
	return 0;
}

static int check_irq(const struct holm_cell_desc *d, const void *record)
{
	const struct holm_cell_irq *r = record, *other = NULL;

	if (r->reserved)
		return refuse("reserved", r->reserved, "must be 0");
	while ((other = cell_desc_next(d, HOLM_CELL_R_IRQ, other)) != r)
		if (other->gsi == r->gsi)
			return refuse("interrupt", r->gsi, "listed twice");
	return 0;
}

static int check_pci(const struct holm_cell_desc *d, const void *record)
{
	const struct holm_cell_pci *r = record, *other = NULL;

	if (r->bdf > 0xffff || r->flags)
		return refuse("PCI function", r->bdf, "beyond ffff, or flags");
	while ((other = cell_desc_next(d, HOLM_CELL_R_PCI, other)) != r)
		if (other->bdf == r->bdf)
			return refuse("PCI function", r->bdf, "listed twice");
	return 0;
}

static const struct {
	u32 size;
	int (*check)(const struct holm_cell_desc *d, const void *record);
} kinds[] = {
	[HOLM_CELL_R_CPU] = { sizeof(struct holm_cell_cpu), check_cpu },
	[HOLM_CELL_R_MEM] = { sizeof(struct holm_cell_mem), check_mem },
	[HOLM_CELL_R_PORT] = { sizeof(struct holm_cell_port), check_port },
	[HOLM_CELL_R_IRQ] = { sizeof(struct holm_cell_irq), check_irq },
	[HOLM_CELL_R_PCI] = { sizeof(struct holm_cell_pci), check_pci },
	[HOLM_CELL_R_COMM] = { sizeof(struct holm_cell_comm), check_comm },
	[HOLM_CELL_R_IVSHMEM] = { sizeof(struct holm_cell_ivshmem),
				  cell_ivshmem_check },
};

static const struct holm_cell_record *record_at(const struct holm_cell_desc *d,
						u64 off)
{
	const void *at = (const u8 *)d + off;

	return at;
}

/* What cell_desc_next() relies on. */
static int check_shape(const struct holm_cell_desc *d)
{
	u64 off = sizeof(*d);
	u32 n = 0;

	for (; off < d->size; n++) {
		const struct holm_cell_record *r = record_at(d, off);

		if (d->size - off < sizeof(*r))
			return refuse("record", off, "cut off");
		if (r->type >= ARRAY_SIZE(kinds) || !kinds[r->type].check)
			return refuse("record type", r->type, "unknown");
		if (r->size != kinds[r->type].size || r->size > d->size - off)
			return refuse("record size", r->size,
				      "not its type's, or cut off");
		off += r->size;
	}
	if (n != d->records)
		return refuse("records", d->records, "not as many as there");
	return 0;
}

const void *cell_desc_next(const struct holm_cell_desc *d, u32 type,
			   const void *prev)
{
	u64 off = sizeof(*d);

	if (prev)
		off = (u64)((const u8 *)prev - (const u8 *)d) +
		      record_at(d, (u64)((const u8 *)prev - (const u8 *)d))
			      ->size;
	for (; off < d->size; off += record_at(d, off)->size)
		if (record_at(d, off)->type == type)
			return record_at(d, off);
	return NULL;
}

static int check_entry(const struct holm_cell_desc *d)
{
	const struct holm_cell_mem *m = NULL;

	while ((m = cell_desc_next(d, HOLM_CELL_R_MEM, m)))
		if ((m->flags & HOLM_CELL_M_EXEC) &&
		    range_inside(d->entry, 1, m->virt, m->size) &&
		    d->entry < GIB(4))
			return 0;
	return refuse("entry", d->entry, "not executable memory below 4 GiB");
}

int cell_desc_check(const struct holm_cell_desc *d, u64 size)
{
	int rc = check_head(d, size);
	u64 off = sizeof(*d);

	if (rc == 0)
		rc = check_shape(d);
	for (; rc == 0 && off < d->size; off += record_at(d, off)->size)
		rc = kinds[record_at(d, off)->type].check(d, record_at(d, off));
	if (rc)
		return rc;
	if (!cell_desc_next(d, HOLM_CELL_R_CPU, NULL))
		return refuse("CPUs", 0, "a cell has at least one");
	return check_entry(d);
}
