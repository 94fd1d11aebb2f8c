/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/vm_bench.h"

static struct vm *vm;
static u16 vmid;

static int setup(void **state)
{
	bench_setup(state);
	bench_take(1, 3);
	vmid = bench_create_running(BIT64(1) | BIT64(2));
	vm = bench_vm(vmid);
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(hc(HC_DESTROY_VM, vmid, 0), 0);
	return bench_teardown(state);
}

static s64 add(u64 user, u64 service, u64 size, u32 attr)
{
	return bench_region(vmid, ACRN_REGION_ADD, user, service, size, attr);
}

static s64 del(u64 user, u64 size)
{
	return bench_region(vmid, ACRN_REGION_DEL, user, 0, size, 0);
}

/** Send @n regions as one batch. */
static s64 batch(const struct acrn_abi_region *r, u32 n)
{
	struct acrn_abi_region_batch b = {
		.vmid = vmid,
		.regions_num = n,
		.regions_gpa = bench_put(BENCH_ARG2, r, n * sizeof(*r)),
	};

	return hc(HC_VM_SET_MEMORY_REGIONS, bench_put(BENCH_ARG, &b, sizeof(b)),
		  0);
}

static bool mapped(u64 gpa, u64 *hpa, u32 *attr)
{
	struct s2_range r;

	if (!stage2_translate(&vm->s2, GPA(gpa), &r))
		return false;
	*hpa = r.hpa.v;
	*attr = r.attr;
	return true;
}

static void assert_maps(u64 gpa, u64 hpa, u32 attr)
{
	u64 at;
	u32 is;

	assert_true(mapped(gpa, &at, &is));
	assert_true(at == hpa);
	assert_int_equal(is, attr);
}

static void assert_hole(u64 gpa)
{
	u64 at;
	u32 is;

	assert_false(mapped(gpa, &at, &is));
}

static void add_uses_large_leaves(void **state)
{
	(void)state;
	assert_int_equal(add(0, BENCH_DONATE, MIB(32), BENCH_RWX_WB), 0);
	assert_maps(0, BENCH_DONATE, PT_RWX | PT_WB);
	assert_maps(MIB(32) - 1, BENCH_DONATE + MIB(32) - 1, PT_RWX | PT_WB);
	assert_hole(MIB(32));
	assert_int_equal(vm->s2.leaves[1], 16);
	assert_int_equal(vm->s2.ram_bytes, MIB(32));
	assert_int_equal(
		add(MIB(64) + PAGE_SIZE, BENCH_DONATE, PAGE_SIZE, 0x41), 0);
	assert_maps(MIB(64) + PAGE_SIZE, BENCH_DONATE, PT_R | PT_WB);
}

