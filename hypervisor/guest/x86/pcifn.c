/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/pcifn.h"

#include "arch/x86/asm.h"
#include "arch/x86/pciconf.h"
#include "core/log.h"
#include "guest/x86/guest.h"
#include "guest/x86/pcireg.h"
#include "lib/errno.h"
#include "vm/vm.h"

#define CAPS_MAX  48
#define SETTLE_MS 100 /* PCI Express 3.0, 6.6.2 */

static u32 read32(const struct pcifn *f, u32 reg)
{
	return pciconf_read(f->bdf, reg, 4);
}

static void write32(const struct pcifn *f, u32 reg, u32 val)
{
	pciconf_write(f->bdf, reg, 4, val);
}

static u32 absent_read(struct vpci_fn *fn, u32 reg, u32 size)
{
	(void)fn;
	(void)reg;
	return ~0U >> (32 - 8 * size);
}

static void absent_write(struct vpci_fn *fn, u32 reg, u32 size, u32 val)
{
	(void)fn;
	(void)reg;
	(void)size;
	(void)val;
}

static void quiet(const struct pcifn *f)
{
	pciconf_write(f->bdf, PCI_COMMAND, 2, PCI_COMMAND_INTX_OFF);
}

static void size_io(struct pcifn *f, u32 i, u32 mask)
{
	/* Some leave the upper half out: no port has it. */
	mask = (mask & ~3U) | 0xffff0000;
	f->bar[i].io = true;
	f->bar[i].base = f->bar_real[i] & mask & 0xffff;
	f->bar[i].size = (u64)(~mask) + 1;
}

static void size_memory(struct pcifn *f, u32 i)
{
	u64 mask = f->bar_mask[i] & ~0xfU;

	f->bar[i].base = f->bar_real[i] & ~0xfU;
	if ((f->bar_real[i] & PCI_BAR_TYPE) == PCI_BAR_WIDE) {
		f->bar[i].base |= (u64)f->bar_real[i + 1] << 32;
		mask |= (u64)f->bar_mask[i + 1] << 32;
	} else {
		mask |= ~(u64)0xffffffff;
	}
	f->bar[i].size = ~mask + 1;
}

static bool is_wide(const struct pcifn *f, u32 i)
{
	return !(f->bar_real[i] & PCI_BAR_IO) && i + 1 < PCIFN_BARS &&
	       (f->bar_real[i] & PCI_BAR_TYPE) == PCI_BAR_WIDE;
}

static void probe_bars(struct pcifn *f)
{
	for (u32 i = 0; i < PCIFN_BARS; i++) {
		u32 reg = PCI_BAR0 + 4 * i;

		f->bar_real[i] = read32(f, reg);
		write32(f, reg, ~0U);
		f->bar_mask[i] = read32(f, reg);
		write32(f, reg, f->bar_real[i]);
		f->bar_seen[i] = f->bar_real[i];
	}
	for (u32 i = 0; i < PCIFN_BARS; i += is_wide(f, i) ? 2 : 1) {
		if (!f->bar_mask[i])
			continue;
		if (f->bar_real[i] & PCI_BAR_IO)
			size_io(f, i, f->bar_mask[i]);
		else
			size_memory(f, i);
	}
}

/* What has no address cannot be decoded. */
static void find_decode(struct pcifn *f)
{
	f->decode = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	for (u32 i = 0; i < PCIFN_BARS; i++)
		if (f->bar[i].size && !f->bar[i].base)
			f->decode &= (u16) ~(f->bar[i].io ? PCI_COMMAND_IO
							  : PCI_COMMAND_MEMORY);
}

static void note_cap(struct pcifn *f, u8 at, u8 id)
{
	/* Bytes that are looked at of each: what is cut off is not there. */
	const struct {
		u8 id;
		u8 size;
		u8 *at;
	} known[] = {
		{ PCI_CAP_PM, 8, &f->pm },
		{ PCI_CAP_MSI, 16, &f->msi.cap },
		{ PCI_CAP_PCIE, PCI_EXP_CTRL + 4, &f->pcie },
		{ PCI_CAP_MSIX, 12, &f->msix.cap },
		{ PCI_CAP_AF, 8, &f->af },
	};

	for (u32 i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].id == id && !*known[i].at &&
		    at + known[i].size <= VPCI_HEADER_SIZE)
			*known[i].at = at;
}

static void find_caps(struct pcifn *f)
{
	u8 at = 0;

	if (read32(f, PCI_COMMAND) & PCI_STATUS_CAPS)
		at = read32(f, PCI_CAPS) & 0xfc;
	for (u32 n = 0; at >= 0x40 && n < CAPS_MAX; n++) {
		u32 head = read32(f, at);

		note_cap(f, at, (u8)head);
		at = head >> 8 & 0xfc;
	}
}

/* The registers of a sleeping function cannot be reached. */
static void wake(const struct pcifn *f)
{
	u32 state;

	if (!f->pm)
		return;
	state = read32(f, f->pm + PCI_PM_STATE);
	if (!(state & PCI_PM_STATE_MASK))
		return;
	pciconf_write(f->bdf, f->pm + PCI_PM_STATE, 2,
		      state & 0xffff & ~(PCI_PM_STATE_MASK | PCI_PM_STATUS));
	pcifn_settle();
	quiet(f);
	for (u32 i = PCI_BAR0 / 4; i < PCI_BAR0 / 4 + PCIFN_BARS; i++)
		write32(f, 4 * i, f->saved[i]);
}

