/* SPDX-License-Identifier: BSD-2-Clause */
/* One description against the rules of abi/cell.h. */
#include "cell/check.h"

#include <inttypes.h>

#include "cell/range.h"

#define PAGE_4K    4096U
#define ADDR_LIMIT (1ULL << 48)
#define FOUR_GIB   (4ULL << 30)
/* Of a section of shared memory. */
#define SECTION_MAX (64ULL << 30)

#define COMPLAIN(c, pos, ...) \
	report_add((c)->r, PROBLEM_ERROR, (c)->cfg->file, pos, __VA_ARGS__)

struct checking {
	const struct cell_config *cfg;
	struct report *r;
};

/* What Holm answers in every guest. */
static const struct {
	uint64_t base;
	const char *name;
} windows[] = {
	{ 0xfec00000, "the I/O APIC" },
	{ 0xfee00000, "the local APIC" },
};

static void check_twice(struct checking *c, const struct cell_nums *list,
			const char *what)
{
	unsigned int i, j;

	for (i = 0; i < list->count; i++)
		for (j = 0; j < i; j++)
			if (list->num[i].v == list->num[j].v) {
				COMPLAIN(c, list->num[i].pos,
					 "%s %s is listed twice", what,
					 list->num[i].text);
				break;
			}
}

static void check_cpus(struct checking *c)
{
	const struct cell_nums *cpus = &c->cfg->cpus;
	unsigned int i;

	if (cpus->count == 0)
		COMPLAIN(c, cpus->pos, "a cell has at least one CPU");
	for (i = 0; i < cpus->count; i++)
		if (cpus->num[i].v == 0)
			COMPLAIN(c, cpus->num[i].pos,
				 "CPU 0 stays with the Service VM");
	check_twice(c, cpus, "CPU");
}

/* A range that the cell or the machine can have at all. */
static void check_range(struct checking *c, const struct cell_num *at,
			const char *what, uint64_t size)
{
	if (at->v >= ADDR_LIMIT || size > ADDR_LIMIT - at->v)
		COMPLAIN(c, at->pos,
			 "%s %s and %" PRIu64 " bytes: ends beyond "
			 "256T",
			 what, at->text ? at->text : "0", size);
}

static void check_access(struct checking *c, const struct cell_memory *m)
{
	const uint32_t has = m->access.v;
	struct cell_pos at = m->access.pos.line ? m->access.pos : m->pos;

	if (!(has & HOLM_CELL_M_READ))
		COMPLAIN(c, at, "memory without 'read' cannot be had");
	if ((has & HOLM_CELL_M_DEVICE) && (has & HOLM_CELL_M_LOAD))
		COMPLAIN(c, at,
			 "'device' and 'load' exclude each other: "
			 "nothing is loaded into registers");
	if (m->phys.text)
		return;
	if (has & HOLM_CELL_M_DEVICE)
		COMPLAIN(c, m->pos,
			 "memory with 'device' needs 'phys': where "
			 "the device is");
	if (has & HOLM_CELL_M_SHARED)
		COMPLAIN(c, m->pos,
			 "memory with 'shared' needs 'phys': where "
			 "the others have it");
}

/* Registers of a device that share a page with others'. */
static void check_part(struct checking *c, const struct cell_memory *m)
{
	if ((m->at.v ^ m->phys.v) % PAGE_4K)
		COMPLAIN(c, m->at.pos,
			 "'at' and 'phys' of a part of a page must have the "
			 "same last three hexadecimal digits");
	if (m->size.v > PAGE_4K - m->phys.v % PAGE_4K)
		COMPLAIN(c, m->size.pos,
			 "a part of a page ends in that page: write whole "
			 "pages and parts apart");
	if (m->access.v & HOLM_CELL_M_EXEC)
		COMPLAIN(c, m->access.pos,
			 "no code is run from a part of a page");
}

static void check_alignment(struct checking *c, const struct cell_memory *m)
{
	const uint64_t all = m->at.v | m->size.v | m->phys.v;

	if (all % PAGE_4K == 0)
		return;
	if (m->access.v & HOLM_CELL_M_DEVICE) {
		check_part(c, m);
		return;
	}
	COMPLAIN(c,
		 m->size.v % PAGE_4K ? m->size.pos
		 : m->at.v % PAGE_4K ? m->at.pos
				     : m->phys.pos,
		 "memory comes in whole pages of 4K; parts of pages are for "
		 "'device' only");
}

