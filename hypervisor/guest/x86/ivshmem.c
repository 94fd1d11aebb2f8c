/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/ivshmem.h"

#include "abi/holm.h"
#include "arch/x86/pciconf.h"
#include "core/log.h"
#include "guest/x86/direct_apic.h"
#include "guest/x86/guest.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/physmap.h"

/* PCI Local Bus 3.0, 6.1 and 6.8.2; the specification's own capability. */
#define CFG_ID         0x00
#define CFG_COMMAND    0x04
#define CFG_CLASS      0x08
#define CFG_BAR0       0x10
#define CFG_BAR1       0x14
#define CFG_SUBSYSTEM  0x2c
#define CFG_CAPS       0x34
#define CFG_SCRATCH    0x3c
#define CFG_VENDOR_CAP 0x40
#define CFG_MSIX       0x60
#define COMMAND_MEMORY BIT32(1)
#define COMMAND_MASTER BIT32(2)
#define COMMAND_INTX   BIT32(10) /* its disable bit */
#define STATUS_CAPS    0x10U
#define CLASS_OTHER    0xffU
#define REVISION       2U
#define SUBSYSTEM      2U

#define CAP_VENDOR      0x09U
#define CAP_VENDOR_SIZE 0x20U
#define VENDOR_ONE_SHOT BIT32(24) /* of its first dword */
#define CAP_MSIX        0x11U
#define MSIX_ENABLE     BIT32(31)
#define MSIX_MASK_ALL   BIT32(30)
#define MSIX_BAR        1U
#define MSIX_PBA        0x800U
#define ENTRY_SIZE      16U
#define ENTRY_MASKED    BIT32(0)

#define REG_ID       0x00
#define REG_PEERS    0x04
#define REG_CONTROL  0x08
#define REG_DOORBELL 0x0c
#define REG_STATE    0x10

#define BAR_SIZE PAGE_SIZE

_Static_assert(IVSHMEM_VECTORS_MAX *ENTRY_SIZE <= MSIX_PBA, "fits its BAR");
_Static_assert(IVSHMEM_PEERS_MAX * sizeof(u32) <= IVSHMEM_TABLE_SIZE, "fits");

static const struct vpci_writable writable[] = {
	{ CFG_COMMAND, COMMAND_MEMORY | COMMAND_MASTER | COMMAND_INTX },
	{ CFG_BAR0, ~(u32)(BAR_SIZE - 1) },
	{ CFG_BAR1, ~(u32)(BAR_SIZE - 1) },
	{ CFG_SCRATCH, 0xff },
	{ CFG_VENDOR_CAP, VENDOR_ONE_SHOT },
	{ CFG_MSIX, MSIX_ENABLE | MSIX_MASK_ALL },
};

u64 ivshmem_size(const struct ivshmem_link *link)
{
	return IVSHMEM_TABLE_SIZE + link->rw_size +
	       link->peers * link->out_size;
}

static u32 cfg(const struct ivshmem *end, u32 reg)
{
	return vpci_config_get(&end->cfg, reg);
}

static bool may_send(const struct ivshmem *end, u32 vector)
{
	u32 ctrl = cfg(end, CFG_MSIX);

	return end->enabled && (cfg(end, CFG_COMMAND) & COMMAND_MASTER) &&
	       (ctrl & MSIX_ENABLE) && !(ctrl & MSIX_MASK_ALL) &&
	       !(end->msix[vector][3] & ENTRY_MASKED);
}

/* With the link's lock. Nothing is kept of what cannot be delivered. */
static void interrupt(struct ivshmem *end, u32 vector)
{
	const u32 *m = end->msix[vector];

	if (!may_send(end, vector))
		return;
	if (cfg(end, CFG_VENDOR_CAP) & VENDOR_ONE_SHOT)
		end->enabled = false;
	direct_apic_msi(end->vm, (u64)m[1] << 32 | m[0], m[2]);
}

/* With the link's lock. */
static void set_state(struct ivshmem *end, u32 state)
{
	struct ivshmem_link *link = end->link;

	if (state == end->state)
		return;
	end->state = state;
	physmap_store32(HPA(link->phys + end->id * sizeof(u32)), state);
	for (u32 i = 0; i < link->peers; i++)
		if (link->end[i] && i != end->id)
			interrupt(link->end[i], 0);
}

static void ring(struct ivshmem_link *link, u32 val)
{
	u32 target = val >> 16, vector = val & 0xffff;

	if (target < link->peers && link->end[target] && vector < link->vectors)
		interrupt(link->end[target], vector);
}

static u32 reg_read(const struct ivshmem *end, u64 off)
{
	switch (off) {
	case REG_ID:
		return end->id;
	case REG_PEERS:
		return end->link->peers;
	case REG_CONTROL:
		return end->enabled;
	case REG_STATE:
		return end->state;
	default:
		return 0;
	}
}

static void reg_write(struct ivshmem *end, u64 off, u32 val)
{
	switch (off) {
	case REG_CONTROL:
		end->enabled = val & 1;
		return;
	case REG_DOORBELL:
		ring(end->link, val);
		return;
	case REG_STATE:
		set_state(end, val);
		return;
	default:
		return;
	}
}

