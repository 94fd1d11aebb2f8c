/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPUs as threads. Some are the Service VM's and call hypercalls at random;
 * all of them run a loop like run/'s: look at what the CPU owns, park when
 * told to, "run" otherwise. Nobody may hang, and nobody may touch a vCPU
 * that was given up.
 */
#include <pthread.h>
#include <sched.h>

#include "tests/unit/mem_util.h"
#include "tests/unit/vm_bench.h"

#define CPUS  6U
#define TURNS 3000U /* hypercalls by each Service VM CPU */

static u32 finished; /* Service VM CPUs that made their calls */
static u32 created, started, answered; /* that all this got somewhere */
static u32 stop_all;

static u32 load(const u32 *p)
{
	return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}

static void store(u32 *p, u32 v)
{
	__atomic_store_n(p, v, __ATOMIC_SEQ_CST);
}

static struct vcpu *owned(struct cpu *cpu)
{
	return __atomic_load_n(&cpu->vcpu, __ATOMIC_SEQ_CST);
}

/* Out of the guest until told otherwise, or taken away. */
static void stay_parked(struct cpu *cpu, struct vcpu *v)
{
	store(&v->parked, 1);
	while (owned(cpu) == v && !load(&stop_all)) {
		if (!vcpu_should_stop(v)) {
			store(&v->parked, 0);
			return;
		}
		sched_yield();
	}
}

static bool wait_turn(struct vcpu *v)
{
	if (vcpu_should_stop(v) || load(&stop_all))
		return false;
	sched_yield();
	return true;
}

/* A User VM's vCPU: I/O, interrupts, timers, now and then a triple fault. */
static void user_turn(struct vcpu *v, struct rng *r)
{
	u64 val = 0;
	u32 req = __atomic_exchange_n(&v->requests, 0, __ATOMIC_SEQ_CST);

	if (req & VCPU_REQ_EXIT_OFF) {
		vm_shutdown_self(v);
		return;
	}
	switch (rng_below(r, 8)) {
	case 0:
		ioreq_pio(v, 0x3f8, 1, false, &val, wait_turn);
		break;
	case 1:
		if (rng_below(r, 64) == 0)
			vm_shutdown_self(v);
		break;
	case 2:
		guest_timers_expire(v, time_now());
		break;
	default:
		if (guest_irq_pending(v) >= 0)
			guest_irq_ack(v);
		io_space_pio(v->vm->io, 0x43, 1, false, &val);
	}
}

