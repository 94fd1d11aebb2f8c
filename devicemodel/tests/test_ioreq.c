/* SPDX-License-Identifier: BSD-2-Clause */
/* The bus registry, request dispatch and requests for a change of life. */
#include "core/ioreq.h"
#include "tests/mock.h"
#include "tests/test.h"

#include <errno.h>
#include <stdlib.h>

static struct mock mock;
static struct acrn_io_request_buffer page;
static struct bus pio, mmio;
static struct pci_bus pci;
static struct life life;
static struct ioreq_server server;
static u64 last_off, last_val;
static u32 last_size;

static u64 dev_read(void *dev, u64 off, u32 size)
{
	last_off = off;
	last_size = size;
	return 0x1122334455667788ULL + (uintptr_t)dev;
}

static void dev_write(void *dev, u64 off, u32 size, u64 val)
{
	(void)dev;
	last_off = off;
	last_size = size;
	last_val = val;
}

static const struct bus_ops ops = { dev_read, dev_write };

static int add(struct bus *bus, u64 base, u64 len)
{
	const struct bus_range r = { base, len, "test", &ops, NULL };

	return bus_add(bus, &r);
}

static int setup(void **state)
{
	static const struct vm_config cfg;
	struct dm_error err;
	u32 i;

	(void)state;
	mock_init(&mock);
	memset(&page, 0, sizeof(page));
	for (i = 0; i < ACRN_IO_REQUEST_MAX; i++)
		page.req_slot[i].processed = ACRN_IOREQ_STATE_FREE;
	mock.page = &page;
	mock.creation.vmid = 1;
	bus_init(&pio, 0x10000);
	bus_init(&mmio, 0);
	memset(&pci, 0, sizeof(pci));
	memset(&life, 0, sizeof(life));
	pci.pio = &pio;
	pci.mmio = &mmio;
	pci.vmm = &mock.vmm;
	server = (struct ioreq_server){
		.vmm = &mock.vmm,
		.page = &page,
		.vmid = 1,
		.nvcpus = 4,
		.pio = &pio,
		.mmio = &mmio,
		.pci = &pci,
		.life = &life,
	};
	return pci_bus_init(&pci) || pci_bus_populate(&pci, &cfg, &err);
}

static int teardown(void **state)
{
	(void)state;
	pci_bus_free(&pci);
	bus_free(&pio);
	bus_free(&mmio);
	return 0;
}

/* Serve all there is and tell it; how many it was. */
static int pass(void)
{
	u32 v, done = ioreq_pass(&server, ~0U);
	struct acrn_ioreq_notify n = { .vmid = server.vmid };

	for (v = 0; v < ACRN_IO_REQUEST_MAX; v++) {
		n.vcpu = v;
		if (done & BIT(v))
			mock.vmm.ops->notify(&mock.vmm, &n);
	}
	return __builtin_popcount(done);
}

static void test_bus_overlaps(void **state)
{
	(void)state;
	assert_int_equal(add(&pio, 0x100, 8), 0);
	assert_int_equal(add(&pio, 0x100, 1), -EEXIST);
	assert_int_equal(add(&pio, 0x107, 4), -EEXIST);
	assert_int_equal(add(&pio, 0xfe, 3), -EEXIST);
	assert_int_equal(add(&pio, 0x80, 0x200), -EEXIST);
	assert_int_equal(add(&pio, 0x108, 1), 0);
	assert_int_equal(add(&pio, 0xff, 1), 0);
	assert_int_equal(add(&pio, 0x200, 0), -EINVAL);
	assert_int_equal(add(&pio, 0xffff, 1), 0);
	assert_int_equal(add(&pio, 0xffff, 2), -EINVAL);
	assert_int_equal(add(&pio, ~0ULL, 2), -EINVAL);
	assert_int_equal(bus_remove(&pio, 0x101, NULL), -ENOENT);
	assert_int_equal(bus_remove(&pio, 0x100, &pio), -ENOENT);
	assert_int_equal(bus_remove(&pio, 0x100, NULL), 0);
	assert_int_equal(add(&pio, 0x100, 8), 0);
	assert_int_equal(add(&mmio, ~0ULL - 7, 8), 0);
	assert_int_equal(bus_read(&mmio, ~0ULL, 1), 0x88);
	assert_int_equal(bus_read(&mmio, ~0ULL, 2), 0xffff);
}

