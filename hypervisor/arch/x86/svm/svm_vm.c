/* SPDX-License-Identifier: BSD-2-Clause */
/* A VM's I/O and MSR permission maps, APM vol 2, 15.10 and 15.11. */
#include "arch/x86/svm/svm.h"

#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/pages.h"

#define IOPM_PAGES     3
#define MSRPM_PAGES    2
#define MSRS_PER_RANGE 0x2000U

/* First MSR of each range the map covers, and its place in the map. */
static const struct {
	u32 first;
	u32 offset;
} msr_range[] = {
	{ 0x00000000, 0x0000 },
	{ 0xc0000000, 0x0800 },
	{ 0xc0010000, 0x1000 },
};

int svm_vm_init(struct hw_vm *vm)
{
	struct svm_vm *s = pages_alloc(1);

	if (!s)
		return -ENOMEM;
	vm->priv = s;
	s->iopm = pages_alloc(IOPM_PAGES);
	s->msrpm = pages_alloc(MSRPM_PAGES);
	if (!s->iopm || !s->msrpm) {
		svm_vm_free(vm);
		return -ENOMEM;
	}
	s->iopm_hpa = pages_hpa(s->iopm);
	s->msrpm_hpa = pages_hpa(s->msrpm);
	/* Ports and MSRs trap until the policy opens them. */
	memset(s->msrpm, 0xff, MSRPM_PAGES * PAGE_SIZE);
	memset(s->iopm, 0xff, IOPM_PAGES * PAGE_SIZE);
	return 0;
}

void svm_vm_free(struct hw_vm *vm)
{
	struct svm_vm *s = vm->priv;

	if (!s)
		return;
	pages_free(s->iopm, IOPM_PAGES);
	pages_free(s->msrpm, MSRPM_PAGES);
	pages_free(s, 1);
	vm->priv = NULL;
}

void svm_vm_trap_pio(struct hw_vm *vm, u16 port, u32 count, bool trap)
{
	struct svm_vm *s = vm->priv;

	for (u32 i = 0; i < count && port + i <= 0xffff; i++)
		bitmap_put(s->iopm, port + i, trap);
}

#define MSR_NO_BIT ~(u32)0

/* The first of its two bits in the map; registers without any exit always. */
static u32 msr_bit(u32 msr)
{
	for (u32 i = 0; i < ARRAY_SIZE(msr_range); i++) {
		u32 n = msr - msr_range[i].first;

		if (n < MSRS_PER_RANGE)
			return msr_range[i].offset * 8 + n * 2;
	}
	return MSR_NO_BIT;
}

void svm_vm_trap_msr(struct hw_vm *vm, u32 msr, bool read, bool write)
{
	struct svm_vm *s = vm->priv;
	u32 n = msr_bit(msr);

	if (n == MSR_NO_BIT)
		return;
	bitmap_put(s->msrpm, n, read);
	bitmap_put(s->msrpm, n + 1, write);
}

bool svm_vm_passes(const struct hw_vm *vm, enum hw_access what, u32 nr)
{
	const struct svm_vm *s = vm->priv;
	u32 n = msr_bit(nr);

	if (what == HW_PORT)
		return nr <= 0xffff && !bitmap_test(s->iopm, nr);
	return n != MSR_NO_BIT &&
	       !bitmap_test(s->msrpm, n + (what == HW_MSR_WRITE));
}
