/* SPDX-License-Identifier: BSD-2-Clause */
/* What has to be true, rule by rule. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "cell/compile.h"
#include "cell/range.h"
#include "holm/audit.h"
#include "holm/names.h"

#define PAGE       4096ULL
#define LAPIC_PAGE 0xfee00000ULL

void verdict_add(struct verdict *v, const char *fmt, ...)
{
	struct finding *grown =
		realloc(v->finding, (v->n + 1) * sizeof(*v->finding));
	va_list ap;

	if (!grown) {
		v->no_memory = true;
		return;
	}
	v->finding = grown;
	va_start(ap, fmt);
	vsnprintf(grown[v->n++].text, sizeof(grown->text), fmt, ap);
	va_end(ap);
}

static uint64_t end_of(const struct reach *r)
{
	return r->hpa + r->size;
}

static bool inside(uint64_t a, uint64_t an, uint64_t b, uint64_t bn)
{
	return a >= b && an <= bn && a - b <= bn - an;
}

/* --- memory --- */

/* The range that [at, at + size) has something in common with, from @i on. */
static const struct holm_range *next_range(const struct facts *f, size_t *i,
					   uint64_t at, uint64_t size)
{
	for (; *i < f->ranges; ++*i)
		if (ranges_overlap(at, size, f->range[*i].base,
				   f->range[*i].size))
			return &f->range[(*i)++];
	return NULL;
}

static bool is_comm_page(const struct reach *r, uint64_t from, uint64_t size)
{
	const struct holm_cell_desc *d = r->guest->desc;
	const struct holm_cell_comm *c;

	c = d ? cell_record_next(d, HOLM_CELL_R_COMM, NULL) : NULL;
	return c && inside(r->gpa + (from - r->hpa), size, c->virt, PAGE);
}

/* Pages to talk by are of the pool, never code or data. */
static bool is_image(const struct facts *f, uint64_t at, uint64_t size)
{
	const struct holm_range *range;
	size_t i = 0;

	while ((range = next_range(f, &i, at, size)))
		if (range->kind == HOLM_RANGE_HOLM_IMAGE)
			return true;
	return false;
}

/* Holm's memory, but for the page it made to talk to that very cell. */
static void check_holm(const struct facts *f, struct verdict *v)
{
	const uint64_t base = f->info.hv_base, end = base + f->info.hv_size;
	size_t i;

	for (i = 0; i < f->reaches; i++) {
		const struct reach *r = &f->reach[i];
		uint64_t from = r->hpa > base ? r->hpa : base;
		uint64_t to = end_of(r) < end ? end_of(r) : end;

		v->looked_at += r->size / PAGE;
		if (from < to && (!is_comm_page(r, from, to - from) ||
				  is_image(f, from, to - from)))
			verdict_add(v,
				    "VM '%s' reaches Holm's memory at "
				    "0x%" PRIx64 ", %" PRIu64 " bytes",
				    r->guest->vm.name, from, to - from);
	}
}

/*
 * Who writes these reaches all: a local APIC's page (interrupts to any CPU)
 * and the message window behind it, I/O APICs, DMA remapping units.
 */
static void check_units(const struct facts *f, struct verdict *v)
{
	const struct holm_range *range;
	size_t i, n;

	for (i = 0; i < f->reaches; i++) {
		const struct reach *r = &f->reach[i];

		v->looked_at += r->size / PAGE;
		if (!(r->flags & HOLM_MAP_W))
			continue;
		for (n = 0; (range = next_range(f, &n, r->hpa, r->size));)
			if (range->kind >= HOLM_RANGE_LAPIC &&
			    range->kind <= HOLM_RANGE_IOMMU)
				verdict_add(v,
					    "VM '%s' writes 0x%" PRIx64 ": %s",
					    r->guest->vm.name,
					    (uint64_t)range->base,
					    name_of_range(range->kind));
	}
}