static int check_there(u32 bdf)
{
	bool there = pciconf_read(bdf, PCI_VENDOR, 2) != 0xffff;
	u32 kind = pciconf_read(bdf, PCI_HEADER_TYPE, 1) & 0x7f;

	if (there && kind == 0 &&
	    pciconf_read(bdf, PCI_CLASS, 1) != PCI_CLASS_BRIDGE)
		return 0;
	log_guest("cell: PCI %02x:%02x.%x is %s", bdf >> 8, bdf >> 3 & 0x1f,
		  bdf & 7, there ? "a bridge" : "not there");
	return -EINVAL;
}

/*
 * Without a line of its own the cell would pull somebody else's. Which pin of
 * an I/O APIC the function's line is, only the firmware's code knows.
 */
static bool has_line(const struct vm *vm)
{
	for (u32 i = 0; i < ARRAY_SIZE(vm->guest->ioapic); i++)
		if (vm->guest->ioapic[i].io)
			return true;
	return false;
}

static int hide(struct pcifn *f)
{
	int rc;

	f->absent = (struct vpci_fn){
		.bdf = f->bdf,
		.read = absent_read,
		.write = absent_write,
	};
	rc = vpci_add(vm_service(), &f->absent);
	if (rc == -EEXIST) {
		log_guest("cell: PCI %02x:%02x.%x is Holm's or another cell's",
			  f->bdf >> 8, f->bdf >> 3 & 0x1f, f->bdf & 7);
		return -EBUSY;
	}
	return rc;
}

int pcifn_take(struct pcifn *f, struct vm *vm, u32 bdf)
{
	int rc;

	*f = (struct pcifn){ .vm = vm, .bdf = bdf, .has_line = has_line(vm) };
	rc = hide(f);
	if (rc)
		return rc;
	rc = check_there(bdf);
	if (rc) {
		vpci_remove(vm_service(), &f->absent);
		return rc;
	}
	for (u32 i = 0; i < PCIFN_HEADER; i++)
		f->saved[i] = read32(f, 4 * i);
	quiet(f);
	find_caps(f);
	wake(f);
	probe_bars(f);
	find_decode(f);
	write32(f, PCI_ROM, 0);
	rc = pcifn_msi_probe(f);
	if (rc)
		pcifn_give_back(f);
	return rc;
}

int pcifn_show(struct pcifn *f)
{
	f->own = (struct vpci_fn){
		.bdf = f->bdf,
		.read = pcifn_config_read,
		.write = pcifn_config_write,
		.dev = f,
	};
	/* Without an address it is nowhere; never is it at that of RAM. */
	if (f->msix.cap && f->bar[f->msix.bar].base)
		vpci_window_add(f->vm, &f->msix.window);
	return vpci_add(f->vm, &f->own);
}

void pcifn_reset_begin(struct pcifn *f)
{
	quiet(f);
	if (f->pcie && (read32(f, f->pcie + PCI_EXP_CAP) & PCI_EXP_FLR))
		pciconf_write(
			f->bdf, f->pcie + PCI_EXP_CTRL, 2,
			(f->saved[(f->pcie + PCI_EXP_CTRL) / 4] & 0xffff) |
				PCI_EXP_RESET);
	else if (f->af && (read32(f, f->af) & PCI_AF_FLR))
		pciconf_write(f->bdf, f->af + PCI_AF_CTRL, 1, PCI_AF_RESET);
}

void pcifn_settle(void)
{
	u64 until = time_now() + SETTLE_MS * time_khz();

	while (time_now() < until)
		x86_pause();
}

void pcifn_restore_bars(const struct pcifn *f)
{
	for (u32 i = 0; i < PCIFN_BARS; i++)
		if (read32(f, PCI_BAR0 + 4 * i) != f->bar_real[i])
			write32(f, PCI_BAR0 + 4 * i, f->bar_real[i]);
}

/* What the machine was set up for, and a reset forgets. */
static void restore_link(const struct pcifn *f)
{
	static const u8 regs[] = { PCI_EXP_CTRL, PCI_EXP_LINK_CTRL,
				   PCI_EXP_CTRL2, PCI_EXP_LINK_CTRL2 };
	u32 version = read32(f, f->pcie) >> 16 & 0xf;

	for (u32 i = 0; f->pcie && i < (version > 1 ? 4 : 2); i++) {
		u32 reg = f->pcie + regs[i];

		if (reg < 0x100)
			pciconf_write(f->bdf, reg, 2, f->saved[reg / 4]);
	}
}

void pcifn_reset_end(struct pcifn *f)
{
	quiet(f);
	pcifn_restore_bars(f);
	restore_link(f);
	pciconf_write(f->bdf, PCI_CACHE_LINE, 2,
		      f->saved[PCI_CACHE_LINE / 4] & 0xffff);
	pciconf_write(f->bdf, PCI_LINE, 1, f->saved[PCI_LINE / 4] & 0xff);
	for (u32 i = 0; i < PCIFN_BARS; i++)
		f->bar_seen[i] = f->bar_real[i];
	pcifn_msi_reset(f);
	f->intx_off = 0;
	if (f->has_line)
		pciconf_write(f->bdf, PCI_COMMAND, 2, 0);
}

void pcifn_give_back(struct pcifn *f)
{
	write32(f, PCI_ROM, f->saved[PCI_ROM / 4]);
	pciconf_write(f->bdf, PCI_COMMAND, 2,
		      f->saved[PCI_COMMAND / 4] & 0xffff);
	pcifn_msi_free(f);
	vpci_remove(vm_service(), &f->absent);
}
