/* SPDX-License-Identifier: BSD-2-Clause */
/* HC_SET_VCPU_REGS: what a boot loader may ask a processor to be. */
#include "tests/unit/vm_bench.h"

#define PE BIT64(0)
#define NE BIT64(5)
#define NW BIT64(29)
#define CD BIT64(30)
#define PG BIT64(31)

static u16 vmid;

static int setup(void **state)
{
	bench_setup(state);
	bench_take(1, 2);
	vmid = bench_create_ready(6);
	return 0;
}

/* As a device model starts a kernel at its 32-bit entry. */
static struct acrn_abi_vcpu_regs protected_mode(void)
{
	struct acrn_abi_vcpu_regs v = { 0 };
	struct acrn_abi_regs *r = &v.regs;

	for (u32 i = 0; i < 16; i++)
		r->gprs.r[i] = 0x1000 + i;
	r->gdt.limit = 0x1f;
	r->gdt.base = 0x90000;
	r->idt.base = 0x91000;
	r->rip = 0x100000;
	r->cr0 = PE | NE;
	r->cs_ar = 0xcf9b; /* with the limit's bits, as ACRN's device model */
	r->cs_limit = 0xffffffff;
	r->cs_sel = 0x10;
	r->ss_sel = 0x18;
	r->ds_sel = 0x18;
	r->es_sel = 0x18;
	r->fs_sel = 1;
	r->gs_sel = 2;
	r->ldt_sel = 3;
	r->tr_sel = 4;
	return v;
}

static struct acrn_abi_vcpu_regs long_mode(void)
{
	struct acrn_abi_vcpu_regs v = protected_mode();

	v.regs.cr0 |= PG;
	v.regs.cr3 = 0x200000;
	v.regs.cr4 = BIT64(5);
	v.regs.efer = 0xd00;
	v.regs.cs_ar = 0xa09b;
	v.regs.rip = 0xffffffff81000000;
	return v;
}

static s64 set(const struct acrn_abi_vcpu_regs *v)
{
	return hc(HC_SET_VCPU_REGS, vmid, bench_put(BENCH_ARG, v, sizeof(*v)));
}

static const struct guest_sregs *sregs(u32 vcpu)
{
	return &((struct fake_vcpu *)bench_vm(vmid)->vcpu[vcpu]->hw.priv)
			->sregs;
}

static void assert_seg(enum guest_segno no, u16 sel, u16 attr, u32 limit,
		       u64 base)
{
	const struct guest_seg *s = &sregs(0)->seg[no];

	assert_int_equal(s->sel, sel);
	assert_int_equal(s->attr, attr);
	assert_int_equal(s->limit, limit);
	assert_int_equal(s->base, base);
}

static void protected_mode_arrives(void **state)
{
	struct acrn_abi_vcpu_regs v = protected_mode();
	const struct guest_regs *r = &bench_vm(vmid)->vcpu[0]->hw.regs;

	(void)state;
	assert_int_equal(set(&v), 0);
	for (u32 i = 0; i < 16; i++)
		assert_int_equal(r->gpr[i], 0x1000 + i);
	assert_int_equal(r->rip, 0x100000);
	assert_int_equal(r->rflags, 2); /* 0 becomes 2 */
	assert_int_equal(sregs(0)->cr0, 0x31);
	assert_true(sregs(0)->pat == 0x0007040600070406);
	assert_seg(SEG_CS, 0x10, 0xc9b, 0xffffffff, 0);
	assert_seg(SEG_SS, 0x18, 0xc93, 0xffffffff, 0);
	assert_seg(SEG_DS, 0x18, 0xc93, 0xffffffff, 0);
	assert_seg(SEG_FS, 1, 0xc93, 0xffffffff, 0);
	assert_seg(SEG_GS, 2, 0xc93, 0xffffffff, 0);
	assert_seg(SEG_LDTR, 3, 0x82, 0xffff, 0);
	assert_seg(SEG_TR, 4, 0x8b, 0xffff, 0);
	assert_seg(SEG_GDTR, 0, 0, 0x1f, 0x90000);
	assert_seg(SEG_IDTR, 0, 0, 0, 0x91000);
}

static void real_mode_arrives(void **state)
{
	struct acrn_abi_vcpu_regs v = { 0 };

	(void)state;
	v.regs.cs_sel = 0xf000;
	v.regs.cs_base = 0xffff0000;
	v.regs.cs_ar = 0x93; /* the type does not matter in real mode */
	v.regs.cs_limit = 0xffff;
	v.regs.rip = 0xfff0;
	v.regs.cr0 = NE;
	v.regs.ds_sel = 0x40;
	assert_int_equal(set(&v), 0);
	assert_seg(SEG_CS, 0xf000, 0x93, 0xffff, 0xffff0000);
	assert_seg(SEG_DS, 0x40, 0x93, 0xffff, 0);
}

static void long_mode_arrives(void **state)
{
	struct acrn_abi_vcpu_regs v = long_mode();

	(void)state;
	v.regs.rflags = 0x46;
	assert_int_equal(set(&v), 0);
	assert_int_equal(sregs(0)->efer, 0xd00);
	assert_int_equal(sregs(0)->cr3, 0x200000);
	assert_int_equal(sregs(0)->cr4, 0x20);
	assert_seg(SEG_CS, 0x10, 0xa9b, 0xffffffff, 0);
	assert_int_equal(bench_vm(vmid)->vcpu[0]->hw.regs.rflags, 0x46);
}

