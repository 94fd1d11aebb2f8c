/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI functions on their way from the Service VM to a cell and back. */
#include "cell/cell_pci.h"

#include "cell/cell_take.h"
#include "core/log.h"
#include "guest/x86/guest.h"
#include "guest/x86/pcifn.h"
#include "io/subpage.h"
#include "lib/errno.h"

/* A function and what was taken for its BARs. */
struct cell_pci {
	struct pcifn fn;
	u32 taken; /* bit i: the resource of BAR i is the cell's */
	struct holm_cell_mem mem[PCIFN_BARS];
	struct holm_cell_port port[PCIFN_BARS];
	struct subpage part[PCIFN_BARS];
};

bool cell_pci_has_port(const struct cell *c, u32 port, u32 count)
{
	for (u32 n = 0; n < c->npci; n++) {
		const struct cell_pci *p = &c->pci[n];

		for (u32 i = 0; i < PCIFN_BARS; i++)
			if ((p->taken & BIT32(i)) && p->port[i].count &&
			    range_overlaps(port, count, p->port[i].port,
					   p->port[i].count))
				return true;
	}
	return false;
}

bool cell_pci_facts(const struct cell *c, u32 n, struct holm_device *out)
{
	struct spinlock *lock = &c->vm->guest->vpci.lock;

	if (n >= c->npci)
		return false;
	spin_lock(lock);
	pcifn_facts(&c->pci[n].fn, out);
	spin_unlock(lock);
	return true;
}

static int map(const struct cell *c, u64 from, u64 to)
{
	if (to <= from)
		return 0;
	return stage2_map(&c->vm->s2, GPA(from), HPA(from), to - from,
			  PT_R | PT_W | PT_UC);
}

static bool has_table(const struct cell_pci *p, u32 i)
{
	return p->fn.msix.cap && p->fn.msix.bar == i;
}

/* All but the pages on which the table of messages is: they trap. */
static int map_bar(struct cell *c, const struct cell_pci *p, u32 i)
{
	const struct vpci_window *w = &p->fn.msix.window;
	u64 from = p->fn.bar[i].base, to = from + p->fn.bar[i].size;
	int rc;

	if (!has_table(p, i))
		return map(c, from, to);
	rc = map(c, from, w->base);
	return rc ? rc : map(c, w->base + w->size, to);
}

static int take_memory(struct cell *c, struct cell_pci *p, u32 i)
{
	struct holm_cell_mem *m = &p->mem[i];
	int rc;

	*m = (struct holm_cell_mem){
		.phys = p->fn.bar[i].base,
		.virt = p->fn.bar[i].base,
		.size = p->fn.bar[i].size,
		.flags = HOLM_CELL_M_READ | HOLM_CELL_M_WRITE |
			 HOLM_CELL_M_DEVICE,
	};
	rc = cell_mem_take(c, m);
	if (rc)
		return rc;
	rc = map_bar(c, p, i);
	if (rc)
		cell_mem_give_back(m);
	return rc;
}

/* With a table of messages in it the cell reaches it as the table's window. */
static int take_part(struct cell *c, struct cell_pci *p, u32 i)
{
	p->part[i] = (struct subpage){
		.vm = has_table(p, i) ? NULL : c->vm,
		.gpa = p->fn.bar[i].base,
		.hpa = p->fn.bar[i].base,
		.size = p->fn.bar[i].size,
		.write = true,
	};
	return cell_part_take(c, &p->part[i]);
}

static int take_ports(struct cell *c, struct cell_pci *p, u32 i)
{
	p->port[i] = (struct holm_cell_port){
		.port = (u32)p->fn.bar[i].base,
		.count = (u32)p->fn.bar[i].size,
	};
	return cell_port_take(c, &p->port[i]);
}

