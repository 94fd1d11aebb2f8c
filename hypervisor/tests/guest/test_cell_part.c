/* SPDX-License-Identifier: BSD-2-Clause */
/* Parts of a page of devices: the HPET's, which both QEMU and Bochs have. */
#include "kit/hc.h"
#include "kit/puppet.h"
#include "kit/test.h"

/* The timer's main counter is at 0xf0 of its page, its identity at 0. */
#define HPET         0xfed00000U
#define HPET_COUNTER 0xf0U

static volatile u32 *reg_at(u64 addr)
{
	return (volatile u32 *)(uintptr_t)addr;
}

static u32 mem_read(u32 addr)
{
	return puppet_do(PUPPET_READ32, addr, 0);
}

static void mem_write(u32 addr, u32 val)
{
	puppet_do(PUPPET_WRITE32, addr, val);
}

static u64 refused(u32 id)
{
	return cell_query(id).denied[HOLM_CELL_DENY_MEMORY];
}

static void parts_of_pages(void)
{
	const u32 flags = HOLM_CELL_M_DEVICE;
	u32 identity = *reg_at(HPET), id, was;

	cell_take_cpu(1);
	if (!check(identity != ~0U && identity != 0, "no HPET"))
		return;
	puppet_describe(0);
	desc_add_mem(HPET + HPET_COUNTER, 0xe0000000U + HPET_COUNTER, 8,
		     flags | HOLM_CELL_M_WRITE);
	desc_add_mem(HPET + 0x10, 0xe0000010U, 4, flags | HOLM_CELL_M_SHARED);
	id = puppet_make();
	check_eq(*reg_at(HPET), identity, "the Service VM's part");
	check_eq(*reg_at(HPET + HPET_COUNTER), ~0U, "the cell's part");
	check_eq(*reg_at(HPET + 0x10) & 1, 0, "what both have");
	mem_write(0xe0000000U + HPET_COUNTER, 0x1234);
	check_eq(mem_read(0xe0000000U + HPET_COUNTER), 0x1234, "written");
	*reg_at(HPET + 0x10) = 1;
	check_eq(mem_read(0xe0000010U) & 1, 1, "what both have, changed");
	was = mem_read(0xe0000000U + HPET_COUNTER);
	check(WAIT_FOR(mem_read(0xe0000000U + HPET_COUNTER) != was), "stands");
	*reg_at(HPET + 0x10) = 0;
	check_eq(refused(id), 0, "refused so far");
	mem_write(0xe0000010U, 1);
	check_eq(*reg_at(HPET + 0x10) & 1, 0, "read only, written");
	check_eq(mem_read(0xe0000000U), ~0U, "beside it");
	check_eq(mem_read(0xe0000000U + HPET_COUNTER + 6), ~0U, "across");
	check_eq(refused(id), 3, "refused");
	puppet_end(id);
	*reg_at(HPET + HPET_COUNTER) = 0x4321;
	check_eq(*reg_at(HPET + HPET_COUNTER), 0x4321, "it comes back");
}

static void bad_parts_are_refused(void)
{
	static const struct {
		u64 phys, virt, size;
		u32 flags;
		s64 rc;
	} bad[] = {
		{ HPET + 8, MIB(2) + 8, 8, 0, -EINVAL },
		{ HPET + 8, MIB(2) + 16, 8, HOLM_CELL_M_DEVICE, -EINVAL },
		{ HPET + 8, MIB(2) + 8, 0x1000, HOLM_CELL_M_DEVICE, -EINVAL },
		{ HPET + 8, MIB(2) + 8, 8,
		  HOLM_CELL_M_DEVICE | HOLM_CELL_M_EXEC, -EINVAL },
		{ 0xfee00020, MIB(2) + 0x20, 4, HOLM_CELL_M_DEVICE, -EBUSY },
		{ 0xfec00010, MIB(2) + 0x10, 4, HOLM_CELL_M_DEVICE, -EBUSY },
		{ MIB(330) + 8, MIB(2) + 8, 8, HOLM_CELL_M_DEVICE, -EBUSY },
		{ HPET + 8, 0xfee00008, 8, HOLM_CELL_M_DEVICE, -EINVAL },
	};

	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		puppet_describe(0);
		desc_add_mem(bad[i].phys, bad[i].virt, bad[i].size,
			     bad[i].flags);
		check_eq(desc_create(), bad[i].rc, "part %u", i);
	}
}

/* clang-format off */
const struct test tests[] = {
	{ "parts_of_pages", parts_of_pages },
	{ "bad_parts_are_refused", bad_parts_are_refused },
	{ NULL, NULL },
};
/* clang-format on */
