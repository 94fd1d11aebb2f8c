/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/direct_ioapic.h"

#include "arch/x86/ioapic.h"
#include "core/log.h"
#include "core/spinlock.h"
#include "guest/x86/guest.h"
#include "io/iospace.h"
#include "lib/errno.h"
#include "mem/hostmap.h"

#define MODE_FIXED   0
#define MODE_LOWEST  1
#define MODE_SMI     2
#define MODE_NMI     4
#define MODE_INIT    5
#define VECTOR_FIRST 0x20 /* below are the exceptions */
#define DEST_ALL     0xff
/* An old one has no EOI register: the cell uses its local APIC's. */
#define VERSION_OLD 0x11
/* After so many writes to pins that are cells' they are not told. */
#define STRAY_LOGGED 8

struct pin {
	struct vm *cell; /* NULL: the Service VM's; may be gone: compare only */
	u32 slot;        /* of the cell */
	u64 service;     /* the entry as the Service VM had it */
	u64 want;        /* as the cell wrote it */
};

struct direct_ioapic {
	struct spinlock lock;
	volatile void *regs;
	u64 base;
	u32 gsi;
	u32 npins;
	struct pin *pin;
	struct ioapic_view service;
};

static struct direct_ioapic ioapics[ACPI_MAX_IOAPICS];
static u32 ioapic_count;
static u32 strays;

static u32 mode_of(u32 low)
{
	return low >> RTE_MODE_SHIFT & 7;
}

static u64 rte_get(const struct direct_ioapic *io, u32 n)
{
	u64 high = ioapic_reg_read(io->regs, RTE_FIRST + 2 * n + 1);

	return high << 32 | ioapic_reg_read(io->regs, RTE_FIRST + 2 * n);
}

/* Masked in between: no message has half of the old and half of the new. */
static void rte_set(const struct direct_ioapic *io, u32 n, u64 rte)
{
	u32 reg = RTE_FIRST + 2 * n;

	ioapic_reg_write(io->regs, reg,
			 ioapic_reg_read(io->regs, reg) | RTE_MASKED);
	ioapic_reg_write(io->regs, reg + 1, (u32)(rte >> 32));
	ioapic_reg_write(io->regs, reg, (u32)rte & ~RTE_READ_ONLY);
}

/*
 * The same for another owner, to whom no EOI is due: as an edge-triggered
 * one, an entry forgets that it waits for one.
 */
static void rte_renew(const struct direct_ioapic *io, u32 n, u64 rte)
{
	ioapic_reg_write(io->regs, RTE_FIRST + 2 * n, RTE_MASKED);
	rte_set(io, n, rte);
}

/*
 * Does @dest name a CPU of a cell's? These answer to no logical name in xAPIC
 * mode, but to the name of all; a name of theirs in x2APIC mode may be another
 * CPU's too.
 */
static bool names_cell(u32 dest, bool logical)
{
	for (u32 i = 0; i < cpu_count(); i++) {
		const struct cpu *cpu = cpu_get(i);

		if ((dest == DEST_ALL || (!logical && cpu->lapic_id == dest)) &&
		    vm_cpu_is_cells(cpu))
			return true;
	}
	return false;
}

/*
 * May an unmasked entry of the Service VM say so? INIT or SMI would take a
 * CPU out of its guest.
 */
static bool service_may(u64 rte)
{
	u32 low = (u32)rte, dest = (u32)(rte >> (32 + RTE_DEST_SHIFT));

	if (mode_of(low) == MODE_SMI || mode_of(low) == MODE_INIT)
		return false;
	return !names_cell(dest, low & RTE_LOGICAL);
}

static u32 service_low(u32 high, u32 low)
{
	if (service_may((u64)high << 32 | low))
		return low;
	if (mode_of(low) == MODE_SMI || mode_of(low) == MODE_INIT)
		low &= ~((u32)7 << RTE_MODE_SHIFT);
	return low | RTE_MASKED;
}