/* A page of which each CPU has its own. */
static bool is_per_cpu(const struct facts *f, uint64_t at, uint64_t size)
{
	size_t i;

	for (i = 0; i < f->ranges; i++)
		if (f->range[i].kind == HOLM_RANGE_LAPIC &&
		    inside(at, size, f->range[i].base, f->range[i].size))
			return true;
	return inside(at, size, LAPIC_PAGE, PAGE);
}

static bool mem_is_shared(const struct holm_cell_desc *d, uint64_t at,
			  uint64_t size)
{
	const struct holm_cell_mem *m = NULL;

	while ((m = cell_record_next(d, HOLM_CELL_R_MEM, m)))
		if ((m->flags & HOLM_CELL_M_SHARED) &&
		    inside(at, size, m->phys, m->size))
			return true;
	return false;
}

/* The link that has all of it. */
static const struct holm_cell_ivshmem *link_of(const struct holm_cell_desc *d,
					       uint64_t at, uint64_t size)
{
	const struct holm_cell_ivshmem *s = NULL;

	while ((s = cell_record_next(d, HOLM_CELL_R_IVSHMEM, s)))
		if (inside(at, size, s->phys, cell_record_link_size(s)))
			return s;
	return NULL;
}

/* May peer @id write it? The common section and its own, which may join. */
static bool link_writes(const struct holm_cell_ivshmem *s, uint32_t id,
			uint64_t at, uint64_t size)
{
	const uint64_t off = at - s->phys;
	const uint64_t own = PAGE + s->rw_size + s->out_size * id;
	const uint64_t common = s->rw_size + (id == 0 ? s->out_size : 0);

	return inside(off, size, PAGE, common) ||
	       inside(off, size, own, s->out_size);
}

/*
 * Has the cell declared that the other sees this, who has it with @flags? What
 * is shared is the Service VM's too; of a link it is a peer or it is not.
 */
static bool declared(const struct guest *g, const struct guest *other,
		     uint64_t at, uint64_t size, uint32_t flags)
{
	const struct holm_cell_ivshmem *s = link_of(g->desc, at, size);

	if (guest_sort(other) == SORT_USER)
		return false;
	if (mem_is_shared(g->desc, at, size))
		return true;
	if (!s || other->desc)
		return s;
	return (s->flags & HOLM_CELL_IV_SERVICE) &&
	       (!(flags & HOLM_MAP_W) ||
		link_writes(s, s->service_id, at, size));
}

/* Two guests reach the same: have those agreed who had to? */
static bool agreed(const struct facts *f, const struct reach *x,
		   const struct reach *y, uint64_t at, uint64_t size)
{
	const struct guest *a = x->guest, *b = y->guest;

	if (is_per_cpu(f, at, size))
		return true;
	if (a->desc && !declared(a, b, at, size, y->flags))
		return false;
	if (b->desc && !declared(b, a, at, size, x->flags))
		return false;
	if (a->desc || b->desc)
		return true;
	/* What a User VM has was donated by the Service VM, which serves it. */
	return guest_sort(a) == SORT_SERVICE || guest_sort(b) == SORT_SERVICE;
}

/* Each pair of guests that reaches the same memory, once. */
static void each_overlap(const struct facts *f, struct verdict *v, bool cells)
{
	size_t i, j;

	for (i = 0; i < f->reaches; i++) {
		const struct reach *a = &f->reach[i];

		if (cells == (guest_sort(a->guest) == SORT_CELL))
			v->looked_at += a->size / PAGE;
		for (j = i + 1; j < f->reaches && f->reach[j].hpa < end_of(a);
		     j++) {
			const struct reach *b = &f->reach[j];
			uint64_t to =
				end_of(a) < end_of(b) ? end_of(a) : end_of(b);

			if (a->guest == b->guest ||
			    cells != (a->guest->desc || b->guest->desc) ||
			    agreed(f, a, b, b->hpa, to - b->hpa))
				continue;
			verdict_add(v,
				    "VMs '%s' and '%s' both reach 0x%" PRIx64
				    ", %" PRIu64 " bytes",
				    a->guest->vm.name, b->guest->vm.name,
				    b->hpa, to - b->hpa);
		}
	}
}

