/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nonsense in quantity: random calls, random programs, a scribbled request
 * page. Whatever happens to the VMs, Holm must answer afterwards and have
 * all its pages back. seed=N changes the sequence.
 */
#include "kit/blobs.h"
#include "kit/apic.h"
#include "kit/test.h"

#define CALLS      10000
#define PROGRAMS   40
#define PROGRAM_MS 15
#define RAM        MIB(4)
#define POOL_SIZE  MIB(16)
#define MAX_VMID   64

static u64 seed = 0x9e3779b97f4a7c15;
static u8 *arena;

static u64 rnd(u64 below)
{
	return random_next(&seed) % below;
}

static void take_seed(void)
{
	const char *s = option("seed");

	for (; s && *s >= '0' && *s <= '9'; s++)
		seed = seed * 31 + (u64)*s;
}

static void fill_random(u8 *p, u64 n)
{
	for (u64 i = 0; i + 8 <= n; i += 8) {
		u64 v = random_next(&seed);

		memcpy(p + i, &v, 8);
	}
}

/* Mostly what makes sense at first sight: it gets further in. */
static u64 random_pointer(void)
{
	static const u64 odd[] = { 0xfee00000, 0xfec00000, 1UL << 40,
				   ~0UL,       1UL << 63,  0xfffffffffffff000 };

	if (rnd(8) == 0)
		return rnd(2) ? hc_info().hv_base + rnd(MIB(8))
			      : odd[rnd(ARRAY_SIZE(odd))];
	if (rnd(2))
		return addr_of(arena) + rnd(POOL_SIZE / PAGE_SIZE) * PAGE_SIZE;
	return addr_of(arena) + rnd(POOL_SIZE);
}

static u64 random_number(void)
{
	switch (rnd(4)) {
	case 0:
		return rnd(4);
	case 1:
		return rnd(256);
	case 2:
		return BIT64(rnd(64)) - rnd(2);
	default:
		return random_next(&seed);
	}
}

/* May it be written to, up to 512 bytes? */
static bool is_ours(u64 at)
{
	return at - addr_of(arena) <= POOL_SIZE - 512;
}

/* Small numbers and page addresses into the words of an argument. */
static void make_argument(u64 at)
{
	u32 *p = (u32 *)(uintptr_t)at;

	if (!is_ours(at))
		return;
	for (u32 i = 0; i < 64; i++) {
		u64 v = rnd(3) ? rnd(4) : random_number();

		if (rnd(6) == 0)
			v = random_pointer();
		memcpy(p + i, &v, 4);
	}
}

static u32 random_call_number(void)
{
	static const u32 nr[] = {
		HC_GET_API_VERSION,
		HC_SOS_REMOVE_CPU,
		HC_SET_CALLBACK_VECTOR,
		HC_CREATE_VM,
		HC_CREATE_VM,
		HC_DESTROY_VM,
		HC_START_VM,
		HC_START_VM,
		HC_PAUSE_VM,
		HC_CREATE_VCPU,
		HC_RESET_VM,
		HC_SET_VCPU_REGS,
		HC_INJECT_MSI,
		HC_VM_INTR_MONITOR,
		HC_SET_IRQLINE,
		HC_SET_IOREQ_BUFFER,
		HC_NOTIFY_REQUEST_FINISH,
		HC_VM_GPA2HPA,
		HC_VM_SET_MEMORY_REGIONS,
		HC_VM_SET_MEMORY_REGIONS,
		HC_PM_GET_CPU_STATE,
		HC_HOLM_QUERY,
		HC_HOLM_RETURN_CPU,
	};

	return rnd(50) ? nr[rnd(ARRAY_SIZE(nr))] : HC_ID((u32)rnd(256));
}

/* A creation that can succeed, now and then. */
static void make_good_creation(u64 at)
{
	struct acrn_abi_vm_creation c = { .vcpu_num = 1, .name = "x" };

	if (is_ours(at))
		memcpy((void *)(uintptr_t)at, &c, sizeof(c));
}

/*
 * This program is its own Service VM's memory: what it gives away and where
 * it has answers written must not be itself, or it only tests itself.
 */
static void aim_query(void *arg)
{
	struct holm_query *q = arg;

	q->buf_gpa = random_pointer();
}

static void aim_request_page(void *arg)
{
	struct acrn_abi_ioreq_buffer *b = arg;

	b->page_gpa = random_pointer();
}