/* Others of its CPUs may not know yet that it has ended. */
static bool is_alive(const struct vm *vm)
{
	return __atomic_load_n(&vm->state, __ATOMIC_RELAXED) ==
	       VM_STATE_RUNNING;
}

/* Registers are 32 bits wide: what is not, is not there. */
static int regs_access(struct vpci_window *w, u64 off, u32 size, bool write,
		       u64 *val)
{
	struct ivshmem *end = w->dev;
	bool whole = size == 4 && off % 4 == 0;

	spin_lock(&end->link->lock);
	if (!write)
		*val = whole ? reg_read(end, off) : 0;
	else if (whole && is_alive(end->vm))
		reg_write(end, off, (u32)*val);
	spin_unlock(&end->link->lock);
	return 0;
}

/*
 * A vector that is on and leads to a foreign CPU: refused where it is set up,
 * at delivery it goes nowhere. Without the link's lock: this may end the VM.
 */
static void check_message(const struct ivshmem *end, u64 vector)
{
	const u32 *m = end->msix[vector];
	u64 addr = (u64)m[1] << 32 | m[0];

	if (!(m[3] & ENTRY_MASKED) && (cfg(end, CFG_MSIX) & MSIX_ENABLE) &&
	    !direct_apic_owns_msi(end->vm, addr))
		vm_deny(cpu_self()->vcpu, HOLM_CELL_DENY_MSI, addr);
}

static void table_write(struct ivshmem *end, u64 off, u32 size, u64 val)
{
	u32 *m = end->msix[off / ENTRY_SIZE];
	u32 word = (u32)(off % ENTRY_SIZE / 4);

	m[word] = (u32)val;
	if (size == 8)
		m[word + 1] = (u32)(val >> 32);
	m[3] &= ENTRY_MASKED;
}

static u64 table_read(const struct ivshmem *end, u64 off, u32 size)
{
	const u32 *m = end->msix[off / ENTRY_SIZE];
	u32 word = (u32)(off % ENTRY_SIZE / 4);

	return size == 8 ? (u64)m[word + 1] << 32 | m[word] : m[word];
}

/* Dwords and quadwords, aligned: PCI Local Bus 3.0, 6.8.3.5. */
static int table_access(struct vpci_window *w, u64 off, u32 size, bool write,
			u64 *val)
{
	struct ivshmem *end = w->dev;
	bool there = size >= 4 && off % size == 0 &&
		     off < end->link->vectors * ENTRY_SIZE;

	spin_lock(&end->link->lock);
	if (!write)
		*val = there ? table_read(end, off, size) : 0;
	else if (there)
		table_write(end, off, size, *val);
	spin_unlock(&end->link->lock);
	if (write && there)
		check_message(end, off / ENTRY_SIZE);
	return 0;
}

static u32 cfg_read(struct vpci_fn *fn, u32 reg, u32 size)
{
	const struct ivshmem *end = fn->dev;

	return vpci_config_read(&end->cfg, reg, size);
}

static void decode(struct ivshmem *end)
{
	bool on = cfg(end, CFG_COMMAND) & COMMAND_MEMORY;
	u64 page = BAR_SIZE - 1;

	vpci_window_move(end->vm, &end->regs,
			 on ? cfg(end, CFG_BAR0) & ~page : 0);
	vpci_window_move(end->vm, &end->table,
			 on ? cfg(end, CFG_BAR1) & ~page : 0);
}

static void cfg_write(struct vpci_fn *fn, u32 reg, u32 size, u32 val)
{
	struct ivshmem *end = fn->dev;

	spin_lock(&end->link->lock);
	vpci_config_write(&end->cfg, reg, size, val);
	spin_unlock(&end->link->lock);
	decode(end);
	for (u32 i = 0; (reg & ~3U) == CFG_MSIX && i < end->link->vectors; i++)
		check_message(end, i);
}

static void set64(struct vpci_config *c, u32 reg, u64 val)
{
	vpci_config_set(c, reg, (u32)val);
	vpci_config_set(c, reg + 4, (u32)(val >> 32));
}

/* With the link's lock. */
static void power_on(struct ivshmem *end)
{
	end->enabled = false;
	memset(end->msix, 0, sizeof(end->msix));
	for (u32 i = 0; i < IVSHMEM_VECTORS_MAX; i++)
		end->msix[i][3] = ENTRY_MASKED;
	for (u32 i = 0; i < ARRAY_SIZE(writable); i++)
		vpci_config_set(&end->cfg, writable[i].reg,
				cfg(end, writable[i].reg) & ~writable[i].mask);
}

