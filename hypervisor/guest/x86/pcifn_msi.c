/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A function's interrupt messages. What the cell writes is kept; hardware
 * gets a message that can only be a fixed interrupt of one of the cell's
 * CPUs, or is switched off. SDM vol 3, 11.11.
 */
#include "guest/x86/pcifn.h"

#include "arch/x86/pciconf.h"
#include "core/cpu.h"
#include "core/log.h"
#include "guest/x86/direct_apic.h"
#include "guest/x86/pcireg.h"
#include "lib/errno.h"
#include "mem/physwin.h"
#include "vm/vm.h"

#define WINDOW       0xfee00000U
#define WINDOW_MASK  0xfff00000U
#define RESERVED     0x00000ff0U
#define LOGICAL      BIT32(2)
#define MODE(data)   ((data) >> 8 & 7)
#define MODE_LOWEST  1
#define VECTOR_FIRST 0x20 /* below are the exceptions */

#define MSI_ADDR(m)  ((u32)(m)->cap + 4)
#define MSI_HIGH(m)  ((u32)(m)->cap + 8)
#define MSI_DATA(m)  ((u32)(m)->cap + ((m)->wide ? 0xc : 8))
#define MSI_MASKS(m) (MSI_DATA(m) + 4)
#define MSIX_CTRL    2U
#define MSIX_TABLE   4U
#define ENTRY_ADDR   0
#define ENTRY_HIGH   1
#define ENTRY_DATA   2
#define ENTRY_CTRL   3
#define ENTRY_MASKED BIT32(0)

struct message {
	u32 addr;
	u32 high;
	u32 data;
	u32 vectors; /* a power of two: the low bits of data are the device's */
};

/* False: it may not be sent. */
static bool route(const struct vm *vm, struct message *m)
{
	u32 vector = m->data & 0xff & ~(m->vectors - 1);
	const struct vcpu *v;

	if ((m->addr & WINDOW_MASK) != WINDOW || (m->addr & RESERVED) ||
	    m->high || MODE(m->data) > MODE_LOWEST || vector < VECTOR_FIRST)
		return false;
	v = direct_apic_target(vm, m->addr >> 12 & 0xff, m->addr & LOGICAL);
	if (!v || v->lapic_id > 0xfe)
		return false;
	m->addr = WINDOW | v->lapic_id << 12;
	m->data = vector;
	return true;
}

static void deny(const struct message *m)
{
	vm_deny(cpu_self()->vcpu, HOLM_CELL_DENY_MSI,
		(u64)m->data << 32 | m->addr);
}

static u32 read32(const struct pcifn *f, u32 reg)
{
	return pciconf_read(f->bdf, reg, 4);
}

static void msi_set_ctrl(const struct pcifn *f, u32 on)
{
	const u32 ours = MSI_ENABLE | MSI_MULTIPLE;
	u32 ctrl = pciconf_read(f->bdf, f->msi.cap + 2U, 2);

	pciconf_write(f->bdf, f->msi.cap + 2U, 2, (ctrl & ~ours) | on);
}

static void msi_program(const struct pcifn *f, const struct message *m)
{
	const struct pcifn_msi *msi = &f->msi;

	msi_set_ctrl(f, 0);
	pciconf_write(f->bdf, MSI_ADDR(msi), 4, m->addr);
	if (msi->wide)
		pciconf_write(f->bdf, MSI_HIGH(msi), 4, 0);
	pciconf_write(f->bdf, MSI_DATA(msi), 2, m->data);
	msi_set_ctrl(f, msi->ctrl & (MSI_ENABLE | MSI_MULTIPLE));
}

static void msi_sync(const struct pcifn *f)
{
	const struct pcifn_msi *msi = &f->msi;
	const struct message wanted = {
		.addr = msi->addr,
		.high = msi->addr_high,
		.data = msi->data,
		.vectors = BIT32(MIN(MSI_MULTI(msi->ctrl), 5)),
	};
	struct message m = wanted;

	if (!(msi->ctrl & MSI_ENABLE)) {
		msi_set_ctrl(f, 0);
	} else if (route(f->vm, &m)) {
		msi_program(f, &m);
	} else {
		msi_set_ctrl(f, 0);
		deny(&wanted);
	}
}

static bool msi_write(struct pcifn *f, u32 reg, u32 val, u32 lanes)
{
	struct pcifn_msi *msi = &f->msi;

	if (reg == msi->cap)
		msi->ctrl = val >> 16 & (MSI_ENABLE | MSI_MULTIPLE);
	else if (reg == MSI_ADDR(msi))
		msi->addr = val & ~3U;
	else if (msi->wide && reg == MSI_HIGH(msi))
		msi->addr_high = val;
	else if (reg == MSI_DATA(msi))
		msi->data = (u16)val;
	else
		return false;
	(void)lanes;
	msi_sync(f);
	return true;
}

