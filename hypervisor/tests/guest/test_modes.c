/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a vCPU can start: real, protected and long mode, bad states. */
#include "kit/blobs.h"
#include "kit/test.h"

#define RAM     MIB(4)
#define DEVICE  0xd0000000UL
#define REAL_OK 0x52

static u64 device;
static u32 device_size;

static bool hook(struct dm_vm *vm, u32 vcpu, struct acrn_abi_ioreq *r)
{
	struct acrn_abi_access *a = &r->u.access;

	(void)vm;
	(void)vcpu;
	if (r->type != ACRN_IOREQ_MMIO || a->address != DEVICE)
		return false;
	device_size = (u32)a->size;
	if (a->direction == ACRN_IOREQ_WRITE)
		device = a->value;
	else
		a->value = device;
	return true;
}

static bool make(struct dm_vm *vm)
{
	ram_free_all();
	if (!dm_take_cpus(1) || !dm_make(vm, 1, RAM))
		return false;
	vm->hook = hook;
	return true;
}

static void run(struct dm_vm *vm, const struct acrn_abi_vcpu_regs *regs,
		u32 status)
{
	check_eq(dm_set_regs(vm, regs), 0, "registers");
	check_eq(dm_call(HC_START_VM, vm), 0, "start");
	check_eq(dm_serve(vm, PATIENCE_MS), DM_ENDED, "how it ended");
	check_eq(vm->status, status, "status");
	check_eq(dm_call(HC_DESTROY_VM, vm), 0, "destroy");
}

static void real_mode(void)
{
	struct acrn_abi_vcpu_regs regs = dm_regs_real(0, BLOB_AT);
	struct dm_vm vm;

	if (!make(&vm))
		return;
	blob_load(&vm, real);
	run(&vm, &regs, REAL_OK);
	check(!strncmp(vm.line, "real:!", 6), "it said '%s'", vm.line);
}

static void protected_mode(void)
{
	struct acrn_abi_vcpu_regs regs = dm_regs_flat32(0, BLOB_AT);
	struct dm_vm vm;

	if (!make(&vm))
		return;
	blob_load(&vm, flat);
	run(&vm, &regs, 0x33);
	check_eq(device_size, 4, "width of the access");
}

static void long_mode(void)
{
	struct acrn_abi_vcpu_regs regs;
	struct dm_vm vm;

	if (!make(&vm))
		return;
	regs = dm_regs_long(&vm, 0, BLOB_AT);
	blob_load(&vm, long);
	run(&vm, &regs, 0x11223344);
	check_eq(device_size, 8, "width of the access");
	check_eq(device, 0x1122334455667788, "the device's value");
}

/* Without registers set: as a PC's processor starts, at the top of 4 GiB. */
static void reset_vector(void)
{
	struct dm_vm vm;
	u8 *rom;

	if (!make(&vm))
		return;
	rom = ram_alloc(PAGE_SIZE, PAGE_SIZE);
	check_eq(dm_map(&vm, GIB(4) - PAGE_SIZE, rom, PAGE_SIZE), 0, "ROM");
	/* mov $0x77, %al; out %al, $0xf4; hlt */
	memcpy(rom + 0xff0, "\xb0\x77\xe6\xf4\xf4", 5);
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	check_eq(dm_serve(&vm, PATIENCE_MS), DM_ENDED, "how it ended");
	check_eq(vm.status, 0x77, "status");
	check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
}

