/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/upcall_fn.h"

#include "abi/holm.h"
#include "arch/x86/asm.h"
#include "arch/x86/lapic.h"
#include "arch/x86/pciconf.h"
#include "core/log.h"
#include "core/spinlock.h"
#include "io/iospace.h"
#include "io/upcall.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "vm/sched.h"
#include "vm/vm.h"

/* Type 0 header, PCI Local Bus 3.0, 6.1; MSI-X capability, 6.8.2. */
#define CFG_VENDOR      0x00
#define CFG_DEVICE      0x02
#define CFG_COMMAND     0x04
#define CFG_STATUS      0x06
#define CFG_CLASS       0x08
#define CFG_BAR0        0x10
#define CFG_SUBSYSTEM   0x2c
#define CFG_CAPABILITY  0x34
#define CFG_MSIX        0x40
#define CFG_MSIX_CTRL   0x42
#define CFG_MSIX_TABLE  0x44
#define CFG_MSIX_PBA    0x48
#define CFG_SIZE        0x100
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

#define ECAM_FN_SIZE PAGE_SIZE
#define BAR_SIZE     PAGE_SIZE
/* Above low memory, below the I/O APIC. */
#define WINDOW_FIRST MIB(1)
#define WINDOW_END   0xfec00000UL

static struct {
	struct spinlock lock;
	struct vm *vm;
	u32 bdf;
	u32 latch; /* CONFIG_ADDRESS as the guest wrote it */
	u8 cfg[CFG_SIZE] __aligned(8);
	u32 msix[4]; /* address, address high, data, control */
	u64 window[2];
	u64 decoded; /* page that traps for BAR0, 0: none */
} fn;

/* Bits of each config dword that a write may change. */
static const struct {
	u8 reg;
	u32 mask;
} writable[] = {
	{ CFG_COMMAND, COMMAND_MEMORY | COMMAND_MASTER | BIT32(10) },
	{ CFG_BAR0, ~(u32)(BAR_SIZE - 1) },
	{ 0x3c, 0xff }, /* interrupt line: a scratch byte */
	{ CFG_MSIX, (MSIX_ENABLE | MSIX_FN_MASK) << 16 },
};

static u32 cfg32(u32 reg)
{
	u32 v;

	memcpy(&v, &fn.cfg[reg], sizeof(v));
	return v;
}

