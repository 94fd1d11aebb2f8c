/* SPDX-License-Identifier: BSD-2-Clause */
/* A VM's I/O and MSR bitmaps, SDM vol 3, 25.6.4 and 25.6.9. */
#include "arch/x86/vmx/vmx.h"

#include "lib/bitmap.h"
#include "lib/errno.h"

#define MSR_PAGE 0x8000U /* bits of a page */

/*
 * Two pages of ports; two of MSRs: the second for guests whose CPU has their
 * APIC.
 */
static const struct trap_layout layout = {
	.io_pages = 2,
	.msr_pages = 2,
	.msr_bits = 1,
	.msr_write = 0x4000,
	.ranges = 2,
	.range = { { 0x00000000, 0x000 }, { 0xc0000000, 0x400 } },
};

/*
 * In x2APIC mode with virtual delivery the CPU answers these from the
 * virtual-APIC page: TPR, PPR, ISR and IRR reads; TPR, EOI and SELF IPI
 * writes. In any other mode they would reach the machine's own APIC.
 */
static const struct {
	u32 first, last;
	bool write;
} by_cpu[] = {
	{ 0x808, 0x808, false }, { 0x80a, 0x80a, false },
	{ 0x810, 0x817, false }, { 0x820, 0x827, false },
	{ 0x808, 0x808, true },  { 0x80b, 0x80b, true },
	{ 0x83f, 0x83f, true },
};

static bool is_by_cpu(u32 msr, bool write)
{
	for (u32 i = 0; i < ARRAY_SIZE(by_cpu); i++) {
		if (by_cpu[i].write == write && msr >= by_cpu[i].first &&
		    msr <= by_cpu[i].last)
			return true;
	}
	return false;
}

int vmx_vm_init(struct hw_vm *vm)
{
	vm->priv = trap_maps_new(&layout);
	if (!vm->priv)
		return -ENOMEM;
	for (u32 i = 0; i < ARRAY_SIZE(by_cpu); i++) {
		for (u32 msr = by_cpu[i].first; msr <= by_cpu[i].last; msr++)
			vmx_vm_trap_msr(vm, msr, true, true);
	}
	return 0;
}

void vmx_vm_free(struct hw_vm *vm)
{
	trap_maps_delete(vm->priv, &layout);
	vm->priv = NULL;
}

void vmx_vm_trap_pio(struct hw_vm *vm, u16 port, u32 count, bool trap)
{
	trap_maps_put_ports(vm->priv, port, count, trap);
}

void vmx_vm_trap_msr(struct hw_vm *vm, u32 msr, bool read, bool write)
{
	struct trap_maps *m = vm->priv;
	u32 n = trap_maps_msr_bit(&layout, msr);

	if (n == TRAP_MSR_NO_BIT)
		return;
	trap_maps_put_msr(m, &layout, msr, read, write);
	n += MSR_PAGE;
	bitmap_put(m->msr, n, read && !is_by_cpu(msr, false));
	bitmap_put(m->msr, n + layout.msr_write,
		   write && !is_by_cpu(msr, true));
}

/*
 * What the second page passes beyond the first never leaves the CPU's
 * virtual-APIC page, so the first says what reaches the machine.
 */
bool vmx_vm_passes(const struct hw_vm *vm, enum hw_access what, u32 nr)
{
	if (what == HW_PORT)
		return trap_maps_port_passes(vm->priv, nr);
	return trap_maps_msr_passes(vm->priv, &layout, nr,
				    what == HW_MSR_WRITE);
}