static void service_write(struct direct_ioapic *io, u32 reg, u32 val)
{
	u32 n = (reg - RTE_FIRST) / 2, low_reg = reg & ~1U;
	u32 low;

	if (io->pin[n].cell) {
		if (strays++ < STRAY_LOGGED)
			log_guest("I/O APIC: line %u is a cell's", io->gsi + n);
		return;
	}
	if (!(reg & 1)) {
		low = service_low(ioapic_reg_read(io->regs, reg + 1), val);
		ioapic_reg_write(io->regs, reg, low);
		return;
	}
	low = ioapic_reg_read(io->regs, low_reg);
	if (service_low(val, low) != low)
		ioapic_reg_write(io->regs, low_reg, service_low(val, low));
	ioapic_reg_write(io->regs, reg, val);
}

static u32 service_read(const struct direct_ioapic *io, u32 reg)
{
	const struct pin *p = &io->pin[(reg - RTE_FIRST) / 2];

	if (!p->cell)
		return ioapic_reg_read(io->regs, reg);
	return reg & 1 ? (u32)(p->service >> 32) : (u32)p->service | RTE_MASKED;
}

/*
 * What the hardware gets for what the cell wrote: one CPU of its own, by
 * its id, since what answers to a logical name can change. False: nothing.
 */
static bool cell_rte(const struct vm *vm, u64 want, u64 *rte)
{
	u32 low = (u32)want, dest = (u32)(want >> (32 + RTE_DEST_SHIFT));
	const struct vcpu *v;

	*rte = want | RTE_MASKED;
	if (low & RTE_MASKED)
		return true;
	v = direct_apic_target(vm, dest, low & RTE_LOGICAL);
	if (!v ||
	    (mode_of(low) != MODE_NMI && (low & RTE_VECTOR) < VECTOR_FIRST))
		return false;
	if (mode_of(low) == MODE_LOWEST)
		low &= ~((u32)7 << RTE_MODE_SHIFT);
	else if (mode_of(low) != MODE_FIXED && mode_of(low) != MODE_NMI)
		return false;
	*rte = (u64)v->lapic_id << (32 + RTE_DEST_SHIFT) | (low & ~RTE_LOGICAL);
	return true;
}

/* A refused entry is masked, and stands as it was written. */
static void cell_write(const struct vm *vm, struct direct_ioapic *io, u32 reg,
		       u32 val)
{
	u32 n = (reg - RTE_FIRST) / 2;
	struct pin *p = &io->pin[n];
	u64 rte;

	if (p->cell != vm) {
		if (!(reg & 1) && !(val & RTE_MASKED))
			vm_deny(cpu_self()->vcpu, HOLM_CELL_DENY_PIN,
				io->gsi + n);
		return;
	}
	if (reg & 1)
		p->want = (u32)p->want | (u64)val << 32;
	else
		p->want = (p->want & ~(u64)0xffffffff) | val;
	if (!cell_rte(vm, p->want, &rte))
		vm_deny(cpu_self()->vcpu, HOLM_CELL_DENY_IPI, p->want);
	rte_set(io, n, rte);
}

static u32 cell_read(const struct vm *vm, const struct direct_ioapic *io,
		     u32 reg)
{
	const struct pin *p = &io->pin[(reg - RTE_FIRST) / 2];
	const u32 live = RTE_READ_ONLY | RTE_MASKED;
	u32 low;

	if (p->cell != vm)
		return reg & 1 ? 0 : RTE_MASKED;
	if (reg & 1)
		return (u32)(p->want >> 32);
	low = ioapic_reg_read(io->regs, reg);
	return ((u32)p->want & ~live) | (low & live);
}

static bool is_rte(const struct direct_ioapic *io, u32 reg)
{
	return reg >= RTE_FIRST && reg - RTE_FIRST < 2 * io->npins;
}

