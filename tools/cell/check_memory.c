/* SPDX-License-Identifier: BSD-2-Clause */
/* A description's memory against a machine's. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cell/check_machine.h"
#include "cell/compile.h"
#include "cell/form.h"
#include "cell/range.h"

#define RAM "System RAM"

/* What Holm keeps for itself, by the beginning of Linux's name for it. */
static const char *const hidden[] = {
	"Local APIC", "IOAPIC", "dmar", "amd_iommu", "PCI MMCONFIG", "PCI ECAM",
};

/* Names of places, not of who uses them. */
static const char *const places[] = {
	"PCI Bus", "Reserved", "reserved", "pnp", "PNP", RAM, "System ROM",
};

static bool begins_with(const char *what, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strncmp(what, list[i], strlen(list[i])))
			return true;
	return false;
}

#define BEGINS_WITH(what, list) \
	begins_with(what, list, sizeof(list) / sizeof((list)[0]))

/* The first entry from @at on below @end: its overlap begins at *@first. */
static const struct cell_sys_memory *next_entry(
	const struct cell_sys_memory *list, unsigned int n, uint64_t at,
	uint64_t end, uint64_t *first)
{
	const struct cell_sys_memory *best = NULL;
	unsigned int i;

	for (i = 0; i < n; i++) {
		const struct cell_sys_memory *e = &list[i];
		uint64_t from = e->at.v > at ? e->at.v : at;

		if (!ranges_overlap(at, end - at, e->at.v, e->size.v) ||
		    (best && from >= *first))
			continue;
		best = e;
		*first = from;
	}
	return best;
}

/* Is [at, at + size) all RAM of the firmware's? */
static void check_is_ram(struct machine_check *c, const struct cell_num *phys,
			 uint64_t size)
{
	const struct cell_system *sys = c->sys;
	uint64_t at = phys->v, end = phys->v + size, first = 0;
	const struct cell_sys_memory *e;

	while (at < end && sys->firmware_count) {
		e = next_entry(sys->firmware, sys->firmware_count, at, end,
			       &first);
		if (!e || first > at) {
			COMPLAIN(c, phys->pos,
				 "at %#" PRIx64 " the machine "
				 "has no RAM",
				 at);
			return;
		}
		if (strcmp(e->what.text, RAM) != 0) {
			COMPLAIN(c, phys->pos,
				 "at %#" PRIx64 " the machine "
				 "has no RAM: '%s'",
				 at, e->what.text);
			return;
		}
		/* A file may say anything, also what wraps around. */
		if (e->size.v >= end - e->at.v)
			return;
		at = e->at.v + e->size.v;
	}
}

static void check_unused(struct machine_check *c, const struct cell_num *phys,
			 uint64_t size)
{
	char amount[32];
	unsigned int i;

	for (i = 0; i < c->sys->memory_count; i++) {
		const struct cell_sys_memory *e = &c->sys->memory[i];

		if (strcmp(e->what.text, RAM) != 0 ||
		    !ranges_overlap(phys->v, size, e->at.v, e->size.v))
			continue;
		form_write(FORM_SIZE, size, amount, sizeof(amount));
		COMPLAIN(c, phys->pos,
			 "the Service VM uses this RAM; keep it "
			 "off by memmap=%s$%#" PRIx64 " on its command line, "
			 "or leave out 'phys'",
			 amount, phys->v);
		return;
	}
}

static void check_ram(struct machine_check *c, const struct cell_num *phys,
		      uint64_t size)
{
	check_is_ram(c, phys, size);
	check_unused(c, phys, size);
}

/* Does the cell get the function whose BAR Linux calls @what? */
static bool own_function(const struct machine_check *c, const char *what)
{
	uint64_t bdf;
	char name[16];
	unsigned int i;

	snprintf(name, sizeof(name), "%.12s", what);
	if (!form_parse(FORM_PCI, name, &bdf))
		return false;
	for (i = 0; i < c->cfg->pci.count; i++)
		if (c->cfg->pci.num[i].v == bdf)
			return true;
	return false;
}

static void check_device(struct machine_check *c, const struct cell_memory *m)
{
	const struct cell_sys_memory *e = NULL, *user = NULL;
	unsigned int i;

	for (i = 0; i < c->sys->firmware_count; i++) {
		e = &c->sys->firmware[i];
		if (!strcmp(e->what.text, RAM) &&
		    ranges_overlap(m->phys.v, m->size.v, e->at.v, e->size.v)) {
			COMPLAIN(c, m->phys.pos,
				 "the machine has RAM there, "
				 "no device: leave out the word 'device'");
			return;
		}
	}
	/* What is nested comes later: the last name is the closest. */
	for (i = 0; i < c->sys->memory_count; i++) {
		e = &c->sys->memory[i];
		if (!ranges_overlap(m->phys.v, m->size.v, e->at.v, e->size.v))
			continue;
		if (BEGINS_WITH(e->what.text, hidden)) {
			COMPLAIN(c, m->phys.pos,
				 "'%s' is there, which Holm "
				 "keeps",
				 e->what.text);
			return;
		}
		if (own_function(c, e->what.text))
			return;
		if (!BEGINS_WITH(e->what.text, places))
			user = e;
	}
	if (user && !(m->access.v & HOLM_CELL_M_SHARED))
		WARN(c, m->phys.pos, "the Service VM's '%s' uses it",
		     user->what.text);
}

static void check_anywhere(struct machine_check *c)
{
	const uint64_t need = cell_config_pages(c->cfg);
	const uint64_t have =
		c->sys->huge_pages.v + c->sys->available.v / CELL_PAGE;

	if (need > have)
		COMPLAIN(c, c->cfg->pos,
			 "the memory without 'phys' takes "
			 "%" PRIu64
			 " huge pages of 2M; the machine has %" PRIu64
			 " and room for %" PRIu64 " more",
			 need, c->sys->huge_pages.v,
			 c->sys->available.v / CELL_PAGE);
}

void check_machine_memory(struct machine_check *c)
{
	const struct cell_config *cfg = c->cfg;
	unsigned int i;

	for (i = 0; i < cfg->memory_count; i++) {
		const struct cell_memory *m = &cfg->memory[i];

		if (m->access.v & HOLM_CELL_M_DEVICE)
			check_device(c, m);
		else if (m->phys.text)
			check_ram(c, &m->phys, m->size.v);
	}
	for (i = 0; i < cfg->shared_memory_count; i++)
		check_ram(c, &cfg->shared_memory[i].link,
			  cell_link_size(&cfg->shared_memory[i]));
	check_anywhere(c);
}
