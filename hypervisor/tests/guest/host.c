/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Service VM under which a user_*.c runs: makes a User VM with vcpus=N
 * of them, serves its requests, and sees that all comes back.
 */
#include "kit/dm.h"
#include "kit/host.h"
#include "kit/test.h"
#include "lib/string.h"

#define PARAMS_AT   0x2000
#define CMDLINE_AT  0x3000
#define BP_CMDLINE  0x228
#define USER_PASSED 0x10
#define USER_MS     100000

extern const u8 user_image[], user_image_end[];

static struct {
	u8 scratch[HOST_SCRATCH_N];
	u8 mmio[PAGE_SIZE];
	u32 arg[2];
	u32 lapic_id[16];
	u32 mmio_count, mmio_size, mmio_last;
} host;

static void command(struct dm_vm *vm, u32 op)
{
	if (op & HOST_LATER)
		delay_us(HOST_LATER_MS * 1000);
	switch (op & ~(u32)HOST_LATER) {
	case HOST_MSI:
		dm_msi(vm, host.arg[0], host.arg[1]);
		return;
	case HOST_IRQLINE:
		dm_irqline(vm, host.arg[0], host.arg[1]);
		return;
	default:
		check(false, "the User VM gave command %x", op);
	}
}

/* What a command does later, it does after its port write is answered. */
static u32 later;

static bool port_write(struct dm_vm *vm, const struct acrn_abi_access *a)
{
	u64 off = a->address - HOST_SCRATCH;

	if (off < HOST_SCRATCH_N) {
		memcpy(host.scratch + off, &a->value, a->size);
		return true;
	}
	switch (a->address) {
	case HOST_ARG0:
	case HOST_ARG1:
		host.arg[(a->address - HOST_ARG0) / 4] = (u32)a->value;
		return true;
	case HOST_COMMAND:
		if (a->value & HOST_LATER)
			later = (u32)a->value;
		else
			command(vm, (u32)a->value);
		return true;
	default:
		return false;
	}
}

static bool port_read(struct dm_vm *vm, struct acrn_abi_access *a)
{
	u64 off = a->address - HOST_SCRATCH;
	u64 id = (a->address - HOST_LAPIC_ID) / 4;
	u64 kind = (a->address - HOST_EXITS) / 4;

	/* All else reads as ones; what is above the size must not be seen. */
	a->value = ~0UL;
	if (off < HOST_SCRATCH_N)
		memcpy(&a->value, host.scratch + off, a->size);
	else if (a->address == HOST_NVCPUS)
		a->value = vm->nvcpus;
	else if (a->address >= HOST_LAPIC_ID && id < ARRAY_SIZE(host.lapic_id))
		a->value = host.lapic_id[id];
	else if (a->address >= HOST_EXITS && kind < HOLM_EXIT_COUNT)
		a->value = dm_query(vm).exits[kind];
	else
		return false;
	return true;
}

static bool mmio(struct acrn_abi_access *a)
{
	const u32 *regs = &host.mmio_count;
	u64 off = a->address - HOST_MMIO;
	bool write = a->direction == ACRN_IOREQ_WRITE;

	if (off >= PAGE_SIZE) {
		off = (a->address - HOST_MMIO_COUNT) / 4;
		if (off > 2 || write)
			return false;
		a->value = regs[off];
		return true;
	}
	host.mmio_count++;
	host.mmio_size = (u32)a->size;
	host.mmio_last = (u32)a->address;
	if (off + a->size > PAGE_SIZE)
		return false;
	if (write) {
		memcpy(host.mmio + off, &a->value, a->size);
		return true;
	}
	a->value = ~0UL;
	memcpy(&a->value, host.mmio + off, a->size);
	return true;
}

static bool hook(struct dm_vm *vm, u32 vcpu, struct acrn_abi_ioreq *r)
{
	struct acrn_abi_access *a = &r->u.access;

	(void)vcpu;
	if (r->type == ACRN_IOREQ_MMIO)
		return mmio(a);
	if (a->direction == ACRN_IOREQ_WRITE)
		return port_write(vm, a);
	return port_read(vm, a);
}

static void after(struct dm_vm *vm)
{
	u32 op = later;

	later = 0;
	if (op)
		command(vm, op);
}

/* The command line that we got goes on to the User VM. */
static void pass_params(struct dm_vm *vm, struct acrn_abi_vcpu_regs *regs)
{
	u32 at;

	memcpy(&at, boot_params + BP_CMDLINE, sizeof(at));
	memcpy(vm->ram + PARAMS_AT, boot_params, PAGE_SIZE);
	memcpy(vm->ram + CMDLINE_AT, (const void *)(uintptr_t)at, PAGE_SIZE);
	at = CMDLINE_AT;
	memcpy(vm->ram + PARAMS_AT + BP_CMDLINE, &at, sizeof(at));
	regs->regs.gprs.r[6] = PARAMS_AT;
}

static void load(struct dm_vm *vm)
{
	struct acrn_abi_vcpu_regs regs = dm_regs_flat32(0, DM_IMAGE_AT);

	memcpy(vm->ram + DM_IMAGE_AT, user_image,
	       (size_t)(user_image_end - user_image));
	pass_params(vm, &regs);
	check_eq(dm_set_regs(vm, &regs), 0, "registers");
}

static u32 wanted_vcpus(void)
{
	const char *n = option("vcpus");

	return n ? (u32)(*n - '0') : 1;
}

static void note_lapic_ids(void)
{
	u32 k = 0;

	for (u32 i = 0; i < hc_info().ncpus && k < 16; i++) {
		struct holm_cpu cpu = hc_cpu(i);

		if (cpu.mode == 1)
			host.lapic_id[k++] = cpu.lapic_id;
	}
}

static void user_vm(void)
{
	static const char *const why_text[] = { "ended", "shut down",
						"did not end in time" };
	u32 n = wanted_vcpus();
	u64 used = hc_info().pool_used;
	struct dm_vm vm;
	enum dm_why why;

	if (!dm_take_cpus(n) || !dm_make(&vm, n, DM_RAM_SIZE))
		return;
	vm.hook = hook;
	vm.after = after;
	note_lapic_ids();
	load(&vm);
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	why = dm_serve(&vm, USER_MS);
	check(why == DM_ENDED, "the User VM %s", why_text[why]);
	check_eq(vm.status, USER_PASSED, "what the User VM reports");
	check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
	check_eq(hc_info().pool_used, used, "pages in use after");
	dm_return_cpus();
	say("requests %u, upcalls %u", vm.requests, vm.upcalls);
}

/* clang-format off */
const struct test tests[] = {
	{ "user_vm", user_vm },
	{ NULL, NULL },
};
/* clang-format on */