static void check_cell_pages(const struct facts *f, struct verdict *v)
{
	each_overlap(f, v, true);
}

static void check_users(const struct facts *f, struct verdict *v)
{
	each_overlap(f, v, false);
}

/* No more than the description's words for it allow. */
static bool rights_listed(const struct holm_cell_mem *m, uint32_t flags)
{
	uint32_t may = HOLM_MAP_R;

	may |= m->flags & HOLM_CELL_M_WRITE ? HOLM_MAP_W : 0;
	may |= m->flags & HOLM_CELL_M_EXEC ? HOLM_MAP_X : 0;
	may |= m->flags & HOLM_CELL_M_DEVICE ? 0 : HOLM_MAP_RAM;
	return !(flags & ~may);
}

static bool mem_lists(const struct guest *g, const struct reach *r)
{
	const struct holm_cell_mem *m = NULL;
	uint64_t left = r->size;

	/* Neighbouring records may have become one mapping. */
	while ((m = cell_record_next(g->desc, HOLM_CELL_R_MEM, m))) {
		uint64_t off = m->virt - r->gpa;

		if (m->virt >= r->gpa && m->virt < r->gpa + r->size &&
		    m->phys - r->hpa == off && m->size <= r->size - off &&
		    rights_listed(m, r->flags))
			left -= m->size;
	}
	return left == 0;
}

static bool link_lists(const struct guest *g, const struct reach *r)
{
	const struct holm_cell_ivshmem *s = link_of(g->desc, r->hpa, r->size);

	return s && r->gpa - s->virt == r->hpa - s->phys &&
	       !(r->flags & HOLM_MAP_X) &&
	       (!(r->flags & HOLM_MAP_W) ||
		link_writes(s, s->id, r->hpa, r->size));
}

/* Is it part of what a function of the guest's decodes? */
static bool is_bar(const struct guest *g, uint64_t at, uint64_t size,
		   uint64_t io)
{
	size_t i, n;

	/* One without an address decodes nothing. */
	for (i = 0; i < g->devices; i++)
		for (n = 0; n < HOLM_DEVICE_BARS; n++)
			if (g->device[i].bar[n].io == io &&
			    g->device[i].bar[n].base &&
			    inside(at, size, g->device[i].bar[n].base,
				   g->device[i].bar[n].size))
				return true;
	return false;
}

/* A function's BARs are where they are: identity, uncached. */
static bool maps_bar(const struct guest *g, const struct reach *r)
{
	return r->gpa == r->hpa && !(r->flags & HOLM_MAP_RAM) &&
	       is_bar(g, r->hpa, r->size, 0);
}

static void check_described(const struct facts *f, struct verdict *v)
{
	size_t i;

	for (i = 0; i < f->reaches; i++) {
		const struct reach *r = &f->reach[i];
		const struct guest *g = r->guest;

		if (!g->desc)
			continue;
		v->looked_at += r->size / PAGE;
		if (is_per_cpu(f, r->hpa, r->size) ||
		    is_comm_page(r, r->hpa, r->size) || mem_lists(g, r) ||
		    link_lists(g, r) || maps_bar(g, r))
			continue;
		verdict_add(v,
			    "cell '%s' reaches 0x%" PRIx64 ", %" PRIu64
			    " bytes, which its description does not list so",
			    g->vm.name, r->hpa, r->size);
	}
}

/* The whole pages around [@at, @at + @size). */
static void check_unmapped(const struct facts *f, const struct guest *g,
			   uint64_t at, uint64_t size, struct verdict *v)
{
	uint64_t page = at - at % PAGE;
	uint64_t pages = (at % PAGE + size + PAGE - 1) / PAGE;
	size_t i;

	v->looked_at += pages;
	for (i = 0; i < f->hosts; i++)
		if (ranges_overlap(page, pages * PAGE, f->host[i].hpa,
				   f->host[i].size))
			verdict_add(v,
				    "Holm maps memory of cell '%s' at "
				    "0x%" PRIx64,
				    g->vm.name, page);
}

