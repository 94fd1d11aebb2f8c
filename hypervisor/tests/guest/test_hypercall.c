/* SPDX-License-Identifier: BSD-2-Clause */
/* The hypercalls' edges: who may call, and arguments that are no good. */
#include "kit/dm.h"
#include "kit/test.h"
#include "kit/trap.h"
#include "lib/string.h"

#define NO_VM 77

/* Every number there is; the argument that is a pointer, if one is. */
/* clang-format off */
static const struct {
	u32 nr;
	u32 pointer;  /* 0: none, 1: RDI, 2: RSI */
	bool takes_vm; /* RDI is a vmid */
} calls[] = {
	{ HC_GET_API_VERSION, 1, false },
	{ HC_SOS_REMOVE_CPU, 0, false },
	{ HC_SET_CALLBACK_VECTOR, 0, false },
	{ HC_CREATE_VM, 1, false },
	{ HC_DESTROY_VM, 0, true },
	{ HC_START_VM, 0, true },
	{ HC_PAUSE_VM, 0, true },
	{ HC_CREATE_VCPU, 0, true },
	{ HC_RESET_VM, 0, true },
	{ HC_SET_VCPU_REGS, 2, true },
	{ HC_INJECT_MSI, 2, true },
	{ HC_VM_INTR_MONITOR, 2, true },
	{ HC_SET_IRQLINE, 0, true },
	{ HC_SET_IOREQ_BUFFER, 2, true },
	{ HC_NOTIFY_REQUEST_FINISH, 0, true },
	{ HC_VM_GPA2HPA, 2, true },
	{ HC_VM_SET_MEMORY_REGIONS, 1, false },
	{ HC_PM_GET_CPU_STATE, 0, false },
	{ HC_HOLM_QUERY, 1, false },
	{ HC_HOLM_RETURN_CPU, 0, false },
	{ HC_HOLM_TRACE, 0, false },
	{ HC_HOLM_CELL_CREATE, 0, false },
	{ HC_HOLM_CELL_LOAD, 1, false },
	{ HC_HOLM_CELL_START, 0, false },
	{ HC_HOLM_CELL_STOP, 0, false },
	{ HC_HOLM_CELL_DESTROY, 0, false },
	{ HC_HOLM_CELL_ASK, 0, false },
};
/* clang-format on */

static bool is_known(u32 nr)
{
	for (u32 i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].nr == nr)
			return true;
	return false;
}

static void both_instructions(void)
{
	struct acrn_abi_version a = { 9, 9 }, b = { 9, 9 };

	check_eq(vmmcall(HC_GET_API_VERSION, addr_of(&a), 0), 0, "VMMCALL");
	check_eq(vmcall(HC_GET_API_VERSION, addr_of(&b), 0), 0, "VMCALL");
	check(a.major == 1 && a.minor == 0, "version %u.%u", a.major, a.minor);
	check(!memcmp(&a, &b, sizeof(a)), "VMCALL: %u.%u", b.major, b.minor);
	for (u32 i = 0; i < ARRAY_SIZE(calls); i++) {
		if (calls[i].takes_vm)
			check_eq(vmcall(calls[i].nr, NO_VM, addr_of(&a)),
				 vmmcall(calls[i].nr, NO_VM, addr_of(&a)),
				 "VMCALL %x", calls[i].nr);
	}
}

/* All registers but RAX are the caller's. */
static void registers_survive(void)
{
	u64 rbx = 1, rcx = 2, rdx = 3, rbp_like = 5;
	u64 rc, rdi = HC_ID(0x7f), rsi = 4;

	__asm__ volatile("mov $0x8000007f, %%r8\n\t"
			 "mov $9, %%r9; mov $15, %%r15\n\t"
			 "vmmcall\n\t"
			 "add %%r15, %4; add %%r9, %4"
			 : "=a"(rc), "+b"(rbx), "+c"(rcx), "+d"(rdx),
			   "+r"(rbp_like), "+D"(rdi), "+S"(rsi)
			 :
			 : "r8", "r9", "r15", "memory");
	check_eq(rc, -ENOTTY, "result");
	check(rbx == 1 && rcx == 2 && rdx == 3 && rbp_like == 29 && rsi == 4 &&
		      rdi == HC_ID(0x7f),
	      "a register changed");
}

static void call_vmmcall(void)
{
	__asm__ volatile("mov $0x80000000, %%r8d; vmmcall; ud2" : : : "r8");
}

static void call_vmcall(void)
{
	__asm__ volatile("mov $0x80000000, %%r8d; vmcall; ud2" : : : "r8");
}

