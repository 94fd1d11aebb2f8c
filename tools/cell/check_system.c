/* SPDX-License-Identifier: BSD-2-Clause */
/* A description against a machine: CPUs, ports, interrupts, PCI functions. */
#include <inttypes.h>
#include <string.h>

#include "cell/check_machine.h"
#include "cell/range.h"

/*
 * Without these Linux does not live. Those with a reason are not for cells at
 * all, also not shared.
 */
static const struct {
	uint64_t first, count;
	const char *name, *reason;
} needed[] = {
	{ 0x20, 2, "the interrupt controllers", "they have one owner" },
	{ 0x40, 4, "the timer (PIT)", NULL },
	{ 0x60, 1, "the keyboard controller", NULL },
	{ 0x61, 1, "the NMI status", NULL },
	{ 0x64, 1, "the keyboard controller", NULL },
	{ 0x70, 2, "the clock (RTC)", NULL },
	{ 0xa0, 2, "the interrupt controllers", "they have one owner" },
	{ 0x4d0, 2, "the interrupt controllers", "they have one owner" },
	{ 0xcf8, 8, "PCI configuration", "the cell has its own" },
};

/* The beginnings of what Linux calls ports that it cannot do without. */
static const char *const needed_names[] = {
	"ACPI", "pic", "timer", "rtc", "keyboard", "dma", "fpu",
};

#define PCI_BRIDGE 0x06 /* base class: PCI Code and ID Assignment, 1.7 */

static void check_cpu(struct machine_check *c, const struct cell_num *cpu)
{
	const struct cell_system *sys = c->sys;
	unsigned int i;

	for (i = 0; i < sys->cpus_count; i++) {
		const struct cell_sys_cpu *s = &sys->cpus[i];
		const uint64_t id = s->lapic.v | CELL_CPU_LAPIC;

		if (cpu->v != s->number.v && cpu->v != id)
			continue;
		if (s->number.v == 0)
			COMPLAIN(c, cpu->pos,
				 "'%s' is CPU 0, which stays with "
				 "the Service VM",
				 cpu->text);
		return;
	}
	COMPLAIN(c, cpu->pos, "there is no CPU '%s': the machine has %u",
		 cpu->text, sys->cpus_count);
}

void cell_system_name_cpus(const struct cell_system *sys,
			   struct cell_config *cfg)
{
	unsigned int i, j;

	for (i = 0; i < cfg->cpus.count; i++)
		for (j = 0; j < sys->cpus_count; j++)
			if (cfg->cpus.num[i].v == sys->cpus[j].number.v) {
				cfg->cpus.num[i].v =
					sys->cpus[j].lapic.v | CELL_CPU_LAPIC;
				break;
			}
}

static bool ends_own_life(const char *what)
{
	size_t i;

	for (i = 0; i < sizeof(needed_names) / sizeof(needed_names[0]); i++)
		if (!strncmp(what, needed_names[i], strlen(needed_names[i])))
			return true;
	return false;
}

static void check_needed(struct machine_check *c, const struct cell_port *p)
{
	size_t i;

	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!ranges_overlap(p->first.v, p->count.v, needed[i].first,
				    needed[i].count))
			continue;
		if (needed[i].reason)
			COMPLAIN(c, p->first.pos, "port %#" PRIx64 ": %s: %s",
				 needed[i].first, needed[i].name,
				 needed[i].reason);
		else if (!p->shared.v)
			COMPLAIN(c, p->first.pos,
				 "port %#" PRIx64 ": the "
				 "Service VM needs %s; 'shared: true' leaves "
				 "it to both",
				 needed[i].first, needed[i].name);
	}
}

static bool in_needed(const struct cell_sys_port *s)
{
	size_t i;

	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (ranges_overlap(s->first.v, s->count.v, needed[i].first,
				   needed[i].count))
			return true;
	return false;
}

static bool is_window(const char *what)
{
	return !strncmp(what, "PCI Bus", 7) || !strncmp(what, "pnp", 3) ||
	       !strncmp(what, "PNP", 3) || !strncmp(what, "0000:", 5);
}

static void check_port(struct machine_check *c, const struct cell_port *p)
{
	unsigned int i;

	check_needed(c, p);
	for (i = 0; !p->shared.v && i < c->sys->ports_count; i++) {
		const struct cell_sys_port *s = &c->sys->ports[i];

		if (is_window(s->what.text) || in_needed(s) ||
		    !ranges_overlap(p->first.v, p->count.v, s->first.v,
				    s->count.v))
			continue;
		if (ends_own_life(s->what.text))
			COMPLAIN(c, p->first.pos,
				 "port %#" PRIx64 ": the "
				 "Service VM needs '%s'; 'shared: true' leaves "
				 "it to both",
				 s->first.v, s->what.text);
		else
			WARN(c, p->first.pos,
			     "port %#" PRIx64 ": the Service "
			     "VM's driver '%s' uses it",
			     s->first.v, s->what.text);
	}
}

static void check_line(struct machine_check *c, const struct cell_num *gsi)
{
	unsigned int i;

	for (i = 0; i < c->sys->interrupts_count; i++)
		if (c->sys->interrupts[i].gsi.v == gsi->v)
			COMPLAIN(c, gsi->pos,
				 "interrupt %s: the Service VM "
				 "has a handler for it, '%s'; unbind that "
				 "driver first",
				 gsi->text, c->sys->interrupts[i].what.text);
}

static void check_function(struct machine_check *c, const struct cell_num *bdf)
{
	unsigned int i;

	for (i = 0; i < c->sys->pci_count; i++) {
		const struct cell_sys_pci *s = &c->sys->pci[i];

		if (s->at.v != bdf->v)
			continue;
		if (s->class_code.v >> 16 == PCI_BRIDGE)
			COMPLAIN(c, bdf->pos,
				 "PCI function %s is a bridge: "
				 "others are behind it",
				 bdf->text);
		else if (s->driver.text)
			WARN(c, bdf->pos,
			     "PCI function %s is taken from the "
			     "driver '%s'",
			     bdf->text, s->driver.text);
		if (!c->sys->iommu.v)
			WARN(c, bdf->pos,
			     "PCI function %s: without an IOMMU "
			     "it reaches all memory",
			     bdf->text);
		return;
	}
	COMPLAIN(c, bdf->pos, "there is no PCI function %s", bdf->text);
}

void cell_check_system(const struct cell_config *cfg,
		       const struct cell_system *sys, struct report *r)
{
	struct machine_check c = { cfg, sys, r };
	unsigned int i;

	for (i = 0; i < cfg->cpus.count; i++)
		check_cpu(&c, &cfg->cpus.num[i]);
	for (i = 0; i < cfg->ports_count; i++)
		check_port(&c, &cfg->ports[i]);
	for (i = 0; i < cfg->interrupts.count; i++)
		check_line(&c, &cfg->interrupts.num[i]);
	for (i = 0; i < cfg->pci.count; i++)
		check_function(&c, &cfg->pci.num[i]);
	check_machine_memory(&c);
}
