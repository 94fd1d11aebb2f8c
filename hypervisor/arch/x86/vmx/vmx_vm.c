/* SPDX-License-Identifier: BSD-2-Clause */
/* A VM's I/O and MSR bitmaps, SDM vol 3, 25.6.4 and 25.6.9. */
#include "arch/x86/vmx/vmx.h"

#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/pages.h"

#define IO_PAGES       2 /* ports 0 to 0x7fff, 0x8000 to 0xffff */
#define MSR_PAGES      2
#define MSR_WRITES     0x4000U /* bits to the half about writes */
#define MSR_PAGE       0x8000U /* bits of a page */
#define MSRS_PER_RANGE 0x2000U

/* First MSR of each range the bitmap covers, and its place in each half. */
static const struct {
	u32 first;
	u32 offset;
} msr_range[] = {
	{ 0x00000000, 0x000 },
	{ 0xc0000000, 0x400 },
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
	struct vmx_vm *s = pages_alloc(1);

	if (!s)
		return -ENOMEM;
	vm->priv = s;
	s->io = pages_alloc(IO_PAGES);
	s->msr = pages_alloc(MSR_PAGES);
	if (!s->io || !s->msr) {
		vmx_vm_free(vm);
		return -ENOMEM;
	}
	s->io_hpa = pages_hpa(s->io);
	s->msr_hpa = pages_hpa(s->msr);
	/* Ports and MSRs trap until the policy opens them. */
	memset(s->msr, 0xff, MSR_PAGES * PAGE_SIZE);
	memset(s->io, 0xff, IO_PAGES * PAGE_SIZE);
	for (u32 i = 0; i < ARRAY_SIZE(by_cpu); i++) {
		for (u32 msr = by_cpu[i].first; msr <= by_cpu[i].last; msr++)
			vmx_vm_trap_msr(vm, msr, true, true);
	}
	return 0;
}

void vmx_vm_free(struct hw_vm *vm)
{
	struct vmx_vm *s = vm->priv;

	if (!s)
		return;
	pages_free(s->io, IO_PAGES);
	pages_free(s->msr, MSR_PAGES);
	pages_free(s, 1);
	vm->priv = NULL;
}

void vmx_vm_trap_pio(struct hw_vm *vm, u16 port, u32 count, bool trap)
{
	struct vmx_vm *s = vm->priv;

	for (u32 i = 0; i < count && port + i <= 0xffff; i++)
		bitmap_put(s->io, port + i, trap);
}

#define MSR_NO_BIT ~(u32)0

/* Its bit about reads; registers without any exit always. */
static u32 msr_bit(u32 msr)
{
	for (u32 i = 0; i < ARRAY_SIZE(msr_range); i++) {
		u32 n = msr - msr_range[i].first;

		if (n < MSRS_PER_RANGE)
			return msr_range[i].offset * 8 + n;
	}
	return MSR_NO_BIT;
}

void vmx_vm_trap_msr(struct hw_vm *vm, u32 msr, bool read, bool write)
{
	struct vmx_vm *s = vm->priv;
	u32 n = msr_bit(msr);

	if (n == MSR_NO_BIT)
		return;
	bitmap_put(s->msr, n, read);
	bitmap_put(s->msr, n + MSR_WRITES, write);
	n += MSR_PAGE;
	bitmap_put(s->msr, n, read && !is_by_cpu(msr, false));
	bitmap_put(s->msr, n + MSR_WRITES, write && !is_by_cpu(msr, true));
}

/*
 * What the second page passes beyond the first never leaves the CPU's
 * virtual-APIC page, so the first says what reaches the machine.
 */
bool vmx_vm_passes(const struct hw_vm *vm, enum hw_access what, u32 nr)
{
	const struct vmx_vm *s = vm->priv;
	u32 n = msr_bit(nr);

	if (what == HW_PORT)
		return nr <= 0xffff && !bitmap_test(s->io, nr);
	return n != MSR_NO_BIT &&
	       !bitmap_test(s->msr, what == HW_MSR_WRITE ? n + MSR_WRITES : n);
}
