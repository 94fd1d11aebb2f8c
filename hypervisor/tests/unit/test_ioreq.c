/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/vm_bench.h"

#include "io/upcall.h"

/*
 * The Service VM's side, played by the wait callback: each turn calls the
 * next step of a script.
 */
static struct {
	u32 waits;
	u32 answer_after; /* complete at this wait */
	u32 stop_after;   /* ask the vCPU to stop at this wait; 0: never */
	u64 value;
	u32 new_type; /* type the driver rewrites the request to */
	struct acrn_abi_ioreq seen; /* the slot at the first wait */
	struct acrn_abi_ioreq *slot;
} dm;

static bool dm_wait(struct vcpu *vcpu)
{
	(void)vcpu;
	dm.waits++;
	if (dm.waits == 1)
		dm.seen = *dm.slot;
	if (dm.waits == dm.stop_after)
		return false;
	if (dm.waits < dm.answer_after)
		return true;
	assert_int_equal(dm.slot->state, ACRN_IOREQ_PENDING);
	dm.slot->state = ACRN_IOREQ_PROCESSING;
	dm.slot->type = dm.new_type;
	dm.slot->u.access.value = dm.value;
	dm.slot->state = ACRN_IOREQ_COMPLETE;
	return true;
}

static struct vcpu *vcpu;
static u16 vmid;

static int setup(void **state)
{
	bench_setup(state);
	bench_take(1, 3);
	vmid = bench_create_running(BIT64(2) | BIT64(3));
	vcpu = bench_vm(vmid)->vcpu[1];
	memset(&dm, 0, sizeof(dm));
	dm.slot = bench_slot(vmid, 1);
	dm.answer_after = 3;
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(hc(HC_DESTROY_VM, vmid, 0), 0);
	return bench_teardown(state);
}

/* A driver that never asks for a VM's state sees the machine switched off. */
static void death_is_a_power_off(void **state)
{
	const struct acrn_abi_ioreq *r = bench_slot(vmid, 1);
	u32 upcalls = fake.upcalls;

	(void)state;
	vm_shutdown_self(vcpu);
	assert_int_equal(fake.upcalls, upcalls + 2);
	assert_int_equal(r->state, ACRN_IOREQ_PENDING);
	assert_int_equal(r->type, ACRN_IOREQ_PIO);
	assert_int_equal(r->u.access.direction, ACRN_IOREQ_WRITE);
	assert_int_equal(r->u.access.address, 0x404);
	assert_int_equal(r->u.access.size, 2);
	assert_int_equal(r->u.access.value, 5 << 10 | 1 << 13);
	assert_int_equal(bench_slot(vmid, 0)->state, ACRN_IOREQ_FREE);
	/* It is over with the reset, answered or not. */
	assert_int_equal(hc(HC_RESET_VM, vmid, 0), 0);
	assert_int_equal(r->state, ACRN_IOREQ_FREE);
	assert_false(ioreq_outstanding(vcpu));
}

static void death_is_seen_by_holms_driver(void **state)
{
	(void)state;
	fake.upcall_msix = true;
	vm_shutdown_self(vcpu);
	assert_int_equal(bench_slot(vmid, 1)->state, ACRN_IOREQ_FREE);
}

/* What the device model has in hands is not written over. */
static void death_leaves_a_request_alone(void **state)
{
	u64 val = 7;

	(void)state;
	dm.stop_after = 1;
	assert_int_equal(ioreq_pio(vcpu, 0x60, 1, true, &val, dm_wait),
			 -EAGAIN);
	vm_shutdown_self(vcpu);
	assert_int_equal(bench_slot(vmid, 1)->u.access.address, 0x60);
}

static void page_is_free_at_first(void **state)
{
	(void)state;
	for (u32 i = 0; i < ACRN_IOREQ_SLOTS; i++)
		assert_int_equal(bench_slot(vmid, i)->state, ACRN_IOREQ_FREE);
}

