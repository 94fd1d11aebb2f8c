/* SPDX-License-Identifier: BSD-2-Clause */
/* Two User VMs at once, VMs of several vCPUs, and calls from two CPUs. */
#include "kit/apic.h"
#include "kit/blobs.h"
#include "kit/smp.h"
#include "kit/test.h"

#define RAM         MIB(4)
#define RACE_ROUNDS 1500
#define AP_CODE     0x9000U

static bool make(struct dm_vm *vm, u32 nvcpus)
{
	return dm_take_cpus(hc_info().ncpus - 1) && dm_make(vm, nvcpus, RAM);
}

static void start(struct dm_vm *vm, const u8 *code, const u8 *end)
{
	struct acrn_abi_vcpu_regs regs = dm_regs_long(vm, 0, BLOB_AT);

	memcpy(vm->ram + BLOB_AT, code, (size_t)(end - code));
	regs.regs.gprs.r[4] = 0x8000;
	check_eq(dm_set_regs(vm, &regs), 0, "registers");
	check_eq(dm_call(HC_START_VM, vm), 0, "start");
}

#define run(vm, name) start(vm, blob_##name, blob_##name##_end)

static bool counts(struct dm_vm *vm)
{
	volatile u32 *n = (volatile u32 *)(void *)(vm->ram + BLOB_COUNTER);
	u32 before = *n;

	return WAIT_FOR(*n != before);
}

static void two_at_once(void)
{
	u64 used = hc_info().pool_used;
	struct dm_vm a, b;

	ram_free_all();
	if (!make(&a, 1) || !make(&b, 1))
		return;
	check(a.vmid != b.vmid, "both are VM %u", a.vmid);
	check_eq(hc_info().nvms, 3, "VMs");
	run(&a, count);
	run(&b, count);
	check(counts(&a) && counts(&b), "one of them stands still");
	check_eq(dm_call(HC_PAUSE_VM, &a), 0, "pause one");
	check(counts(&b), "the other stopped");
	check_eq(dm_call(HC_DESTROY_VM, &a), 0, "destroy one");
	check(counts(&b), "the other stopped");
	check_eq(dm_call(HC_DESTROY_VM, &b), 0, "destroy the other");
	check_eq(hc_info().pool_used, used, "pages in use");
}

/* Each one's requests are its own. */
static void requests_of_two(void)
{
	struct dm_vm a, b;

	ram_free_all();
	if (!make(&a, 1) || !make(&b, 1))
		return;
	run(&a, request);
	run(&b, request);
	check(dm_wait_request(&a, 0) && dm_wait_request(&b, 0), "requests");
	check_eq(dm_serve(&b, PATIENCE_MS), DM_ENDED, "the second");
	check_eq(a.req[0].state, ACRN_IOREQ_PENDING, "the first one's slot");
	check_eq(dm_serve(&a, PATIENCE_MS), DM_ENDED, "the first");
	check_eq(a.requests + b.requests, 6, "requests");
	check_eq(dm_call(HC_DESTROY_VM, &a), 0, "destroy");
	check_eq(dm_call(HC_DESTROY_VM, &b), 0, "destroy");
}

/* The same memory for two: what shared memory between VMs is made of. */
static void shared_page(void)
{
	struct dm_vm a, b;
	volatile u32 *n;

	ram_free_all();
	if (!make(&a, 1) || !make(&b, 1))
		return;
	check_eq(dm_region(&b, ACRN_REGION_DEL, BLOB_COUNTER, 0, PAGE_SIZE, 0),
		 0, "make room");
	check_eq(dm_map(&b, BLOB_COUNTER, a.ram + BLOB_COUNTER, PAGE_SIZE), 0,
		 "share");
	n = (volatile u32 *)(void *)(a.ram + BLOB_COUNTER);
	run(&b, count);
	check(WAIT_FOR(*n > 100), "the page does not change");
	check_eq(dm_call(HC_DESTROY_VM, &b), 0, "destroy");
	check_eq(dm_call(HC_DESTROY_VM, &a), 0, "destroy");
}

