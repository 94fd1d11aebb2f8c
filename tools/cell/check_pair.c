/* SPDX-License-Identifier: BSD-2-Clause */
/* Two descriptions beside each other. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cell/check.h"
#include "cell/range.h"

struct pair {
	const struct cell_config *a, *b;
	struct report *r;
};

#define COMPLAIN(p, pos, ...) \
	report_add((p)->r, PROBLEM_ERROR, (p)->b->file, pos, __VA_ARGS__)

/* " (FILE:LINE)"; nothing of a description that is no file. */
struct where {
	char s[96];
};

static struct where where(const struct pair *p, struct cell_pos at)
{
	struct where w = { "" };

	if (p->a->file[0])
		snprintf(w.s, sizeof(w.s), " (%.80s:%u)", p->a->file, at.line);
	return w;
}

static void check_list(const struct pair *p, const struct cell_nums *a,
		       const struct cell_nums *b, const char *what)
{
	unsigned int i, j;

	for (i = 0; i < b->count; i++)
		for (j = 0; j < a->count; j++)
			if (a->num[j].v == b->num[i].v)
				COMPLAIN(p, b->num[i].pos, "%s %s is '%s's%s",
					 what, b->num[i].text, p->a->name.text,
					 where(p, a->num[j].pos).s);
}

/* A stretch of the machine's memory, and who may have it as well. */
struct piece {
	uint64_t at, size;
	bool shared;
	struct cell_pos pos;
};

static size_t pieces(const struct cell_config *cfg)
{
	return (size_t)cfg->memory_count + cfg->shared_memory_count;
}

static struct piece piece(const struct cell_config *cfg, size_t i)
{
	const struct cell_ivshmem *s;
	const struct cell_memory *m;

	if (i >= cfg->memory_count) {
		s = &cfg->shared_memory[i - cfg->memory_count];
		return (struct piece){ s->link.v, cell_link_size(s), false,
				       s->link.pos };
	}
	m = &cfg->memory[i];
	return (struct piece){ m->phys.v, m->phys.text ? m->size.v : 0,
			       (m->access.v & HOLM_CELL_M_SHARED) != 0,
			       m->phys.pos };
}

/* Peers of one link have the same memory; check_link_pair() sees to them. */
static bool same_link(const struct pair *p, size_t i, size_t j)
{
	return i >= p->b->memory_count && j >= p->a->memory_count &&
	       piece(p->b, i).at == piece(p->a, j).at;
}

static void check_memory(const struct pair *p)
{
	size_t i, j;

	for (i = 0; i < pieces(p->b); i++) {
		const struct piece mine = piece(p->b, i);

		for (j = 0; j < pieces(p->a); j++) {
			const struct piece other = piece(p->a, j);

			if (same_link(p, i, j) ||
			    (mine.shared && other.shared) ||
			    !ranges_overlap(mine.at, mine.size, other.at,
					    other.size))
				continue;
			COMPLAIN(p, mine.pos,
				 "the memory at %#" PRIx64 " is '%s's%s",
				 mine.at > other.at ? mine.at : other.at,
				 p->a->name.text, where(p, other.pos).s);
		}
	}
}

static void check_ports(const struct pair *p)
{
	unsigned int i, j;

	for (i = 0; i < p->b->ports_count; i++) {
		const struct cell_port *q = &p->b->ports[i];

		for (j = 0; j < p->a->ports_count; j++) {
			const struct cell_port *o = &p->a->ports[j];

			if ((q->shared.v && o->shared.v) ||
			    !ranges_overlap(q->first.v, q->count.v, o->first.v,
					    o->count.v))
				continue;
			COMPLAIN(p, q->first.pos,
				 "port %#" PRIx64 " is '%s's%s; both "
				 "must say 'shared: true'",
				 q->first.v > o->first.v ? q->first.v
							 : o->first.v,
				 p->a->name.text, where(p, o->pos).s);
		}
	}
}

/* All peers must say the same of their link. */
static void check_link_pair(const struct pair *p, const struct cell_ivshmem *a,
			    const struct cell_ivshmem *b)
{
	const struct {
		const char *name;
		const struct cell_num *a, *b;
	} same[] = {
		{ "rw", &a->rw, &b->rw },
		{ "out", &a->out, &b->out },
		{ "peers", &a->peers, &b->peers },
		{ "vectors", &a->vectors, &b->vectors },
		{ "protocol", &a->protocol, &b->protocol },
	};
	size_t i;

	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (same[i].a->v != same[i].b->v)
			COMPLAIN(p, same[i].b->text ? same[i].b->pos : b->pos,
				 "'%s' is %" PRIu64 " here and %" PRIu64
				 " in '%s', a peer of this link%s",
				 same[i].name, same[i].b->v, same[i].a->v,
				 p->a->name.text, where(p, a->pos).s);
	if (!a->service.text != !b->service.text ||
	    (a->service.text && a->service.v != b->service.v))
		COMPLAIN(p, b->service.text ? b->service.pos : b->pos,
			 "'service' is another in '%s', a peer of this link%s",
			 p->a->name.text, where(p, a->pos).s);
	if (a->id.v == b->id.v || (a->service.text && a->service.v == b->id.v))
		COMPLAIN(p, b->id.pos, "the number %s on this link is taken%s",
			 b->id.text, where(p, a->pos).s);
}

static void check_links(const struct pair *p)
{
	unsigned int i, j;

	for (i = 0; i < p->b->shared_memory_count; i++)
		for (j = 0; j < p->a->shared_memory_count; j++)
			if (p->a->shared_memory[j].link.v ==
			    p->b->shared_memory[i].link.v)
				check_link_pair(p, &p->a->shared_memory[j],
						&p->b->shared_memory[i]);
}

void cell_check_pair(const struct cell_config *a, const struct cell_config *b,
		     struct report *r)
{
	const struct pair p = { a, b, r };

	if (!strcmp(a->name.text, b->name.text))
		COMPLAIN(&p, b->name.pos, "another cell is called '%s'%s",
			 b->name.text, where(&p, a->name.pos).s);
	check_list(&p, &a->cpus, &b->cpus, "CPU");
	check_list(&p, &a->interrupts, &b->interrupts, "interrupt");
	check_list(&p, &a->pci, &b->pci, "PCI function");
	check_memory(&p);
	check_ports(&p);
	check_links(&p);
}
