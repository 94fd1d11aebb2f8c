/* SPDX-License-Identifier: BSD-2-Clause */
/* Lives of VMs, and the hand-over of CPUs, below the hypercalls. */
#include "tests/unit/vm_bench.h"

static struct vm_params params(u64 cpus, u32 nvcpus)
{
	return (struct vm_params){
		.kind = VM_USER,
		.name = "unit",
		.cpus = cpus,
		.nvcpus = nvcpus,
	};
}

static int create(u64 cpus, u32 nvcpus, struct vm **vm)
{
	struct vm_params p = params(cpus, nvcpus);

	return vm_create(&p, vm);
}

static int act(int (*fn)(struct vm_locked l), struct vm *vm)
{
	struct vm_locked l = vm_lock(vm);
	int rc = fn(l);

	vm_unlock(l);
	return rc;
}

/* CPU hand-over */

static void take_needs_an_offline_cpu(void **state)
{
	struct cpu *cpu = cpu_get(2);
	struct vcpu *vcpu = cpu->service_vcpu;

	(void)state;
	assert_int_equal(vm_cpu_take(cpu_get(0), 4), -EBUSY);
	assert_false(vcpu->stop); /* goes on */
	assert_false(vcpu->parked);
	assert_ptr_equal(cpu->vcpu, vcpu);
	bench_offline(2, true);
	assert_int_equal(vm_cpu_take(cpu_get(0), 4), 0);
	assert_true(cpu->taken);
	assert_null(cpu->vcpu);
	assert_int_equal(vcpu->state, VCPU_STATE_WAIT_SIPI);
	assert_int_equal(vm_service()->cpus, 0xb);
	assert_int_equal(vm_cpu_take(cpu_get(0), 4), -EBUSY);
}

static void a_never_started_cpu_is_offline(void **state)
{
	(void)state;
	vm_service()->vcpu[1]->state = VCPU_STATE_WAIT_SIPI;
	assert_int_equal(vm_cpu_take(cpu_get(0), 2), 0);
}

static void take_refuses(void **state)
{
	(void)state;
	for (u32 i = 0; i < 4; i++)
		bench_offline(i, true);
	assert_int_equal(vm_cpu_take(cpu_get(1), 0), -EINVAL); /* boot CPU */
	assert_int_equal(vm_cpu_take(cpu_get(1), 2), -EINVAL); /* caller's */
	assert_int_equal(vm_cpu_take(cpu_get(1), 3), -EINVAL); /* nobody's */
	assert_int_equal(vm_cpu_take(cpu_get(1), 0x100000004), -EINVAL);
	cpu_get(3)->online = false;
	assert_int_equal(vm_cpu_take(cpu_get(1), 6), -EINVAL);
}

/* While one hand-over waits for a CPU, another is refused, not queued. */
static int nested_rc;

static void take_again(struct cpu *cpu, void *arg)
{
	(void)arg;
	if (cpu->index == 2 && nested_rc == 1)
		nested_rc = vm_cpu_take(cpu_get(2), 6);
}

static void hand_overs_do_not_wait(void **state)
{
	(void)state;
	bench_offline(2, true);
	bench_offline(3, true);
	nested_rc = 1;
	fake.on_kick = take_again;
	assert_int_equal(vm_cpu_take(cpu_get(0), 4), 0);
	fake.on_kick = NULL;
	assert_int_equal(nested_rc, -EAGAIN);
	assert_int_equal(vm_cpu_take(cpu_get(0), 6), 0);
}

static void return_makes_it_the_service_vms(void **state)
{
	struct cpu *cpu = cpu_get(3);
	struct vm *vm;

	(void)state;
	assert_int_equal(vm_cpu_return(6), -EINVAL);
	bench_take(3, 3);
	assert_int_equal(create(BIT64(3), 0, &vm), 0);
	assert_int_equal(vm_cpu_return(6), -EBUSY);
	assert_int_equal(vm_destroy(vm), 0);
	assert_true(cpu->taken);
	assert_int_equal(vm_cpu_return(6), 0);
	assert_false(cpu->taken);
	assert_ptr_equal(cpu->vcpu, cpu->service_vcpu);
	assert_false(cpu->service_vcpu->stop);
	assert_int_equal(cpu->service_vcpu->state, VCPU_STATE_WAIT_SIPI);
	assert_int_equal(vm_service()->cpus, 0xf);
	assert_int_equal(vm_cpu_return(6), -EINVAL);
	assert_int_equal(vm_cpu_return(7), -EINVAL);
	/* Again, without the kernel having started it. */
	assert_int_equal(vm_cpu_take(cpu_get(0), 6), 0);
}

