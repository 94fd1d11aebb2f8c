/* SPDX-License-Identifier: BSD-2-Clause */
/* What a cell may read and write of a function's configuration. */
#include "guest/x86/pcifn.h"

#include "arch/x86/pciconf.h"
#include "guest/x86/pcireg.h"
#include "lib/string.h"
#include "vm/vm.h"

/* The cell writes @val to the dword @reg; it wrote the bytes of @lanes. */
struct config_write {
	u32 reg;
	u32 val;
	u32 old; /* as the cell sees it */
	u32 lanes;
};

void pcifn_deny(const struct pcifn *f, u32 reg)
{
	vm_deny(cpu_self()->vcpu, HOLM_CELL_DENY_PCI,
		(u64)f->bdf * VPCI_CONFIG_SIZE + reg);
}

/* Nothing is there: what it says of it changes nothing. */
static bool is_bar(u32 reg)
{
	return reg - PCI_BAR0 < 4 * PCIFN_BARS;
}

static u32 view(const struct pcifn *f, u32 reg)
{
	u32 val;

	if (is_bar(reg))
		return f->bar_seen[(reg - PCI_BAR0) / 4];
	if (reg == PCI_ROM)
		return 0;
	val = pciconf_read(f->bdf, reg, 4);
	if (reg == PCI_COMMAND)
		val = (val & ~PCI_COMMAND_INTX_OFF) | f->intx_off;
	return pcifn_msi_view(f, reg, val);
}

/* Capabilities of 4096 bytes' configuration: it has none. */
u32 pcifn_config_read(struct vpci_fn *own, u32 reg, u32 size)
{
	const struct pcifn *f = own->dev;
	u32 val;

	if (reg >= VPCI_HEADER_SIZE)
		return 0;
	val = view(f, reg & ~3U) >> (8 * (reg & 3));
	return val & (~0U >> (32 - 8 * size));
}

static void write_command(struct pcifn *f, const struct config_write *w)
{
	u32 may = f->decode | PCI_COMMAND_INTX_OFF;
	u32 now = (w->old & 0xffff & ~may) | (w->val & may);

	f->intx_off = (u16)(now & PCI_COMMAND_INTX_OFF);
	if (!f->has_line)
		now |= PCI_COMMAND_INTX_OFF;
	if ((w->val ^ w->old) & 0xffff & ~may)
		pcifn_deny(f, w->reg);
	if (now & (PCI_COMMAND_IO | PCI_COMMAND_MEMORY))
		pcifn_restore_bars(f);
	pciconf_write(f->bdf, PCI_COMMAND, 2, now);
	if (now & ~w->old & PCI_COMMAND_MEMORY)
		pcifn_msix_sync(f);
}

/* Errors are acknowledged by writing ones. */
static void write_command_status(struct pcifn *f, const struct config_write *w)
{
	if (w->lanes & 0xffff)
		write_command(f, w);
	if (w->lanes & 0xffff0000)
		pciconf_write(f->bdf, PCI_COMMAND + 2, 2,
			      (w->val & w->lanes) >> 16);
}

static void write_bar(struct pcifn *f, const struct config_write *w)
{
	u32 i = (w->reg - PCI_BAR0) / 4;
	u32 low = f->bar_real[i] & 1 ? 3 : 0xf;
	u32 address = f->bar_mask[i] & ~low;

	/* The upper half of a wide one has no such bits. */
	if (i && !f->bar[i].size && f->bar[i - 1].size && !f->bar[i - 1].io)
		address = f->bar_mask[i];
	f->bar_seen[i] = f->bar_real[i];
	if ((w->val & address) == address)
		f->bar_seen[i] = f->bar_mask[i];
	else if ((w->val ^ f->bar_real[i]) & address)
		pcifn_deny(f, w->reg);
}

static void write_nothing(struct pcifn *f, const struct config_write *w)
{
	(void)f;
	(void)w;
}

/* Bits in @may go to the hardware; of them @ones are acknowledged so. */
static void write_some(struct pcifn *f, const struct config_write *w, u32 may,
		       u32 ones)
{
	u32 lanes = w->lanes;

	if ((w->val ^ w->old) & lanes & ~may & ~ones)
		pcifn_deny(f, w->reg);
	pciconf_write(f->bdf, w->reg, 4,
		      (w->old & ~may & ~ones) | (w->val & may) |
			      (w->val & lanes & ones));
}

static void write_cache_line(struct pcifn *f, const struct config_write *w)
{
	write_some(f, w, 0xffff, 0);
}

static void write_line(struct pcifn *f, const struct config_write *w)
{
	write_some(f, w, 0xff, 0);
}

static void write_pm(struct pcifn *f, const struct config_write *w)
{
	write_some(f, w, PCI_PM_STATE_MASK, PCI_PM_STATUS);
}

/*
 * Of a PCI Express function: relaxed ordering, snooping, the size of its
 * reads; its reset, if it has one. Not what its link partner must agree to,
 * nor the errors that it reports to the root.
 */
#define EXP_CTRL_MAY    (BIT32(4) | BIT32(11) | 7U << 12)
#define EXP_STATUS_ONES (0xfU << 16)

static void write_pcie(struct pcifn *f, const struct config_write *w)
{
	u32 may = EXP_CTRL_MAY;

	if (pciconf_read(f->bdf, f->pcie + PCI_EXP_CAP, 4) & PCI_EXP_FLR)
		may |= PCI_EXP_RESET;
	write_some(f, w, may, EXP_STATUS_ONES);
}

static void write_af(struct pcifn *f, const struct config_write *w)
{
	write_some(f, w, PCI_AF_RESET, 0);
}

typedef void (*write_fn)(struct pcifn *f, const struct config_write *w);

static write_fn writer_of(const struct pcifn *f, u32 reg)
{
	const struct {
		u32 reg;
		write_fn write;
	} known[] = {
		{ PCI_COMMAND, write_command_status },
		{ PCI_CACHE_LINE, write_cache_line },
		{ PCI_ROM, write_nothing },
		{ PCI_LINE, write_line },
		{ f->pm ? f->pm + PCI_PM_STATE : 0, write_pm },
		{ f->pcie ? f->pcie + PCI_EXP_CTRL : 0, write_pcie },
		{ f->af ? f->af + PCI_AF_CTRL : 0, write_af },
	};

	if (is_bar(reg))
		return write_bar;
	for (u32 i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].reg && known[i].reg == reg)
			return known[i].write;
	return NULL;
}

static void write_dword(struct pcifn *f, const struct config_write *w)
{
	write_fn write = writer_of(f, w->reg);

	if (write)
		write(f, w);
	else if (!pcifn_msi_write(f, w->reg, w->val, w->lanes) &&
		 w->val != w->old)
		pcifn_deny(f, w->reg);
}

void pcifn_config_write(struct vpci_fn *own, u32 reg, u32 size, u32 val)
{
	struct pcifn *f = own->dev;
	u32 shift = 8 * (reg & 3);
	struct config_write w = {
		.reg = reg & ~3U,
		.lanes = (~0U >> (32 - 8 * size)) << shift,
	};

	if (reg >= VPCI_HEADER_SIZE) {
		pcifn_deny(f, reg);
		return;
	}
	w.old = view(f, w.reg);
	w.val = (w.old & ~w.lanes) | ((val << shift) & w.lanes);
	write_dword(f, &w);
}