static void one_region_is_checked(void **state)
{
	static const struct {
		u64 user, service, size;
		u32 attr;
		s64 rc;
	} bad[] = {
		{ 1, 0, PAGE_SIZE, BENCH_RWX_WB, -EINVAL },
		{ 0, 0x800, PAGE_SIZE, BENCH_RWX_WB, -EINVAL },
		{ 0, 0, PAGE_SIZE - 1, BENCH_RWX_WB, -EINVAL },
		{ 0, 0, 0, BENCH_RWX_WB, -EINVAL },
		{ ~0xfffUL, 0, 0x2000, BENCH_RWX_WB, -EINVAL },
		{ 0, ~0xfffUL, 0x2000, BENCH_RWX_WB, -EINVAL },
		{ BIT64(48), 0, PAGE_SIZE, BENCH_RWX_WB, -EINVAL },
		{ BIT64(48) - PAGE_SIZE, 0, 0x2000, BENCH_RWX_WB, -EINVAL },
		{ 0, 0, BIT64(63), BENCH_RWX_WB, -EINVAL },
		/* the interrupt controllers */
		{ 0xfec00000, BENCH_DONATE, PAGE_SIZE, BENCH_RWX_WB, -EINVAL },
		{ 0xfee00000, BENCH_DONATE, PAGE_SIZE, BENCH_RWX_WB, -EINVAL },
		{ 0xfebff000, BENCH_DONATE, 0x2000, BENCH_RWX_WB, -EINVAL },
		{ 0xfe000000, BENCH_DONATE, MIB(32), BENCH_RWX_WB, -EINVAL },
		/* attributes */
		{ 0, BENCH_DONATE, PAGE_SIZE, 0x40, -EINVAL },
		{ 0, BENCH_DONATE, PAGE_SIZE, 0x42, -EINVAL },
		{ 0, BENCH_DONATE, PAGE_SIZE, 0xc7, -EINVAL },
		{ 0, BENCH_DONATE, PAGE_SIZE, 0x4f, -EINVAL },
		{ 0, BENCH_DONATE, PAGE_SIZE, 0x847, -EINVAL },
		{ 0, BENCH_DONATE, PAGE_SIZE, 0x80000047, -EINVAL },
		/* not the Service VM's to give */
		{ 0, BENCH_HOLE, PAGE_SIZE, BENCH_RWX_WB, -EFAULT },
		{ 0, BENCH_HOLE - MIB(1), MIB(2), BENCH_RWX_WB, -EFAULT },
		{ 0, BENCH_RAM, PAGE_SIZE, BENCH_RWX_WB, -EFAULT },
		{ 0, BENCH_RO, PAGE_SIZE, BENCH_RWX_WB, -EFAULT },
		{ 0, BENCH_MMIO, PAGE_SIZE, BENCH_RWX_WB, -EFAULT },
		{ 0, FAKE_POOL_HPA, PAGE_SIZE, BENCH_RWX_WB, -EFAULT },
		{ 0, FAKE_POOL_HPA, PAGE_SIZE, BENCH_RW_UC, -EFAULT },
		{ 0, BENCH_HOLE, PAGE_SIZE, BENCH_RW_UC, -EFAULT },
		{ 0, BENCH_RO, PAGE_SIZE, BENCH_RW_UC, -EFAULT },
		{ 0, BENCH_MMIO + BENCH_MMIO_SIZE - PAGE_SIZE, 0x2000,
		  BENCH_RW_UC, -EFAULT },
	};
	u64 used = bench_used();

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(add(bad[i].user, bad[i].service, bad[i].size,
				     bad[i].attr),
				 bad[i].rc);
		assert_int_equal(bench_used(), used);
		assert_int_equal(vm->s2.ram_bytes, 0);
	}
	/* Read-only is fine for what the donor may only read. */
	assert_int_equal(add(0, BENCH_RO, PAGE_SIZE, 0x41), 0);
	assert_int_equal(
		bench_region(vmid, 1, 0, BENCH_DONATE, PAGE_SIZE, BENCH_RWX_WB),
		-EINVAL);
	assert_int_equal(
		bench_region(vmid, 4, 0, BENCH_DONATE, PAGE_SIZE, BENCH_RWX_WB),
		-EINVAL);
}

static void memory_types(void **state)
{
	static const struct {
		u32 abi, attr;
	} type[] = {
		{ 0x047, PT_WB }, { 0x087, PT_WT }, { 0x107, PT_UC },
		{ 0x007, PT_UC }, { 0x407, PT_WP },
	};

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(type); i++) {
		u64 gpa = i * PAGE_SIZE;
		u32 attr;
		u64 hpa;

		assert_int_equal(add(gpa, BENCH_DONATE, PAGE_SIZE, type[i].abi),
				 0);
		assert_true(mapped(gpa, &hpa, &attr));
		/* A format without WP says the next stronger. */
		assert_true((attr & PT_TYPE_MASK) <= type[i].attr);
		assert_int_equal(attr & PT_RWX, PT_RWX);
	}
}

static void device_memory(void **state)
{
	(void)state;
	assert_int_equal(add(0xd0000000, BENCH_MMIO, MIB(4), BENCH_RW_UC), 0);
	assert_maps(0xd0000000, BENCH_MMIO, PT_RW | PT_UC);
	assert_int_equal(vm->s2.ram_bytes, 0);
	assert_int_equal(add(0xd0000000, BENCH_MMIO, PAGE_SIZE, BENCH_RW_UC),
			 -EEXIST);
	assert_int_equal(del(0xd0000000, MIB(4)), 0);
	/* The last piece collides: what was mapped before goes again. */
	assert_int_equal(add(0xd03ff000, BENCH_MMIO, PAGE_SIZE, BENCH_RW_UC),
			 0);
	assert_int_equal(add(0xd0000000, BENCH_MMIO, MIB(4), BENCH_RW_UC),
			 -EEXIST);
	assert_hole(0xd0000000);
	assert_maps(0xd03ff000, BENCH_MMIO, PT_RW | PT_UC);
}

/* As the local APIC's page: its own CPU may look, nobody else. */
static void device_memory_the_donor_only_reads(void **state)
{
	struct stage2 *donor = &vm_service()->s2;

	(void)state;
	assert_int_equal(
		stage2_protect(donor, GPA(BENCH_MMIO), PAGE_SIZE, PT_R | PT_UC),
		0);
	assert_int_equal(add(0xd0000000, BENCH_MMIO, PAGE_SIZE, 0x101),
			 -EFAULT);
	assert_hole(0xd0000000);
	assert_int_equal(stage2_protect(donor, GPA(BENCH_MMIO), PAGE_SIZE,
					PT_RWX | PT_UC),
			 0);
	assert_int_equal(add(0xd0000000, BENCH_MMIO, PAGE_SIZE, 0x101), 0);
}