static void check_hidden_bars(const struct facts *f, const struct guest *g,
			      const struct holm_device *d, struct verdict *v)
{
	size_t n;

	/* One without an address decodes nothing. */
	for (n = 0; n < HOLM_DEVICE_BARS; n++)
		if (!d->bar[n].io && d->bar[n].base && d->bar[n].size)
			check_unmapped(f, g, d->bar[n].base, d->bar[n].size, v);
}

/* What a cell has alone, RAM or registers, is not even Holm's to see. */
static void check_host_map(const struct facts *f, struct verdict *v)
{
	const struct holm_cell_mem *m;
	size_t i, n;

	for (i = 0; i < f->guests; i++) {
		const struct guest *g = &f->guest[i];

		m = NULL;
		while (g->desc &&
		       (m = cell_record_next(g->desc, HOLM_CELL_R_MEM, m)))
			if (!(m->flags & HOLM_CELL_M_SHARED))
				check_unmapped(f, g, m->phys, m->size, v);
		for (n = 0; n < g->devices; n++)
			check_hidden_bars(f, g, &g->device[n], v);
	}
}

/* --- ports and registers --- */

static bool port_is_listed(const struct guest *g, uint32_t port, uint32_t need)
{
	const struct holm_cell_port *p = NULL;

	while ((p = cell_record_next(g->desc, HOLM_CELL_R_PORT, p)))
		if (port - p->port < p->count && (p->flags & need) == need)
			return true;
	return false;
}

static bool port_passes(const struct guest *g, uint32_t port)
{
	size_t lo = 0, hi = g->ports.n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (g->ports.p[mid].first + g->ports.p[mid].count <= port)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < g->ports.n && g->ports.p[lo].first <= port;
}

static bool port_is_agreed(const struct guest *g, uint32_t port)
{
	return !g->desc || port_is_listed(g, port, HOLM_CELL_P_SHARED);
}

static void check_pair(const struct guest *a, const struct guest *b,
		       struct verdict *v)
{
	uint32_t port;

	for (port = 0; port < 0x10000; port++) {
		if (!port_passes(a, port) || !port_passes(b, port))
			continue;
		if ((a->desc || b->desc) && port_is_agreed(a, port) &&
		    port_is_agreed(b, port))
			continue;
		verdict_add(v, "VMs '%s' and '%s' both reach port 0x%x",
			    a->vm.name, b->vm.name, port);
	}
}

/* By these all functions are reached, those of cells included. */
#define CONFIG_FIRST 0xcf8U
#define CONFIG_LAST  0xcffU

static void check_config(const struct facts *f, struct verdict *v)
{
	uint32_t port;
	size_t i;

	for (i = 0; i < f->guests; i++)
		for (port = CONFIG_FIRST; port <= CONFIG_LAST; port++) {
			v->looked_at++;
			if (port_passes(&f->guest[i], port))
				verdict_add(v, "VM '%s' reaches port 0x%x",
					    f->guest[i].vm.name, port);
		}
}

static void check_ports(const struct facts *f, struct verdict *v)
{
	size_t i, j, n;

	for (i = 0; i < f->guests; i++) {
		for (n = 0; n < f->guest[i].ports.n; n++)
			v->looked_at += f->guest[i].ports.p[n].count;
		for (j = i + 1; j < f->guests; j++)
			check_pair(&f->guest[i], &f->guest[j], v);
	}
}

