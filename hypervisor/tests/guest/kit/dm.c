/* SPDX-License-Identifier: BSD-2-Clause */
#include "kit/dm.h"

#include "kit/apic.h"
#include "kit/test.h"
#include "lib/string.h"

#define ARENA_BASE MIB(64)
#define ARENA_END  MIB(256)
#define VEC_UPCALL 0xf3
#define VEC_ALARM  0xe0
#define ALARM_US   1000000
#define LSR_PORT   0x3fd
#define LSR_EMPTY  0x60

/* Access rights, SDM vol 3, 25.4.1. */
#define AR_CODE16 0x009bU
#define AR_CODE32 0xc09bU
#define AR_CODE64 0xa09bU
#define CR0_FLAT  (CR0_PE | CR0_ET)

static u64 arena_next = ARENA_BASE;

void *ram_alloc(u64 size, u64 align)
{
	u64 at = align_up(arena_next, MAX(align, PAGE_SIZE));
	void *p = (void *)(uintptr_t)at;

	if (at + size > ARENA_END)
		test_abort("the test wants too much memory");
	arena_next = at + size;
	memset(p, 0, size);
	return p;
}

void ram_free_all(void)
{
	arena_next = ARENA_BASE;
}

bool dm_take_cpus(u32 n)
{
	for (u32 i = 1; i <= n; i++) {
		struct holm_cpu cpu = hc_cpu(i);
		s64 rc;

		if (cpu.owner_vm != 0)
			continue;
		rc = hypercall(HC_SOS_REMOVE_CPU, cpu.lapic_id, 0);
		if (!check_eq(rc, 0, "take CPU %u", i))
			return false;
	}
	return true;
}

void dm_return_cpus(void)
{
	u32 n = hc_info().ncpus;

	for (u32 i = 1; i < n; i++) {
		struct holm_cpu cpu = hc_cpu(i);

		if (cpu.owner_vm == HOLM_NO_VM)
			check_eq(hypercall(HC_HOLM_RETURN_CPU, cpu.lapic_id, 0),
				 0, "return CPU %u", i);
	}
}

s64 dm_create(struct dm_vm *vm, u32 nvcpus)
{
	return dm_create_as(vm, nvcpus, 0);
}

s64 dm_create_as(struct dm_vm *vm, u32 nvcpus, u64 flags)
{
	struct acrn_abi_vm_creation c = {
		.vcpu_num = (u16)nvcpus,
		.vm_flag = flags,
		.name = "tiny",
	};
	struct acrn_abi_ioreq_buffer buf;
	s64 rc;

	memset(vm, 0, sizeof(*vm));
	rc = hypercall(HC_CREATE_VM, addr_of(&c), 0);
	if (rc)
		return rc;
	vm->vmid = c.vmid;
	vm->nvcpus = c.vcpu_num;
	vm->polling = flags & ACRN_VM_IO_POLLING;
	vm->req = ram_alloc(PAGE_SIZE, PAGE_SIZE);
	buf.page_gpa = addr_of(vm->req);
	return hypercall(HC_SET_IOREQ_BUFFER, vm->vmid, addr_of(&buf));
}

s64 dm_region(struct dm_vm *vm, u32 type, u64 gpa, u64 from, u64 size, u32 attr)
{
	struct acrn_abi_region r = {
		.type = type,
		.attr = attr,
		.user_gpa = gpa,
		.service_gpa = from,
		.size = size,
	};
	struct acrn_abi_region_batch batch = {
		.vmid = vm->vmid,
		.regions_num = 1,
		.regions_gpa = addr_of(&r),
	};

	return hypercall(HC_VM_SET_MEMORY_REGIONS, addr_of(&batch), 0);
}

bool dm_make(struct dm_vm *vm, u32 nvcpus, u64 size)
{
	if (!check_eq(dm_create(vm, nvcpus), 0, "create"))
		return false;
	return dm_give_ram(vm, size);
}

bool dm_give_ram(struct dm_vm *vm, u64 size)
{
	vm->ram = ram_alloc(size, MIB(2));
	vm->ram_size = size;
	return check_eq(dm_map(vm, 0, vm->ram, size), 0, "memory");
}

