/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A Service VM that changes its arguments while they are looked at, and one
 * that calls at random.
 */
#include "tests/unit/vm_bench.h"

#include "tests/unit/mem_util.h"
#include "tests/unit/vm_world.h"

/* Two argument areas, at pages that nothing else uses. */
#define AREA_SIZE PAGE_SIZE

static struct {
	u8 seen[2][AREA_SIZE]; /* bytes read by the call under way */
	u32 twice;
} reads;

/* The bytes just read change at once: a second look would see others. */
static void watch(const struct fake_access *a, void *arg)
{
	static const u64 area[2] = { BENCH_ARG, BENCH_ARG2 };

	(void)arg;
	for (u32 n = 0; n < 2 && !a->write; n++) {
		for (u64 i = 0; i < a->len; i++) {
			u64 off = a->hpa.v + i - area[n];

			if (off >= AREA_SIZE)
				continue;
			reads.twice += reads.seen[n][off];
			reads.seen[n][off] = 1;
			fake.ram[a->hpa.v + i] ^= 0x5a;
		}
	}
}

static s64 watched(u32 nr, u64 arg1, u64 arg2)
{
	s64 rc;

	memset(&reads, 0, sizeof(reads));
	fake.on_access = watch;
	rc = hc(nr, arg1, arg2);
	fake.on_access = NULL;
	assert_int_equal(reads.twice, 0);
	return rc;
}

static void arguments_are_read_once(void **state)
{
	struct acrn_abi_vm_creation c = { .name = "once", .cpu_affinity = 2 };
	struct acrn_abi_vcpu_regs regs = { .regs.cs_ar = 0x9b,
					   .regs.rip = 0x1234 };
	struct acrn_abi_region r = { .attr = BENCH_RWX_WB,
				     .service_gpa = BENCH_DONATE,
				     .size = MIB(2) };
	struct acrn_abi_region_batch b = { .vmid = 1,
					   .regions_num = 1,
					   .regions_gpa = BENCH_ARG2 };
	struct acrn_abi_gpa2hpa g = { .gpa = 0x1000 };
	u64 page = BENCH_IOREQ;
	struct acrn_abi_msi msi = { 0xfee02000, 0x40 };
	struct holm_query q = { .subject = 1,
				.buf_gpa = BENCH_IOREQ,
				.len = 64 };

	(void)state;
	bench_take(1, 1);
	bench_put(BENCH_ARG, &c, sizeof(c));
	assert_int_equal(watched(HC_CREATE_VM, BENCH_ARG, 0), 0);
	bench_get(&c, BENCH_ARG, sizeof(c));
	assert_int_equal(c.vmid, 1);
	assert_string_equal((char *)c.name, "once"); /* from our copy */
	bench_put(BENCH_ARG2, &r, sizeof(r));
	bench_put(BENCH_ARG, &b, sizeof(b));
	assert_int_equal(watched(HC_VM_SET_MEMORY_REGIONS, BENCH_ARG, 0), 0);
	assert_int_equal(bench_vm(1)->s2.ram_bytes, MIB(2));
	bench_put(BENCH_ARG, &g, sizeof(g));
	assert_int_equal(watched(HC_VM_GPA2HPA, 1, BENCH_ARG), 0);
	bench_get(&g, BENCH_ARG, sizeof(g));
	assert_int_equal(g.hpa, BENCH_DONATE + 0x1000);
	bench_put(BENCH_ARG, &page, sizeof(page));
	assert_int_equal(watched(HC_SET_IOREQ_BUFFER, 1, BENCH_ARG), 0);
	assert_int_equal(bench_vm(1)->ioreq_page.v, BENCH_IOREQ);
	bench_put(BENCH_ARG, &regs, sizeof(regs));
	assert_int_equal(watched(HC_SET_VCPU_REGS, 1, BENCH_ARG), 0);
	assert_int_equal(bench_vm(1)->vcpu[0]->hw.regs.rip, 0x1234);
	bench_put(BENCH_ARG, &msi, sizeof(msi));
	assert_int_equal(watched(HC_INJECT_MSI, 1, BENCH_ARG), 0);
	bench_put(BENCH_ARG, &q, sizeof(q));
	assert_int_equal(watched(HC_HOLM_QUERY, BENCH_ARG, 0), 0);
}

/* Random calls */

static const u32 numbers[] = {
	HC_GET_API_VERSION,
	HC_SOS_REMOVE_CPU,
	HC_SET_CALLBACK_VECTOR,
	HC_CREATE_VM,
	HC_CREATE_VM,
	HC_DESTROY_VM,
	HC_START_VM,
	HC_PAUSE_VM,
	HC_CREATE_VCPU,
	HC_RESET_VM,
	HC_SET_VCPU_REGS,
	HC_INJECT_MSI,
	HC_VM_INTR_MONITOR,
	HC_SET_IRQLINE,
	HC_SET_IOREQ_BUFFER,
	HC_SET_IOREQ_BUFFER,
	HC_NOTIFY_REQUEST_FINISH,
	HC_VM_GPA2HPA,
	HC_VM_SET_MEMORY_REGIONS,
	HC_VM_SET_MEMORY_REGIONS,
	HC_PM_GET_CPU_STATE,
	HC_HOLM_QUERY,
	HC_HOLM_RETURN_CPU,
};