/* The entry in hardware: masked before it changes, and if it may not be. */
static void entry_program(const struct pcifn *f, u32 i, const struct message *m)
{
	const struct pcifn_msix *x = &f->msix;
	hpa_t at = HPA(f->bar[x->bar].base + x->offset +
		       (u64)i * PCIFN_ENTRY_SIZE);

	physwin_mmio_write(hpa_add(at, 12), 4, ENTRY_MASKED);
	if (!m)
		return;
	physwin_mmio_write(at, 4, m->addr);
	physwin_mmio_write(hpa_add(at, 4), 4, 0);
	physwin_mmio_write(hpa_add(at, 8), 4, m->data);
	physwin_mmio_write(hpa_add(at, 12), 4, 0);
}

static void entry_sync(const struct pcifn *f, u32 i)
{
	const struct pcifn_msix *x = &f->msix;
	const u32 *e = x->entry[i];
	const struct message wanted = {
		.addr = e[ENTRY_ADDR],
		.high = e[ENTRY_HIGH],
		.data = e[ENTRY_DATA],
		.vectors = 1,
	};
	struct message m = wanted;

	if ((e[ENTRY_CTRL] & ENTRY_MASKED) || !(x->ctrl & MSIX_ENABLE)) {
		entry_program(f, i, NULL);
	} else if (route(f->vm, &m)) {
		entry_program(f, i, &m);
	} else {
		entry_program(f, i, NULL);
		deny(&wanted);
	}
}

