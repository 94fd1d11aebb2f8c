/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "arch/fake/fake.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "vm/vm.h"

const struct backend *backend;

static void tally(u32 *n, u32 by)
{
	__atomic_fetch_add(n, by, __ATOMIC_RELAXED);
}

static bool fake_fails(void)
{
	if (fake.fail_in == 0)
		return false;
	fake.fail_in--;
	return fake.fail_in == 0;
}

static const struct pt_format *fake_s2_format(u8 *leaf_levels)
{
	*leaf_levels = PT_LEAF_ALL;
	return &pt_format_npt;
}

/* What passes, a bit each; registers by their low 13 bits in each range. */
struct fake_vm {
	u64 port[BITMAP_WORDS(0x10000)];
	u64 msr[2][BITMAP_WORDS(0x6000)];
};

#define FAKE_NO_MSR ~(u32)0

static u32 msr_bit(u32 msr)
{
	if (msr < 0x2000)
		return msr;
	if (msr - 0xc0000000 < 0x2000)
		return msr - 0xc0000000 + 0x2000;
	if (msr - 0xc0010000 < 0x2000)
		return msr - 0xc0010000 + 0x4000;
	return FAKE_NO_MSR;
}

/* As a real one does, keep memory for each VM and each vCPU. */
static int fake_vm_init(struct hw_vm *vm)
{
	if (fake_fails())
		return -ENOMEM;
	vm->priv = vm_mem_alloc(sizeof(struct fake_vm));
	if (!vm->priv)
		return -ENOMEM;
	tally(&fake.count.vms, 1);
	return 0;
}

static void fake_vm_free(struct hw_vm *vm)
{
	vm_mem_free(vm->priv, sizeof(struct fake_vm));
	tally(&fake.count.vms, ~0U);
}

static void fake_vm_trap_pio(struct hw_vm *vm, u16 port, u32 count, bool trap)
{
	struct fake_vm *f = vm->priv;

	for (u32 i = 0; i < count && port + i <= 0xffff; i++)
		bitmap_put(f->port, port + i, !trap);
	tally(&fake.count.pio_traps, 1);
}

static void fake_vm_trap_msr(struct hw_vm *vm, u32 msr, bool read, bool write)
{
	struct fake_vm *f = vm->priv;
	u32 n = msr_bit(msr);

	if (n != FAKE_NO_MSR) {
		bitmap_put(f->msr[0], n, !read);
		bitmap_put(f->msr[1], n, !write);
	}
	tally(&fake.count.msr_traps, 1);
}

static bool fake_vm_passes(const struct hw_vm *vm, enum hw_access what, u32 nr)
{
	const struct fake_vm *f = vm->priv;
	u32 n = msr_bit(nr);

	if (what == HW_PORT)
		return nr <= 0xffff && bitmap_test(f->port, nr);
	return n != FAKE_NO_MSR && bitmap_test(f->msr[what == HW_MSR_WRITE], n);
}

static int fake_vcpu_init(struct hw_vcpu *vcpu, struct hw_vm *vm)
{
	if (fake_fails())
		return -ENOMEM;
	vcpu->priv = vm_mem_alloc(PAGE_SIZE);
	if (!vcpu->priv)
		return -ENOMEM;
	vcpu->vm = vm;
	tally(&fake.count.vcpus, 1);
	return 0;
}

static void fake_vcpu_free(struct hw_vcpu *vcpu)
{
	vm_mem_free(vcpu->priv, PAGE_SIZE);
	tally(&fake.count.vcpus, ~0U);
}

static void fake_vcpu_put(struct hw_vcpu *vcpu)
{
	(void)vcpu;
}

static void fake_vcpu_reset(struct hw_vcpu *vcpu, enum vcpu_reset how)
{
	struct fake_vcpu *f = vcpu->priv;

	vcpu->regs = (struct guest_regs){ .rip = 0xfff0, .rflags = 2 };
	f->sregs = (struct guest_sregs){ .cr0 = 0x60000010 };
	f->last_reset = how;
	tally(&fake.count.resets, 1);
}

static void fake_vcpu_get_sregs(struct hw_vcpu *vcpu, struct guest_sregs *s)
{
	*s = ((struct fake_vcpu *)vcpu->priv)->sregs;
}

static void fake_vcpu_set_sregs(struct hw_vcpu *vcpu,
				const struct guest_sregs *s)
{
	((struct fake_vcpu *)vcpu->priv)->sregs = *s;
	tally(&fake.count.set_sregs, 1);
}

static bool fake_vcpu_apic_own(struct hw_vcpu *vcpu, bool by_cpu,
			       struct apic_vectors *s)
{
	(void)vcpu;
	(void)by_cpu;
	(void)s;
	return false;
}

static void fake_vcpu_flush(struct hw_vcpu *vcpu)
{
	((struct fake_vcpu *)vcpu->priv)->flushes++;
	tally(&fake.count.flushes, 1);
}

/* What enters a guest is missing: calling it ends the test. */
const struct backend fake_backend = {
	.name = "fake",
	.id = 0xfa,
	.s2_format = fake_s2_format,
	.vm_init = fake_vm_init,
	.vm_free = fake_vm_free,
	.vm_trap_pio = fake_vm_trap_pio,
	.vm_trap_msr = fake_vm_trap_msr,
	.vm_passes = fake_vm_passes,
	.vcpu_init = fake_vcpu_init,
	.vcpu_free = fake_vcpu_free,
	.vcpu_put = fake_vcpu_put,
	.vcpu_reset = fake_vcpu_reset,
	.vcpu_get_sregs = fake_vcpu_get_sregs,
	.vcpu_set_sregs = fake_vcpu_set_sregs,
	.vcpu_apic_own = fake_vcpu_apic_own,
	.vcpu_flush = fake_vcpu_flush,
};