static void cfg_set32(u32 reg, u32 v)
{
	memcpy(&fn.cfg[reg], &v, sizeof(v));
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

static bool may_decode(u64 page)
{
	struct s2_range r;

	return page && stage2_translate(&fn.vm->s2, GPA(page), &r) &&
	       (r.attr & PT_TYPE_MASK) == PT_UC && (r.attr & PT_W);
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
	if (want == fn.decoded)
		return;
	if (fn.decoded)
		stage2_map(&fn.vm->s2, GPA(fn.decoded), HPA(fn.decoded),
			   BAR_SIZE, PT_RWX | PT_UC);
	fn.decoded = 0;
	if (may_decode(want) && !stage2_unmap(&fn.vm->s2, GPA(want), BAR_SIZE))
		fn.decoded = want;
	for (u32 i = 0; i < fn.vm->nvcpus; i++)
		vcpu_post(fn.vm->vcpu[i], VCPU_REQ_FLUSH);
}

static void cfg_read(u32 reg, u32 size, u64 *val)
{
	*val = 0;
	if (reg + size <= CFG_SIZE)
		memcpy(val, &fn.cfg[reg], size);
}

static void cfg_write(u32 reg, u32 size, u64 val)
{
	u32 at = reg & ~3U, shift = (reg & 3) * 8;
	u32 lanes = (size == 4 ? ~0U : BIT32(size * 8) - 1) << shift;
	u32 mask = 0;

	for (u32 i = 0; i < ARRAY_SIZE(writable); i++) {
		if (writable[i].reg == at)
			mask = writable[i].mask & lanes;
	}
	if (!mask || (reg & 3) + size > 4)
		return;
	cfg_set32(at, (cfg32(at) & ~mask) | (((u32)val << shift) & mask));
	update_decode();
	update_upcall();
}

static bool latched(u32 *reg, u32 port)
{
	*reg = (fn.latch & 0xfc) + (port & 3);
	return (fn.latch & PCI_CONFIG_ENABLE) &&
	       ((fn.latch >> 8) & 0xffff) == fn.bdf;
}

static int hw_in(u16 port, u32 size, u64 *val)
{
	if (size == 1)
		*val = x86_inb(port);
	else
		*val = size == 2 ? x86_inw(port) : x86_inl(port);
	return 0;
}

static int hw_out(u16 port, u32 size, u64 val)
{
	if (size == 1)
		x86_outb(port, (u8)val);
	else if (size == 2)
		x86_outw(port, (u16)val);
	else
		x86_outl(port, (u32)val);
	return 0;
}

static int port_read(void *dev, u32 port, u32 size, u64 *val)
{
	u32 reg;

	(void)dev;
	spin_lock(&fn.lock);
	if (port >= PCI_CONFIG_DATA && latched(&reg, port))
		cfg_read(reg, size, val);
	else
		hw_in((u16)port, size, val);
	spin_unlock(&fn.lock);
	return 0;
}

static int port_write(void *dev, u32 port, u32 size, u64 *val)
{
	u32 reg;

	(void)dev;
	spin_lock(&fn.lock);
	if (port >= PCI_CONFIG_DATA && latched(&reg, port)) {
		cfg_write(reg, size, *val);
	} else {
		if (port == PCI_CONFIG_ADDRESS && size == 4)
			fn.latch = (u32)*val;
		hw_out((u16)port, size, *val);
	}
	spin_unlock(&fn.lock);
	return 0;
}

static int ecam_read(void *dev, u32 at, u32 size, u64 *val)
{
	(void)dev;
	spin_lock(&fn.lock);
	cfg_read(at, size, val);
	spin_unlock(&fn.lock);
	return 0;
}

static int ecam_write(void *dev, u32 at, u32 size, u64 *val)
{
	(void)dev;
	spin_lock(&fn.lock);
	if (at < CFG_SIZE && size <= 4)
		cfg_write(at, size, *val);
	spin_unlock(&fn.lock);
	return 0;
}

static int bar_access(u64 page, u32 off, u32 size, u64 *val, bool write)
{
	u32 *entry;

	if (!fn.decoded || page != fn.decoded)
		return -EINVAL;
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

/* @dev: base of the window through which the access came. */
static int bar_locked(const void *dev, u32 at, u32 size, u64 *val, bool write)
{
	u64 gpa = *(const u64 *)dev + at;
	int rc;

	spin_lock(&fn.lock);
	rc = bar_access(align_down(gpa, BAR_SIZE), (u32)(gpa & (BAR_SIZE - 1)),
			size, val, write);
	spin_unlock(&fn.lock);
	return rc;
}

static int bar_read(void *dev, u32 at, u32 size, u64 *val)
{
	return bar_locked(dev, at, size, val, false);
}

static int bar_write(void *dev, u32 at, u32 size, u64 *val)
{
	return bar_locked(dev, at, size, val, true);
}

/*
 * BAR0 can be anywhere in the 32-bit hole and moves, ranges do not: the
 * windows cover all of it, and only the page that BAR0 names traps.
 */
static int add_window(struct vm *vm, u32 i, u64 base, u64 end)
{
	const struct io_range bar = {
		.name = "upcall function",
		.base = base,
		.size = end - base,
		.read = bar_read,
		.write = bar_write,
		.dev = &fn.window[i],
	};

	fn.window[i] = base;
	return io_space_add_mmio(vm->io, &bar);
}

static int find_slot(void)
{
	for (u32 dev = 30; dev > 0; dev--) {
		u32 bdf = PCI_BDF(0, dev, 0);

		if (pciconf_read32(bdf, CFG_VENDOR) == ~0U) {
			fn.bdf = bdf;
			return 0;
		}
	}
	return -ENOSPC;
}

static void fill_config(void)
{
	const u32 id = HOLM_PCI_VENDOR | (u32)HOLM_PCI_DEVICE << 16;

	cfg_set32(CFG_VENDOR, id);
	cfg_set32(CFG_SUBSYSTEM, id);
	cfg_set32(CFG_COMMAND, STATUS_CAPS << 16);
	cfg_set32(CFG_CLASS, CLASS_SYSTEM);
	fn.cfg[CFG_CAPABILITY] = CFG_MSIX;
	fn.cfg[CFG_MSIX] = MSIX_CAP_ID;
	cfg_set32(CFG_MSIX_TABLE, HOLM_PCI_MSIX_TABLE);
	cfg_set32(CFG_MSIX_PBA, HOLM_PCI_MSIX_PBA);
	fn.msix[3] = MSIX_ENTRY_MASK;
}

int upcall_fn_register(struct vm *vm, u64 mcfg)
{
	const struct io_range ports = {
		.name = "PCI config ports",
		.base = PCI_CONFIG_ADDRESS,
		.size = 8,
		.read = port_read,
		.write = port_write,
	};
	struct io_range ecam = {
		.name = "PCI config page",
		.size = ECAM_FN_SIZE,
		.read = ecam_read,
		.write = ecam_write,
	};
	int rc = find_slot();

	if (rc)
		return rc;
	fn.vm = vm;
	fill_config();
	rc = io_space_add_pio(vm->io, &ports);
	if (rc)
		return rc;
	backend->vm_trap_pio(&vm->hw, PCI_CONFIG_ADDRESS, 8, true);
	log_info("upcall function at 00:%02x.0", fn.bdf >> 3);
	if (!mcfg)
		return add_window(vm, 0, WINDOW_FIRST, WINDOW_END);
	ecam.base = mcfg + (u64)fn.bdf * ECAM_FN_SIZE;
	rc = stage2_unmap(&vm->s2, GPA(ecam.base), ECAM_FN_SIZE);
	if (!rc)
		rc = io_space_add_mmio(vm->io, &ecam);
	if (!rc)
		rc = add_window(vm, 0, WINDOW_FIRST, ecam.base);
	if (!rc)
		rc = add_window(vm, 1, ecam.base + ECAM_FN_SIZE, WINDOW_END);
	return rc;
}