/* Creation */

static void vcpus_follow_the_mask(void **state)
{
	struct vm *vm;

	(void)state;
	bench_take(1, 3);
	assert_int_equal(create(BIT64(3) | BIT64(1), 9, &vm), 0);
	assert_int_equal(vm->nvcpus, 2);
	assert_int_equal(vm->vcpu[0]->lapic_id, 2);
	assert_int_equal(vm->vcpu[1]->lapic_id, 6);
	assert_int_equal(vm->cpus, 0xa);
	assert_int_equal(vm->vmid, 1);
	assert_int_equal(vm->state, VM_STATE_CREATED);
	assert_int_equal(vm->vcpu[0]->state, VCPU_STATE_CREATED);
	assert_int_equal(vm->vcpu[1]->state, VCPU_STATE_WAIT_SIPI);
	assert_ptr_equal(cpu_get(1)->vcpu, vm->vcpu[0]);
	assert_true(vm->vcpu[0]->parked);
	assert_false(vm->hw.direct);
	for (u32 i = 0; i < 4; i++)
		assert_int_equal(vm_service()->vcpu[i]->lapic_id, 2 * i);
	assert_true(vm_service()->hw.direct);
	assert_int_equal(vm_destroy(vm), 0);
}

static void holm_chooses_idle_cpus(void **state)
{
	struct vm *a, *b;

	(void)state;
	assert_int_equal(create(0, 1, &a), -EBUSY);
	bench_take(1, 3);
	assert_int_equal(create(0, 2, &a), 0);
	assert_int_equal(a->cpus, 6);
	assert_int_equal(create(0, 2, &b), -EBUSY);
	assert_int_equal(create(0, 1, &b), 0);
	assert_int_equal(b->cpus, 8);
	assert_int_equal(vm_destroy(a), 0);
	assert_int_equal(vm_destroy(b), 0);
}

static void create_refuses(void **state)
{
	struct vm *vm;

	(void)state;
	bench_take(1, 2);
	assert_int_equal(create(0, 0, &vm), -EINVAL);
	assert_int_equal(create(0, 17, &vm), -EINVAL);
	assert_int_equal(create(~0UL, 0, &vm), -EINVAL);
	assert_int_equal(create(0x1fffe, 0, &vm), -EINVAL); /* 16, not there */
	assert_int_equal(create(BIT64(63), 0, &vm), -EINVAL);
	assert_int_equal(create(BIT64(4), 0, &vm), -EINVAL);
	assert_int_equal(create(BIT64(0), 0, &vm), -EBUSY);
	assert_int_equal(create(BIT64(2) | BIT64(3), 0, &vm), -EBUSY);
	assert_int_equal(create(BIT64(1), 0, &vm), 0);
	assert_int_equal(create(BIT64(1), 0, &vm), -EBUSY);
	assert_int_equal(vm_destroy(vm), 0);
}

static void wide_machine(void **state)
{
	struct vm *vm;

	(void)state;
	bench_teardown(NULL);
	bench_start(80, 8192);
	bench_take(1, 79);
	assert_int_equal(create(0xffffUL << 48, 0, &vm), 0);
	assert_int_equal(vm->nvcpus, 16);
	assert_int_equal(vm->vcpu[15]->lapic_id, 126);
	assert_int_equal(vm_destroy(vm), 0);
	assert_int_equal(create(0xffff8000UL << 32, 0, &vm), -EINVAL);
	assert_int_equal(vm_cpu_return(158), 0); /* one that no mask names */
}

/* The Service VM too is made whole or not at all, and once. */
static void service_without_memory(void **state)
{
	struct vm *vm;
	int rc = -ENOMEM;
	u64 keep;

	(void)state;
	vm_setup(&fake.pool, &guest_machine_ops);
	for (u32 i = 0; i < 4; i++)
		cpu_get(i)->vcpu = NULL;
	fake.count = (struct fake_counts){ 0 };
	for (keep = 0; rc == -ENOMEM; keep++) {
		u64 used = bench_used();

		bench_hog(keep);
		rc = vm_create_service(4, &vm);
		bench_unhog();
		if (rc == 0)
			break;
		assert_int_equal(bench_used(), used);
		assert_int_equal(fake.count.vcpus, 0);
		assert_null(vm_service());
		assert_int_equal(vm_count(), 0);
	}
	assert_int_equal(rc, 0);
	assert_ptr_equal(vm_service(), vm);
	assert_int_equal(vm_create_service(4, &vm), -EEXIST);
}