static void del_splits_at_both_edges(void **state)
{
	(void)state;
	assert_int_equal(add(0, BENCH_DONATE, MIB(8), BENCH_RWX_WB), 0);
	assert_int_equal(del(MIB(1), MIB(4) + PAGE_SIZE), 0);
	assert_maps(MIB(1) - 1, BENCH_DONATE + MIB(1) - 1, PT_RWX | PT_WB);
	assert_hole(MIB(1));
	assert_hole(MIB(5));
	assert_maps(MIB(5) + PAGE_SIZE, BENCH_DONATE + MIB(5) + PAGE_SIZE,
		    PT_RWX | PT_WB);
	assert_int_equal(vm->s2.ram_bytes, MIB(4) - PAGE_SIZE);
	assert_int_equal(del(0, BIT64(48)), 0);
	assert_int_equal(vm->s2.ram_bytes, 0);
	/* A hole is no error, and MODIFY deletes as upstream does. */
	assert_int_equal(del(0, MIB(8)), 0);
	assert_int_equal(add(0, BENCH_DONATE, MIB(2), BENCH_RWX_WB), 0);
	assert_int_equal(bench_region(vmid, ACRN_REGION_MODIFY, 0, BENCH_DONATE,
				      MIB(2), BENCH_RWX_WB),
			 0);
	assert_hole(0);
	/* What it does not look at may be anything. */
	assert_int_equal(
		bench_region(vmid, ACRN_REGION_DEL, 0, ~0UL, PAGE_SIZE, ~0U),
		0);
	/* Over a window that cannot be mapped there is nothing to delete. */
	assert_int_equal(del(0xfee00000, PAGE_SIZE), 0);
}

static struct acrn_abi_region region(u32 type, u64 user, u64 service, u64 size)
{
	return (struct acrn_abi_region){
		.type = type,
		.attr = BENCH_RWX_WB,
		.user_gpa = user,
		.service_gpa = service,
		.size = size,
	};
}

static void batch_is_all_or_nothing(void **state)
{
	struct acrn_abi_region r[3] = {
		region(ACRN_REGION_ADD, 0, BENCH_DONATE, MIB(2)),
		region(ACRN_REGION_ADD, MIB(2), BENCH_DONATE + MIB(6), 0x1000),
		region(ACRN_REGION_ADD, MIB(1), BENCH_DONATE, MIB(2)),
	};
	u64 used = bench_used();

	(void)state;
	assert_int_equal(batch(r, 3), -EEXIST); /* overlaps the first */
	assert_hole(0);
	assert_hole(MIB(2));
	assert_int_equal(bench_used(), used);
	r[2] = region(ACRN_REGION_ADD, MIB(4), BENCH_HOLE, MIB(1));
	assert_int_equal(batch(r, 3), -EFAULT);
	assert_hole(0);
	/* Validated wholly before the first is applied. */
	r[2] = region(ACRN_REGION_ADD, 0xfee00000, BENCH_DONATE, 0x1000);
	assert_int_equal(batch(r, 3), -EINVAL);
	assert_hole(0);
	r[2] = region(ACRN_REGION_DEL, 0, 0, MIB(1));
	assert_int_equal(batch(r, 3), -EINVAL); /* both kinds */
	assert_hole(0);
	assert_int_equal(batch(r, 2), 0);
	assert_maps(MIB(2), BENCH_DONATE + MIB(6), PT_RWX | PT_WB);
	assert_int_equal(batch(r, 0), 0);
}