/* One field of a good state is bent; the hypercall must refuse it. */
struct bend {
	bool lng;   /* of the long-mode state */
	u32 offset; /* in struct acrn_abi_regs */
	u32 size;
	u64 val;
};

#define BEND(is_long, field, v)                                       \
	{                                                             \
		is_long, offsetof(struct acrn_abi_regs, field),       \
			sizeof(((struct acrn_abi_regs *)0)->field), v \
	}

static const struct bend bends[] = {
	BEND(false, cr0, PE | BIT64(32)),
	BEND(false, cr0, PE | BIT64(6)),
	BEND(false, cr0, PG),        /* without PE */
	BEND(false, cr0, PE | NW),   /* without CD */
	BEND(false, cr4, BIT64(13)), /* VMXE */
	BEND(false, cr4, BIT64(14)), /* SMXE */
	BEND(false, cr4, BIT64(12)),
	BEND(false, cr4, BIT64(17)), /* PCIDE outside long mode */
	BEND(false, cr4, BIT64(63)),
	BEND(false, efer, 0x1000), /* SVME */
	BEND(false, efer, 0x400),  /* LMA alone */
	BEND(false, efer, BIT64(1)),
	BEND(false, cr3, BIT64(48)),
	BEND(false, cr3, ~0UL),
	BEND(false, rip, BIT64(32)),
	BEND(false, rflags, BIT64(17)), /* VM */
	BEND(false, rflags, BIT64(3)),
	BEND(false, rflags, BIT64(22)),
	BEND(false, cs_ar, 0xc01b),  /* not present */
	BEND(false, cs_ar, 0xc08b),  /* system */
	BEND(false, cs_ar, 0xc093),  /* data */
	BEND(false, cs_ar, 0xc0fb),  /* user */
	BEND(false, cs_ar, 0x1c09b), /* unusable */
	BEND(false, cs_base, BIT64(32)),
	BEND(false, gdt.base, BIT64(47)),
	BEND(false, idt.base, BIT64(63)),
	BEND(false, gdt.reserved[2], 1),
	BEND(false, idt.reserved[0], 1),
	BEND(false, reserved_64[3], 1),
	BEND(false, reserved_32[2], 1),
	BEND(true, cr0, PE),       /* LMA stays without paging */
	BEND(true, cr4, 0),        /* no PAE */
	BEND(true, efer, 0x900),   /* LME and PG, no LMA */
	BEND(true, cs_ar, 0xe09b), /* L and D */
	BEND(true, rip, BIT64(47)),
};

static void bent_states_are_refused(void **state)
{
	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(bends); i++) {
		struct acrn_abi_vcpu_regs v =
			bends[i].lng ? long_mode() : protected_mode();
		u32 sets = fake.count.set_sregs;

		assert_int_equal(set(&v), 0);
		memcpy((u8 *)&v.regs + bends[i].offset, &bends[i].val,
		       bends[i].size);
		assert_int_equal(set(&v), -EINVAL);
		assert_int_equal(fake.count.set_sregs, sets + 1);
	}
}

static void the_last_good_values(void **state)
{
	struct acrn_abi_vcpu_regs v = protected_mode();

	(void)state;
	v.regs.rip = 0xffffffff;
	v.regs.cs_base = 0xffffffff;
	v.regs.cr3 = BIT64(48) - 1;
	v.regs.cr0 |= NW | CD;
	v.regs.gdt.base = BIT64(47) - 1;
	v.regs.idt.base = ~(BIT64(47) - 1);
	assert_int_equal(set(&v), 0);
}

static void which_vcpu(void **state)
{
	struct acrn_abi_vcpu_regs v = protected_mode();

	(void)state;
	v.vcpu_id = 1;
	assert_int_equal(set(&v), 0);
	assert_int_equal(bench_vm(vmid)->vcpu[1]->hw.regs.rip, 0x100000);
	/* It is told where to start by SIPI all the same. */
	assert_int_equal(bench_vm(vmid)->vcpu[1]->state, VCPU_STATE_WAIT_SIPI);
	v.vcpu_id = 2;
	assert_int_equal(set(&v), -EINVAL);
	v.vcpu_id = 0xffff;
	assert_int_equal(set(&v), -EINVAL);
	v.vcpu_id = 0;
	v.reserved[1] = 1;
	assert_int_equal(set(&v), -EINVAL);
}

static void halted_vcpu_wakes(void **state)
{
	struct acrn_abi_vcpu_regs v = protected_mode();
	struct vcpu *vcpu = bench_vm(vmid)->vcpu[0];

	(void)state;
	assert_int_equal(hc(HC_START_VM, vmid, 0), 0);
	assert_int_equal(hc(HC_PAUSE_VM, vmid, 0), 0);
	vcpu->state = VCPU_STATE_HALTED;
	vcpu->guest->emu_log.count = 3;
	assert_int_equal(set(&v), 0);
	assert_int_equal(vcpu->state, VCPU_STATE_RUNNABLE);
	assert_int_equal(vcpu->guest->emu_log.count, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(protected_mode_arrives), TEST(real_mode_arrives),
		TEST(long_mode_arrives),      TEST(bent_states_are_refused),
		TEST(the_last_good_values),   TEST(which_vcpu),
		TEST(halted_vcpu_wakes),
	};

	return cmocka_run_group_tests_name("vCPU registers", tests, NULL, NULL);
}