static u32 data_read(const struct ioapic_view *view)
{
	const struct direct_ioapic *io = view->io;
	bool service = view->vm->kind == VM_SERVICE;
	u32 reg = view->select;

	if (is_rte(io, reg))
		return service ? service_read(io, reg)
			       : cell_read(view->vm, io, reg);
	if (service)
		return ioapic_reg_read(io->regs, reg);
	return reg == IOAPIC_VERSION ? (io->npins - 1) << 16 | VERSION_OLD : 0;
}

static void data_write(const struct ioapic_view *view, u32 val)
{
	struct direct_ioapic *io = view->io;
	bool service = view->vm->kind == VM_SERVICE;
	u32 reg = view->select;

	if (is_rte(io, reg) && service)
		service_write(io, reg, val);
	else if (is_rte(io, reg))
		cell_write(view->vm, io, reg, val);
	else if (service)
		ioapic_reg_write(io->regs, reg, val);
}

/*
 * Newer ones have a register for EOIs, which is the Service VM's. Nothing else
 * of the page is passed on: machines that look at few bits of an address have
 * the two windows there a second time.
 */
static void eoi(const struct ioapic_view *view, u32 vector)
{
	if (view->vm->kind == VM_SERVICE)
		ioapic_eoi(view->io->regs, vector);
}

static int ioapic_read(void *dev, u32 at, u32 size, u64 *val)
{
	struct ioapic_view *view = dev;

	if (size != 4)
		return -EINVAL;
	*val = 0;
	spin_lock(&view->io->lock);
	if (at == IOREGSEL)
		*val = view->select;
	else if (at == IOWIN)
		*val = data_read(view);
	spin_unlock(&view->io->lock);
	return 0;
}

static int ioapic_write(void *dev, u32 at, u32 size, u64 *val)
{
	struct ioapic_view *view = dev;

	if (size != 4)
		return -EINVAL;
	spin_lock(&view->io->lock);
	if (at == IOREGSEL)
		view->select = *val & 0xff;
	else if (at == IOWIN)
		data_write(view, (u32)*val);
	else if (at == IOEOI)
		eoi(view, (u32)*val);
	spin_unlock(&view->io->lock);
	return 0;
}

static int add_range(struct vm *vm, struct ioapic_view *view)
{
	const struct io_range r = {
		.name = "I/O APIC",
		.base = view->io->base,
		.size = PAGE_SIZE,
		.read = ioapic_read,
		.write = ioapic_write,
		.dev = view,
	};

	return io_space_add_mmio(vm->io, &r);
}

static int register_one(struct vm *vm, const struct acpi_ioapic *desc)
{
	struct direct_ioapic *io = &ioapics[ioapic_count];

	if (ioapic_count == ARRAY_SIZE(ioapics))
		return -ENOSPC;
	*io = (struct direct_ioapic){ .base = desc->base, .gsi = desc->gsi };
	io->regs = hostmap_remap(HPA(desc->base), PAGE_SIZE);
	if (!io->regs)
		return -ENOMEM;
	io->npins = IOAPIC_PINS(ioapic_reg_read(io->regs, IOAPIC_VERSION));
	io->npins = MIN(io->npins, (0x100 - RTE_FIRST) / 2);
	io->pin = vm_mem_alloc(io->npins * sizeof(*io->pin));
	if (!io->pin)
		return -ENOMEM;
	io->service = (struct ioapic_view){ .io = io, .vm = vm };
	ioapic_count++;
	return add_range(vm, &io->service);
}

int direct_ioapics_register(struct vm *service, const struct acpi_ioapic *io,
			    u32 n)
{
	int rc = 0;

	ioapic_count = 0;
	for (u32 i = 0; i < n && rc == 0; i++)
		rc = register_one(service, &io[i]);
	return rc;
}