/* Every allocation fails in turn; nothing may be left of any attempt. */
static void create_without_memory(void **state)
{
	struct vm *vm;
	u64 used, keep;
	int rc = -ENOMEM;

	(void)state;
	bench_take(1, 3);
	used = bench_used();
	for (keep = 0; rc == -ENOMEM; keep++) {
		bench_hog(keep);
		rc = create(BIT64(1) | BIT64(2) | BIT64(3), 0, &vm);
		if (rc == 0)
			assert_int_equal(vm_destroy(vm), 0);
		bench_unhog();
		assert_int_equal(bench_used(), used);
		assert_int_equal(fake.count.vms, 1);
		assert_int_equal(fake.count.vcpus, 4);
		assert_int_equal(vm_count(), 1);
		for (u32 i = 1; i < 4; i++)
			assert_null(cpu_get(i)->vcpu);
	}
	assert_int_equal(rc, 0);
	assert_true(keep > 10); /* it does take pages */
}

static void create_with_a_failing_backend(void **state)
{
	struct vm *vm;
	u64 used;

	(void)state;
	bench_take(1, 3);
	used = bench_used();
	for (u32 n = 1; n <= 4; n++) { /* the VM and three vCPUs */
		fake.fail_in = n;
		assert_int_equal(create(0xe, 0, &vm), -ENOMEM);
		assert_int_equal(bench_used(), used);
		assert_int_equal(fake.count.vms, 1);
		assert_int_equal(fake.count.vcpus, 4);
	}
	fake.fail_in = 0;
	assert_int_equal(create(0xe, 0, &vm), 0);
	assert_int_equal(vm_destroy(vm), 0);
	assert_int_equal(bench_used(), used);
}

static void slots_are_used_again(void **state)
{
	struct vm *vm[3];
	bool more;

	(void)state;
	bench_take(1, 3);
	for (u32 i = 0; i < 3; i++) {
		assert_int_equal(create(0, 1, &vm[i]), 0);
		assert_int_equal(vm[i]->slot, i + 1);
	}
	assert_int_equal(vm_count(), 4);
	assert_int_equal(vm_destroy(vm[1]), 0);
	assert_null(vm_get(2));
	assert_null(vm_get_slot(2, &more));
	assert_true(more);
	assert_null(vm_get_slot(4, &more));
	assert_false(more);
	assert_int_equal(create(0, 1, &vm[1]), 0);
	assert_int_equal(vm[1]->vmid, 2);
	for (u32 i = 0; i < 3; i++)
		assert_int_equal(vm_destroy(vm[i]), 0);
	assert_int_equal(vm_count(), 1);
}

/* Running */

static void life(void **state)
{
	struct vm *vm;

	(void)state;
	bench_take(1, 3);
	assert_int_equal(create(0xe, 0, &vm), 0);
	assert_int_equal(act(vm_reset, vm), -EPERM);
	assert_int_equal(act(vm_start, vm), 0);
	assert_int_equal(act(vm_start, vm), -EPERM);
	assert_int_equal(vm->start_tsc, fake.tsc);
	assert_int_equal(vm->vcpu[0]->state, VCPU_STATE_RUNNABLE);
	assert_int_equal(vm->vcpu[1]->state, VCPU_STATE_WAIT_SIPI);
	for (u32 i = 0; i < 3; i++)
		assert_false(vm->vcpu[i]->parked);
	assert_int_equal(act(vm_reset, vm), -EPERM);
	assert_int_equal(act(vm_pause, vm), 0);
	for (u32 i = 0; i < 3; i++)
		assert_true(vm->vcpu[i]->parked);
	assert_int_equal(act(vm_pause, vm), 0); /* again */
	/* Resume goes on where it was. */
	vm->vcpu[1]->state = VCPU_STATE_HALTED;
	assert_int_equal(act(vm_start, vm), 0);
	assert_int_equal(vm->vcpu[1]->state, VCPU_STATE_HALTED);
	assert_int_equal(act(vm_pause, vm), 0);
	vm->vcpu[1]->requests = VCPU_REQ_NMI;
	vm->vcpu[0]->hw.regs.rip = 0x1234;
	assert_int_equal(act(vm_reset, vm), 0);
	assert_int_equal(vm->state, VM_STATE_CREATED);
	assert_int_equal(vm->vcpu[0]->state, VCPU_STATE_CREATED);
	assert_int_equal(vm->vcpu[0]->hw.regs.rip, 0xfff0);
	assert_int_equal(vm->vcpu[1]->state, VCPU_STATE_WAIT_SIPI);
	assert_int_equal(vm->vcpu[1]->requests, VCPU_REQ_RENEW);
	assert_int_equal(vm_destroy(vm), 0);
}