static void check_cell_ports(const struct facts *f, struct verdict *v)
{
	uint32_t port;
	size_t i;

	for (i = 0; i < f->guests; i++) {
		const struct guest *g = &f->guest[i];

		for (port = 0; g->desc && port < 0x10000; port++) {
			if (!port_passes(g, port))
				continue;
			v->looked_at++;
			if (port_is_listed(g, port, 0) || is_bar(g, port, 1, 1))
				continue;
			verdict_add(v,
				    "cell '%s' reaches port 0x%x, which its "
				    "description does not list",
				    g->vm.name, port);
		}
	}
}

/*
 * Registers by which a CPU acts on others, on system management mode or on
 * what holds its guest. SDM vol 4; APM vol 2, appendix A.
 */
static const struct {
	uint32_t first, last;
	const char *what;
} powers[] = {
	{ 0x01b, 0x01b, "where the local APIC is" },
	{ 0x03a, 0x03a, "whether there is VMX" },
	{ 0x079, 0x079, "microcode" },
	{ 0x09b, 0x09b, "system management mode" },
	{ 0x1f2, 0x1f3, "system management memory" },
	{ 0x200, 0x21f, "how Holm's memory is cached" },
	{ 0x250, 0x26f, "how Holm's memory is cached" },
	{ 0x2ff, 0x2ff, "how Holm's memory is cached" },
	{ 0x480, 0x493, "VMX" },
	{ 0x560, 0x587, "a trace to physical memory" },
	{ 0x600, 0x600, "a buffer of the CPU's" },
	{ 0x82f, 0x830, "interrupts to other CPUs" },
	{ 0x832, 0x837, "system management interrupts" },
	{ 0xc81, 0xd8f, "who has how much of a cache" },
	{ 0xc0000080, 0xc0000080, "whether there is SVM" },
	{ 0xc0010010, 0xc0010010, "what memory is encrypted" },
	{ 0xc0010015, 0xc001001a, "where memory is" },
	{ 0xc001001d, 0xc001001d, "where memory is" },
	{ 0xc0010020, 0xc0010020, "microcode" },
	{ 0xc0010050, 0xc0010056, "system management interrupts" },
	{ 0xc0010058, 0xc0010058, "where PCI configuration is" },
	{ 0xc0010111, 0xc0010118, "system management mode and SVM" },
	{ 0xc0010130, 0xc0010133, "encrypted guests" },
};

static void check_msr_run(const struct guest *g, const struct holm_pass *p,
			  struct verdict *v)
{
	size_t i;

	for (i = 0; i < sizeof(powers) / sizeof(powers[0]); i++) {
		uint32_t count = powers[i].last - powers[i].first + 1;

		if (ranges_overlap(p->first, p->count, powers[i].first, count))
			verdict_add(v,
				    "VM '%s' writes registers 0x%x to 0x%x "
				    "itself; 0x%x decides on %s",
				    g->vm.name, p->first,
				    p->first + p->count - 1, powers[i].first,
				    powers[i].what);
	}
}

static void check_msrs(const struct facts *f, struct verdict *v)
{
	size_t i, n;

	for (i = 0; i < f->guests; i++) {
		const struct guest *g = &f->guest[i];

		for (n = 0; n < g->msrs.n; n++) {
			v->looked_at += g->msrs.p[n].count;
			if (g->msrs.p[n].flags & HOLM_PASS_W)
				check_msr_run(g, &g->msrs.p[n], v);
		}
	}
}

/* --- CPUs --- */

static void check_cpu_sets(const struct facts *f, struct verdict *v)
{
	size_t i, j;

	for (i = 0; i < f->guests; i++)
		for (j = i + 1; j < f->guests; j++)
			if (f->guest[i].vm.cpus & f->guest[j].vm.cpus)
				verdict_add(v,
					    "VMs '%s' and '%s' both have CPUs "
					    "of mask 0x%" PRIx64,
					    f->guest[i].vm.name,
					    f->guest[j].vm.name,
					    f->guest[i].vm.cpus &
						    f->guest[j].vm.cpus);
}

