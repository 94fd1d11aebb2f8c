/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine with a DMA remapping unit: not the Service VM's to program. */
#include "kit/hc.h"
#include "kit/test.h"
#include "kit/trap.h"

#define DMAR_BASE   0xfed90000UL /* where q35 has it */
#define DMAR_GCMD   0x18
#define DMAR_GSTS   0x1c
#define DMAR_ENABLE BIT32(31)

static volatile u32 *reg(u32 off)
{
	return (volatile u32 *)(uintptr_t)(DMAR_BASE + off);
}

static void registers_read_as_ones(void)
{
	for (u32 off = 0; off < PAGE_SIZE; off += 4)
		if (!check_eq(*reg(off), 0xffffffff, "register %x", off))
			return;
}

static void writes_do_nothing(void)
{
	struct holm_info before = hc_info();

	for (u32 off = 0; off < PAGE_SIZE; off += 4)
		*reg(off) = ~0U;
	*reg(DMAR_GCMD) = DMAR_ENABLE;
	check_eq(*reg(DMAR_GSTS), 0xffffffff, "status");
	check_eq(hc_info().pool_used, before.pool_used, "Holm");
}

static void cannot_be_given_away(void)
{
	struct acrn_abi_gpa2hpa v = { .gpa = DMAR_BASE };

	check_eq(hypercall(HC_VM_GPA2HPA, 0, addr_of(&v)), -EFAULT,
		 "its translation");
}

/* clang-format off */
const struct test tests[] = {
	{ "registers_read_as_ones", registers_read_as_ones },
	{ "writes_do_nothing", writes_do_nothing },
	{ "cannot_be_given_away", cannot_be_given_away },
	{ NULL, NULL },
};
/* clang-format on */