static struct direct_ioapic *find(u32 gsi)
{
	for (u32 i = 0; i < ioapic_count; i++)
		if (gsi - ioapics[i].gsi < ioapics[i].npins)
			return &ioapics[i];
	return NULL;
}

/* Ranges change only while the cell's CPUs are out of it. */
static int show(struct vm *cell, struct direct_ioapic *io)
{
	struct ioapic_view *view = &cell->guest->ioapic[io - ioapics];

	if (view->io)
		return 0;
	*view = (struct ioapic_view){ .io = io, .vm = cell };
	return add_range(cell, view);
}

/* Masked, so nobody asks where to; then any valid CPU will do. */
static u64 rte_at_reset(const struct vm *cell)
{
	return (u64)cell->vcpu[0]->lapic_id << (32 + RTE_DEST_SHIFT) |
	       RTE_MASKED;
}

int direct_ioapic_take(struct vm *cell, u32 gsi)
{
	struct direct_ioapic *io = find(gsi);
	struct pin *p;
	int rc;

	if (!io) {
		log_guest("cell: interrupt %u: no I/O APIC has it", gsi);
		return -EINVAL;
	}
	p = &io->pin[gsi - io->gsi];
	if (p->cell) {
		log_guest("cell: interrupt %u is cell '%s's", gsi,
			  p->cell->name);
		return -EBUSY;
	}
	rc = show(cell, io);
	if (rc)
		return rc;
	spin_lock(&io->lock);
	p->service = rte_get(io, gsi - io->gsi);
	p->cell = cell;
	p->slot = cell->slot;
	p->want = rte_at_reset(cell);
	rte_renew(io, gsi - io->gsi, p->want);
	spin_unlock(&io->lock);
	return 0;
}

void direct_ioapic_reset(u32 gsi)
{
	struct direct_ioapic *io = find(gsi);
	struct pin *p = &io->pin[gsi - io->gsi];

	spin_lock(&io->lock);
	p->want = rte_at_reset(p->cell);
	rte_renew(io, gsi - io->gsi, p->want);
	spin_unlock(&io->lock);
}

/* The Service VM's entry @rte, masked if it leads to a cell's CPU. */
static u64 guarded(const struct direct_ioapic *io, u32 n, u64 rte)
{
	u64 safe = (rte & ~(u64)0xffffffff) |
		   service_low((u32)(rte >> 32), (u32)rte);

	if (safe != rte)
		log_guest("I/O APIC: line %u of the Service VM leads to a "
			  "cell's CPU",
			  io->gsi + n);
	return safe;
}

void direct_ioapic_give_back(u32 gsi)
{
	struct direct_ioapic *io = find(gsi);
	u32 n = gsi - io->gsi;
	struct pin *p = &io->pin[n];

	spin_lock(&io->lock);
	p->cell = NULL;
	rte_renew(io, n, guarded(io, n, p->service));
	spin_unlock(&io->lock);
}

static void guard(struct direct_ioapic *io)
{
	spin_lock(&io->lock);
	for (u32 n = 0; n < io->npins; n++) {
		u64 rte = rte_get(io, n), safe = rte;

		if (!io->pin[n].cell)
			safe = guarded(io, n, rte);
		if (safe != rte)
			rte_set(io, n, safe);
	}
	spin_unlock(&io->lock);
}

void direct_ioapic_guard(void)
{
	for (u32 i = 0; i < ioapic_count; i++)
		guard(&ioapics[i]);
}

bool direct_ioapic_pin(u32 gsi, struct holm_pin *out)
{
	struct direct_ioapic *io = find(gsi);
	u32 n;

	if (!io)
		return false;
	n = gsi - io->gsi;
	spin_lock(&io->lock);
	*out = (struct holm_pin){
		.gsi = gsi,
		.owner = io->pin[n].cell ? io->pin[n].slot : VMID_SERVICE,
		.entry = rte_get(io, n),
	};
	spin_unlock(&io->lock);
	return true;
}
