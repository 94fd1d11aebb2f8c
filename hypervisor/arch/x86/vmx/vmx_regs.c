/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest registers out of and into the VMCS. */
#include "arch/x86/vmx/vmx.h"

#include "arch/x86/asm.h"

#define CR4_SMXE  BIT64(14)
#define CR4_CET   BIT64(23)
#define CR4_PKS   BIT64(24)
#define CR4_UINTR BIT64(25)
#define CR4_HIGH  GENMASK64(63, 32)

#define RIGHTS_LOW    0xffU /* type, S, DPL, P: where guest_seg has them */
#define RIGHTS_HIGH   0xf000U
#define ATTR_HIGH     0xf00U
#define TYPE_BUSY_TSS 0xbU

/*
 * A guest's caches cannot be switched off for one guest alone, and NE is
 * what VMX wants: these are the guest's in its shadow only.
 */
u64 vmx_owned_cr0(void)
{
	const struct vmx_caps *c = vmx_caps_get();

	return ((c->cr0_fixed0 | ~c->cr0_fixed1) & ~(CR0_PE | CR0_PG) &
		GENMASK64(31, 0)) |
	       CR0_NE | CR0_CD | CR0_NW;
}

/* What needs state that is not switched, no guest gets: CPUID hides it. */
u64 vmx_owned_cr4(void)
{
	return vmx_caps_get()->cr4_fixed0 | CR4_VMXE | CR4_SMXE | CR4_LA57 |
	       CR4_CET | CR4_PKS | CR4_UINTR | CR4_HIGH;
}

/* CR0 as the CPU has it while the guest believes @cr0. */
static u64 real_cr0(u64 cr0)
{
	const struct vmx_caps *c = vmx_caps_get();

	cr0 |= c->cr0_fixed0 & ~(CR0_PE | CR0_PG);
	return (cr0 & c->cr0_fixed1 & ~(CR0_CD | CR0_NW)) | CR0_NE | CR0_ET;
}

static u64 merge(enum vmcs_field real, enum vmcs_field shadow, u64 mask)
{
	return (vmcs_read(real) & ~mask) | (vmcs_read(shadow) & mask);
}

u64 vmx_guest_cr0(void)
{
	return merge(VMCS_GUEST_CR0, VMCS_CR0_SHADOW, vmx_owned_cr0());
}

u64 vmx_guest_cr4(void)
{
	return merge(VMCS_GUEST_CR4, VMCS_CR4_SHADOW, vmx_owned_cr4());
}

static u16 attr_of(u32 rights)
{
	if (rights & RIGHTS_UNUSABLE)
		rights &= ~RIGHTS_P;
	return (u16)((rights & RIGHTS_LOW) | ((rights & RIGHTS_HIGH) >> 4));
}

static void read_seg(enum guest_segno n, struct guest_seg *s)
{
	s->limit = (u32)vmcs_read(vmcs_nth(VMCS_GUEST_LIMIT, n));
	s->base = vmcs_read(vmcs_nth(VMCS_GUEST_BASE, n));
	s->sel = 0;
	s->attr = 0;
	if (n > SEG_TR)
		return;
	s->sel = (u16)vmcs_read(vmcs_nth(VMCS_GUEST_SEL, n));
	s->attr = attr_of((u32)vmcs_read(vmcs_nth(VMCS_GUEST_RIGHTS, n)));
}

/*
 * Rights that the CPU accepts: limit and granularity agree, what is not
 * present is unusable, descriptors have been accessed, a task is busy.
 */
static u32 rights_of(enum guest_segno n, const struct guest_seg *s)
{
	u32 rights = (s->attr & RIGHTS_LOW) | ((s->attr & ATTR_HIGH) << 4);

	if (n == SEG_TR)
		return (rights & ~RIGHTS_TYPE) | TYPE_BUSY_TSS | RIGHTS_P;
	if (!(rights & RIGHTS_P))
		return RIGHTS_UNUSABLE;
	if (rights & RIGHTS_S)
		rights |= 1;
	if (s->limit >> 20)
		rights |= RIGHTS_G;
	else if ((s->limit & 0xfff) != 0xfff)
		rights &= ~RIGHTS_G;
	return rights;
}

static void write_seg(enum guest_segno n, const struct guest_seg *s)
{
	vmcs_write(vmcs_nth(VMCS_GUEST_LIMIT, n), s->limit);
	vmcs_write(vmcs_nth(VMCS_GUEST_BASE, n), s->base);
	if (n > SEG_TR)
		return;
	vmcs_write(vmcs_nth(VMCS_GUEST_SEL, n), s->sel);
	vmcs_write(vmcs_nth(VMCS_GUEST_RIGHTS, n), rights_of(n, s));
}

/* The privilege level is that of the stack segment. */
static u8 read_cpl(void)
{
	u64 rights = vmcs_read(vmcs_nth(VMCS_GUEST_RIGHTS, SEG_SS));

	return (rights >> RIGHTS_DPL_SHIFT) & 3;
}

static u64 read_cr2(const struct vmx_vcpu *s)
{
	return vmx_cpu()->loaded == s ? x86_read_cr2() : s->cr2;
}

static void write_cr2(struct vmx_vcpu *s, u64 v)
{
	s->cr2 = v;
	if (vmx_cpu()->loaded == s)
		x86_write_cr2(v);
}