/* Against a plain map of the port space. */
static void test_bus_random(void **state)
{
	static u16 base_of[0x10000], len_of[0x10000];
	static bool used[0x10000];
	u32 i, j;

	(void)state;
	srandom(5);
	for (i = 0; i < 3000; i++) {
		u32 base = (u32)random() & 0xfff;
		u32 len = 1 + (u32)random() % 64;
		bool clash = false;

		for (j = base; j < base + len; j++)
			clash |= used[j];
		assert_int_equal(add(&pio, base, len), clash ? -EEXIST : 0);
		for (j = base; !clash && j < base + len; j++) {
			used[j] = true;
			base_of[j] = (u16)base;
			len_of[j] = (u16)len;
		}
		j = (u32)random() & 0xfff;
		last_off = ~0ULL;
		bus_read(&pio, j, 4);
		if (used[j] && j + 4U <= base_of[j] + (u32)len_of[j])
			assert_int_equal(last_off, j - base_of[j]);
		else
			assert_int_equal(last_off, ~0ULL);
		if (used[j] && (random() & 1)) {
			u32 b = base_of[j], n = len_of[j];

			assert_int_equal(bus_remove(&pio, b, NULL), 0);
			memset(&used[b], 0, n);
		}
	}
}

static void test_pio(void **state)
{
	(void)state;
	add(&pio, 0x100, 8);
	mock_pio(&mock, 0, 0x102, 2, 0, 0);
	mock_pio(&mock, 3, 0x104, 1, 1, 0xffffff42);
	assert_int_equal(pass(), 2);
	assert_true(mock_done(&mock, 0) && mock_done(&mock, 3));
	assert_int_equal(mock_value(&mock, 0), 0x7788);
	assert_int_equal(last_off, 4);
	assert_int_equal(last_val, 0x42);
	assert_int_equal(pass(), 0);
}

static void test_mmio(void **state)
{
	(void)state;
	add(&mmio, 0xd0000000, 0x1000);
	mock_mmio(&mock, 1, 0xd0000008, 8, 0, 0);
	pass();
	assert_int_equal(mock_value(&mock, 1), 0x1122334455667788);
	mock_mmio(&mock, 1, 0xd0000010, 4, 1, 0xaabbccddeeff0011);
	pass();
	assert_int_equal(last_off, 0x10);
	assert_int_equal(last_val, 0xeeff0011);
}

static void test_unclaimed(void **state)
{
	(void)state;
	mock_pio(&mock, 0, 0x300, 1, 0, 0);
	mock_pio(&mock, 1, 0x300, 4, 0, 0);
	mock_pio(&mock, 2, 0x300, 2, 1, 9);
	mock_mmio(&mock, 3, 0x123456789000, 8, 0, 0);
	assert_int_equal(pass(), 4);
	assert_int_equal(mock_value(&mock, 0), 0xff);
	assert_int_equal(mock_value(&mock, 1), 0xffffffff);
	assert_int_equal(mock_value(&mock, 3), ~0ULL);
	assert_int_equal(pio.unclaimed_reads, 2);
	assert_int_equal(pio.unclaimed_writes, 1);
	assert_int_equal(mmio.unclaimed_reads, 1);
}

static void test_pcicfg(void **state)
{
	(void)state;
	mock_cfg(&mock, 0, 31 << 8 | 0, 4, 0, 0);
	mock_cfg(&mock, 1, 5 << 8 | 0, 2, 0, 0);
	mock_cfg(&mock, 2, 31 << 8 | 0x3c, 1, 1, 0x5a);
	pass();
	assert_int_equal(mock_value(&mock, 0), 0x70008086);
	assert_int_equal(mock_value(&mock, 1), 0xffff);
	assert_int_equal(pci_cfg_read(&pci, 31, 0, 0x3c, 1), 0x5a);
}

/* Slots that are not ours stay as they are. */
static void test_other_states(void **state)
{
	static const u32 states[] = { ACRN_IOREQ_STATE_PENDING,
				      ACRN_IOREQ_STATE_COMPLETE,
				      ACRN_IOREQ_STATE_FREE };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		mock_pio(&mock, 0, 0x300, 1, 0, 0x77);
		page.req_slot[0].processed = states[i];
		assert_int_equal(pass(), 0);
		assert_int_equal(page.req_slot[0].processed, states[i]);
		assert_int_equal(mock_value(&mock, 0), 0x77);
	}
	mock_pio(&mock, 0, 0x300, 1, 0, 0x77);
	page.req_slot[0].kernel_handled = 1;
	mock_pio(&mock, 4, 0x300, 1, 0, 0x77); /* beyond our vCPUs */
	assert_int_equal(pass(), 0);
}

