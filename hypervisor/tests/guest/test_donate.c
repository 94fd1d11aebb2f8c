/* SPDX-License-Identifier: BSD-2-Clause */
/* What memory a User VM can be given, and what it then reaches. */
#include "kit/blobs.h"
#include "kit/test.h"
#include "kit/trap.h"

#define RAM MIB(4)
#define RO  (ACRN_ATTR_READ | ACRN_ATTR_EXEC | ACRN_ATTR_WB)

static bool make(struct dm_vm *vm)
{
	ram_free_all();
	return dm_take_cpus(1) && dm_make(vm, 1, RAM);
}

static void destroy(struct dm_vm *vm)
{
	check_eq(dm_call(HC_DESTROY_VM, vm), 0, "destroy");
}

static s64 translate(struct dm_vm *vm, u64 gpa, u64 *hpa)
{
	struct acrn_abi_gpa2hpa v = { .gpa = gpa };
	s64 rc = hypercall(HC_VM_GPA2HPA, vm->vmid, addr_of(&v));

	*hpa = v.hpa;
	return rc;
}

static s64 add(struct dm_vm *vm, u64 gpa, u64 from, u64 size)
{
	return dm_region(vm, ACRN_REGION_ADD, gpa, from, size, DM_RAM_ATTR);
}

static void not_the_service_vms(void)
{
	struct holm_info info = hc_info();
	struct dm_vm vm;
	struct holm_vm before;

	if (!make(&vm))
		return;
	before = hc_vm(1);
	check(add(&vm, MIB(64), info.hv_base, PAGE_SIZE) < 0, "Holm");
	check(add(&vm, MIB(64), info.hv_base + info.hv_size - PAGE_SIZE,
		  PAGE_SIZE) < 0,
	      "Holm's last page");
	check(add(&vm, MIB(64), info.hv_base - PAGE_SIZE, 2 * PAGE_SIZE) < 0,
	      "a range that reaches into Holm");
	check(add(&vm, MIB(64), info.hv_base - MIB(2), MIB(2) + PAGE_SIZE) < 0,
	      "a large page and a bit of Holm");
	check(add(&vm, MIB(64), 0xfee00000, PAGE_SIZE) < 0, "the LAPIC");
	check(add(&vm, MIB(64), 0xfec00000, PAGE_SIZE) < 0, "the IOAPIC");
	check(add(&vm, MIB(64), GIB(8), PAGE_SIZE) < 0, "a hole");
	check(add(&vm, MIB(64), 1UL << 50, PAGE_SIZE) < 0, "far beyond");
	check(add(&vm, MIB(64), ~0UL << 12, PAGE_SIZE) < 0, "the last page");
	check(add(&vm, MIB(64), ~0UL << 12, 2 * PAGE_SIZE) < 0, "wraps");
	check_eq(hc_vm(1).mem_bytes, before.mem_bytes, "memory afterwards");
	destroy(&vm);
}

static void bad_ranges(void)
{
	u64 ram = addr_of(ram_alloc(MIB(4), MIB(2)));
	struct dm_vm vm;

	if (!make(&vm))
		return;
	check(add(&vm, MIB(64), ram, 0) < 0, "nothing");
	check(add(&vm, MIB(64), ram, 100) < 0, "100 bytes");
	check(add(&vm, MIB(64) + 8, ram, PAGE_SIZE) < 0, "odd GPA");
	check(add(&vm, MIB(64), ram + 8, PAGE_SIZE) < 0, "odd source");
	check(add(&vm, 0xfee00000, ram, PAGE_SIZE) < 0, "over the LAPIC");
	check(add(&vm, 0xfec00000, ram, PAGE_SIZE) < 0, "over the IOAPIC");
	check(add(&vm, 0xfebff000, ram, 2 * PAGE_SIZE) < 0, "into the IOAPIC");
	check(add(&vm, 1UL << 48, ram, PAGE_SIZE) < 0, "beyond 2^48");
	check(add(&vm, ~0UL << 12, ram, 2 * PAGE_SIZE) < 0, "wraps");
	check(add(&vm, 0, ram, PAGE_SIZE) < 0, "over what is there");
	check(add(&vm, RAM - PAGE_SIZE, ram, 2 * PAGE_SIZE) < 0,
	      "partly over what is there");
	check(dm_region(&vm, 1, MIB(64), ram, PAGE_SIZE, DM_RAM_ATTR) < 0,
	      "unknown operation");
	check(dm_region(&vm, 0, MIB(64), ram, PAGE_SIZE, 0) < 0, "no rights");
	check(dm_region(&vm, 0, MIB(64), ram, PAGE_SIZE,
			DM_RAM_ATTR | ACRN_ATTR_UC) < 0,
	      "two types");
	check(dm_region(&vm, 0, MIB(64), ram, PAGE_SIZE,
			DM_RAM_ATTR | 0x10000) < 0,
	      "unknown bits");
	destroy(&vm);
}