static void pio_read_round_trip(void **state)
{
	u64 v = 0xdead;
	u32 upcalls = fake.upcalls;

	(void)state;
	dm.value = 0x1234567890abcdef;
	assert_int_equal(ioreq_pio(vcpu, 0x3f8, 1, false, &v, dm_wait), 0);
	assert_true(v == 0xef);
	assert_int_equal(dm.waits, 3);
	assert_int_equal(fake.upcalls, upcalls + 1);
	assert_int_equal(dm.seen.type, ACRN_IOREQ_PIO);
	assert_int_equal(dm.seen.state, ACRN_IOREQ_PENDING);
	assert_int_equal(dm.seen.polling, 0);
	assert_int_equal(dm.seen.kernel_handled, 0);
	assert_int_equal(dm.seen.u.access.direction, ACRN_IOREQ_READ);
	assert_int_equal(dm.seen.u.access.address, 0x3f8);
	assert_int_equal(dm.seen.u.access.size, 1);
	assert_int_equal(dm.slot->state, ACRN_IOREQ_FREE);
	assert_false(ioreq_outstanding(vcpu));
}

static void mmio_write_carries_its_value(void **state)
{
	u64 v = ~0UL;

	(void)state;
	assert_int_equal(
		ioreq_mmio(vcpu, GPA(0xe0001000), 4, true, &v, dm_wait), 0);
	assert_int_equal(dm.seen.type, ACRN_IOREQ_MMIO);
	assert_int_equal(dm.seen.u.access.direction, ACRN_IOREQ_WRITE);
	assert_true(dm.seen.u.access.value == 0xffffffff);
	assert_true(v == ~0UL); /* a write changes nothing of the guest's */
	dm.waits = 0;
	dm.value = 0x8000000000000001;
	assert_int_equal(
		ioreq_mmio(vcpu, GPA(0xe0001000), 8, false, &v, dm_wait), 0);
	assert_true(v == 0x8000000000000001);
}

static void driver_may_make_it_pci(void **state)
{
	u64 v = 0;

	(void)state;
	dm.new_type = ACRN_IOREQ_PCI;
	dm.value = 0x80861237;
	assert_int_equal(ioreq_pio(vcpu, 0xcfc, 4, false, &v, dm_wait), 0);
	assert_true(v == 0x80861237);
}

static void pci_address_port_rules(void **state)
{
	static const struct {
		u16 port;
		u32 size;
		bool forwarded;
	} rule[] = {
		{ 0xcf8, 4, true },  { 0xcf8, 1, false }, { 0xcf8, 2, false },
		{ 0xcf9, 1, true },  { 0xcfc, 1, true },  { 0xcfc, 4, true },
		{ 0xcfe, 2, true },  { 0xcff, 1, true },  { 0xcff, 2, false },
		{ 0xcfd, 4, false }, { 0xcf7, 1, true },  { 0xd00, 4, true },
	};

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(rule); i++) {
		u64 v = 0;

		dm.waits = 0;
		dm.value = 0;
		assert_int_equal(ioreq_pio(vcpu, rule[i].port, rule[i].size,
					   false, &v, dm_wait),
				 0);
		assert_int_equal(dm.waits != 0, rule[i].forwarded);
		assert_true(rule[i].forwarded
				    ? v == 0
				    : v == vdev_no_answer(rule[i].size));
		v = 5;
		dm.waits = 0;
		assert_int_equal(ioreq_pio(vcpu, rule[i].port, rule[i].size,
					   true, &v, dm_wait),
				 0);
		assert_int_equal(dm.waits != 0, rule[i].forwarded);
	}
}

static void stop_leaves_the_request(void **state)
{
	u64 v = 0x55;
	u32 upcalls = fake.upcalls;

	(void)state;
	dm.stop_after = 2;
	assert_int_equal(ioreq_pio(vcpu, 0x60, 1, true, &v, dm_wait), -EAGAIN);
	assert_true(ioreq_outstanding(vcpu));
	assert_int_equal(dm.slot->state, ACRN_IOREQ_PENDING);
	/* The device model answers while the vCPU is away. */
	dm.slot->state = ACRN_IOREQ_COMPLETE;
	dm.waits = 0;
	assert_int_equal(ioreq_pio(vcpu, 0x60, 1, true, &v, dm_wait), 0);
	assert_int_equal(dm.waits, 0);
	assert_int_equal(fake.upcalls, upcalls + 1); /* asked once only */
	assert_int_equal(dm.slot->state, ACRN_IOREQ_FREE);
}