static void ring3_may_not(void)
{
	check_eq(probe_ring3(call_vmmcall), VEC_GP, "VMMCALL in ring 3");
	check_eq(probe_ring3(call_vmcall), VEC_GP, "VMCALL in ring 3");
}

static void unknown_numbers(void)
{
	static const u64 odd[] = { 0,          1,          0x10,
				   0x7fffffff, 0x80000100, 0x90000010,
				   0xc0000000, 0xffffffff };

	for (u32 i = 0; i < 256; i++)
		if (!is_known(HC_ID(i)))
			check_eq(hypercall(HC_ID(i), 0, 0), -ENOTTY,
				 "number %x", HC_ID(i));
	for (u32 i = 0; i < ARRAY_SIZE(odd); i++)
		check_eq(hypercall(odd[i], 0, 0), -ENOTTY, "number %lx",
			 odd[i]);
}

/* What must stay as it is while calls are refused. */
struct figures {
	u64 pool_used;
	u32 nvms;
	u64 own_pages;
};

static struct figures take_figures(void)
{
	struct holm_info info = hc_info();

	return (struct figures){ info.pool_used, info.nvms, hc_vm(0).s2_pages };
}

static void check_figures(const struct figures *before, const char *when)
{
	struct figures now = take_figures();

	check_eq(now.pool_used, before->pool_used, "%s: pages in use", when);
	check_eq(now.nvms, before->nvms, "%s: VMs", when);
	check_eq(now.own_pages, before->own_pages,
		 "%s: pages of the own stage 2", when);
}

/* Addresses behind which there is no memory of the Service VM. */
static u32 bad_addresses(u64 *out)
{
	struct holm_info info = hc_info();
	const u64 list[] = {
		info.hv_base,
		info.hv_base + info.hv_size - 8,
		info.hv_base - 4,
		0xfee00000,
		0xfec00000,
		GIB(16),
		1UL << 40,
		(1UL << 48) - 4,
		1UL << 52,
		1UL << 63,
		~0UL,
		~0UL - 7,
	};

	memcpy(out, list, sizeof(list));
	return ARRAY_SIZE(list);
}

static s64 call_with(u32 i, u64 vmid, u64 pointer)
{
	if (calls[i].pointer == 1)
		return hypercall(calls[i].nr, pointer, 0);
	return hypercall(calls[i].nr, vmid, pointer);
}

static void bad_pointers_of(u64 vmid)
{
	struct figures before = take_figures();
	u64 bad[16];
	u32 n = bad_addresses(bad);

	for (u32 i = 0; i < ARRAY_SIZE(calls); i++) {
		for (u32 k = 0; calls[i].pointer && k < n; k++)
			check_eq(call_with(i, vmid, bad[k]), -EFAULT,
				 "call %x with a pointer to %lx", calls[i].nr,
				 bad[k]);
	}
	check_figures(&before, "after bad pointers");
}

static void bad_pointers(void)
{
	struct dm_vm vm;

	bad_pointers_of(NO_VM);
	if (!dm_take_cpus(1) || !dm_make(&vm, 1, MIB(2)))
		return;
	bad_pointers_of(vm.vmid);
	check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
	dm_return_cpus();
}

/* Pointers inside what is pointed at. */
static void bad_inner_pointers(void)
{
	struct figures before = take_figures();
	u64 bad[16];
	u32 n = bad_addresses(bad);

	for (u32 k = 0; k < n; k++) {
		struct holm_query q = { HOLM_QUERY_INFO, 0, bad[k], 128, 0 };
		struct acrn_abi_region_batch b = { .vmid = 1,
						   .regions_num = 3,
						   .regions_gpa = bad[k] };

		check_eq(hypercall(HC_HOLM_QUERY, addr_of(&q), 0), -EFAULT,
			 "query into %lx", bad[k]);
		check_eq(hypercall(HC_VM_SET_MEMORY_REGIONS, addr_of(&b), 0),
			 -EFAULT, "regions at %lx", bad[k]);
	}
	check_figures(&before, "after bad inner pointers");
}

static void no_such_vm(void)
{
	static u8 zeros[512];
	static const u64 ids[] = { 1, NO_VM, 0xffff, 0x10001, 1UL << 32, ~0UL };

	for (u32 i = 0; i < ARRAY_SIZE(calls); i++)
		for (u32 k = 0; calls[i].takes_vm && k < ARRAY_SIZE(ids); k++) {
			s64 rc;

			if (calls[i].nr == HC_SET_VCPU_REGS)
				continue;
			rc = hypercall(calls[i].nr, ids[k], addr_of(zeros));
			check_eq(rc, -ENOTTY, "call %x of VM %lx", calls[i].nr,
				 ids[k]);
		}
}