static void aim_regions(void *arg)
{
	struct acrn_abi_region_batch *b = arg;
	struct acrn_abi_region *r =
		(void *)(arena + rnd(POOL_SIZE / PAGE_SIZE) * PAGE_SIZE);

	b->regions_num = (u32)rnd(5);
	b->regions_gpa = rnd(10) ? addr_of(r) : random_pointer();
	for (u32 i = 0; i < 8; i++)
		r[i] = (struct acrn_abi_region){
			.type = rnd(4) ? 0 : (u32)rnd(5),
			.attr = rnd(4) ? DM_RAM_ATTR : (u32)random_number(),
			.user_gpa = rnd(3) ? rnd(64) * MIB(1) : random_number(),
			.service_gpa = random_pointer(),
			.size = rnd(3) ? PAGE_SIZE << rnd(12) : random_number(),
		};
}

static void aim(u32 nr, u64 at)
{
	void *arg = (void *)(uintptr_t)at;

	if (!is_ours(at))
		return;
	if (nr == HC_HOLM_QUERY)
		aim_query(arg);
	if (nr == HC_SET_IOREQ_BUFFER)
		aim_request_page(arg);
	if (nr == HC_VM_SET_MEMORY_REGIONS)
		aim_regions(arg);
}

/* A request page and memory, and off it goes. */
static void bring_up(u64 at)
{
	const struct acrn_abi_vm_creation *c = (const void *)(uintptr_t)at;
	struct acrn_abi_ioreq_buffer buf = {
		.page_gpa =
			align_down(addr_of(arena) + rnd(POOL_SIZE), PAGE_SIZE)
	};
	struct dm_vm vm = { .vmid = c->vmid };

	hypercall(HC_SET_IOREQ_BUFFER, vm.vmid, addr_of(&buf));
	dm_map(&vm, rnd(16) * MIB(1), arena, MIB(2));
	hypercall(HC_START_VM, vm.vmid, 0);
}

/* How often each call, by its low byte, did something. */
static u32 worked[256];

static void check_depth(void)
{
	static const u32 must[] = { HC_CREATE_VM,      HC_DESTROY_VM,
				    HC_PAUSE_VM,       HC_HOLM_QUERY,
				    HC_SOS_REMOVE_CPU, HC_HOLM_RETURN_CPU,
				    HC_VM_GPA2HPA,     HC_SET_IRQLINE };

	for (u32 i = 0; i < ARRAY_SIZE(must); i++)
		check(worked[must[i] & 0xff] > 0, "call %x never succeeded",
		      must[i]);
}

static void random_call(void)
{
	u32 nr = random_call_number();
	u64 a = rnd(3) ? random_pointer() : random_number();
	u64 b = rnd(3) ? random_pointer() : random_number();
	s64 rc;

	make_argument(a);
	make_argument(b);
	if (nr == HC_CREATE_VM && rnd(2))
		make_good_creation(a);
	if (rnd(2) && nr != HC_CREATE_VM && nr != HC_HOLM_QUERY &&
	    nr != HC_VM_SET_MEMORY_REGIONS && nr != HC_GET_API_VERSION)
		a = rnd(3);
	aim(nr, nr == HC_SET_IOREQ_BUFFER ? b : a);
	if (nr == HC_HOLM_QUERY && rnd(2))
		b = 0;
	rc = hypercall(nr, a, b);
	worked[nr & 0xff] += rc >= 0;
	if (nr == HC_CREATE_VM && rc == 0 && rnd(2))
		bring_up(a);
}

static void clean_up(void)
{
	for (u64 id = 1; id < MAX_VMID; id++)
		hypercall(HC_DESTROY_VM, id, 0);
	check_eq(hypercall(HC_SET_CALLBACK_VECTOR, 0xf3, 0), 0, "vector");
	dm_return_cpus();
}

static void check_back(u64 used, u32 i)
{
	struct holm_info info = hc_info();

	check_eq(info.pool_used, used, "pages in use after %u", i);
	check_eq(info.nvms, 1, "VMs after %u", i);
}

static void random_calls(void)
{
	u64 used = hc_info().pool_used;

	take_seed();
	ram_free_all();
	arena = ram_alloc(POOL_SIZE, MIB(2));
	irq_enable();
	for (u32 i = 0; i < CALLS; i++) {
		random_call();
		if (i % 500 == 499) {
			clean_up();
			check_back(used, i);
		}
		if (i % 100 == 0)
			dm_take_cpus(hc_info().ncpus - 1);
	}
	irq_disable();
	clean_up();
	check_back(used, CALLS);
	check_depth();
}

