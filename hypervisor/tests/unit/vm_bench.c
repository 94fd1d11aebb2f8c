/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/vm_bench.h"

static struct vcpu *bench_caller;

static void bench_map_service(struct vm *vm)
{
	struct stage2 *s2 = &vm->s2;

	assert_int_equal(
		stage2_map(s2, GPA(0), HPA(0), BENCH_RAM, PT_RWX | PT_WB), 0);
	assert_int_equal(stage2_unmap(s2, GPA(BENCH_HOLE), MIB(1)), 0);
	assert_int_equal(
		stage2_protect(s2, GPA(BENCH_RO), PAGE_SIZE, PT_R | PT_WB), 0);
	assert_int_equal(stage2_map(s2, GPA(BENCH_MMIO), HPA(BENCH_MMIO),
				    BENCH_MMIO_SIZE, PT_RWX | PT_UC),
			 0);
	stage2_reap(s2);
}

void bench_start(u32 ncpus, u64 pool_pages)
{
	const struct acpi_ioapic ioapic = { .base = 0xfec00000 };
	struct vm *vm;

	fake_machine_init(ncpus, BENCH_RAM, pool_pages);
	vm_setup(&fake.pool, &guest_machine_ops);
	assert_int_equal(vm_create_service(ncpus, &vm), 0);
	bench_map_service(vm);
	assert_int_equal(direct_apic_register(vm, &ioapic, 1), 0);
	assert_int_equal(vm_start(vm_lock(vm)), 0);
	vm_unlock((struct vm_locked){ vm });
	for (u32 i = 0; i < ncpus; i++) {
		vm->vcpu[i]->state = VCPU_STATE_RUNNABLE;
		bench_offline(i, false);
	}
	bench_caller = vm->vcpu[0];
}

int bench_setup(void **state)
{
	(void)state;
	bench_start(4, BENCH_POOL);
	return 0;
}

int bench_teardown(void **state)
{
	(void)state;
	fake_machine_free();
	return 0;
}

s64 hc(u32 nr, u64 arg1, u64 arg2)
{
	bool ud = true;
	s64 rc = hypercall_dispatch(bench_caller, nr, arg1, arg2, &ud);

	assert_false(ud);
	return rc;
}

u64 bench_put(u64 gpa, const void *src, u64 len)
{
	assert_true(gpa + len <= fake.ram_bytes);
	memcpy(fake.ram + gpa, src, len);
	return gpa;
}

void bench_get(void *dst, u64 gpa, u64 len)
{
	assert_true(gpa + len <= fake.ram_bytes);
	memcpy(dst, fake.ram + gpa, len);
}

void bench_offline(u32 index, bool offline)
{
	struct vcpu *vcpu = vm_service()->vcpu[index];

	vcpu->hw.regs.rflags = offline ? 2 : 0x202;
}

void bench_take(u32 first, u32 last)
{
	for (u32 i = first; i <= last; i++) {
		bench_offline(i, true);
		assert_int_equal(hc(HC_SOS_REMOVE_CPU, 2 * i, 0), 0);
	}
}

u16 bench_create(u64 cpus)
{
	struct acrn_abi_vm_creation c = {
		.name = "test",
		.cpu_affinity = cpus,
	};

	bench_put(BENCH_ARG, &c, sizeof(c));
	assert_int_equal(hc(HC_CREATE_VM, BENCH_ARG, 0), 0);
	bench_get(&c, BENCH_ARG, sizeof(c));
	assert_int_not_equal(c.vmid, ACRN_VMID_INVALID);
	return c.vmid;
}

u16 bench_create_ready(u64 cpus)
{
	u16 vmid = bench_create(cpus);
	u64 page = BENCH_IOREQ + vmid * PAGE_SIZE;

	memset(fake.ram + page, 0, PAGE_SIZE);
	bench_put(BENCH_ARG, &page, sizeof(page));
	assert_int_equal(hc(HC_SET_IOREQ_BUFFER, vmid, BENCH_ARG), 0);
	return vmid;
}

u16 bench_create_running(u64 cpus)
{
	u16 vmid = bench_create_ready(cpus);

	assert_int_equal(hc(HC_START_VM, vmid, 0), 0);
	return vmid;
}

struct vm *bench_vm(u16 vmid)
{
	struct vm *vm = vm_get(vmid);

	assert_non_null(vm);
	vm_put(vm);
	return vm;
}

struct acrn_abi_ioreq *bench_slot(u16 vmid, u32 vcpu)
{
	u64 page = BENCH_IOREQ + vmid * PAGE_SIZE;

	return (struct acrn_abi_ioreq *)(void *)(fake.ram + page) + vcpu;
}

s64 bench_region(u16 vmid, u32 type, u64 user, u64 service, u64 size, u32 attr)
{
	struct acrn_abi_region r = {
		.type = type,
		.attr = attr,
		.user_gpa = user,
		.service_gpa = service,
		.size = size,
	};
	struct acrn_abi_region_batch b = {
		.vmid = vmid,
		.regions_num = 1,
		.regions_gpa = bench_put(BENCH_ARG2, &r, sizeof(r)),
	};

	return hc(HC_VM_SET_MEMORY_REGIONS, bench_put(BENCH_ARG, &b, sizeof(b)),
		  0);
}

u64 bench_used(void)
{
	return fake.pool.used;
}

static void *hogged; /* chained by their first words */

void bench_hog(u64 keep)
{
	void **page;

	assert_null(hogged);
	while (fake.pool.pages - fake.pool.used > keep) {
		page = pool_alloc(&fake.pool, 1, 1);
		assert_non_null(page);
		*page = hogged;
		hogged = page;
	}
}

void bench_unhog(void)
{
	while (hogged) {
		void *next = *(void **)hogged;

		assert_int_equal(pool_free(&fake.pool, hogged, 1), 0);
		hogged = next;
	}
}