/** Often a plausible number, sometimes any. */
static u64 value(struct rng *r)
{
	static const u64 edges[] = {
		0,          1,          2,          0xfff,     PAGE_SIZE,
		MIB(2),     MIB(3),     0xfee00000, GIB(1),    BIT64(48),
		BENCH_HOLE, BENCH_MMIO, BENCH_RO,   BENCH_ARG, BENCH_ARG2,
	};

	switch (rng_below(r, 6)) {
	case 0:
		return rng_next(r);
	case 1:
		return BIT64(rng_below(r, 64));
	case 2:
		return edges[rng_below(r, ARRAY_SIZE(edges))] - PAGE_SIZE;
	case 3:
		return rng_below(r, 8);
	default:
		return edges[rng_below(r, ARRAY_SIZE(edges))];
	}
}

static void put_create(struct rng *r)
{
	struct acrn_abi_vm_creation c = {
		.vcpu_num = (u16)rng_below(r, 4),
		.cpu_affinity = rng_below(r, 16),
	};

	if (rng_below(r, 8) == 0)
		c.vm_flag = value(r);
	bench_put(BENCH_ARG, &c, sizeof(c));
}

static void put_regions(struct rng *r)
{
	static const u32 attrs[] = { BENCH_RWX_WB, BENCH_RW_UC, 0x41 };
	struct acrn_abi_region_batch b = {
		.vmid = (u16)rng_below(r, 4),
		.regions_num = (u32)rng_below(r, 6),
		.regions_gpa = BENCH_ARG2,
	};
	u32 type = rng_below(r, 3) ? ACRN_REGION_ADD : ACRN_REGION_DEL;

	for (u32 i = 0; i < b.regions_num; i++) {
		struct acrn_abi_region g = {
			.type = type,
			.attr = attrs[rng_below(r, 3)],
			.user_gpa = rng_below(r, 4096) * PAGE_SIZE,
			.service_gpa = rng_below(r, 0x10200) * PAGE_SIZE,
			.size = (1 + rng_below(r, 600)) * PAGE_SIZE,
		};

		if (rng_below(r, 20) == 0)
			g.user_gpa = value(r);
		if (rng_below(r, 20) == 0)
			g.size = value(r);
		if (rng_below(r, 40) == 0)
			g.type = (u32)value(r);
		if (rng_below(r, 10) == 0)
			g.service_gpa = BENCH_MMIO + g.user_gpa;
		bench_put(BENCH_ARG2 + i * sizeof(g), &g, sizeof(g));
	}
	bench_put(BENCH_ARG, &b, sizeof(b));
}

static void put_words(struct rng *r, u64 gpa)
{
	for (u32 i = 0; i < 64; i++) {
		u64 v = rng_below(r, 3) ? 0 : value(r);

		bench_put(gpa + 8 * i, &v, sizeof(v));
	}
}

static void prepare(struct rng *r, u32 nr)
{
	u64 page = BENCH_IOREQ + rng_below(r, 8) * PAGE_SIZE;

	if (nr == HC_CREATE_VM)
		put_create(r);
	else if (nr == HC_VM_SET_MEMORY_REGIONS)
		put_regions(r);
	else if (nr == HC_SET_IOREQ_BUFFER)
		bench_put(BENCH_ARG, &page, sizeof(page));
	else
		put_words(r, BENCH_ARG);
}

#define ROUNDS 100000U

static void random_calls(void **state)
{
	struct rng r = { 0x484f4c4d };
	u64 used;
	u32 ok = 0;

	(void)state;
	for (u32 i = 0; i < 4; i++)
		bench_offline(i, true);
	used = bench_used();
	for (u32 i = 0; i < ROUNDS; i++) {
		u32 nr = numbers[rng_below(&r, ARRAY_SIZE(numbers))];
		u64 a1 = rng_below(&r, 4);
		u64 a2 = BENCH_ARG;
		u64 pages = rng_below(&r, 8) ? ~0UL : rng_below(&r, 24);

		prepare(&r, nr);
		if (nr == HC_CREATE_VM || nr == HC_VM_SET_MEMORY_REGIONS ||
		    nr == HC_HOLM_QUERY || nr == HC_GET_API_VERSION)
			a1 = BENCH_ARG;
		if (nr == HC_NOTIFY_REQUEST_FINISH || nr == HC_SET_IRQLINE)
			a2 = value(&r);
		if (nr == HC_SOS_REMOVE_CPU || nr == HC_HOLM_RETURN_CPU)
			a1 = 2 * rng_below(&r, 5);
		if (rng_below(&r, 30) == 0)
			a1 = value(&r);
		if (rng_below(&r, 30) == 0)
			a2 = value(&r);
		if (pages != ~0UL)
			bench_hog(pages);
		ok += hc(nr, a1, a2) == 0;
		bench_unhog();
		if (i % 16 == 0)
			world_check();
	}
	assert_true(ok > ROUNDS / 10); /* it gets somewhere */
	world_destroy_all();
	world_check();
	assert_int_equal(bench_used(), used);
}

#define TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(arguments_are_read_once),
		TEST(random_calls),
	};

	return cmocka_run_group_tests_name("hostile Service VM", tests, NULL,
					   NULL);
}