static struct acrn_abi_vcpu_regs random_regs(struct dm_vm *vm)
{
	u32 at = (u32)rnd(RAM / 2) & ~15U;
	u64 mode = rnd(3);

	if (mode == 0)
		return dm_regs_real(0, at & 0xfffff);
	if (mode == 1)
		return dm_regs_flat32(0, at);
	return dm_regs_long(vm, 0, at);
}

static bool random_answer(struct dm_vm *vm, u32 vcpu, struct acrn_abi_ioreq *r)
{
	(void)vcpu;
	r->u.access.value = random_next(&seed);
	if (rnd(4) == 0)
		dm_msi(vm, 0xfee00000 | rnd(4) << 12, rnd(0x10000));
	if (rnd(4) == 0)
		dm_irqline(vm, (u32)rnd(32), (u32)rnd(5));
	return true;
}

static void run_random(struct dm_vm *vm)
{
	u64 until = deadline_ms(PROGRAM_MS);

	vm->hook = random_answer;
	while (x86_rdtsc() < until && !vm->ended)
		dm_serve_pending(vm);
}

/*
 * Moves of segment registers 6 and 7, which do not exist, crash QEMU 10.0
 * itself while it translates them (8c, 8e): none of these.
 */
static void spare_qemu(u8 *p, u64 n)
{
	for (u64 i = 0; i < n; i++)
		if (p[i] == 0x8c || p[i] == 0x8e)
			p[i] = 0xf4;
}

static void give_random_state(struct dm_vm *vm)
{
	struct acrn_abi_vcpu_regs regs = random_regs(vm);

	if (vm->nvcpus > 1) {
		blob_load(vm, scatter);
		regs = dm_regs_long(vm, 0, BLOB_AT);
	}
	for (u32 k = 0; k < 16; k++)
		regs.regs.gprs.r[k] = random_number();
	check_eq(dm_set_regs(vm, &regs), 0, "registers");
}

/* Random bytes as a program: any instruction in any mode, on 1 or 2 vCPUs. */
static void random_programs(void)
{
	u32 cpus = hc_info().ncpus - 1;
	u64 used = hc_info().pool_used;

	for (u32 i = 0; i < PROGRAMS; i++) {
		struct dm_vm vm;

		ram_free_all();
		if (!dm_take_cpus(cpus) ||
		    !dm_make(&vm, cpus > 1 && (i & 1) ? 2 : 1, RAM))
			return;
		fill_random(vm.ram, RAM);
		spare_qemu(vm.ram, RAM);
		give_random_state(&vm);
		check_eq(dm_call(HC_START_VM, &vm), 0, "start");
		run_random(&vm);
		check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
		check_back(used, i);
	}
}

/* A device model that writes anything anywhere into the request page. */
static void scribbled_request_page(void)
{
	u64 used = hc_info().pool_used;

	for (u32 i = 0; i < 5; i++) {
		struct acrn_abi_vcpu_regs regs;
		struct dm_vm vm;

		ram_free_all();
		if (!dm_take_cpus(1) || !dm_make(&vm, 1, RAM))
			return;
		regs = dm_regs_long(&vm, 0, BLOB_AT);
		blob_load(&vm, count_io);
		check_eq(dm_set_regs(&vm, &regs), 0, "registers");
		check_eq(dm_call(HC_START_VM, &vm), 0, "start");
		for (u32 k = 0; k < 3000; k++) {
			((volatile u32 *)(void *)vm.req)[rnd(1024)] =
				(u32)random_number();
			vm.req[0].state = (u32)rnd(5);
			hypercall(HC_NOTIFY_REQUEST_FINISH, vm.vmid, rnd(17));
		}
		check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
		check_back(used, i);
	}
}

/* After all of it an ordinary User VM still works. */
static void all_is_well(void)
{
	struct acrn_abi_vcpu_regs regs;
	struct dm_vm vm;

	ram_free_all();
	if (!dm_take_cpus(1) || !dm_make(&vm, 1, RAM))
		return;
	regs = dm_regs_long(&vm, 0, BLOB_AT);
	blob_load(&vm, request);
	check_eq(dm_set_regs(&vm, &regs), 0, "registers");
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	check_eq(dm_serve(&vm, PATIENCE_MS), DM_ENDED, "how it ended");
	check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
}

/* clang-format off */
const struct test tests[] = {
	{ "random_calls", random_calls },
	{ "random_programs", random_programs },
	{ "scribbled_request_page", scribbled_request_page },
	{ "all_is_well", all_is_well },
	{ NULL, NULL },
};
/* clang-format on */
