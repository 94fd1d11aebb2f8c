/* SPDX-License-Identifier: BSD-2-Clause */
/* Doorbells: which write rings which, and what the page says then. */
#include "tests/unit/vm_bench.h"

#include "io/doorbell.h"

#define AT   0xe0003000UL
#define PORT 0x2010UL

static u16 vmid;
static struct vm *vm;

static int setup(void **state)
{
	bench_setup(state);
	bench_take(1, 3);
	vmid = bench_create_running(BIT64(2));
	vm = bench_vm(vmid);
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(hc(HC_DESTROY_VM, vmid, 0), 0);
	return bench_teardown(state);
}

static s64 set_full(const struct holm_doorbell *d)
{
	return hc(HC_HOLM_DOORBELL, vmid, bench_put(BENCH_ARG, d, sizeof(*d)));
}

static s64 set(u32 index, u64 addr)
{
	const struct holm_doorbell d = {
		.index = index,
		.type = ACRN_IOREQ_MMIO,
		.len = 4,
		.addr = addr,
	};

	return set_full(&d);
}

static s64 drop(u32 index)
{
	const struct holm_doorbell d = {
		.index = index,
		.flags = HOLM_DOORBELL_REMOVE,
		.type = ACRN_IOREQ_MMIO,
		.len = 4,
	};

	return set_full(&d);
}

static bool ring(u64 addr, u32 size, u64 val)
{
	return doorbell_ring(vm, ACRN_IOREQ_MMIO, addr, size, val);
}

static u32 *word(u32 index)
{
	return &bench_slot(vmid, index / 8)->bell[index % 8];
}

/* The driver's look: the one bell that rang, ~0 for none. */
static u32 look(void)
{
	u32 found = ~0U;

	bench_slot(vmid, 0)->rung = 0;
	for (u32 i = 0; i < HOLM_DOORBELLS; i++) {
		if (!*word(i))
			continue;
		assert_int_equal(found, ~0U);
		found = i;
		*word(i) = 0;
	}
	return found;
}

static void none_at_first(void **state)
{
	(void)state;
	assert_null(vm->bells);
	assert_false(ring(AT, 4, 0));
	assert_int_equal(drop(0), -ENOENT);
}

static void a_write_rings(void **state)
{
	u32 upcalls = fake.upcalls;

	(void)state;
	assert_int_equal(set(77, AT), 0);
	assert_false(ring(AT + 1, 4, 0));
	assert_false(ring(AT - 1, 4, 0));
	assert_false(ring(AT, 8, 0));
	assert_false(doorbell_ring(vm, ACRN_IOREQ_PIO, AT, 4, 0));
	assert_int_equal(fake.upcalls, upcalls);
	assert_int_equal(look(), ~0U);
	assert_true(ring(AT, 4, 5));
	assert_int_equal(fake.upcalls, upcalls + 1);
	assert_int_equal(bench_slot(vmid, 0)->rung, 1);
	assert_int_equal(look(), 77);
	assert_true(ring(AT, 1, 5));
	assert_int_equal(fake.upcalls, upcalls + 2);
	/* Nobody has looked since: one call is enough. */
	assert_true(ring(AT, 2, 5));
	assert_int_equal(fake.upcalls, upcalls + 2);
	assert_int_equal(look(), 77);
	/* The slots' owners are not disturbed. */
	assert_int_equal(bench_slot(vmid, 9)->state, ACRN_IOREQ_FREE);
}

static void values_tell_apart(void **state)
{
	struct holm_doorbell d = { .index = 1,
				   .type = ACRN_IOREQ_PIO,
				   .flags = HOLM_DOORBELL_MATCH,
				   .len = 2,
				   .addr = PORT,
				   .data = 7 };

	(void)state;
	assert_int_equal(set_full(&d), 0);
	d.index = 2;
	d.data = 0xffff;
	assert_int_equal(set_full(&d), 0);
	assert_false(doorbell_ring(vm, ACRN_IOREQ_PIO, PORT, 2, 8));
	assert_true(doorbell_ring(vm, ACRN_IOREQ_PIO, PORT, 2, 0x10007));
	assert_int_equal(look(), 1);
	assert_true(doorbell_ring(vm, ACRN_IOREQ_PIO, PORT, 2, ~0UL));
	assert_int_equal(look(), 2);
	assert_int_equal(drop(1), 0);
	assert_false(doorbell_ring(vm, ACRN_IOREQ_PIO, PORT, 2, 7));
	assert_true(doorbell_ring(vm, ACRN_IOREQ_PIO, PORT, 2, 0xffff));
}

/* All there can be, set and removed in an order that is not theirs. */
static void many(void **state)
{
	(void)state;
	for (u32 i = 0; i < HOLM_DOORBELLS; i++) {
		u32 k = i * 37 % HOLM_DOORBELLS;

		assert_int_equal(set(k, AT + 4UL * (k ^ 0x55)), 0);
		assert_int_equal(set(k, AT), -EEXIST);
	}
	for (u32 i = 0; i < HOLM_DOORBELLS; i++) {
		assert_true(ring(AT + 4UL * (i ^ 0x55), 4, 0));
		assert_int_equal(look(), i);
	}
	for (u32 i = 0; i < HOLM_DOORBELLS; i++) {
		u32 k = i * 11 % HOLM_DOORBELLS;

		assert_int_equal(drop(k), 0);
		assert_int_equal(drop(k), -ENOENT);
		assert_false(ring(AT + 4UL * (k ^ 0x55), 4, 0));
	}
	assert_false(ring(AT, 4, 0));
}

static void refusals(void **state)
{
	const struct holm_doorbell good = { .type = ACRN_IOREQ_PIO, .len = 1 };
	struct holm_doorbell d;
	u16 young;

	(void)state;
	d = good;
	d.index = HOLM_DOORBELLS;
	assert_int_equal(set_full(&d), -EINVAL);
	d = good;
	d.len = 3;
	assert_int_equal(set_full(&d), -EINVAL);
	d = good;
	d.type = ACRN_IOREQ_PCI;
	assert_int_equal(set_full(&d), -EINVAL);
	d = good;
	d.flags = 4;
	assert_int_equal(set_full(&d), -EINVAL);
	assert_int_equal(hc(HC_HOLM_DOORBELL, vmid, BENCH_HOLE), -EFAULT);
	bench_put(BENCH_ARG, &good, sizeof(good));
	assert_int_equal(hc(HC_HOLM_DOORBELL, 99, BENCH_ARG), -ENOTTY);
	young = bench_create(BIT64(3));
	assert_int_equal(hc(HC_HOLM_DOORBELL, young,
			    bench_put(BENCH_ARG, &good, sizeof(good))),
			 -EPERM);
	assert_int_equal(hc(HC_DESTROY_VM, young, 0), 0);
	bench_hog(0);
	assert_int_equal(set_full(&good), -ENOMEM);
	bench_unhog();
	assert_int_equal(set_full(&good), 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(none_at_first), T(a_write_rings), T(values_tell_apart),
		T(many),          T(refusals),
	};

	return cmocka_run_group_tests_name("doorbell", tests, NULL, NULL);
}