/* The boot vCPU starts the second by SIPI at 0x9000, and counts. */
static void load_smp(struct dm_vm *vm)
{
	size_t first = (size_t)(blob_scatter_end - blob_scatter);
	u8 code[128];

	memcpy(code, blob_scatter, first);
	memcpy(code + first, blob_count, (size_t)(blob_count_end - blob_count));
	start(vm, code, code + sizeof(code));
}

static void start_smp(struct dm_vm *vm, const char *ap, size_t len)
{
	memcpy(vm->ram + AP_CODE, ap, len);
	load_smp(vm);
}

/* What the second vCPU does while the VM ends; real-mode code. */
static const struct {
	const char *what;
	const char *code;
	size_t len;
	enum { ALIVE, ASKS, DEAD } sign; /* that it did so */
} seconds[] = {
	{ "spins", "\xfa\xeb\xfe", 3, ALIVE },
	{ "halts", "\xfa\xf4\xeb\xfd", 4, ALIVE },
	{ "sleeps", "\xfb\xf4\xeb\xfd", 4, ALIVE },
	{ "has a request open", "\xe5\x90\xeb\xfc", 4, ASKS },
	{ "reads the LAPIC id by CPUID", "\x66\x31\xc0\x0f\xa2\xeb\xf9", 7,
	  ALIVE },
	{ "triple faults",
	  "\x2e\x0f\x01\x1e\x10\x00\x0f\x0b\0\0\0\0\0\0\0\0"
	  "\0\0\0\0\0\0",
	  22, DEAD },
};

static void ends_in_every_company(void)
{
	u64 used = hc_info().pool_used;

	for (u32 i = 0; i < ARRAY_SIZE(seconds); i++) {
		struct dm_vm vm;

		ram_free_all();
		if (!make(&vm, 2))
			return;
		memset(vm.ram + AP_CODE, 0, 64);
		load_smp(&vm);
		memcpy(vm.ram + AP_CODE, seconds[i].code, seconds[i].len);
		check_eq(dm_call(HC_PAUSE_VM, &vm), 0, "pause");
		check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
		ram_free_all();
		if (!make(&vm, 2))
			return;
		start_smp(&vm, seconds[i].code, seconds[i].len);
		if (seconds[i].sign == DEAD) {
			check(WAIT_FOR(dm_state(&vm) == HOLM_VM_OFF),
			      "second vCPU %s: the VM goes on",
			      seconds[i].what);
		} else {
			check(counts(&vm), "the first vCPU stands still");
			check_eq(dm_state(&vm), HOLM_VM_RUNNING,
				 "second vCPU %s", seconds[i].what);
		}
		if (seconds[i].sign == ASKS)
			check(dm_wait_request(&vm, 1), "it does not ask");
		check_eq(dm_call(HC_DESTROY_VM, &vm), 0,
			 "destroy while the second vCPU %s", seconds[i].what);
		check_eq(hc_info().pool_used, used, "second vCPU %s: pages",
			 seconds[i].what);
	}
}

/*
 * Reads ports 0x90 and 0x91 in turn, and complains at 0xf4 if one gives what
 * is the other's.
 */
static const char asks_in_turn[] = "\xe5\x90\x3d\x90\x12\x75\x09"
				   "\xe5\x91\x3d\x91\x12\x75\x02\xeb\xf0"
				   "\xe6\xf4\xeb\xfe";

static bool answer_by_port(struct dm_vm *vm, u32 vcpu, struct acrn_abi_ioreq *r)
{
	(void)vm;
	(void)vcpu;
	if (r->type != ACRN_IOREQ_PIO || r->u.access.address >> 1 != 0x48)
		return false;
	r->u.access.value = 0x1200 | r->u.access.address;
	return true;
}

/* INIT and SIPI hit a vCPU that waits for an answer, thousands of times. */
static void start_anew_in_a_request(void)
{
	u64 used = hc_info().pool_used;
	u64 until = deadline_ms(400);
	struct dm_vm vm;

	ram_free_all();
	if (!make(&vm, 2))
		return;
	vm.hook = answer_by_port;
	memcpy(vm.ram + AP_CODE, asks_in_turn, sizeof(asks_in_turn) - 1);
	run(&vm, restarter);
	while (x86_rdtsc() < until)
		dm_serve_pending(&vm);
	check(vm.requests > 10, "%u requests", vm.requests);
	check(!vm.ended, "an answer went to another request");
	check(counts(&vm), "the first vCPU stands still");
	check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
	check_eq(hc_info().pool_used, used, "pages in use");
}