static struct acrn_abi_vcpu_regs regs_base(u16 vcpu)
{
	return (struct acrn_abi_vcpu_regs){
		.vcpu_id = vcpu,
		.regs = {
			.idt = { .limit = 0x3ff },
			.gdt = { .limit = 0xffff },
			.cr0 = CR0_ET,
			.cs_ar = AR_CODE16,
			.cs_limit = 0xffff,
		},
	};
}

struct acrn_abi_vcpu_regs dm_regs_real(u16 vcpu, u32 addr)
{
	struct acrn_abi_vcpu_regs v = regs_base(vcpu);

	v.regs.cs_sel = (u16)(addr >> 4);
	v.regs.cs_base = align_down(addr, 16);
	v.regs.rip = addr & 15;
	return v;
}

struct acrn_abi_vcpu_regs dm_regs_flat32(u16 vcpu, u32 addr)
{
	struct acrn_abi_vcpu_regs v = regs_base(vcpu);

	v.regs.cr0 = CR0_FLAT;
	v.regs.cs_ar = AR_CODE32;
	v.regs.cs_limit = 0xffffffff;
	v.regs.cs_sel = 0x10;
	v.regs.ds_sel = v.regs.es_sel = v.regs.ss_sel = 0x18;
	v.regs.fs_sel = v.regs.gs_sel = 0x18;
	v.regs.rip = addr;
	return v;
}

#define PML4_AT 0x4000
#define PDPT_AT 0x5000
#define ENTRY   0x07UL
#define LEAF    0x87UL
#define PD_LOW  0x6000
#define PD_HIGH 0x7000

/* A table for the GiB at @base; not every CPU has pages of 1 GiB. */
static u64 directory(struct dm_vm *vm, u64 at, u64 base)
{
	u64 *pd = (u64 *)(void *)(vm->ram + at);

	for (u64 i = 0; i < 512; i++)
		pd[i] = (base + i * MIB(2)) | LEAF;
	return at | ENTRY;
}

struct acrn_abi_vcpu_regs dm_regs_long(struct dm_vm *vm, u16 vcpu, u64 addr)
{
	struct acrn_abi_vcpu_regs v = dm_regs_flat32(vcpu, 0);
	u64 *pml4 = (u64 *)(void *)(vm->ram + PML4_AT);
	u64 *pdpt = (u64 *)(void *)(vm->ram + PDPT_AT);

	pml4[0] = PDPT_AT | ENTRY;
	pdpt[0] = directory(vm, PD_LOW, 0);
	pdpt[1] = GIB(1) | LEAF;
	pdpt[2] = GIB(2) | LEAF;
	pdpt[3] = directory(vm, PD_HIGH, GIB(3));
	v.regs.cr0 = CR0_FLAT | CR0_PG;
	v.regs.cr3 = PML4_AT;
	v.regs.cr4 = CR4_PAE;
	v.regs.efer = EFER_LME | EFER_LMA;
	v.regs.cs_ar = AR_CODE64;
	v.regs.rip = addr;
	return v;
}

s64 dm_set_regs(struct dm_vm *vm, const struct acrn_abi_vcpu_regs *regs)
{
	return hypercall(HC_SET_VCPU_REGS, vm->vmid, addr_of(regs));
}

s64 dm_msi(struct dm_vm *vm, u64 addr, u64 data)
{
	struct acrn_abi_msi msi = { addr, data };

	return hypercall(HC_INJECT_MSI, vm->vmid, addr_of(&msi));
}

s64 dm_irqline(struct dm_vm *vm, u32 gsi, u32 op)
{
	return hypercall(HC_SET_IRQLINE, vm->vmid, gsi | (u64)op << 32);
}

static void console_put(struct dm_vm *vm, char c)
{
	if (c != '\n' && vm->line_len < sizeof(vm->line) - 1) {
		vm->line[vm->line_len++] = c;
		return;
	}
	vm->line[vm->line_len] = '\0';
	vm->line_len = 0;
	say("user %u: %s", vm->vmid, vm->line);
}

