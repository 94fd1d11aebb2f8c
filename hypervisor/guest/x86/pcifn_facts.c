/* SPDX-License-Identifier: BSD-2-Clause */
/* A taken function as the hardware has it, not as anybody meant it. */
#include "arch/x86/pciconf.h"
#include "core/cpu.h"
#include "guest/x86/pcifn.h"
#include "guest/x86/pcireg.h"
#include "mem/physwin.h"

#define WINDOW      0xfee00000U
#define WINDOW_MASK 0xfff00000U
#define LOGICAL     BIT32(2)
#define MODE(data)  ((data) >> 8 & 7)
#define MSI_CTRL    2U

static void add_message(struct holm_device *out, u32 addr, u32 high, u32 data)
{
	const struct cpu *cpu = cpu_by_lapic_id(addr >> 12 & 0xff);

	out->messages++;
	if ((addr & WINDOW_MASK) != WINDOW || high || (addr & LOGICAL) ||
	    MODE(data) || !cpu || cpu->index >= 64)
		out->odd++;
	else
		out->dest |= BIT64(cpu->index);
}

static void add_msi(const struct pcifn *f, struct holm_device *out)
{
	const struct pcifn_msi *m = &f->msi;
	u32 cap = m->cap, high = 0;

	if (!(pciconf_read(f->bdf, cap + MSI_CTRL, 2) & MSI_ENABLE))
		return;
	if (m->wide)
		high = pciconf_read(f->bdf, cap + 8, 4);
	add_message(out, pciconf_read(f->bdf, cap + 4, 4), high,
		    pciconf_read(f->bdf, cap + (m->wide ? 0xc : 8), 2));
}

static void add_msix(const struct pcifn *f, struct holm_device *out)
{
	const struct pcifn_msix *x = &f->msix;
	u32 ctrl = pciconf_read(f->bdf, x->cap + MSI_CTRL, 2);

	if (!(ctrl & MSIX_ENABLE) || (ctrl & MSIX_MASK_ALL) ||
	    !(out->command & PCI_COMMAND_MEMORY))
		return;
	for (u32 i = 0; i < x->n; i++) {
		hpa_t at = HPA(f->bar[x->bar].base + x->offset +
			       (u64)i * PCIFN_ENTRY_SIZE);

		if (physwin_mmio_read(hpa_add(at, 12), 4) & 1)
			continue;
		add_message(out, (u32)physwin_mmio_read(at, 4),
			    (u32)physwin_mmio_read(hpa_add(at, 4), 4),
			    (u32)physwin_mmio_read(hpa_add(at, 8), 4));
	}
}

/* Where it is, if it decodes; else where it will be put back to before. */
static u64 bar_now(const struct pcifn *f, u32 i, u32 command)
{
	const struct pcifn_bar *b = &f->bar[i];
	u32 reg = PCI_BAR0 + 4 * i;
	u64 base;

	if (!b->size ||
	    !(command & (b->io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY)))
		return b->base;
	base = pciconf_read(f->bdf, reg, 4) & (b->io ? ~3U : ~0xfU);
	if (!b->io && (f->bar_real[i] & PCI_BAR_TYPE) == PCI_BAR_WIDE)
		base |= (u64)pciconf_read(f->bdf, reg + 4, 4) << 32;
	return base;
}

void pcifn_facts(const struct pcifn *f, struct holm_device *out)
{
	*out = (struct holm_device){
		.bdf = f->bdf,
		.command = pciconf_read(f->bdf, PCI_COMMAND, 2),
	};
	for (u32 i = 0; i < PCIFN_BARS; i++) {
		out->bar[i].base = bar_now(f, i, out->command);
		out->bar[i].size = f->bar[i].size;
		out->bar[i].io = f->bar[i].io;
	}
	if (f->msi.cap)
		add_msi(f, out);
	if (f->msix.cap)
		add_msix(f, out);
}