/* The device model of all VMs: whatever is PENDING is answered. */
static void answer_requests(struct vcpu *self)
{
	for (u16 id = 1; id < CPUS; id++) {
		for (u32 n = 0; n < 2; n++) {
			u32 *st = &bench_slot(id, n)->state;
			u32 was = ACRN_IOREQ_PENDING;
			bool ud;

			if (!__atomic_compare_exchange_n(
				    st, &was, ACRN_IOREQ_PROCESSING, false,
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
				continue;
			store(st, ACRN_IOREQ_COMPLETE);
			__atomic_fetch_add(&answered, 1, __ATOMIC_RELAXED);
			hypercall_dispatch(self, HC_NOTIFY_REQUEST_FINISH, id,
					   n, &ud);
		}
	}
}

/* Arguments of each CPU's calls are its own. */
static u64 arg_at(const struct vcpu *self)
{
	return BENCH_ARG + self->id * 2 * PAGE_SIZE;
}

static void put_argument(u32 nr, u64 arg, u64 id, struct rng *r)
{
	struct acrn_abi_vm_creation c = { .vcpu_num =
						  (u16)(1 + rng_below(r, 2)) };
	struct acrn_abi_region g = { .type = rng_below(r, 2) ? 2U : 0U,
				     .attr = BENCH_RWX_WB,
				     .service_gpa = BENCH_DONATE,
				     .size = MIB(1) + PAGE_SIZE };
	struct acrn_abi_region_batch b = { .vmid = (u16)id,
					   .regions_num = 1,
					   .regions_gpa = arg + PAGE_SIZE };
	u64 page = BENCH_IOREQ + id * PAGE_SIZE;

	if (nr == HC_CREATE_VM)
		bench_put(arg, &c, sizeof(c));
	if (nr == HC_SET_IOREQ_BUFFER)
		bench_put(arg, &page, sizeof(page));
	if (nr != HC_VM_SET_MEMORY_REGIONS)
		return;
	bench_put(arg + PAGE_SIZE, &g, sizeof(g));
	bench_put(arg, &b, sizeof(b));
}

static void service_turn(struct vcpu *self, struct rng *r)
{
	static const u32 nrs[] = {
		HC_CREATE_VM,      HC_SET_IOREQ_BUFFER,
		HC_START_VM,       HC_START_VM,
		HC_PAUSE_VM,       HC_RESET_VM,
		HC_DESTROY_VM,     HC_VM_SET_MEMORY_REGIONS,
		HC_SET_IRQLINE,    HC_NOTIFY_REQUEST_FINISH,
		HC_SOS_REMOVE_CPU, HC_HOLM_RETURN_CPU,
		HC_HOLM_QUERY,
	};
	u32 nr = nrs[rng_below(r, ARRAY_SIZE(nrs))];
	u64 arg = arg_at(self);
	u64 a1 = 1 + rng_below(r, 4);
	u64 a2 = arg;
	bool ud;

	put_argument(nr, arg, a1, r);
	if (nr == HC_SOS_REMOVE_CPU || nr == HC_HOLM_RETURN_CPU)
		a1 = 2 * rng_below(r, CPUS);
	if (nr == HC_CREATE_VM || nr == HC_VM_SET_MEMORY_REGIONS ||
	    nr == HC_HOLM_QUERY)
		a1 = arg;
	if (nr == HC_SET_IRQLINE)
		a2 = rng_below(r, 48) | rng_below(r, 4) << 32;
	if (nr == HC_NOTIFY_REQUEST_FINISH)
		a2 = rng_below(r, 2);
	if (hypercall_dispatch(self, nr, a1, a2, &ud) == 0) {
		if (nr == HC_CREATE_VM)
			__atomic_fetch_add(&created, 1, __ATOMIC_RELAXED);
		if (nr == HC_START_VM)
			__atomic_fetch_add(&started, 1, __ATOMIC_RELAXED);
	}
	assert_false(ud);
	answer_requests(self);
}

/* CPUs 0..2 stay the kernel's; it has let go of the others. */
static bool calls_hypercalls(const struct vcpu *v)
{
	return v->vm->kind == VM_SERVICE && v->id < 3;
}

static void run(struct cpu *cpu, struct vcpu *v, struct rng *r, u32 *turns)
{
	if (vcpu_should_stop(v)) {
		stay_parked(cpu, v);
	} else if (v->vm->kind == VM_USER) {
		user_turn(v, r);
	} else if (calls_hypercalls(v) && *turns < TURNS) {
		service_turn(v, r);
		if (++*turns == TURNS)
			__atomic_fetch_add(&finished, 1, __ATOMIC_SEQ_CST);
	} else {
		if (calls_hypercalls(v))
			answer_requests(v);
		sched_yield();
	}
}

static void *cpu_main(void *arg)
{
	struct cpu *cpu = arg;
	struct rng r = { 77 + cpu->index };
	u32 turns = 0;

	fake_self = cpu->index;
	while (!load(&stop_all)) {
		struct vcpu *v = owned(cpu);

		__atomic_store_n(&cpu->current, v, __ATOMIC_SEQ_CST);
		__atomic_fetch_add(&fake.tsc, 100, __ATOMIC_RELAXED);
		/* It may have changed hands before current was seen. */
		if (!v || owned(cpu) != v)
			sched_yield();
		else
			run(cpu, v, &r, &turns);
	}
	return NULL;
}

static void tidy_up(void)
{
	for (u32 i = 1; i < CPUS; i++)
		hc(HC_DESTROY_VM, i, 0);
	assert_int_equal(vm_count(), 1);
	assert_int_equal(fake.count.vms, 1);
	assert_int_equal(fake.count.vcpus, CPUS);
	assert_int_equal(vm_service()->refs, 2);
}

static void nobody_hangs(void **state)
{
	pthread_t thread[CPUS];
	u64 used;

	(void)state;
	bench_start(CPUS, BENCH_POOL);
	used = bench_used();
	for (u32 i = 3; i < CPUS; i++)
		bench_offline(i, true);
	memset(fake.ram + BENCH_IOREQ, 0xff, 8 * PAGE_SIZE);
	fake.threaded = true;
	for (u32 i = 0; i < CPUS; i++)
		assert_int_equal(
			pthread_create(&thread[i], NULL, cpu_main, cpu_get(i)),
			0);
	while (load(&finished) < 3)
		sched_yield();
	store(&stop_all, 1);
	for (u32 i = 0; i < CPUS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	fake.threaded = false;
	for (u32 i = 0; i < CPUS; i++)
		fake_cpu_step(cpu_get(i));
	tidy_up();
	assert_int_equal(bench_used(), used);
	/* On a busy host the threads may seldom meet. */
	assert_true(created > 2 && started > 2 && answered > 2);
	fake_machine_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_hangs),
	};

	return cmocka_run_group_tests_name("CPUs as threads", tests, NULL,
					   NULL);
}
