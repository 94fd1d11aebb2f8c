/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/upcall_fn.h"

#include "abi/holm.h"
#include "arch/x86/lapic.h"
#include "arch/x86/pciconf.h"
#include "core/log.h"
#include "guest/x86/vpci.h"
#include "io/upcall.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "vm/vm.h"

/* Type 0 header, PCI Local Bus 3.0, 6.1; MSI-X capability, 6.8.2. */
#define CFG_VENDOR      0x00
#define CFG_COMMAND     0x04
#define CFG_CLASS       0x08
#define CFG_BAR0        0x10
#define CFG_SUBSYSTEM   0x2c
#define CFG_CAPABILITY  0x34
#define CFG_MSIX        0x40
#define CFG_MSIX_TABLE  0x44
#define CFG_MSIX_PBA    0x48
#define COMMAND_MEMORY  BIT32(1)
#define COMMAND_MASTER  BIT32(2)
#define STATUS_CAPS     0x10
#define MSIX_CAP_ID     0x11
#define MSIX_ENABLE     BIT32(15)
#define MSIX_FN_MASK    BIT32(14)
#define MSIX_ENTRY_MASK BIT32(0)
#define CLASS_SYSTEM    0x08800001U /* revision 1 */

/* MSI address, SDM vol 3, 11.11.1. */
#define MSI_WINDOW  0xfee
#define MSI_LOGICAL BIT32(2)

#define BAR_SIZE PAGE_SIZE

static const struct vpci_writable writable[] = {
	{ CFG_COMMAND, COMMAND_MEMORY | COMMAND_MASTER | BIT32(10) },
	{ CFG_BAR0, ~(u32)(BAR_SIZE - 1) },
	{ 0x3c, 0xff }, /* interrupt line: a scratch byte */
	{ CFG_MSIX, (MSIX_ENABLE | MSIX_FN_MASK) << 16 },
};

/* Under the lock of the VM's config space. */
static struct {
	struct vm *vm;
	struct vpci_fn fn;
	struct vpci_window bar;
	struct vpci_config cfg;
	u32 msix[4]; /* address, address high, data, control */
} fn;

static u32 cfg32(u32 reg)
{
	return vpci_config_get(&fn.cfg, reg);
}

static void cfg_set32(u32 reg, u32 v)
{
	vpci_config_set(&fn.cfg, reg, v);
}

/* What the guest set up, as an interrupt command for whoever raises it. */
static void update_upcall(void)
{
	u32 ctrl = cfg32(CFG_MSIX) >> 16;
	u32 low = ICR_FIXED | ICR_ASSERT | (fn.msix[2] & 0xff);

	if (!(ctrl & MSIX_ENABLE) || fn.msix[0] >> 20 != MSI_WINDOW) {
		upcall_set_msix(0, 0);
		return;
	}
	if ((ctrl & MSIX_FN_MASK) || (fn.msix[3] & MSIX_ENTRY_MASK) ||
	    !(cfg32(CFG_COMMAND) & COMMAND_MASTER)) {
		upcall_hold();
		return;
	}
	if (fn.msix[0] & MSI_LOGICAL)
		low |= ICR_LOGICAL;
	upcall_set_msix((fn.msix[0] >> 12) & 0xff, low);
}

/*
 * The one exception to the Service VM's static stage 2: the page that BAR0
 * names traps while the function decodes memory.
 */
static void update_decode(void)
{
	u64 want = cfg32(CFG_BAR0) & ~(u32)(BAR_SIZE - 1);

	if (!(cfg32(CFG_COMMAND) & COMMAND_MEMORY))
		want = 0;
	vpci_window_move(fn.vm, &fn.bar, want);
}

static u32 cfg_read(struct vpci_fn *f, u32 reg, u32 size)
{
	(void)f;
	return vpci_config_read(&fn.cfg, reg, size);
}

static void cfg_write(struct vpci_fn *f, u32 reg, u32 size, u32 val)
{
	(void)f;
	vpci_config_write(&fn.cfg, reg, size, val);
	update_decode();
	update_upcall();
}

static int bar_access(struct vpci_window *w, u64 off, u32 size, bool write,
		      u64 *val)
{
	u32 *entry;

	(void)w;
	off -= HOLM_PCI_MSIX_TABLE;
	if (!write)
		*val = 0;
	if (off + size > sizeof(fn.msix) || size < 4 || (off & 3))
		return 0;
	entry = &fn.msix[off / 4];
	if (!write) {
		memcpy(val, entry, size);
		return 0;
	}
	memcpy(entry, val, size);
	update_upcall();
	return 0;
}

static int find_slot(void)
{
	for (u32 dev = 30; dev > 0; dev--) {
		u32 bdf = PCI_BDF(0, dev, 0);

		if (pciconf_read(bdf, CFG_VENDOR, 4) == ~0U) {
			fn.fn.bdf = bdf;
			return 0;
		}
	}
	return -ENOSPC;
}

static void fill_config(void)
{
	const u32 id = HOLM_PCI_VENDOR | (u32)HOLM_PCI_DEVICE << 16;

	fn.cfg.writable = writable;
	fn.cfg.nwritable = ARRAY_SIZE(writable);
	cfg_set32(CFG_VENDOR, id);
	cfg_set32(CFG_SUBSYSTEM, id);
	cfg_set32(CFG_COMMAND, STATUS_CAPS << 16);
	cfg_set32(CFG_CLASS, CLASS_SYSTEM);
	cfg_set32(CFG_CAPABILITY, CFG_MSIX);
	cfg_set32(CFG_MSIX, MSIX_CAP_ID);
	cfg_set32(CFG_MSIX_TABLE, HOLM_PCI_MSIX_TABLE);
	cfg_set32(CFG_MSIX_PBA, HOLM_PCI_MSIX_PBA);
	fn.msix[3] = MSIX_ENTRY_MASK;
}

int upcall_fn_register(struct vm *vm)
{
	int rc = find_slot();

	if (rc)
		return rc;
	fn.vm = vm;
	fn.fn.read = cfg_read;
	fn.fn.write = cfg_write;
	fn.bar.size = BAR_SIZE;
	fn.bar.access = bar_access;
	fill_config();
	log_info("upcall function at 00:%02x.0", fn.fn.bdf >> 3);
	return vpci_add(vm, &fn.fn);
}