static void late_answer_is_not_the_next_ones(void **state)
{
	u64 v = 0;
	u32 upcalls = fake.upcalls;

	(void)state;
	dm.stop_after = 1;
	assert_int_equal(ioreq_pio(vcpu, 0x60, 1, false, &v, dm_wait), -EAGAIN);
	dm.slot->u.access.value = 0x11;
	dm.slot->state = ACRN_IOREQ_COMPLETE;
	/* New registers: the vCPU asks for something else. */
	dm.stop_after = 0;
	dm.waits = 0;
	dm.answer_after = 2;
	dm.value = 0x22;
	assert_int_equal(ioreq_pio(vcpu, 0x61, 1, false, &v, dm_wait), 0);
	assert_true(v == 0x22);
	assert_int_equal(dm.seen.u.access.address, 0x61);
	assert_int_equal(fake.upcalls, upcalls + 2);
}

static void an_old_request_is_waited_out(void **state)
{
	u64 v = 0;

	(void)state;
	dm.stop_after = 1;
	assert_int_equal(ioreq_pio(vcpu, 0x60, 1, false, &v, dm_wait), -EAGAIN);
	dm.waits = 0;
	/* Still PENDING, and the vCPU must stop again: nothing new goes out. */
	assert_int_equal(ioreq_pio(vcpu, 0x61, 1, false, &v, dm_wait), -EAGAIN);
	assert_int_equal(dm.seen.u.access.address, 0x60);
	assert_true(ioreq_outstanding(vcpu));
}

static void reset_forgets(void **state)
{
	u64 v = 0;

	(void)state;
	dm.stop_after = 1;
	assert_int_equal(ioreq_pio(vcpu, 0x60, 1, false, &v, dm_wait), -EAGAIN);
	assert_int_equal(hc(HC_PAUSE_VM, vmid, 0), 0);
	assert_true(ioreq_outstanding(vcpu));
	assert_int_equal(hc(HC_RESET_VM, vmid, 0), 0);
	assert_false(ioreq_outstanding(vcpu));
	page_is_free_at_first(state);
}

static void finish_kicks_the_cpu(void **state)
{
	u32 kicks = fake.kicks[vcpu->cpu->index];

	(void)state;
	assert_int_equal(hc(HC_NOTIFY_REQUEST_FINISH, vmid, 1), 0);
	assert_int_equal(fake.kicks[vcpu->cpu->index], kicks + 1);
	assert_int_equal(hc(HC_NOTIFY_REQUEST_FINISH, vmid, 2), -EINVAL);
	assert_int_equal(hc(HC_NOTIFY_REQUEST_FINISH, vmid, ~0UL), -EINVAL);
	assert_int_equal(hc(HC_NOTIFY_REQUEST_FINISH, vmid + 1UL, 0), -ENOTTY);
}

/* The value is read once: a second look would see other bytes. */
static void scribble(const struct fake_access *a, void *arg)
{
	(void)arg;
	if (!a->write && a->len == sizeof(u64))
		dm.slot->u.access.value = ~dm.slot->u.access.value;
}

static void value_is_read_once(void **state)
{
	u64 v = 0;

	(void)state;
	dm.value = 0x77;
	fake.on_access = scribble;
	assert_int_equal(ioreq_pio(vcpu, 0x60, 1, false, &v, dm_wait), 0);
	fake.on_access = NULL;
	assert_true(v == 0x77);
}

/* Whatever the page says, the vCPU gets a masked value or goes on waiting. */
static bool hostile_wait(struct vcpu *v)
{
	u32 *word = (u32 *)(void *)bench_slot(vmid, 0);

	(void)v;
	dm.waits++;
	for (u32 i = 0; i < PAGE_SIZE / 4; i++)
		word[i] = word[i] * 1664525 + 1013904223 + dm.waits;
	dm.slot->state = dm.waits % 5;
	return true;
}