static int take_bar(struct cell *c, struct cell_pci *p, u32 i)
{
	const struct pcifn_bar *b = &p->fn.bar[i];
	int rc;

	/* It cannot be switched on: command bits. */
	if (!b->size || !b->base)
		return 0;
	if (b->io)
		rc = take_ports(c, p, i);
	else if (b->size < PAGE_SIZE)
		rc = take_part(c, p, i);
	else
		rc = take_memory(c, p, i);
	if (rc)
		log_guest(
			"cell: PCI %02x:%02x.%x: BAR %u at %llx cannot be had",
			p->fn.bdf >> 8, p->fn.bdf >> 3 & 0x1f, p->fn.bdf & 7, i,
			(unsigned long long)b->base);
	else
		p->taken |= BIT32(i);
	return rc;
}

static void return_bar(struct cell_pci *p, u32 i)
{
	const struct pcifn_bar *b = &p->fn.bar[i];

	if (!(p->taken & BIT32(i)))
		return;
	if (b->io)
		cell_port_give_back(&p->port[i]);
	else if (b->size < PAGE_SIZE)
		subpage_give_back(&p->part[i]);
	else
		cell_mem_give_back(&p->mem[i]);
	p->taken &= ~BIT32(i);
}

static void return_fn(struct cell_pci *p)
{
	for (u32 i = 0; i < PCIFN_BARS; i++)
		return_bar(p, i);
	pcifn_give_back(&p->fn);
}

static int take_fn(struct cell *c, struct cell_pci *p, u32 bdf)
{
	int rc = pcifn_take(&p->fn, c->vm, bdf);

	if (rc)
		return rc;
	for (u32 i = 0; i < PCIFN_BARS && rc == 0; i++)
		rc = take_bar(c, p, i);
	if (rc)
		return_fn(p);
	return rc;
}

static void free_fns(struct cell *c, u32 n)
{
	vm_mem_free(c->pci, n * sizeof(*c->pci));
	c->pci = NULL;
	c->npci = 0;
}

static u32 count(const struct cell *c)
{
	const struct holm_cell_pci *r = NULL;
	u32 n = 0;

	while ((r = cell_desc_next(c->desc, HOLM_CELL_R_PCI, r)))
		n++;
	return n;
}

/* All of them at once: each wait is long. */
static void reset_fns(struct cell *c)
{
	for (u32 i = 0; i < c->npci; i++)
		pcifn_reset_begin(&c->pci[i].fn);
	if (c->npci)
		pcifn_settle();
	for (u32 i = 0; i < c->npci; i++)
		pcifn_reset_end(&c->pci[i].fn);
}

static int take_fns(struct cell *c)
{
	const struct holm_cell_pci *r = NULL;
	int rc = 0;

	while (rc == 0 && (r = cell_desc_next(c->desc, HOLM_CELL_R_PCI, r))) {
		rc = take_fn(c, &c->pci[c->npci], r->bdf);
		if (rc == 0)
			c->npci++;
	}
	if (rc == 0)
		reset_fns(c);
	for (u32 i = 0; i < c->npci && rc == 0; i++)
		rc = pcifn_show(&c->pci[i].fn);
	return rc;
}

static void return_fns(struct cell *c)
{
	for (u32 i = 0; i < c->npci; i++)
		return_fn(&c->pci[i]);
}

static int take_pci(struct cell *c)
{
	u32 n = count(c);
	int rc;

	if (!n)
		return 0;
	c->pci = vm_mem_alloc(n * sizeof(*c->pci));
	if (!c->pci)
		return -ENOMEM;
	rc = take_fns(c);
	if (rc) {
		return_fns(c);
		free_fns(c, n);
	}
	return rc;
}

/* Quiet first: what it wrote to is about to go. */
static void give_back_pci(struct cell *c)
{
	u32 n = c->npci;

	reset_fns(c);
	return_fns(c);
	free_fns(c, n);
}

const struct cell_resource cell_pcis = {
	.take = take_pci,
	.give_back = give_back_pci,
	.reset = reset_fns,
};
