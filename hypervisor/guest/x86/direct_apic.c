/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/direct_apic.h"

#include "arch/x86/asm.h"
#include "arch/x86/lapic.h"
#include "core/cpu.h"
#include "guest/x86/direct_ioapic.h"
#include "guest/x86/guest.h"
#include "io/iospace.h"
#include "lib/errno.h"
#include "vm/sched.h"
#include "vm/vm.h"

#define DFR_FLAT        0xffffffffU
#define DEST_ALL_XAPIC  0xffU
#define DEST_ALL        0xffffffffU
#define SHORTHAND(low)  (((low) >> ICR_SHORTHAND_SHIFT) & 3)
#define X2APIC_MSR(reg) (MSR_X2APIC_BASE + ((reg) >> 4))

enum shorthand { TO_DEST, TO_SELF, TO_ALL, TO_OTHERS };

void direct_apic_reset(struct direct_apic *a)
{
	*a = (struct direct_apic){ .dfr = DFR_FLAT };
}

/* SDM vol 3, 11.6.2.2: flat and cluster model of an 8-bit logical id. */
static bool xapic_logical_match(const struct direct_apic *a, u32 dest)
{
	u32 id = a->ldr >> 24;

	if (a->dfr >> 28 == 0xf)
		return id & dest;
	if (dest >> 4 != 0xf && dest >> 4 != id >> 4)
		return false;
	return id & dest & 0xf;
}

/* SDM vol 3, 11.12.10.2: cluster in the high half, derived from the id. */
static bool x2apic_logical_match(u32 lapic_id, u32 dest)
{
	return dest >> 16 == lapic_id >> 4 && (dest & BIT32(lapic_id & 0xf));
}

struct command {
	struct vcpu *sender;
	u32 dest;
	u32 low;
	bool x2apic;
};

static bool addressed(const struct command *c, const struct vcpu *v)
{
	bool all = c->dest == (c->x2apic ? DEST_ALL : DEST_ALL_XAPIC);

	switch ((enum shorthand)SHORTHAND(c->low)) {
	case TO_SELF:
		return v == c->sender;
	case TO_ALL:
		return true;
	case TO_OTHERS:
		return v != c->sender;
	default:
		break;
	}
	if (all)
		return true;
	if (!(c->low & ICR_LOGICAL))
		return v->lapic_id == c->dest;
	if (c->x2apic)
		return x2apic_logical_match(v->lapic_id, c->dest);
	return xapic_logical_match(&v->guest->direct, c->dest);
}

struct vcpu *direct_apic_target(const struct vm *vm, u32 dest, bool logical)
{
	const struct command c = {
		.dest = dest,
		.low = logical ? ICR_LOGICAL : 0,
		.x2apic = lapic_is_x2apic(),
	};

	if (!logical && dest == DEST_ALL_XAPIC)
		return NULL;
	for (u32 i = 0; i < vm->nvcpus; i++)
		if (addressed(&c, vm->vcpu[i]))
			return vm->vcpu[i];
	return NULL;
}

/* A CPU that the VM gave up is not its own any more. */
static bool reachable(const struct vcpu *v)
{
	return __atomic_load_n(&v->cpu->vcpu, __ATOMIC_ACQUIRE) == v;
}

static void deliver(const struct command *c, struct vcpu *v)
{
	u32 mode = c->low & ICR_MODE_MASK;
	u8 vector = (u8)c->low;

	switch (mode) {
	case ICR_FIXED:
	case ICR_LOWEST:
		if (vector >= 16)
			lapic_icr(v->lapic_id, ICR_FIXED | ICR_ASSERT | vector);
		return;
	case ICR_NMI:
		vcpu_post(v, VCPU_REQ_NMI);
		return;
	case ICR_INIT:
		/* The de-assert that old CPUs wanted means nothing. */
		if (!(c->low & ICR_LEVEL) || (c->low & ICR_ASSERT))
			vcpu_post(v, VCPU_REQ_INIT);
		return;
	case ICR_STARTUP:
		__atomic_store_n(&v->sipi_vector, vector, __ATOMIC_RELEASE);
		vcpu_post(v, VCPU_REQ_SIPI);
		return;
	default:
		return;
	}
}

/*
 * A kernel that starts a CPU which it gave up, and which no VM uses, gets it
 * back. An INIT to many is none of that kind.
 */