static void check_cpus(const struct facts *f, struct verdict *v)
{
	const struct guest *g;
	uint32_t n;

	check_cpu_sets(f, v);
	for (n = 0; n < f->cpus; n++) {
		v->looked_at++;
		if (f->cpu[n].owner_vm == HOLM_NO_VM || n >= 64)
			continue;
		g = guest_of(f, f->cpu[n].owner_vm);
		if (!g || !(g->vm.cpus & 1ULL << n))
			verdict_add(v,
				    "CPU %u runs the VM in slot %u, which "
				    "does not have it",
				    n, f->cpu[n].owner_vm);
	}
}

/* --- interrupt lines --- */

#define MODE_SMI  2
#define MODE_INIT 5
#define DEST_ALL  0xffU

static bool line_is_listed(const struct guest *g, uint32_t gsi)
{
	const struct holm_cell_irq *r = NULL;

	while ((r = cell_record_next(g->desc, HOLM_CELL_R_IRQ, r)))
		if (r->gsi == gsi)
			return true;
	return false;
}

static const struct guest *owner_of_lapic(const struct facts *f, uint32_t id)
{
	size_t n;

	for (n = 0; n < f->cpus; n++)
		if (f->cpu[n].lapic_id == id)
			return guest_of(f, f->cpu[n].owner_vm);
	return NULL;
}

static bool any_cell(const struct facts *f)
{
	size_t i = 0;

	while (i < f->guests && !f->guest[i].desc)
		i++;
	return i < f->guests;
}

/*
 * By a physical name a line must lead to its owner's CPUs. Logical names are
 * the Service VM's and User VMs' only: Holm gives a cell's lines none. What is
 * for all is for the cells as well.
 */
static bool leads_home(const struct facts *f, const struct guest *g,
		       uint64_t entry)
{
	const struct guest *to;

	if (HOLM_PIN_DEST(entry) == DEST_ALL)
		return !any_cell(f);
	if (HOLM_PIN_LOGICAL(entry))
		return !g->desc;
	to = owner_of_lapic(f, HOLM_PIN_DEST(entry));
	return to == g || (!g->desc && (!to || !to->desc));
}

static void check_pin(const struct facts *f, const struct holm_pin *pin,
		      struct verdict *v)
{
	const struct guest *g = guest_of(f, pin->owner);
	uint32_t mode = HOLM_PIN_MODE(pin->entry);

	if (!g || (g->desc && !line_is_listed(g, pin->gsi))) {
		verdict_add(v,
			    "line %u is of the VM in slot %u, which has no "
			    "claim to it",
			    pin->gsi, pin->owner);
		return;
	}
	if (HOLM_PIN_MASKED(pin->entry))
		return;
	if (mode == MODE_SMI || mode == MODE_INIT)
		verdict_add(v, "line %u of VM '%s' sends more than interrupts",
			    pin->gsi, g->vm.name);
	if (!leads_home(f, g, pin->entry))
		verdict_add(v,
			    "line %u of VM '%s' leads to a CPU with LAPIC id "
			    "%u, not its own",
			    pin->gsi, g->vm.name, HOLM_PIN_DEST(pin->entry));
}

/* --- devices --- */

static bool device_is_listed(const struct guest *g, uint32_t bdf)
{
	const struct holm_cell_pci *r = NULL;

	while ((r = cell_record_next(g->desc, HOLM_CELL_R_PCI, r)))
		if (r->bdf == bdf)
			return true;
	return false;
}

static bool has_device(const struct guest *g, uint32_t bdf)
{
	size_t i;

	for (i = 0; i < g->devices; i++)
		if (g->device[i].bdf == bdf)
			return true;
	return false;
}

/* Also what traps for its owner, as tables of messages, is no one else's. */
static void check_bar(const struct facts *f, const struct guest *g,
		      const struct holm_device *d, uint32_t n,
		      struct verdict *v)
{
	const uint64_t base = d->bar[n].base, size = d->bar[n].size;
	size_t i;

