/* SPDX-License-Identifier: BSD-2-Clause */
#include "holm/cell_live.h"

#include <inttypes.h>
#include <string.h>

#include "cell/check.h"
#include "cell/cpus.h"
#include "cell/range.h"
#include "holm/audit.h"
#include "holm/names.h"

struct live {
	const struct facts *facts;
	const struct cell_config *cfg;
	struct report *r;
};

#define COMPLAIN(l, pos, ...) \
	report_add((l)->r, PROBLEM_ERROR, (l)->cfg->file, pos, __VA_ARGS__)

static void check_cpus(const struct live *l)
{
	const struct facts *f = l->facts;
	const struct guest *owner;
	unsigned int i;
	uint32_t id;
	size_t c;

	for (i = 0; i < l->cfg->cpus.count; i++) {
		const struct cell_num *cpu = &l->cfg->cpus.num[i];

		if (cpus_find_lapic(cpu->v, &id) != 0)
			continue; /* said by the check against the machine */
		for (c = 0; c < f->cpus; c++) {
			if (f->cpu[c].lapic_id != id)
				continue;
			owner = guest_of(f, f->cpu[c].owner_vm);
			if (owner && guest_sort(owner) != SORT_SERVICE)
				COMPLAIN(l, cpu->pos, "CPU %s is VM '%s's",
					 cpu->text, owner->vm.name);
		}
	}
}

static void check_piece(const struct live *l, const struct cell_num *phys,
			uint64_t size)
{
	size_t i;

	for (i = 0; i < l->facts->ranges; i++) {
		const struct holm_range *range = &l->facts->range[i];

		/* Firmware has types of its own above. */
		if (range->kind >= HOLM_RANGE_HOLM_IMAGE &&
		    range->kind <= HOLM_RANGE_IOMMU &&
		    ranges_overlap(phys->v, size, range->base, range->size))
			COMPLAIN(l, phys->pos,
				 "at %#" PRIx64 " Holm has its own: %s",
				 (uint64_t)range->base,
				 name_of_range(range->kind));
	}
}

static void check_memory(const struct live *l)
{
	const struct cell_config *cfg = l->cfg;
	unsigned int i;

	for (i = 0; i < cfg->memory_count; i++)
		if (cfg->memory[i].phys.text)
			check_piece(l, &cfg->memory[i].phys,
				    cfg->memory[i].size.v);
	for (i = 0; i < cfg->shared_memory_count; i++)
		check_piece(l, &cfg->shared_memory[i].link,
			    cell_link_size(&cfg->shared_memory[i]));
}

/* A cell that exists, as its description would read. */
static void check_cell(const struct live *l, const struct holm_cell_desc *d)
{
	struct report own = { .n = 0 };
	struct cell_config *other;

	if (!strncmp(d->name, l->cfg->name.text, HOLM_CELL_NAME)) {
		report_add(l->r, PROBLEM_WARNING, l->cfg->file,
			   l->cfg->name.pos, "cell '%s' exists already",
			   l->cfg->name.text);
		return;
	}
	if (cell_config_read("", d, d->size, &other, &own) == 0)
		cell_check_pair(other, l->cfg, l->r);
	else
		report_add(l->r, PROBLEM_WARNING, l->cfg->file,
			   l->cfg->name.pos,
			   "not compared with cell '%.15s': its description "
			   "is not one of this program's",
			   d->name);
	cell_config_free(other);
	report_free(&own);
}

static void check_one(const struct live *l)
{
	size_t i;

	check_cpus(l);
	check_memory(l);
	for (i = 0; i < l->facts->guests; i++)
		if (l->facts->guest[i].desc)
			check_cell(l, l->facts->guest[i].desc);
}

void cell_check_live(const struct source *src, struct cell_config *const *cfg,
		     unsigned int n, struct report *r)
{
	static const struct cell_pos nowhere;
	struct live l = { .r = r };
	struct facts f;
	unsigned int i;
	int err = facts_read(&f, src);

	if (err) {
		report_add(r, PROBLEM_WARNING, "this machine", nowhere,
			   "Holm does not say what runs: %s", strerror(-err));
		return;
	}
	l.facts = &f;
	for (i = 0; i < n; i++) {
		l.cfg = cfg[i];
		check_one(&l);
	}
	facts_free(&f);
}