static void batch_bounds(void **state)
{
	struct acrn_abi_region_batch b = {
		.vmid = vmid,
		.regions_num = VM_REGIONS_MAX + 1,
		.regions_gpa = BENCH_ARG2,
	};
	u64 used = bench_used();

	(void)state;
	bench_put(BENCH_ARG, &b, sizeof(b));
	assert_int_equal(hc(HC_VM_SET_MEMORY_REGIONS, BENCH_ARG, 0), -EINVAL);
	b.regions_num = ~0U;
	bench_put(BENCH_ARG, &b, sizeof(b));
	assert_int_equal(hc(HC_VM_SET_MEMORY_REGIONS, BENCH_ARG, 0), -EINVAL);
	b.regions_num = 40; /* runs into unmapped memory on the way */
	b.regions_gpa = BENCH_HOLE - 33 * sizeof(struct acrn_abi_region);
	for (u32 i = 0; i < 33; i++) {
		struct acrn_abi_region r =
			region(ACRN_REGION_ADD, i * PAGE_SIZE,
			       BENCH_DONATE + i * PAGE_SIZE, PAGE_SIZE);

		bench_put(b.regions_gpa + i * sizeof(r), &r, sizeof(r));
	}
	bench_put(BENCH_ARG, &b, sizeof(b));
	assert_int_equal(hc(HC_VM_SET_MEMORY_REGIONS, BENCH_ARG, 0), -EFAULT);
	b.regions_num = 1;
	b.regions_gpa = ~0UL - 8;
	bench_put(BENCH_ARG, &b, sizeof(b));
	assert_int_equal(hc(HC_VM_SET_MEMORY_REGIONS, BENCH_ARG, 0), -EFAULT);
	assert_int_equal(bench_used(), used);
	/* The right size: one that fills many pages. */
	b.regions_num = 4096;
	b.regions_gpa = BENCH_ARG2;
	for (u32 i = 0; i < 4096; i++) {
		struct acrn_abi_region r =
			region(ACRN_REGION_ADD, i * PAGE_SIZE,
			       BENCH_DONATE + (i ^ 1) * PAGE_SIZE, PAGE_SIZE);

		bench_put(b.regions_gpa + i * sizeof(r), &r, sizeof(r));
	}
	bench_put(BENCH_ARG, &b, sizeof(b));
	assert_int_equal(hc(HC_VM_SET_MEMORY_REGIONS, BENCH_ARG, 0), 0);
	assert_maps(0x5000, BENCH_DONATE + 0x4000, PT_RWX | PT_WB);
	assert_int_equal(vm->s2.leaves[0], 4096);
}

static void running_vcpus_are_parked_and_flushed(void **state)
{
	u32 flushes = fake.count.flushes;
	u32 kicks = fake.kicks[1];

	(void)state;
	assert_int_equal(add(0, BENCH_DONATE, MIB(2), BENCH_RWX_WB), 0);
	assert_int_equal(fake.count.flushes, flushes + 2);
	assert_true(fake.kicks[1] > kicks);
	assert_false(vm->vcpu[0]->stop); /* runs on */
	assert_int_equal(hc(HC_PAUSE_VM, vmid, 0), 0);
	assert_int_equal(del(0, MIB(2)), 0);
	assert_true(vm->vcpu[0]->stop); /* and stays paused */
	assert_null(vm->s2.pt.dead);
}

/* Each allocation fails in turn, adding and deleting. */
static void without_memory_nothing_changes(void **state)
{
	struct acrn_abi_region r[2] = {
		region(ACRN_REGION_ADD, GIB(1), BENCH_DONATE, MIB(4)),
		region(ACRN_REGION_ADD, GIB(600), BENCH_DONATE, 0x3000),
	};
	s64 rc = -ENOMEM;
	u64 keep, used = bench_used();

	(void)state;
	for (keep = 0; rc == -ENOMEM; keep++) {
		bench_hog(keep);
		rc = batch(r, 2);
		bench_unhog();
		if (rc == 0)
			break;
		assert_int_equal(bench_used(), used);
		assert_hole(GIB(1));
		assert_hole(GIB(600));
	}
	assert_int_equal(rc, 0);
	assert_true(keep > 5);
	/* The first could be deleted at once, the second needs splits. */
	r[0] = region(ACRN_REGION_DEL, GIB(600) + 0x1000, 0, 0x1000);
	r[1] = region(ACRN_REGION_DEL, GIB(1) + MIB(1), 0, MIB(2));
	used = bench_used();
	rc = -ENOMEM;
	for (keep = 0; rc == -ENOMEM; keep++) {
		bench_hog(keep);
		rc = batch(r, 2);
		bench_unhog();
		if (rc == 0)
			break;
		assert_maps(GIB(1) + MIB(1), BENCH_DONATE + MIB(1),
			    PT_RWX | PT_WB);
		assert_maps(GIB(600) + 0x1000, BENCH_DONATE + 0x1000,
			    PT_RWX | PT_WB);
		assert_int_equal(vm->s2.ram_bytes, MIB(4) + 0x3000);
	}
	assert_int_equal(rc, 0);
	assert_true(keep >= 2);
	assert_hole(GIB(1) + MIB(1));
	assert_maps(GIB(1) + MIB(3), BENCH_DONATE + MIB(3), PT_RWX | PT_WB);
	assert_hole(GIB(600) + 0x1000);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(add_uses_large_leaves),
		TEST(one_region_is_checked),
		TEST(memory_types),
		TEST(device_memory),
		TEST(device_memory_the_donor_only_reads),
		TEST(del_splits_at_both_edges),
		TEST(batch_is_all_or_nothing),
		TEST(batch_bounds),
		TEST(running_vcpus_are_parked_and_flushed),
		TEST(without_memory_nothing_changes),
	};

	return cmocka_run_group_tests_name("memory regions", tests, NULL, NULL);
}