/* The Service VM is VM 0, and not its own to stop. */
static void not_the_service_vm(void)
{
	static u8 zeros[512];
	struct figures before = take_figures();
	struct acrn_abi_vcpu_regs regs = dm_regs_flat32(0, 0x1000);

	for (u32 i = 0; i < ARRAY_SIZE(calls); i++) {
		u32 nr = calls[i].nr;
		u64 arg = nr == HC_SET_VCPU_REGS ? addr_of(&regs)
						 : addr_of(zeros);

		if (calls[i].takes_vm && nr != HC_VM_GPA2HPA)
			check(hypercall(nr, 0, arg) < 0,
			      "call %x of the Service VM", nr);
	}
	check_figures(&before, "after");
}

static void own_translation(void)
{
	struct holm_info info = hc_info();
	struct acrn_abi_gpa2hpa v = { .gpa = 0x1000123 };

	check_eq(hypercall(HC_VM_GPA2HPA, 0, addr_of(&v)), 0, "own memory");
	check_eq(v.hpa, 0x1000123, "identity");
	v.gpa = info.hv_base;
	check_eq(hypercall(HC_VM_GPA2HPA, 0, addr_of(&v)), -EFAULT,
		 "Holm's memory");
}

static void queries_at_their_edges(void)
{
	struct holm_query q = { 99, 0, 0, 0, 0 };
	struct holm_info info;
	struct holm_vm vm;
	u8 byte[4] = { 1, 2, 3, 4 };

	check_eq(hypercall(HC_HOLM_QUERY, addr_of(&q), 0), -EINVAL, "subject");
	q.subject = HOLM_QUERY_INFO;
	check_eq(hypercall(HC_HOLM_QUERY, addr_of(&q), 1), -EINVAL, "RSI");
	check_eq(hc_query(HOLM_QUERY_INFO, 1, &info, sizeof(info)), -ENOENT,
		 "second info");
	check_eq(hc_query(HOLM_QUERY_CPU, 1000, &info, sizeof(info)), -ENOENT,
		 "CPU 1000");
	check_eq(hc_query(HOLM_QUERY_VM, ~0U, &vm, sizeof(vm)), -ENOENT,
		 "VM slot");
	check_eq(hc_query(HOLM_QUERY_INFO, 0, byte, 2), 2, "two bytes");
	check(byte[2] == 3 && byte[3] == 4, "more was written than asked for");
	check_eq(hc_query(HOLM_QUERY_INFO, 0, byte, 0), 0, "no bytes");
}

static void log_can_be_read(void)
{
	static char text[4096];
	s64 n = hc_query(HOLM_QUERY_LOG, 0, text, sizeof(text) - 1);

	check(n > 50, "%ld bytes of log", (long)n);
	check(strstr(text, "Holm: starting") != NULL, "no first line");
	check_eq(hc_query(HOLM_QUERY_LOG, ~0U, text, 100), 0, "past its end");
}

static void callback_vector(void)
{
	check_eq(hypercall(HC_SET_CALLBACK_VECTOR, 0x1f, 0), -EINVAL, "1f");
	check_eq(hypercall(HC_SET_CALLBACK_VECTOR, 0x100, 0), -EINVAL, "100");
	check_eq(hypercall(HC_SET_CALLBACK_VECTOR, ~0UL, 0), -EINVAL, "-1");
	check_eq(hypercall(HC_SET_CALLBACK_VECTOR, 0xf3, 0), 0, "f3");
}

static s64 create_as(u16 nvcpus, u64 cpus, u64 flags, u16 reserved)
{
	struct acrn_abi_vm_creation c = {
		.vcpu_num = nvcpus,
		.cpu_affinity = cpus,
		.vm_flag = flags,
		.reserved0 = reserved,
		.name = "edge",
	};

	return hypercall(HC_CREATE_VM, addr_of(&c), 0);
}

static void creation_is_checked(void)
{
	struct figures before = take_figures();

	check_eq(create_as(0, 0, 0, 0), -EINVAL, "no vCPU");
	check_eq(create_as(1000, 0, 0, 0), -EINVAL, "1000 vCPUs");
	check_eq(create_as(1, 0, 0, 0), -EBUSY, "no CPU is taken");
	check_eq(create_as(1, 1, 0, 0), -EBUSY, "the boot CPU");
	check_eq(create_as(1, 2, 0, 0), -EBUSY, "CPU 1, not taken");
	check_eq(create_as(1, BIT64(63), 0, 0), -EINVAL, "CPU 63");
	check_eq(create_as(1, 0, 0, 1), -EINVAL, "a reserved field");
	check_eq(create_as(1, 0, ACRN_VM_SECURE_WORLD, 0), -EINVAL, "secure");
	check_eq(create_as(1, 0, BIT64(40), 0), -EINVAL, "flag 40");
	check_figures(&before, "after");
}