static void hostile_page_hurts_nobody(void **state)
{
	(void)state;
	for (u32 i = 0; i < 1000; i++) {
		u64 v = ~0UL;

		assert_int_equal(
			ioreq_pio(vcpu, 0x60, 2, false, &v, hostile_wait), 0);
		assert_true(v <= 0xffff);
		assert_int_equal(dm.slot->state, ACRN_IOREQ_FREE);
	}
}

/* The answer comes while the vCPU looks at the page; nobody kicks it. */
static u32 looks;

static void answer_at_third_look(const struct fake_access *a, void *arg)
{
	(void)arg;
	if (a->write || a->len != sizeof(u32) || ++looks != 3)
		return;
	dm.seen = *dm.slot;
	dm.slot->u.access.value = 0x99;
	dm.slot->state = ACRN_IOREQ_COMPLETE;
}

static void polling_does_not_wait_for_a_kick(void **state)
{
	u64 v = 0;

	(void)state;
	vcpu->vm->flags = ACRN_VM_IO_POLLING;
	looks = 0;
	fake.on_access = answer_at_third_look;
	assert_int_equal(ioreq_pio(vcpu, 0x60, 2, false, &v, dm_wait), 0);
	assert_int_equal(dm.seen.polling, 1);
	assert_int_equal(dm.waits, 0);
	assert_true(v == 0x99);
	/* It stops when it must. */
	looks = 100;
	vcpu->stop = 1;
	assert_int_equal(ioreq_pio(vcpu, 0x60, 2, false, &v, dm_wait), -EAGAIN);
	assert_true(ioreq_outstanding(vcpu));
	fake.on_access = NULL;
}

static void set_page_rules(void **state)
{
	static const struct {
		u64 gpa;
		s64 rc;
	} bad[] = {
		{ BENCH_IOREQ + 8, -EINVAL },    { BENCH_HOLE, -EFAULT },
		{ BENCH_MMIO, -EFAULT },         { BENCH_RO, -EFAULT },
		{ 0xfffffffffffff000, -EFAULT },
	};
	u16 other = bench_create(BIT64(1));

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		bench_put(BENCH_ARG, &bad[i].gpa, 8);
		assert_int_equal(hc(HC_SET_IOREQ_BUFFER, other, BENCH_ARG),
				 bad[i].rc);
		assert_true(bench_vm(other)->ioreq_page.v == ADDR_NONE);
	}
	assert_int_equal(hc(HC_START_VM, other, 0), -EPERM);
	assert_int_equal(hc(HC_DESTROY_VM, other, 0), 0);
	other = bench_create_ready(BIT64(1));
	/* Once set it stays, and not in other states than CREATED. */
	assert_int_equal(hc(HC_SET_IOREQ_BUFFER, other, BENCH_ARG), -EINVAL);
	assert_int_equal(hc(HC_SET_IOREQ_BUFFER, vmid, BENCH_ARG), -EPERM);
	assert_int_equal(hc(HC_DESTROY_VM, other, 0), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(page_is_free_at_first),
		TEST(pio_read_round_trip),
		TEST(mmio_write_carries_its_value),
		TEST(driver_may_make_it_pci),
		TEST(pci_address_port_rules),
		TEST(stop_leaves_the_request),
		TEST(late_answer_is_not_the_next_ones),
		TEST(an_old_request_is_waited_out),
		TEST(reset_forgets),
		TEST(finish_kicks_the_cpu),
		TEST(death_is_a_power_off),
		TEST(death_is_seen_by_holms_driver),
		TEST(death_leaves_a_request_alone),
		TEST(value_is_read_once),
		TEST(hostile_page_hurts_nobody),
		TEST(polling_does_not_wait_for_a_kick),
		TEST(set_page_rules),
	};

	return cmocka_run_group_tests_name("request page", tests, NULL, NULL);
}