/* Without decoding the table cannot be reached, nor can it change. */
void pcifn_msix_sync(struct pcifn *f)
{
	if (!f->msix.cap ||
	    !(pciconf_read(f->bdf, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY))
		return;
	for (u32 i = 0; i < f->msix.n; i++)
		entry_sync(f, i);
}

static void msix_set_ctrl(const struct pcifn *f, u32 on)
{
	const u32 ours = MSIX_ENABLE | MSIX_MASK_ALL;
	u32 ctrl = pciconf_read(f->bdf, f->msix.cap + MSIX_CTRL, 2);

	pciconf_write(f->bdf, f->msix.cap + MSIX_CTRL, 2, (ctrl & ~ours) | on);
}

static bool msix_write(struct pcifn *f, u32 reg, u32 val)
{
	const u32 ours = MSIX_ENABLE | MSIX_MASK_ALL;
	struct pcifn_msix *x = &f->msix;
	u16 was = x->ctrl;

	if (reg != x->cap)
		return false;
	x->ctrl = (u16)(val >> 16 & ours);
	if ((x->ctrl ^ was) & MSIX_ENABLE) {
		msix_set_ctrl(f, MSIX_MASK_ALL);
		pcifn_msix_sync(f);
	}
	msix_set_ctrl(f, x->ctrl);
	return true;
}

bool pcifn_msi_write(struct pcifn *f, u32 reg, u32 val, u32 lanes)
{
	if (f->msix.cap && msix_write(f, reg, val))
		return true;
	if (!f->msi.cap)
		return false;
	if (f->msi.maskable && reg == MSI_MASKS(&f->msi)) {
		pciconf_write(f->bdf, reg, 4, val);
		return true;
	}
	return msi_write(f, reg, val, lanes);
}

u32 pcifn_msi_view(const struct pcifn *f, u32 reg, u32 val)
{
	const struct pcifn_msi *msi = &f->msi;

	if (f->msix.cap && reg == f->msix.cap)
		return (val & ~((MSIX_ENABLE | MSIX_MASK_ALL) << 16)) |
		       (u32)f->msix.ctrl << 16;
	if (!msi->cap)
		return val;
	if (reg == msi->cap)
		return (val & ~((MSI_ENABLE | MSI_MULTIPLE) << 16)) |
		       (u32)msi->ctrl << 16;
	if (reg == MSI_ADDR(msi))
		return msi->addr;
	if (msi->wide && reg == MSI_HIGH(msi))
		return msi->addr_high;
	if (reg == MSI_DATA(msi))
		return (val & 0xffff0000) | msi->data;
	return val;
}

static bool in_table(const struct pcifn_msix *x, u64 off)
{
	return off - x->offset < (u64)x->n * PCIFN_ENTRY_SIZE;
}

/* Entries are written by dwords or, two of them, by qwords. */
static int table_access(struct pcifn *f, u64 off, u32 size, bool write,
			u64 *val)
{
	struct pcifn_msix *x = &f->msix;
	u32 i = (u32)(off - x->offset) / PCIFN_ENTRY_SIZE;
	u32 word = (u32)(off - x->offset) % PCIFN_ENTRY_SIZE / 4;

	if (size < 4 || off % size)
		return -EINVAL;
	if (!write)
		*val = x->entry[i][word];
	if (!write && size == 8)
		*val |= (u64)x->entry[i][word + 1] << 32;
	if (!write)
		return 0;
	x->entry[i][word] = (u32)*val;
	if (size == 8)
		x->entry[i][word + 1] = (u32)(*val >> 32);
	x->entry[i][ENTRY_CTRL] &= ENTRY_MASKED;
	if (pciconf_read(f->bdf, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY)
		entry_sync(f, i);
	return 0;
}

/* Beside the table there may be other registers on its pages. */
static int window_access(struct vpci_window *w, u64 off, u32 size, bool write,
			 u64 *val)
{
	struct pcifn *f = w->dev;
	const struct pcifn_bar *bar = &f->bar[f->msix.bar];
	u64 at = w->base + off, in_bar = at - bar->base;

	if (in_table(&f->msix, in_bar) || in_table(&f->msix, in_bar + size - 1))
		return table_access(f, in_bar, size, write, val);
	if (!range_inside(at, size, bar->base, bar->size) || at % size)
		return -EINVAL;
	if (write)
		physwin_mmio_write(HPA(at), size, *val);
	else
		*val = physwin_mmio_read(HPA(at), size);
	return 0;
}

static int msix_probe(struct pcifn *f)
{
	struct pcifn_msix *x = &f->msix;
	u32 table = read32(f, x->cap + MSIX_TABLE);
	u64 from, to;

	x->bar = table & 7;
	x->offset = table & ~7U;
	x->n = MSIX_SIZE(pciconf_read(f->bdf, x->cap + MSIX_CTRL, 2));
	if (x->bar >= PCIFN_BARS || !f->bar[x->bar].size || f->bar[x->bar].io ||
	    x->offset + (u64)x->n * PCIFN_ENTRY_SIZE > f->bar[x->bar].size) {
		log_guest("cell: PCI %02x:%02x.%x: its MSI-X table is nowhere",
			  f->bdf >> 8, f->bdf >> 3 & 0x1f, f->bdf & 7);
		return -EINVAL;
	}
	x->entry = vm_mem_alloc((u64)x->n * PCIFN_ENTRY_SIZE);
	if (!x->entry)
		return -ENOMEM;
	from = f->bar[x->bar].base + x->offset;
	to = from + (u64)x->n * PCIFN_ENTRY_SIZE;
	from = align_down(from, PAGE_SIZE);
	x->window = (struct vpci_window){
		.base = from,
		.size = align_up(to, PAGE_SIZE) - from,
		.access = window_access,
		.dev = f,
	};
	return 0;
}

int pcifn_msi_probe(struct pcifn *f)
{
	struct pcifn_msi *msi = &f->msi;
	u32 ctrl;

	if (msi->cap) {
		ctrl = read32(f, msi->cap) >> 16;
		msi->wide = ctrl & MSI_WIDE;
		msi->maskable = ctrl & MSI_MASKABLE;
	}
	return f->msix.cap ? msix_probe(f) : 0;
}

void pcifn_msi_free(struct pcifn *f)
{
	vm_mem_free(f->msix.entry, (u64)f->msix.n * PCIFN_ENTRY_SIZE);
	f->msix.entry = NULL;
}

static void msix_reset(struct pcifn *f)
{
	struct pcifn_msix *x = &f->msix;
	u32 command = pciconf_read(f->bdf, PCI_COMMAND, 2);

	x->ctrl = 0;
	for (u32 i = 0; i < x->n; i++) {
		x->entry[i][ENTRY_ADDR] = 0;
		x->entry[i][ENTRY_HIGH] = 0;
		x->entry[i][ENTRY_DATA] = 0;
		x->entry[i][ENTRY_CTRL] = ENTRY_MASKED;
	}
	msix_set_ctrl(f, 0);
	if (!(f->decode & PCI_COMMAND_MEMORY))
		return;
	pciconf_write(f->bdf, PCI_COMMAND, 2, command | PCI_COMMAND_MEMORY);
	pcifn_msix_sync(f);
	pciconf_write(f->bdf, PCI_COMMAND, 2, command);
}

void pcifn_msi_reset(struct pcifn *f)
{
	struct pcifn_msi *msi = &f->msi;

	if (msi->cap) {
		msi_set_ctrl(f, 0);
		msi->ctrl = 0;
		msi->addr = 0;
		msi->addr_high = 0;
		msi->data = 0;
	}
	if (f->msix.cap)
		msix_reset(f);
}
