/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine with memory above 4 GiB, and pages of 1 GiB; wants 6 GiB. */
#include "kit/blobs.h"
#include "kit/test.h"
#include "kit/trap.h"

#define E820_RAM  1
#define HIGH      GIB(4)
#define USER_HIGH GIB(4)
#define RAM       MIB(4)

static u64 high_end(void)
{
	const struct boot_range *map;
	u32 n = boot_map(&map);
	u64 end = 0;

	for (u32 i = 0; i < n; i++)
		if (map[i].type == E820_RAM && map[i].base == HIGH)
			end = map[i].base + map[i].size;
	return end;
}

static bool make(struct dm_vm *vm)
{
	ram_free_all();
	return dm_take_cpus(1) && dm_make(vm, 1, RAM);
}

static void map_has_high_memory(void)
{
	check(high_end() >= HIGH + GIB(1), "it ends at %lx", high_end());
	check(hc_info().hv_base < GIB(4), "Holm is at %lx", hc_info().hv_base);
	check_eq(hc_vm(0).leaves[2] > 0, 1, "1 GiB pages of the Service VM");
}

static void high_memory_is_ours(void)
{
	for (u64 at = HIGH; at < high_end(); at += MIB(64) + 8)
		*(volatile u64 *)(uintptr_t)at = at * 3;
	for (u64 at = HIGH; at < high_end(); at += MIB(64) + 8)
		if (!check_eq(*(volatile u64 *)(uintptr_t)at, at * 3,
			      "word at %lx", at))
			return;
}

static void one_large_page(void)
{
	u64 used = hc_info().pool_used;
	struct holm_vm v;
	struct dm_vm vm;

	if (!make(&vm))
		return;
	check_eq(dm_region(&vm, ACRN_REGION_ADD, USER_HIGH, HIGH, GIB(1),
			   DM_RAM_ATTR),
		 0, "add");
	v = hc_vm(1);
	check_eq(v.leaves[2], 1, "1 GiB pages");
	check_eq(v.mem_bytes, GIB(1) + RAM, "bytes");
	check_eq(dm_region(&vm, ACRN_REGION_DEL, USER_HIGH + MIB(2), 0,
			   PAGE_SIZE, 0),
		 0, "one page out of it");
	v = hc_vm(1);
	check_eq(v.leaves[2], 0, "1 GiB pages then");
	check_eq(v.leaves[1], 511 + RAM / MIB(2), "2 MiB pages then");
	check_eq(v.leaves[0], 511, "4 KiB pages then");
	check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
	check_eq(hc_info().pool_used, used, "pages in use");
}

/* Addresses that are not aligned to each other: only small pages fit. */
static void no_large_page(void)
{
	struct dm_vm vm;
	struct holm_vm v;

	if (!make(&vm))
		return;
	check_eq(dm_region(&vm, ACRN_REGION_ADD, USER_HIGH + PAGE_SIZE, HIGH,
			   MIB(4), DM_RAM_ATTR),
		 0, "add");
	v = hc_vm(1);
	check_eq(v.leaves[1], RAM / MIB(2), "2 MiB pages");
	check_eq(v.leaves[0], 1024, "4 KiB pages");
	check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
}

/* The program itself, its counter and the request page above 4 GiB. */
static void runs_up_there(void)
{
	struct acrn_abi_vcpu_regs regs;
	struct acrn_abi_ioreq_buffer buf = { .page_gpa = HIGH + GIB(1) -
							 PAGE_SIZE };
	struct dm_vm vm = { .nvcpus = 1 };
	struct acrn_abi_vm_creation c = { .vcpu_num = 1, .name = "high" };
	u8 *high = (u8 *)(uintptr_t)HIGH;

	ram_free_all();
	if (!dm_take_cpus(1))
		return;
	check_eq(hypercall(HC_CREATE_VM, addr_of(&c), 0), 0, "create");
	vm.vmid = c.vmid;
	vm.req = (struct acrn_abi_ioreq *)(uintptr_t)buf.page_gpa;
	check_eq(hypercall(HC_SET_IOREQ_BUFFER, vm.vmid, addr_of(&buf)), 0,
		 "request page");
	vm.ram = high;
	check_eq(dm_region(&vm, ACRN_REGION_ADD, 0, HIGH, RAM, DM_RAM_ATTR), 0,
		 "low RAM from up there");
	check_eq(dm_region(&vm, ACRN_REGION_ADD, GIB(3), HIGH + MIB(8), RAM,
			   DM_RAM_ATTR),
		 0, "another piece");
	regs = dm_regs_long(&vm, 0, GIB(3));
	memcpy(high + MIB(8), blob_request,
	       (size_t)(blob_request_end - blob_request));
	check_eq(dm_set_regs(&vm, &regs), 0, "registers");
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	check_eq(dm_serve(&vm, PATIENCE_MS), DM_ENDED, "how it ended");
	check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
}

/* clang-format off */
const struct test tests[] = {
	{ "map_has_high_memory", map_has_high_memory },
	{ "high_memory_is_ours", high_memory_is_ours },
	{ "one_large_page", one_large_page },
	{ "no_large_page", no_large_page },
	{ "runs_up_there", runs_up_there },
	{ NULL, NULL },
};
/* clang-format on */
