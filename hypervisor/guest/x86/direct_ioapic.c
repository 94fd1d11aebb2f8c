/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The real I/O APICs, one access at a time: a redirection entry may not ask
 * for INIT or SMI, which would take a CPU out of its guest. 82093AA, 3.2.
 */
#include "guest/x86/direct_apic.h"

#include "core/spinlock.h"
#include "guest/x86/direct_ioapic.h"
#include "io/iospace.h"
#include "lib/errno.h"
#include "mem/hostmap.h"
#include "vm/vm.h"

#define IOREGSEL       0x00
#define IOWIN          0x10
#define RTE_FIRST      0x10
#define RTE_MODE_SHIFT 8
#define RTE_MASKED     BIT32(16)
#define MODE_SMI       2
#define MODE_INIT      5
#define IOAPICS_MAX    16

struct direct_ioapic {
	struct spinlock lock;
	volatile u8 *regs;
	u32 select;
};

static struct direct_ioapic ioapics[IOAPICS_MAX];
static u32 ioapic_count;

static volatile u32 *reg(const struct direct_ioapic *io, u32 at)
{
	return (volatile u32 *)(volatile void *)(io->regs + at);
}

static u32 rte_filter(u32 select, u32 val)
{
	u32 mode = (val >> RTE_MODE_SHIFT) & 7;

	if (select < RTE_FIRST || (select & 1))
		return val;
	if (mode != MODE_SMI && mode != MODE_INIT)
		return val;
	return (val & ~((u32)7 << RTE_MODE_SHIFT)) | RTE_MASKED;
}

static int ioapic_read(void *dev, u32 at, u32 size, u64 *val)
{
	struct direct_ioapic *io = dev;

	if (size != 4)
		return -EINVAL;
	spin_lock(&io->lock);
	*val = *reg(io, at);
	spin_unlock(&io->lock);
	return 0;
}

static int ioapic_write(void *dev, u32 at, u32 size, u64 *val)
{
	struct direct_ioapic *io = dev;
	u32 v = (u32)*val;

	if (size != 4)
		return -EINVAL;
	spin_lock(&io->lock);
	if (at == IOREGSEL)
		io->select = v & 0xff;
	*reg(io, at) = at == IOWIN ? rte_filter(io->select, v) : v;
	spin_unlock(&io->lock);
	return 0;
}

int direct_ioapic_register(struct vm *vm, u64 base)
{
	struct direct_ioapic *io = &ioapics[ioapic_count];
	struct io_range r = {
		.name = "I/O APIC",
		.base = base,
		.size = PAGE_SIZE,
		.read = ioapic_read,
		.write = ioapic_write,
		.dev = io,
	};

	if (ioapic_count == IOAPICS_MAX)
		return -ENOSPC;
	io->regs = hostmap_remap(HPA(base), PAGE_SIZE);
	if (!io->regs)
		return -ENOMEM;
	ioapic_count++;
	return io_space_add_mmio(vm->io, &r);
}