/* Nonsense is answered, so that no vCPU waits for ever. */
static void test_malformed(void **state)
{
	(void)state;
	mock_pio(&mock, 0, 0x300, 3, 0, 0);
	mock_pio(&mock, 1, 0x300, 0, 0, 0);
	mock_mmio(&mock, 2, 0x1000, 4, 0, 0);
	page.req_slot[2].reqs.mmio_request.size = 1ULL << 33;
	mock_pio(&mock, 3, 0x300, 1, 0, 0);
	page.req_slot[3].type = 3;
	assert_int_equal(pass(), 4);
	assert_int_equal(server.malformed, 4);
	mock_pio(&mock, 0, 0x300, 1, 0, 0);
	page.req_slot[0].reqs.pio_request.address = 1ULL << 40;
	mock_cfg(&mock, 1, 31 << 8 | 0, 4, 0, 0);
	page.req_slot[1].reqs.pci_request.bus = 1;
	assert_int_equal(pass(), 2);
	assert_int_equal(server.malformed, 6);
	assert_int_equal(mock_value(&mock, 1), 0xffffffff);
}

static void test_random_slots(void **state)
{
	u8 *bytes = (u8 *)&page;
	u32 i, n;

	(void)state;
	srandom(6);
	add(&pio, 0, 0x1000);
	add(&mmio, 0x1000, 0x1000);
	for (i = 0; i < 20000; i++) {
		for (n = 0; n < 16; n++)
			bytes[random() % 1024] = (u8)random();
		for (n = 0; n < 4; n++) {
			page.req_slot[n].processed =
				ACRN_IOREQ_STATE_PROCESSING;
			page.req_slot[n].kernel_handled = 0;
			page.req_slot[n].type = (u32)random() & 3;
		}
		assert_int_equal(pass(), 4);
	}
}

static int guest_three(struct mock *m, u32 turn)
{
	mock_pio(m, 0, 0x300, 1, 0, 0);
	return turn == 1 ? -EINTR : turn < 3 ? 0 : -ENODEV;
}

static void test_loop_ends(void **state)
{
	(void)state;
	mock.guest = guest_three;
	assert_int_equal(ioreq_loop(&server), -ENODEV);
	assert_int_equal(life_get(&life), LIFE_DIED);
	assert_int_equal(mock.turn, 4);
	assert_int_equal(ioreq_loop(&server), 0);
	assert_int_equal(mock.turn, 4);
}

/* What was served before has been told; the fourth request ends it all. */
static int guest_asks(struct mock *m, u32 turn)
{
	if (turn > 0)
		assert_true(mock_done(m, turn & 1));
	mock_pio(m, ~turn & 1, 0x300, 1, 0, 0);
	if (turn == 3)
		life_post(&life, LIFE_POWEROFF, 0);
	return 0;
}

static void loop_tells(int no_serve)
{
	add(&pio, 0x300, 1);
	mock.guest = guest_asks;
	mock.no_serve = no_serve;
	assert_int_equal(ioreq_loop(&server), 0);
	assert_int_equal(mock.turn, 4);
	assert_int_equal(server.served, 4);
	assert_int_equal(mock.served, no_serve ? 0 : 4);
	assert_true(mock_done(&mock, 0));
	assert_true(mock_done(&mock, 1));
}

static void test_loop_one_call(void **state)
{
	(void)state;
	loop_tells(0);
}

static void test_loop_two_calls(void **state)
{
	(void)state;
	loop_tells(1);
}

static void test_life_strength(void **state)
{
	(void)state;
	assert_int_equal(life_get(&life), LIFE_RUN);
	life_post(&life, LIFE_RESET, 0);
	life_post(&life, LIFE_EXIT, 0x43);
	life_post(&life, LIFE_RESET, 1);
	assert_int_equal(life_get(&life), LIFE_EXIT);
	assert_int_equal(life_status(&life), 0x43);
	assert_false(life_clear(&life, LIFE_RESET));
	memset(&life, 0, sizeof(life));
	life_post(&life, LIFE_RESET, 0);
	assert_true(life_clear(&life, LIFE_RESET));
	assert_int_equal(life_get(&life), LIFE_RUN);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_bus_overlaps),  T(test_bus_random),
		T(test_pio),           T(test_mmio),
		T(test_unclaimed),     T(test_pcicfg),
		T(test_other_states),  T(test_malformed),
		T(test_random_slots),  T(test_loop_ends),
		T(test_loop_one_call), T(test_loop_two_calls),
		T(test_life_strength),
	};

	return cmocka_run_group_tests_name("dm requests", tests, NULL, NULL);
}