static bool asks_back(const struct command *c)
{
	const u32 init = ICR_INIT | ICR_ASSERT;

	return (c->low & (ICR_MODE_MASK | ICR_ASSERT)) == init &&
	       !(c->low & ICR_LOGICAL) && SHORTHAND(c->low) == TO_DEST &&
	       c->dest != (c->x2apic ? DEST_ALL : DEST_ALL_XAPIC);
}

/* Can the message reach @v? */
static bool reaches(const struct command *c, const struct vcpu *v)
{
	if (!addressed(c, v))
		return false;
	return reachable(v) ||
	       (asks_back(c) && vm_cpu_return(v->lapic_id) == 0);
}

/* One physical message a destination: none can reach a CPU not looked at. */
static void command(const struct command *c)
{
	const struct vm *vm = c->sender->vm;
	bool found = false;

	for (u32 i = 0; i < vm->nvcpus; i++) {
		struct vcpu *v = vm->vcpu[i];

		if (!reaches(c, v))
			continue;
		deliver(c, v);
		found = true;
		if ((c->low & ICR_MODE_MASK) == ICR_LOWEST)
			return;
	}
	/* To all but itself, by a cell of one CPU, is no attack. */
	if (!found && SHORTHAND(c->low) == TO_DEST)
		vm_deny(c->sender, HOLM_CELL_DENY_IPI, c->dest);
}

/* MSI address and data, SDM vol 3, 11.11: as an interrupt command. */
#define MSI_WINDOW  0xfee
#define MSI_LOGICAL BIT32(2)

static struct command msi_command(u64 addr, u32 data)
{
	u32 logical = addr & MSI_LOGICAL ? ICR_LOGICAL : 0;

	return (struct command){
		.dest = (u32)(addr >> 12) & 0xff,
		.low = (data & (ICR_MODE_MASK | 0xff)) | logical,
	};
}

bool direct_apic_owns_msi(struct vm *vm, u64 addr)
{
	const struct command c = msi_command(addr, 0);

	if (addr >> 20 != MSI_WINDOW)
		return false;
	for (u32 i = 0; i < vm->nvcpus; i++)
		if (addressed(&c, vm->vcpu[i]) && reachable(vm->vcpu[i]))
			return true;
	return false;
}

void direct_apic_msi(struct vm *vm, u64 addr, u32 data)
{
	const struct command c = msi_command(addr, data);
	u32 mode = c.low & ICR_MODE_MASK;

	if (addr >> 20 != MSI_WINDOW ||
	    (mode != ICR_FIXED && mode != ICR_LOWEST))
		return;
	for (u32 i = 0; i < vm->nvcpus; i++) {
		struct vcpu *v = vm->vcpu[i];

		if (!addressed(&c, v) || !reachable(v))
			continue;
		deliver(&c, v);
		if (mode == ICR_LOWEST)
			return;
	}
}

/* A local vector entry may not name a mode that leaves the guest. */
static u32 lvt_filter(u32 val)
{
	u32 mode = val & ICR_MODE_MASK;

	if (mode == ICR_INIT || mode == ICR_SMI)
		return (val & ~ICR_MODE_MASK) | LVT_MASKED;
	return val;
}

/* Intel's corrected machine checks; AMD's extended ones, APM vol 2, 16.4.4. */
#define LVT_CMCI      0x2f0U
#define LVT_EXT_FIRST 0x500U
#define LVT_EXT_LAST  0x530U

static bool is_lvt(u32 reg)
{
	return (reg >= LAPIC_LVT_TIMER && reg <= LAPIC_LVT_ERROR) ||
	       (reg >= LVT_EXT_FIRST && reg <= LVT_EXT_LAST) || reg == LVT_CMCI;
}

int direct_apic_base_write(struct vcpu *v, u64 val)
{
	u64 old = x86_rdmsr(MSR_APIC_BASE);
	const u64 mode = APIC_BASE_ENABLE | APIC_BASE_EXTD;
	u64 want = val & mode;

	if (((val ^ old) & ~mode) || want == APIC_BASE_EXTD)
		return -EINVAL;
	/* SDM vol 3, figure 11-29: x2APIC is entered from xAPIC only. */
	if (v->guest->direct.off && want == mode)
		return -EINVAL;
	if ((old & mode) == mode && want == APIC_BASE_ENABLE)
		return -EINVAL;
	/* SDM vol 3, 11.12.7: so does a CPU whose xAPIC mode is disabled. */
	if (lapic_stays_x2apic() && (old & APIC_BASE_EXTD) && want != mode)
		return -EINVAL;
	if (!want) {
		x86_wrmsr(MSR_APIC_BASE, old & ~mode);
		x86_wrmsr(MSR_APIC_BASE, (old & ~mode) | APIC_BASE_ENABLE);
		direct_apic_reset(&v->guest->direct);
		v->guest->direct.off = true;
		return 0;
	}
	if (!x86_wrmsr_safe(MSR_APIC_BASE, val))
		return -EINVAL;
	v->guest->direct.off = false;
	return 0;
}