	if (!base || d->bar[n].io)
		return;
	for (i = 0; i < f->reaches; i++)
		if (f->reach[i].guest != g &&
		    ranges_overlap(base, size, f->reach[i].hpa,
				   f->reach[i].size))
			verdict_add(v,
				    "VM '%s' reaches 0x%" PRIx64
				    ", a BAR of a function of VM '%s'",
				    f->reach[i].guest->vm.name, base,
				    g->vm.name);
}

static void check_device(const struct facts *f, const struct guest *g,
			 const struct holm_device *d, struct verdict *v)
{
	const unsigned int bus = d->bdf >> 8, dev = d->bdf >> 3 & 0x1f,
			   fn = d->bdf & 7;
	const struct guest *other;
	uint32_t n;

	for (n = 0; n < HOLM_DEVICE_BARS; n++)
		check_bar(f, g, d, n, v);
	if (!g->desc || !device_is_listed(g, d->bdf))
		verdict_add(v, "VM '%s' has %02x:%02x.%x without a claim to it",
			    g->vm.name, bus, dev, fn);
	for (other = g + 1; other < f->guest + f->guests; other++)
		if (has_device(other, d->bdf))
			verdict_add(v,
				    "VMs '%s' and '%s' both have %02x:%02x.%x",
				    g->vm.name, other->vm.name, bus, dev, fn);
	if (d->odd || (d->dest & ~g->vm.cpus))
		verdict_add(v,
			    "%02x:%02x.%x of VM '%s' sends messages to CPUs "
			    "not its own",
			    bus, dev, fn, g->vm.name);
}

static void check_devices(const struct facts *f, struct verdict *v)
{
	size_t i, n;

	for (i = 0; i < f->guests; i++)
		for (n = 0; n < f->guest[i].devices; n++) {
			v->looked_at++;
			check_device(f, &f->guest[i], &f->guest[i].device[n],
				     v);
		}
}

static void check_lines(const struct facts *f, struct verdict *v)
{
	size_t i;

	v->looked_at = f->pins;
	for (i = 0; i < f->pins; i++)
		check_pin(f, &f->pin[i], v);
}

const struct rule audit_rules[] = {
	{ "holm-memory", "no guest reaches Holm's memory", "pages",
	  check_holm },
	{ "cell-memory",
	  "no other guest reaches a cell's memory, unless both declared it "
	  "shared",
	  "pages", check_cell_pages },
	{ "user-memory",
	  "no guest reaches a User VM's memory but the Service VM, which "
	  "donated it",
	  "pages", check_users },
	{ "cell-description",
	  "a cell reaches what its description lists, with no more rights",
	  "pages", check_described },
	{ "cell-hidden", "Holm itself does not map a cell's memory", "pages",
	  check_host_map },
	{ "units",
	  "no guest writes local APICs' pages, I/O APICs or DMA remapping "
	  "units",
	  "pages", check_units },
	{ "ports", "no port is reached by two guests, unless declared shared",
	  "ports", check_ports },
	{ "cell-ports", "a cell reaches the ports that its description lists",
	  "ports", check_cell_ports },
	{ "configuration",
	  "no guest reaches the ports of PCI configuration itself", "ports",
	  check_config },
	{ "registers",
	  "no guest writes a register that acts beyond its own CPU, but on "
	  "the power and heat of all",
	  "registers", check_msrs },
	{ "lines",
	  "an interrupt line leads to CPUs of the guest whose it is, where it "
	  "names them by their ids",
	  "lines", check_lines },
	{ "devices",
	  "a PCI function is one cell's, as its memory is, and its messages go "
	  "to that one's CPUs",
	  "functions", check_devices },
	{ "cpus", "a CPU belongs to one guest", "CPUs", check_cpus },
	{ "dma",
	  "devices that access memory themselves are not confined: Holm drives "
	  "no IOMMU yet",
	  "", NULL },
};

const size_t audit_rule_count = sizeof(audit_rules) / sizeof(audit_rules[0]);