/* A batch is done wholly or not at all. */
static void batches(void)
{
	u8 *ram;
	u64 hpa;
	struct dm_vm vm;
	struct acrn_abi_region r[3];
	struct acrn_abi_region_batch b = { .regions_num = 3,
					   .regions_gpa = addr_of(r) };

	if (!make(&vm))
		return;
	ram = ram_alloc(MIB(2), MIB(2));
	b.vmid = vm.vmid;
	for (u64 i = 0; i < 3; i++)
		r[i] = (struct acrn_abi_region){
			.attr = DM_RAM_ATTR,
			.user_gpa = MIB(64) + i * MIB(1),
			.service_gpa = addr_of(ram) + i * PAGE_SIZE,
			.size = PAGE_SIZE,
		};
	r[2].service_gpa = hc_info().hv_base;
	check(hypercall(HC_VM_SET_MEMORY_REGIONS, addr_of(&b), 0) < 0,
	      "with one bad");
	for (u64 i = 0; i < 3; i++)
		check_eq(translate(&vm, r[i].user_gpa, &hpa), -EFAULT,
			 "region %lu is there", i);
	r[2].service_gpa = addr_of(ram) + 2 * PAGE_SIZE;
	check_eq(hypercall(HC_VM_SET_MEMORY_REGIONS, addr_of(&b), 0), 0,
		 "good");
	for (u64 i = 0; i < 3; i++) {
		check_eq(translate(&vm, r[i].user_gpa + 5, &hpa), 0,
			 "region %lu", i);
		check_eq(hpa, r[i].service_gpa + 5, "where it is");
	}
	destroy(&vm);
}

static void leaves(void)
{
	struct dm_vm vm;
	struct holm_vm v;

	if (!make(&vm))
		return;
	v = hc_vm(1);
	check_eq(v.mem_bytes, RAM, "bytes");
	check_eq(v.leaves[1], RAM / MIB(2), "large pages");
	check_eq(v.leaves[0], 0, "small pages");
	check_eq(dm_region(&vm, ACRN_REGION_DEL, PAGE_SIZE, 0, PAGE_SIZE, 0), 0,
		 "one page out of it");
	v = hc_vm(1);
	check_eq(v.mem_bytes, RAM - PAGE_SIZE, "bytes");
	check_eq(v.leaves[0], 511, "small pages");
	destroy(&vm);
}

/* Two pages far apart look like one piece, also to what the VM calls. */
static void scattered(void)
{
	struct acrn_abi_vcpu_regs regs;
	struct dm_vm vm;
	u8 *a, *b;

	if (!make(&vm))
		return;
	a = ram_alloc(PAGE_SIZE, PAGE_SIZE);
	ram_alloc(MIB(3), PAGE_SIZE);
	b = ram_alloc(PAGE_SIZE, PAGE_SIZE);
	check_eq(dm_map(&vm, MIB(64), b, PAGE_SIZE), 0, "first");
	check_eq(dm_map(&vm, MIB(64) + PAGE_SIZE, a, PAGE_SIZE), 0, "second");
	/* The program lies on the seam: it is fetched from both. */
	memcpy(b + PAGE_SIZE - 8, blob_request, 8);
	memcpy(a, blob_request + 8,
	       (size_t)(blob_request_end - blob_request) - 8);
	regs = dm_regs_long(&vm, 0, MIB(64) + PAGE_SIZE - 8);
	check_eq(dm_set_regs(&vm, &regs), 0, "registers");
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	check_eq(dm_serve(&vm, PATIENCE_MS), DM_ENDED, "how it ended");
	check_eq(vm.requests, 3, "requests");
	destroy(&vm);
}

/* Taken away while it runs: what it then writes goes nowhere. */
static void taken_while_running(void)
{
	struct acrn_abi_vcpu_regs regs;
	struct dm_vm vm;
	volatile u32 *n;
	u32 before;

	if (!make(&vm))
		return;
	n = (volatile u32 *)(void *)(vm.ram + BLOB_COUNTER);
	regs = dm_regs_long(&vm, 0, BLOB_AT);
	blob_load(&vm, count);
	check_eq(dm_set_regs(&vm, &regs), 0, "registers");
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	check(WAIT_FOR(*n > 1000), "it does not count");
	check_eq(dm_region(&vm, ACRN_REGION_DEL, BLOB_COUNTER, 0, PAGE_SIZE, 0),
		 0, "take the page");
	before = *n;
	delay_us(3000);
	check_eq(*n, before, "it still reaches the page");
	check(dm_wait_request(&vm, 0), "its access is no request");
	check_eq(vm.req[0].u.access.address, BLOB_COUNTER, "address");
	check_eq(add(&vm, BLOB_COUNTER,
		     addr_of((const void *)(vm.ram)) + BLOB_COUNTER, PAGE_SIZE),
		 0, "give it back");
	dm_serve_pending(&vm);
	check(WAIT_FOR(dm_serve_pending(&vm) || *n != before), "after that");
	destroy(&vm);
}

static void read_only(void)
{
	struct acrn_abi_vcpu_regs regs;
	struct dm_vm vm;
	u8 *page;

	if (!make(&vm))
		return;
	page = ram_alloc(PAGE_SIZE, PAGE_SIZE);
	check_eq(dm_region(&vm, ACRN_REGION_DEL, BLOB_COUNTER, 0, PAGE_SIZE, 0),
		 0, "make room");
	check_eq(dm_region(&vm, ACRN_REGION_ADD, BLOB_COUNTER, addr_of(page),
			   PAGE_SIZE, RO),
		 0, "add");
	regs = dm_regs_long(&vm, 0, BLOB_AT);
	blob_load(&vm, count);
	check_eq(dm_set_regs(&vm, &regs), 0, "registers");
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	check(dm_wait_request(&vm, 0), "the write is no request");
	check_eq(*(volatile u32 *)(void *)page, 0, "it was written");
	destroy(&vm);
}

/* clang-format off */
const struct test tests[] = {
	{ "not_the_service_vms", not_the_service_vms },
	{ "bad_ranges", bad_ranges },
	{ "batches", batches },
	{ "leaves", leaves },
	{ "scattered", scattered },
	{ "taken_while_running", taken_while_running },
	{ "read_only", read_only },
	{ NULL, NULL },
};
/* clang-format on */