static void answer_port(struct dm_vm *vm, struct acrn_abi_access *a)
{
	if (a->direction == ACRN_IOREQ_READ) {
		a->value = a->address == LSR_PORT ? LSR_EMPTY : ~0UL;
		return;
	}
	if (a->address == DM_PORT_CONSOLE)
		console_put(vm, (char)a->value);
	if (a->address == DM_PORT_END) {
		vm->ended = true;
		vm->status = (u32)a->value;
	}
}

static void answer(struct dm_vm *vm, u32 vcpu, struct acrn_abi_ioreq *r)
{
	vm->requests++;
	if (vm->hook && vm->hook(vm, vcpu, r))
		return;
	if (r->type == ACRN_IOREQ_PIO)
		answer_port(vm, &r->u.access);
	else
		r->u.access.value = ~0UL;
}

static u32 slot_state(const struct acrn_abi_ioreq *r)
{
	return __atomic_load_n(&r->state, __ATOMIC_ACQUIRE);
}

static void serve_slot(struct dm_vm *vm, u32 vcpu)
{
	struct acrn_abi_ioreq *r = &vm->req[vcpu];
	s64 rc;

	__atomic_store_n(&r->state, ACRN_IOREQ_PROCESSING, __ATOMIC_RELEASE);
	answer(vm, vcpu, r);
	__atomic_store_n(&r->state, ACRN_IOREQ_COMPLETE, __ATOMIC_RELEASE);
	if (!vm->polling) {
		rc = hypercall(HC_NOTIFY_REQUEST_FINISH, vm->vmid, vcpu);
		check_eq(rc, 0, "notify");
	}
	if (vm->after)
		vm->after(vm);
}

static bool is_pending(const struct dm_vm *vm)
{
	for (u32 i = 0; i < vm->nvcpus; i++)
		if (slot_state(&vm->req[i]) == ACRN_IOREQ_PENDING)
			return true;
	return false;
}

bool dm_serve_pending(struct dm_vm *vm)
{
	bool any = false;

	for (u32 i = 0; i < vm->nvcpus; i++) {
		if (slot_state(&vm->req[i]) != ACRN_IOREQ_PENDING)
			continue;
		any = true;
		serve_slot(vm, i);
	}
	return any;
}

struct holm_vm dm_query(const struct dm_vm *vm)
{
	struct holm_info info = hc_info();

	for (u32 slot = 0; slot < 16 && info.nvms; slot++) {
		struct holm_vm v = hc_vm(slot);

		if (v.state && v.vmid == vm->vmid)
			return v;
	}
	return (struct holm_vm){ .state = 0 };
}

u32 dm_state(const struct dm_vm *vm)
{
	return dm_query(vm).state;
}

bool dm_wait_request(struct dm_vm *vm, u32 vcpu)
{
	return WAIT_FOR(slot_state(&vm->req[vcpu]) == ACRN_IOREQ_PENDING);
}

static u32 upcalls(void)
{
	return kcpu_irqs(kcpu_self(), VEC_UPCALL);
}

/* The alarm woke us: a request must not have been waiting without upcall. */
static void check_upcall(struct dm_vm *vm, u32 seen)
{
	if (!is_pending(vm))
		return;
	irq_enable();
	check(WAIT_FOR(upcalls() != seen),
	      "vm %u: a request came without an upcall", vm->vmid);
	irq_disable();
}

static void sleep(struct dm_vm *vm)
{
	u32 seen = upcalls();

	apic_timer_us(VEC_ALARM, ALARM_US);
	irq_wait();
	apic_timer_stop();
	if (upcalls() == seen)
		check_upcall(vm, seen);
	vm->upcalls += upcalls() - seen;
}

enum dm_why dm_serve(struct dm_vm *vm, u64 ms)
{
	u64 until = deadline_ms(ms);

	irq_disable();
	while (x86_rdtsc() < until) {
		if (dm_serve_pending(vm)) {
			if (vm->ended)
				return DM_ENDED;
			continue;
		}
		if (dm_state(vm) == HOLM_VM_OFF)
			return DM_OFF;
		sleep(vm);
	}
	return DM_TIMEOUT;
}