static void check_window(struct checking *c, const struct cell_num *at,
			 uint64_t size)
{
	size_t i;

	for (i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
		if (ranges_overlap(at->v, size, windows[i].base, PAGE_4K))
			COMPLAIN(c, at->pos, "at %#" PRIx64 " the cell has %s",
				 windows[i].base, windows[i].name);
}

static void check_memory(struct checking *c, const struct cell_memory *m)
{
	if (m->size.v == 0)
		COMPLAIN(c, m->size.pos, "the memory is empty");
	check_range(c, &m->at, "at", m->size.v);
	if (m->phys.text)
		check_range(c, &m->phys, "phys", m->size.v);
	check_access(c, m);
	check_alignment(c, m);
	check_window(c, &m->at, m->size.v);
}

static void check_memory_pair(struct checking *c, const struct cell_memory *m,
			      const struct cell_memory *other)
{
	if (ranges_overlap(m->at.v, m->size.v, other->at.v, other->size.v))
		COMPLAIN(c, m->at.pos,
			 "the cell has other memory at %#" PRIx64
			 " already, line %u",
			 m->at.v > other->at.v ? m->at.v : other->at.v,
			 other->pos.line);
	if (m->phys.text && other->phys.text &&
	    ranges_overlap(m->phys.v, m->size.v, other->phys.v, other->size.v))
		COMPLAIN(c, m->phys.pos,
			 "the cell has this memory already, line %u",
			 other->pos.line);
}

static void check_memories(struct checking *c)
{
	const struct cell_config *cfg = c->cfg;
	unsigned int i, j;

	for (i = 0; i < cfg->memory_count; i++) {
		check_memory(c, &cfg->memory[i]);
		for (j = 0; j < i; j++)
			check_memory_pair(c, &cfg->memory[i], &cfg->memory[j]);
	}
}

static void check_ports(struct checking *c)
{
	const struct cell_config *cfg = c->cfg;
	unsigned int i, j;

	for (i = 0; i < cfg->ports_count; i++) {
		const struct cell_port *p = &cfg->ports[i], *q;

		if (p->count.v == 0)
			COMPLAIN(c, p->count.pos, "there are no ports in it");
		if (p->first.v > 0xffff || p->count.v > 0x10000 - p->first.v)
			COMPLAIN(c, p->first.pos, "ports end at 0xffff");
		for (j = 0; j < i; j++) {
			q = &cfg->ports[j];
			if (ranges_overlap(p->first.v, p->count.v, q->first.v,
					   q->count.v))
				COMPLAIN(c, p->first.pos,
					 "the cell has these ports already, "
					 "line %u",
					 q->pos.line);
		}
	}
}

static bool is_code(const struct cell_config *cfg, uint64_t at)
{
	unsigned int i;

	for (i = 0; i < cfg->memory_count; i++) {
		const struct cell_memory *m = &cfg->memory[i];

		if ((m->access.v & HOLM_CELL_M_EXEC) &&
		    ranges_overlap(at, 1, m->at.v, m->size.v))
			return true;
	}
	return false;
}

static void check_start(struct checking *c)
{
	const struct cell_start *s = &c->cfg->start;
	struct cell_pos at = s->at.text    ? s->at.pos
			     : s->pos.line ? s->pos
					   : c->cfg->cpus.pos;

	if (s->mode.v != 16 && s->mode.v != 32)
		COMPLAIN(c, s->mode.pos, "'mode' is %s, must be 16 or 32",
			 s->mode.text);
	if (s->at.v >= FOUR_GIB || !is_code(c->cfg, s->at.v))
		COMPLAIN(c, at,
			 "the cell starts at %#" PRIx64 ": there is no "
			 "memory with 'execute' below 4G",
			 s->at.v);
}

/* A piece that Holm maps: no other memory of the cell may be there. */
static void check_free(struct checking *c, const struct cell_num *at,
		       uint64_t size)
{
	const struct cell_config *cfg = c->cfg;
	unsigned int i;

	if (at->v % PAGE_4K)
		COMPLAIN(c, at->pos, "'at' is %s, no multiple of 4K", at->text);
	check_range(c, at, "at", size);
	check_window(c, at, size);
	for (i = 0; i < cfg->memory_count; i++)
		if (ranges_overlap(at->v, size, cfg->memory[i].at.v,
				   cfg->memory[i].size.v))
			COMPLAIN(c, at->pos,
				 "the cell has memory at %s "
				 "already, line %u",
				 at->text, cfg->memory[i].pos.line);
}

struct limit {
	const char *name;
	const struct cell_num *num;
	uint64_t least, most;
};

static void check_limits(struct checking *c, const struct limit *l, size_t n)
{
	for (; n--; l++)
		if (l->num->v < l->least || l->num->v > l->most)
			COMPLAIN(c, l->num->pos,
				 "'%s' is %s, must be %" PRIu64 " to %" PRIu64,
				 l->name, l->num->text, l->least, l->most);
}

static void check_link(struct checking *c, const struct cell_ivshmem *s)
{
	const uint64_t peers = s->peers.v ? s->peers.v : 1;
	const struct limit limits[] = {
		{ "peers", &s->peers, 2, 16 },
		{ "id", &s->id, 0, peers - 1 },
		{ "service", &s->service, 0, peers - 1 },
		{ "vectors", &s->vectors, 1, 16 },
		{ "protocol", &s->protocol, 0, 0xffff },
		{ "rw", &s->rw, 0, SECTION_MAX },
		{ "out", &s->out, 0, SECTION_MAX },
	};

	check_limits(c, limits, sizeof(limits) / sizeof(limits[0]));
	if (s->service.text && s->service.v == s->id.v)
		COMPLAIN(c, s->service.pos,
			 "the Service VM and the cell have "
			 "the same number on the link");
	if (s->link.v % PAGE_4K)
		COMPLAIN(c, s->link.pos, "'link' is %s, no multiple of 4K",
			 s->link.text);
	if (s->rw.v % PAGE_4K || s->out.v % PAGE_4K)
		COMPLAIN(c, s->rw.v % PAGE_4K ? s->rw.pos : s->out.pos,
			 "sizes are multiples of 4K");
}

/* Two links of a cell have nothing in common, on neither side. */
static void check_two_links(struct checking *c, const struct cell_ivshmem *s,
			    const struct cell_ivshmem *other)
{
	const uint64_t size = cell_link_size(s), its = cell_link_size(other);

	if (ranges_overlap(s->at.v, size, other->at.v, its))
		COMPLAIN(c, s->at.pos, "the cell has memory at %s already",
			 s->at.text);
	if (ranges_overlap(s->link.v, size, other->link.v, its))
		COMPLAIN(c, s->link.pos,
			 "the cell has this memory already, line %u",
			 other->pos.line);
}

static void check_links(struct checking *c)
{
	const struct cell_config *cfg = c->cfg;
	unsigned int i, j;

	for (i = 0; i < cfg->shared_memory_count; i++) {
		const struct cell_ivshmem *s = &cfg->shared_memory[i];
		const uint64_t size = cell_link_size(s);

		check_link(c, s);
		check_free(c, &s->at, size);
		check_range(c, &s->link, "link", size);
		for (j = 0; j < i; j++)
			check_two_links(c, s, &cfg->shared_memory[j]);
		for (j = 0; j < cfg->memory_count; j++)
			if (cfg->memory[j].phys.text &&
			    ranges_overlap(s->link.v, size,
					   cfg->memory[j].phys.v,
					   cfg->memory[j].size.v))
				COMPLAIN(c, s->link.pos,
					 "the cell has this memory already, "
					 "line %u",
					 cfg->memory[j].pos.line);
	}
}

/* Each function of the cell's PCI configuration is one thing. */
static void check_functions(struct checking *c)
{
	const struct cell_config *cfg = c->cfg;
	unsigned int i, j;

	check_twice(c, &cfg->pci, "PCI function");
	for (i = 0; i < cfg->shared_memory_count; i++) {
		const struct cell_num *dev = &cfg->shared_memory[i].device;
		bool used = false;

		for (j = 0; j < cfg->pci.count; j++)
			used |= cfg->pci.num[j].v == dev->v;
		for (j = 0; j < i; j++)
			used |= cfg->shared_memory[j].device.v == dev->v;
		if (used)
			COMPLAIN(c, dev->pos,
				 "the cell has another PCI "
				 "function at %s",
				 dev->text);
	}
}

static void check_comm(struct checking *c)
{
	const struct cell_config *cfg = c->cfg;
	unsigned int i;

	if (!cfg->communication.pos.line)
		return;
	check_free(c, &cfg->communication.at, PAGE_4K);
	for (i = 0; i < cfg->shared_memory_count; i++)
		if (ranges_overlap(cfg->communication.at.v, PAGE_4K,
				   cfg->shared_memory[i].at.v,
				   cell_link_size(&cfg->shared_memory[i])))
			COMPLAIN(c, cfg->communication.at.pos,
				 "the cell has "
				 "shared memory there");
}

static void check_interrupts(struct checking *c)
{
	const struct cell_nums *irqs = &c->cfg->interrupts;
	unsigned int i;

	for (i = 0; i < irqs->count; i++)
		if (irqs->num[i].v > UINT32_MAX)
			COMPLAIN(c, irqs->num[i].pos,
				 "there is no interrupt %s", irqs->num[i].text);
	check_twice(c, irqs, "interrupt");
}

/* With each memory in one piece, as it is where it has an address. */
static void check_length(struct checking *c)
{
	const struct cell_config *cfg = c->cfg;
	const uint64_t length =
		sizeof(struct holm_cell_desc) +
		cfg->cpus.count * sizeof(struct holm_cell_cpu) +
		cfg->memory_count * sizeof(struct holm_cell_mem) +
		cfg->ports_count * sizeof(struct holm_cell_port) +
		cfg->interrupts.count * sizeof(struct holm_cell_irq) +
		cfg->pci.count * sizeof(struct holm_cell_pci) +
		!!cfg->communication.pos.line * sizeof(struct holm_cell_comm) +
		cfg->shared_memory_count * sizeof(struct holm_cell_ivshmem);

	if (length > HOLM_CELL_MAX)
		COMPLAIN(c, cfg->pos,
			 "the description takes %" PRIu64
			 " bytes when compiled, may take %u",
			 length, HOLM_CELL_MAX);
}

void cell_check(const struct cell_config *cfg, struct report *r)
{
	struct checking c = { .cfg = cfg, .r = r };

	check_length(&c);
	check_cpus(&c);
	check_memories(&c);
	check_start(&c);
	check_ports(&c);
	check_interrupts(&c);
	check_comm(&c);
	check_links(&c);
	check_functions(&c);
}