/* States that no processor can be in, and how they are made of a good one. */
/* clang-format off */
static const struct {
	const char *what;
	u32 offset; /* in struct acrn_abi_regs */
	u64 set;
} bad[] = {
	{ "CR0: paging without protection", offsetof(struct acrn_abi_regs, cr0),
	  CR0_PG | CR0_ET },
	{ "CR0: reserved bit", offsetof(struct acrn_abi_regs, cr0),
	  CR0_PE | BIT64(40) },
	{ "CR0: NW without CD", offsetof(struct acrn_abi_regs, cr0),
	  CR0_PE | CR0_NW },
	{ "CR4: VMXE", offsetof(struct acrn_abi_regs, cr4),
	  CR4_PAE | CR4_VMXE },
	{ "CR4: no PAE in long mode", offsetof(struct acrn_abi_regs, cr4), 0 },
	{ "CR4: bit 63", offsetof(struct acrn_abi_regs, cr4),
	  CR4_PAE | BIT64(63) },
	{ "CR3: beyond what there is", offsetof(struct acrn_abi_regs, cr3),
	  BIT64(60) },
	{ "EFER: SVME", offsetof(struct acrn_abi_regs, efer),
	  EFER_LME | EFER_LMA | EFER_SVME },
	{ "EFER: LMA without LME", offsetof(struct acrn_abi_regs, efer),
	  EFER_LMA },
	{ "EFER: LME without LMA", offsetof(struct acrn_abi_regs, efer),
	  EFER_LME },
	{ "RIP: not canonical", offsetof(struct acrn_abi_regs, rip),
	  BIT64(50) },
	{ "RFLAGS: virtual 8086", offsetof(struct acrn_abi_regs, rflags),
	  RFLAGS_VM },
	{ "RFLAGS: bit 40", offsetof(struct acrn_abi_regs, rflags),
	  BIT64(40) },
	{ "reserved field", offsetof(struct acrn_abi_regs, reserved_64), 1 },
};
/* clang-format on */

static void impossible_states(void)
{
	struct dm_vm vm;

	if (!make(&vm))
		return;
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		struct acrn_abi_vcpu_regs v = dm_regs_long(&vm, 0, BLOB_AT);

		memcpy((u8 *)&v.regs + bad[i].offset, &bad[i].set, 8);
		check_eq(dm_set_regs(&vm, &v), -EINVAL, "%s", bad[i].what);
	}
	check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
}

/* A vCPU that runs off into nothing costs its VM, and nothing else. */
static void runs_into_nothing(void)
{
	struct acrn_abi_vcpu_regs regs;
	struct dm_vm vm;

	if (!make(&vm))
		return;
	regs = dm_regs_long(&vm, 0, 0xd8000000);
	regs.regs.idt.limit = 0;
	check_eq(dm_set_regs(&vm, &regs), 0, "registers");
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	check_eq(dm_serve(&vm, PATIENCE_MS), DM_OFF, "how it ended");
	check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
}

/* Where its exceptions should go there is nothing, or a device. */
static void exceptions_into_nothing(void)
{
	static const u64 places[] = { 0xd8000000, DEVICE, 0xfee00000,
				      0xfec00000 };

	for (u32 i = 0; i < ARRAY_SIZE(places); i++) {
		struct acrn_abi_vcpu_regs regs;
		struct dm_vm vm;

		if (!make(&vm))
			return;
		regs = dm_regs_long(&vm, 0, BLOB_AT);
		regs.regs.idt.base = places[i];
		regs.regs.idt.limit = 0xfff;
		memcpy(vm.ram + BLOB_AT, "\x0f\x0b", 2);
		check_eq(dm_set_regs(&vm, &regs), 0, "registers");
		check_eq(dm_call(HC_START_VM, &vm), 0, "start");
		dm_serve(&vm, 100);
		check_eq(dm_call(HC_PAUSE_VM, &vm), 0, "pause");
		check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
	}
}

/* Its page tables are where nothing is. */
static void tables_in_nothing(void)
{
	struct acrn_abi_vcpu_regs regs;
	struct dm_vm vm;

	if (!make(&vm))
		return;
	regs = dm_regs_long(&vm, 0, BLOB_AT);
	regs.regs.cr3 = 0xd8000000;
	check_eq(dm_set_regs(&vm, &regs), 0, "registers");
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	dm_serve(&vm, 300);
	check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
}

/* clang-format off */
const struct test tests[] = {
	{ "real_mode", real_mode },
	{ "protected_mode", protected_mode },
	{ "long_mode", long_mode },
	{ "reset_vector", reset_vector },
	{ "impossible_states", impossible_states },
	{ "runs_into_nothing", runs_into_nothing },
	{ "exceptions_into_nothing", exceptions_into_nothing },
	{ "tables_in_nothing", tables_in_nothing },
	{ NULL, NULL },
};
/* clang-format on */