static void destroy_from_any_state(void **state)
{
	u64 used;

	(void)state;
	bench_take(1, 1);
	used = bench_used();
	for (u32 s = 0; s < 4; s++) {
		struct vm *vm;

		assert_int_equal(create(2, 0, &vm), 0);
		if (s > 0)
			assert_int_equal(act(vm_start, vm), 0);
		if (s == 2)
			assert_int_equal(act(vm_pause, vm), 0);
		if (s == 3)
			vm_shutdown_self(vm->vcpu[0]);
		assert_int_equal(vm_destroy(vm), 0);
		assert_int_equal(bench_used(), used);
		assert_null(cpu_get(1)->vcpu);
		assert_true(cpu_get(1)->taken);
		assert_null(cpu_get(1)->current);
	}
}

static void destroy_refuses(void **state)
{
	struct vm *vm = vm_get(0);

	(void)state;
	assert_int_equal(vm_destroy(vm), -EINVAL);
	assert_int_equal(vm->refs, 2); /* the list's, and creation's */
	assert_int_equal(vm->state, VM_STATE_RUNNING);
}

static void shutdown_self(void **state)
{
	struct vm *vm;
	u32 upcalls;

	(void)state;
	bench_take(1, 2);
	assert_int_equal(create(6, 0, &vm), 0);
	assert_int_equal(act(vm_start, vm), 0);
	upcalls = fake.upcalls;
	vm_shutdown_self(vm->vcpu[1]);
	assert_int_equal(vm->state, VM_STATE_OFF);
	assert_true(vm->vcpu[0]->stop);
	assert_true(vm->vcpu[1]->stop);
	assert_int_equal(fake.upcalls, upcalls + 1);
	vm_shutdown_self(vm->vcpu[0]); /* both fault at once */
	assert_int_equal(vm->state, VM_STATE_OFF);
	assert_int_equal(act(vm_start, vm), -EPERM);
	assert_int_equal(act(vm_pause, vm), 0);
	assert_int_equal(vm->state, VM_STATE_OFF);
	assert_int_equal(act(vm_reset, vm), 0);
	assert_int_equal(act(vm_start, vm), 0);
	assert_int_equal(vm_destroy(vm), 0);
}

/* A PAUSE that waits for this vCPU holds the lock: it must not be awaited. */
static void shutdown_self_never_blocks(void **state)
{
	struct vm *vm;
	struct vm_locked l;

	(void)state;
	bench_take(1, 1);
	assert_int_equal(create(2, 0, &vm), 0);
	assert_int_equal(act(vm_start, vm), 0);
	l = vm_lock(vm);
	vm_shutdown_self(vm->vcpu[0]);
	assert_int_equal(vm->state, VM_STATE_RUNNING);
	assert_true(vm->vcpu[0]->requests & VCPU_REQ_EXIT_OFF);
	assert_int_equal(vm_pause(l), 0);
	vm_unlock(l);
	/* A reset forgets that it was about to end. */
	assert_int_equal(act(vm_reset, vm), 0);
	assert_int_equal(vm->vcpu[0]->requests, VCPU_REQ_RENEW);
	assert_int_equal(vm_destroy(vm), 0);
}

#define TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(take_needs_an_offline_cpu),
		TEST(a_never_started_cpu_is_offline),
		TEST(take_refuses),
		TEST(hand_overs_do_not_wait),
		TEST(return_makes_it_the_service_vms),
		TEST(vcpus_follow_the_mask),
		TEST(holm_chooses_idle_cpus),
		TEST(create_refuses),
		TEST(wide_machine),
		TEST(service_without_memory),
		TEST(create_without_memory),
		TEST(create_with_a_failing_backend),
		TEST(slots_are_used_again),
		TEST(life),
		TEST(destroy_from_any_state),
		TEST(destroy_refuses),
		TEST(shutdown_self),
		TEST(shutdown_self_never_blocks),
	};

	return cmocka_run_group_tests_name("VM life", tests, NULL, NULL);
}