void vmx_vcpu_get_sregs(struct hw_vcpu *v, struct guest_sregs *r)
{
	struct vmx_vcpu *s = vmx_of(v);
	struct vmx_vcpu *before;

	r->cr2 = read_cr2(s);
	before = vmx_borrow(s);
	for (u32 i = 0; i < SEG_COUNT; i++)
		read_seg((enum guest_segno)i, &r->seg[i]);
	r->cr0 = vmx_guest_cr0();
	r->cr3 = vmcs_read(VMCS_GUEST_CR3);
	r->cr4 = vmx_guest_cr4();
	r->efer = vmcs_read(VMCS_GUEST_EFER);
	r->pat = vmcs_read(VMCS_GUEST_PAT);
	r->cpl = read_cpl();
	vmx_return(s, before);
}

void vmx_vcpu_get_code(struct hw_vcpu *v, struct guest_code *c)
{
	struct vmx_vcpu *s = vmx_of(v);
	struct vmx_vcpu *before = vmx_borrow(s);
	u64 rights = vmcs_read(vmcs_nth(VMCS_GUEST_RIGHTS, SEG_CS));
	bool code64 =
		(rights & RIGHTS_L) && (vmcs_read(VMCS_GUEST_EFER) & EFER_LMA);

	c->cr3 = vmcs_read(VMCS_GUEST_CR3);
	c->cr4 = vmx_guest_cr4();
	c->cpl = read_cpl();
	c->long4 = code64;
	c->linear = v->regs.rip;
	if (!code64)
		c->linear = (u32)(vmcs_read(vmcs_nth(VMCS_GUEST_BASE, SEG_CS)) +
				  (u32)v->regs.rip);
	vmx_return(s, before);
}

/* The mode in EFER and the mode that the entry makes are one. */
static void write_efer(u64 efer, u64 cr0)
{
	u32 entry = (u32)vmcs_read(VMCS_ENTRY_CONTROLS) & ~ENTRY_GUEST_64;

	efer &= ~EFER_LMA;
	if ((cr0 & CR0_PG) && (efer & EFER_LME)) {
		efer |= EFER_LMA;
		entry |= ENTRY_GUEST_64;
	}
	vmcs_write(VMCS_GUEST_EFER, efer);
	vmcs_write(VMCS_ENTRY_CONTROLS, entry);
}

void vmx_write_sregs(const struct guest_sregs *r)
{
	for (u32 i = 0; i < SEG_COUNT; i++)
		write_seg((enum guest_segno)i, &r->seg[i]);
	vmcs_write(VMCS_GUEST_CR0, real_cr0(r->cr0));
	vmcs_write(VMCS_CR0_SHADOW, r->cr0);
	vmcs_write(VMCS_GUEST_CR3, r->cr3);
	vmcs_write(VMCS_GUEST_CR4, r->cr4 | vmx_caps_get()->cr4_fixed0);
	vmcs_write(VMCS_CR4_SHADOW, r->cr4);
	vmcs_write(VMCS_GUEST_PAT, r->pat);
	write_efer(r->efer, r->cr0);
}

void vmx_vcpu_set_sregs(struct hw_vcpu *v, const struct guest_sregs *r)
{
	struct vmx_vcpu *s = vmx_of(v);
	struct vmx_vcpu *before;

	write_cr2(s, r->cr2);
	before = vmx_borrow(s);
	vmx_write_sregs(r);
	vmx_return(s, before);
	s->flush = true;
}

/* MSRs whose guest value lives in the VMCS. */
static const struct {
	u32 msr;
	u32 field;
} fields[] = {
	{ MSR_PAT, VMCS_GUEST_PAT },
	{ MSR_EFER, VMCS_GUEST_EFER },
	{ MSR_FS_BASE, VMCS_GUEST_BASE + 2 * SEG_FS },
	{ MSR_GS_BASE, VMCS_GUEST_BASE + 2 * SEG_GS },
	{ 0x174, VMCS_GUEST_SYSENTER_CS },
	{ 0x175, VMCS_GUEST_SYSENTER_ESP },
	{ 0x176, VMCS_GUEST_SYSENTER_EIP },
	{ 0x1d9, VMCS_GUEST_DEBUGCTL },
};

static u64 swapped_msr(struct vmx_vcpu *s, u32 i, u32 msr, const u64 *set)
{
	bool here = vmx_cpu()->loaded == s;

	if (set) {
		s->msr[i] = *set;
		if (here)
			x86_wrmsr_safe(msr, *set);
	}
	return here ? x86_rdmsr(msr) : s->msr[i];
}

static u64 field_msr(struct vmx_vcpu *s, enum vmcs_field field, const u64 *set)
{
	struct vmx_vcpu *before = vmx_borrow(s);
	u64 v;

	if (set && field == VMCS_GUEST_EFER)
		write_efer(*set, vmcs_read(VMCS_GUEST_CR0));
	else if (set)
		vmcs_write(field, *set);
	v = vmcs_read(field);
	vmx_return(s, before);
	return v;
}

u64 vmx_vcpu_msr(struct hw_vcpu *v, u32 msr, const u64 *set, bool *known)
{
	struct vmx_vcpu *s = vmx_of(v);
	int swapped = vmx_swapped_index(msr);

	*known = true;
	if (swapped >= 0)
		return swapped_msr(s, (u32)swapped, msr, set);
	for (u32 i = 0; i < ARRAY_SIZE(fields); i++) {
		if (fields[i].msr == msr)
			return field_msr(s, (enum vmcs_field)fields[i].field,
					 set);
	}
	*known = false;
	return 0;
}