u64 direct_apic_base_read(const struct vcpu *v)
{
	u64 base = x86_rdmsr(MSR_APIC_BASE);

	return v->guest->direct.off ? base & ~APIC_BASE_ENABLE : base;
}

int direct_apic_msr_write(struct vcpu *v, u32 msr, u64 val)
{
	const struct command c = { v, (u32)(val >> 32), (u32)val, true };
	u32 reg = (msr - MSR_X2APIC_BASE) << 4;

	if (msr == MSR_X2APIC_ICR) {
		if (!lapic_is_x2apic())
			return -EINVAL;
		command(&c);
		return 0;
	}
	if (is_lvt(reg))
		val = lvt_filter((u32)val);
	return x86_wrmsr_safe(msr, val) ? 0 : -EINVAL;
}

static int lapic_page_read(void *dev, u32 at, u32 size, u64 *val)
{
	(void)dev;
	(void)size;
	*val = lapic_is_x2apic() ? 0xffffffff : lapic_read(at & ~0xfU);
	return 0;
}

/*
 * Registers that a guest may write beside the local vectors, by number.
 * Nothing goes on to the reserved ones: there are machines that take the
 * first for the door of MSIs, behind which any delivery mode works.
 */
#define REG(reg) BIT64((reg) >> 4)
static const u64 writable_regs =
	REG(LAPIC_TPR) | REG(LAPIC_EOI) | REG(LAPIC_LDR) | REG(LAPIC_DFR) |
	REG(LAPIC_SVR) | REG(LAPIC_ESR) | REG(LAPIC_ICR) | REG(LAPIC_ICR_HIGH) |
	REG(LAPIC_TIMER_INIT) | REG(LAPIC_TIMER_DIVIDE);

static bool is_writable(u32 reg)
{
	return is_lvt(reg) || (reg >> 4 < 64 && (writable_regs & REG(reg)));
}

/* The accessing vCPU is the one that runs on this CPU. */
static int lapic_page_write(void *dev, u32 at, u32 size, u64 *val)
{
	struct vcpu *v = cpu_self()->vcpu;
	struct direct_apic *a = &v->guest->direct;
	u32 reg = at & ~0xfU;
	u32 low = (u32)*val;
	const struct command c = { v, a->icr_high >> 24, low, false };

	(void)dev;
	if (size != 4 || (at & 0xf) || lapic_is_x2apic() || !is_writable(reg))
		return -EINVAL;
	if (reg == LAPIC_ICR) {
		command(&c);
		return 0;
	}
	if (reg == LAPIC_ICR_HIGH) {
		a->icr_high = low;
		return 0;
	}
	if (reg == LAPIC_LDR)
		a->ldr = low;
	if (reg == LAPIC_DFR)
		a->dfr = low;
	/* Else messages of others to that logical name would come here. */
	if (reg == LAPIC_LDR && v->vm->kind == VM_CELL)
		return 0;
	lapic_write(reg, is_lvt(reg) ? lvt_filter(low) : low);
	return 0;
}

static int register_page(struct vm *vm)
{
	const struct io_range lapic = {
		.name = "local APIC",
		.base = LAPIC_BASE,
		.size = PAGE_SIZE,
		.read = lapic_page_read,
		.write = lapic_page_write,
	};

	return io_space_add_mmio(vm->io, &lapic);
}

int direct_apic_register(struct vm *vm, const struct acpi_ioapic *ioapic, u32 n)
{
	int rc = register_page(vm);

	return rc ? rc : direct_ioapics_register(vm, ioapic, n);
}

int direct_apic_register_cell(struct vm *vm)
{
	int rc = stage2_map(&vm->s2, GPA(LAPIC_BASE), HPA(LAPIC_BASE),
			    PAGE_SIZE, PT_R | PT_UC);

	return rc ? rc : register_page(vm);
}