static void fill_config(struct ivshmem *end, u64 base)
{
	const struct ivshmem_link *link = end->link;
	struct vpci_config *c = &end->cfg;

	c->writable = writable;
	c->nwritable = ARRAY_SIZE(writable);
	vpci_config_set(c, CFG_ID, HOLM_LINK_VENDOR | HOLM_LINK_DEVICE << 16);
	vpci_config_set(c, CFG_SUBSYSTEM, HOLM_PCI_VENDOR | SUBSYSTEM << 16);
	vpci_config_set(c, CFG_COMMAND, STATUS_CAPS << 16);
	vpci_config_set(c, CFG_CLASS,
			CLASS_OTHER << 24 | link->protocol << 8 | REVISION);
	vpci_config_set(c, CFG_CAPS, CFG_VENDOR_CAP);
	vpci_config_set(c, CFG_VENDOR_CAP,
			CAP_VENDOR | CFG_MSIX << 8 | CAP_VENDOR_SIZE << 16);
	vpci_config_set(c, CFG_VENDOR_CAP + 4, IVSHMEM_TABLE_SIZE);
	set64(c, CFG_VENDOR_CAP + 8, link->rw_size);
	set64(c, CFG_VENDOR_CAP + 16, link->out_size);
	set64(c, CFG_VENDOR_CAP + 24, base);
	vpci_config_set(c, CFG_MSIX, CAP_MSIX | (link->vectors - 1) << 16);
	vpci_config_set(c, CFG_MSIX + 4, MSIX_BAR);
	vpci_config_set(c, CFG_MSIX + 8, MSIX_PBA | MSIX_BAR);
}

/* 0: bus 0 has no room; 00:00.0 is the host bridge. */
static u32 free_bdf(struct vm *vm)
{
	for (u32 dev = 30; dev > 0; dev--) {
		u32 bdf = PCI_BDF(0, dev, 0);

		if (!vpci_is_ours(vm, bdf) &&
		    pciconf_read(bdf, CFG_ID, 4) == ~0U)
			return bdf;
	}
	return 0;
}

int ivshmem_connect(struct ivshmem *end, struct ivshmem_link *link,
		    struct vm *vm, u32 id, u32 bdf, u64 base)
{
	int rc;

	if (bdf == IVSHMEM_BDF_ANY)
		bdf = free_bdf(vm);
	if (!bdf && vm->kind == VM_SERVICE)
		return -ENOSPC;
	end->link = link;
	end->vm = vm;
	end->id = id;
	end->fn = (struct vpci_fn){
		.bdf = bdf,
		.read = cfg_read,
		.write = cfg_write,
		.dev = end,
	};
	end->regs = (struct vpci_window){
		.size = BAR_SIZE,
		.access = regs_access,
		.dev = end,
	};
	end->table = (struct vpci_window){
		.size = BAR_SIZE,
		.access = table_access,
		.dev = end,
	};
	fill_config(end, base);
	power_on(end);
	rc = vpci_add(vm, &end->fn);
	if (rc) {
		end->vm = NULL;
		return rc;
	}
	spin_lock(&link->lock);
	end->next = vm->guest->ivshmem;
	vm->guest->ivshmem = end;
	link->end[id] = end;
	spin_unlock(&link->lock);
	return 0;
}

static void unlist(struct ivshmem *end)
{
	struct ivshmem **at = &end->vm->guest->ivshmem;

	while (*at && *at != end)
		at = &(*at)->next;
	if (*at)
		*at = end->next;
}

static void leave_addresses(struct ivshmem *end)
{
	struct vpci *p = &end->vm->guest->vpci;

	spin_lock(&p->lock);
	vpci_window_move(end->vm, &end->regs, 0);
	vpci_window_move(end->vm, &end->table, 0);
	spin_unlock(&p->lock);
}

/* What the windows have left split; whoever flushes next frees the tables. */
static void mend(struct vm *vm, u64 page)
{
	if (page && vm->kind == VM_SERVICE)
		CHECK(stage2_collapse(&vm->s2, GPA(page), BAR_SIZE) == 0);
}

void ivshmem_disconnect(struct ivshmem *end)
{
	struct vm *vm = end->vm;
	u64 regs, table;

	if (!vm)
		return;
	/* Nobody of @vm comes here any more, then nobody of the others'. */
	vpci_remove(vm, &end->fn);
	regs = end->regs.base;
	table = end->table.base;
	leave_addresses(end);
	mend(vm, regs);
	mend(vm, table);
	spin_lock(&end->link->lock);
	unlist(end);
	set_state(end, 0);
	end->link->end[end->id] = NULL;
	end->vm = NULL;
	spin_unlock(&end->link->lock);
}

void ivshmem_disconnect_all(struct vm *vm)
{
	while (vm->guest->ivshmem)
		ivshmem_disconnect(vm->guest->ivshmem);
}

void ivshmem_silence(struct vm *vm)
{
	for (struct ivshmem *end = vm->guest->ivshmem; end; end = end->next) {
		spin_lock(&end->link->lock);
		end->enabled = false;
		set_state(end, 0);
		spin_unlock(&end->link->lock);
	}
}

void ivshmem_reset(struct vm *vm)
{
	ivshmem_silence(vm);
	for (struct ivshmem *end = vm->guest->ivshmem; end; end = end->next) {
		leave_addresses(end);
		spin_lock(&end->link->lock);
		power_on(end);
		spin_unlock(&end->link->lock);
	}
}