struct racer {
	u64 seed;
	u32 good;
};

static void one_call(struct racer *r)
{
	static const u64 nr[] = { HC_START_VM, HC_PAUSE_VM, HC_RESET_VM,
				  HC_DESTROY_VM };
	struct acrn_abi_vm_creation c = { .vcpu_num = 1, .name = "race" };
	struct acrn_abi_ioreq_buffer buf = {
		.page_gpa = MIB(250) + kcpu_self()->index * PAGE_SIZE
	};
	u64 n = random_next(&r->seed);
	u64 id = 1 + n % 3;
	u64 cpu = 2 + n / 16 % 2;

	switch (n / 4 % 4) {
	case 0:
		if (hypercall(HC_CREATE_VM, addr_of(&c), 0) == 0) {
			r->good++;
			hypercall(HC_SET_IOREQ_BUFFER, c.vmid, addr_of(&buf));
		}
		return;
	case 1:
		hypercall(n / 64 % 2 ? HC_SOS_REMOVE_CPU : HC_HOLM_RETURN_CPU,
			  hc_cpu((u32)cpu).lapic_id, 0);
		return;
	default:
		r->good += hypercall(nr[n / 256 % 4], id, 0) == 0;
	}
}

static void race(void *arg)
{
	for (u32 i = 0; i < RACE_ROUNDS; i++)
		one_call(arg);
}

/* Two CPUs make, run and end the same VMs, and hand over the same CPUs. */
static void calls_from_two_cpus(void)
{
	struct racer a = { 12345, 0 }, b = { 987654321, 0 };
	u64 used;

	dm_return_cpus();
	used = hc_info().pool_used;
	if (!check(smp_start(1, hc_cpu(1).lapic_id), "CPU 1"))
		return;
	smp_call(1, race, &b);
	race(&a);
	check(smp_join(1), "CPU 1 does not end");
	check(a.good > 50 && b.good > 50, "%u and %u calls succeeded", a.good,
	      b.good);
	for (u64 id = 1; id < 16; id++)
		hypercall(HC_DESTROY_VM, id, 0);
	dm_return_cpus();
	check_eq(hc_info().pool_used, used, "pages in use");
	check_eq(hc_info().nvms, 1, "VMs");
}

/* One makes queries about what the other creates and destroys. */
static void query_all(void *arg)
{
	u32 *stop = arg;
	u64 seen = 0;

	while (!__atomic_load_n(stop, __ATOMIC_SEQ_CST)) {
		for (u32 slot = 0; slot < 4; slot++)
			seen += hc_vm(slot).mem_bytes;
		for (u32 cpu = 0; cpu < 4; cpu++)
			seen += hc_cpu(cpu).exits;
	}
	check(seen > 0, "nothing was seen");
}

static void queries_beside(void)
{
	static u32 stop;

	if (!check(smp_start(1, hc_cpu(1).lapic_id), "CPU 1"))
		return;
	stop = 0;
	smp_call(1, query_all, &stop);
	for (u32 i = 0; i < 30; i++) {
		struct acrn_abi_vm_creation c = { .vcpu_num = 2 };

		for (u32 cpu = 2; cpu < 4; cpu++)
			hypercall(HC_SOS_REMOVE_CPU, hc_cpu(cpu).lapic_id, 0);
		check_eq(hypercall(HC_CREATE_VM, addr_of(&c), 0), 0, "create");
		check_eq(hypercall(HC_DESTROY_VM, c.vmid, 0), 0, "destroy");
	}
	__atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
	check(smp_join(1), "CPU 1 does not end");
	dm_return_cpus();
}

/* clang-format off */
const struct test tests[] = {
	{ "two_at_once", two_at_once },
	{ "requests_of_two", requests_of_two },
	{ "shared_page", shared_page },
	{ "ends_in_every_company", ends_in_every_company },
	{ "start_anew_in_a_request", start_anew_in_a_request },
	{ "calls_from_two_cpus", calls_from_two_cpus },
	{ "queries_beside", queries_beside },
	{ NULL, NULL },
};
/* clang-format on */