static s64 irqline(struct dm_vm *vm, u64 arg)
{
	return hypercall(HC_SET_IRQLINE, vm->vmid, arg);
}

static void devices_are_checked(void)
{
	struct acrn_abi_intr_monitor m = { .cmd = ACRN_INTR_GET };
	struct dm_vm vm;
	u64 pm;

	if (!dm_take_cpus(1) || !dm_make(&vm, 1, MIB(2)))
		return;
	check_eq(irqline(&vm, 5), 0, "line 5");
	check_eq(irqline(&vm, 1000), -EINVAL, "line 1000");
	check_eq(irqline(&vm, 0xffffffff), -EINVAL, "line -1");
	check_eq(irqline(&vm, 5 | 4UL << 32), -EINVAL, "operation 4");
	check_eq(irqline(&vm, ~0UL), -EINVAL, "all ones");
	check_eq(dm_msi(&vm, 0, 0), -EINVAL, "a message to nowhere");
	check_eq(dm_msi(&vm, 0xfee00000, 0x41), 0, "a message");
	check_eq(hypercall(HC_NOTIFY_REQUEST_FINISH, vm.vmid, 0), 0, "notify");
	check_eq(hypercall(HC_NOTIFY_REQUEST_FINISH, vm.vmid, 1), -EINVAL,
		 "notify vCPU 1 of 1");
	check_eq(hypercall(HC_VM_INTR_MONITOR, vm.vmid, addr_of(&m)), 0,
		 "monitor");
	check_eq(m.buf_cnt, 0, "interrupts monitored");
	m.cmd = 7;
	check_eq(hypercall(HC_VM_INTR_MONITOR, vm.vmid, addr_of(&m)), -EINVAL,
		 "monitor command 7");
	pm = (u64)vm.vmid << 24;
	check_eq(hypercall(HC_PM_GET_CPU_STATE, pm, 0), -ENODEV, "P states");
	check_eq(hypercall(HC_PM_GET_CPU_STATE, pm | 9, 0), -EINVAL, "type 9");
	check_eq(hypercall(HC_PM_GET_CPU_STATE, pm | 1 << 16, 0), -EINVAL,
		 "vCPU 1 of 1");
	check_eq(dm_call(HC_CREATE_VCPU, &vm), 0, "create vCPU");
	check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
	dm_return_cpus();
}

static void request_page_is_checked(void)
{
	const u64 bad[] = {
		hc_info().hv_base, 0xfee00000,       0xfec00000, 0xb0000000,
		GIB(16),           addr_of(bad) | 1, ~0UL
	};
	struct acrn_abi_vm_creation c = { .vcpu_num = 1, .name = "page" };
	struct acrn_abi_ioreq_buffer buf;

	if (!dm_take_cpus(1))
		return;
	check_eq(hypercall(HC_CREATE_VM, addr_of(&c), 0), 0, "create");
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		buf.page_gpa = bad[i];
		check(hypercall(HC_SET_IOREQ_BUFFER, c.vmid, addr_of(&buf)) < 0,
		      "a request page at %lx", bad[i]);
	}
	buf.page_gpa = addr_of(ram_alloc(PAGE_SIZE, PAGE_SIZE));
	check_eq(hypercall(HC_SET_IOREQ_BUFFER, c.vmid, addr_of(&buf)), 0,
		 "a good one");
	check_eq(hypercall(HC_SET_IOREQ_BUFFER, c.vmid, addr_of(&buf)), -EINVAL,
		 "a second");
	check_eq(hypercall(HC_DESTROY_VM, c.vmid, 0), 0, "destroy");
	dm_return_cpus();
}

/* clang-format off */
const struct test tests[] = {
	{ "both_instructions", both_instructions },
	{ "registers_survive", registers_survive },
	{ "ring3_may_not", ring3_may_not },
	{ "unknown_numbers", unknown_numbers },
	{ "bad_pointers", bad_pointers },
	{ "bad_inner_pointers", bad_inner_pointers },
	{ "no_such_vm", no_such_vm },
	{ "not_the_service_vm", not_the_service_vm },
	{ "own_translation", own_translation },
	{ "queries_at_their_edges", queries_at_their_edges },
	{ "log_can_be_read", log_can_be_read },
	{ "callback_vector", callback_vector },
	{ "creation_is_checked", creation_is_checked },
	{ "devices_are_checked", devices_are_checked },
	{ "request_page_is_checked", request_page_is_checked },
	{ NULL, NULL },
};
/* clang-format on */
