/* SPDX-License-Identifier: BSD-2-Clause */
/* A vCPU's registers, as a boot loader in the device model sets them. */
#include "arch/x86/asm.h"
#include "core/log.h"
#include "guest/x86/guest.h"
#include "hypercall/call.h"
#include "lib/errno.h"
#include "lib/string.h"

/* SDM vol 3, 2.5: what a guest may have set; VMX and SMX do not exist. */
#define CR0_DEFINED                                                     \
	(CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | \
	 CR0_AM | CR0_NW | CR0_CD | CR0_PG)
#define CR4_DEFINED  (GENMASK64(11, 0) | GENMASK64(18, 16) | GENMASK64(22, 20))
#define CR4_PCIDE    BIT64(17)
#define EFER_DEFINED (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)

/* SDM vol 1, 3.4.3; virtual-8086 mode is not a state to start in. */
#define RFLAGS_RESERVED \
	(BIT64(3) | BIT64(5) | BIT64(15) | RFLAGS_VM | GENMASK64(63, 22))

#define PAT_POWER_ON 0x0007040600070406

/* Access rights as VMX packs them; SDM vol 3, 25.4.1. */
#define AR_CODE   BIT32(3)
#define AR_S      BIT32(4)
#define AR_DPL    (BIT32(5) | BIT32(6))
#define AR_P      BIT32(7)
#define AR_L      BIT32(13)
#define AR_DB     BIT32(14)
#define AR_UNUSED BIT32(16)

/* Data segments of ACRN: read/write, accessed; flat when protected. */
#define DATA_AR_REAL         0x0093U
#define DATA_AR_PROTECTED    0xc093U
#define DATA_LIMIT_REAL      0xffffU
#define DATA_LIMIT_FLAT      0xffffffffU
#define LDT_AR               0x0082U
#define TSS_AR               0x008bU
#define SYSTEM_SEGMENT_LIMIT 0xffffU

static bool is_long_mode(const struct acrn_abi_regs *r)
{
	return (r->efer & EFER_LMA) != 0;
}

static bool is_canonical(u64 addr)
{
	return (u64)((s64)(addr << 16) >> 16) == addr;
}

static bool all_zero(const void *p, u64 len)
{
	const u8 *byte = p;

	for (u64 i = 0; i < len; i++)
		if (byte[i])
			return false;
	return true;
}

static bool reserved_is_zero(const struct acrn_abi_vcpu_regs *v)
{
	const struct acrn_abi_regs *r = &v->regs;

	return all_zero(v->reserved, sizeof(v->reserved)) &&
	       all_zero(r->gdt.reserved, sizeof(r->gdt.reserved)) &&
	       all_zero(r->idt.reserved, sizeof(r->idt.reserved)) &&
	       all_zero(r->reserved_64, sizeof(r->reserved_64)) &&
	       all_zero(r->reserved_32, sizeof(r->reserved_32));
}

static bool cr0_is_valid(const struct acrn_abi_regs *r)
{
	if (r->cr0 & ~CR0_DEFINED)
		return false;
	if ((r->cr0 & CR0_PG) && !(r->cr0 & CR0_PE))
		return false;
	return !(r->cr0 & CR0_NW) || (r->cr0 & CR0_CD);
}

static bool cr4_is_valid(const struct acrn_abi_regs *r)
{
	if (r->cr4 & ~CR4_DEFINED)
		return false;
	if (is_long_mode(r))
		return (r->cr4 & CR4_PAE) != 0;
	return !(r->cr4 & CR4_PCIDE);
}

/* LMA is what the processor makes of LME and paging: no other pair exists. */
static bool efer_is_valid(const struct acrn_abi_regs *r)
{
	bool active = (r->efer & EFER_LME) && (r->cr0 & CR0_PG);

	return !(r->efer & ~EFER_DEFINED) && active == is_long_mode(r);
}

static bool cr3_is_valid(const struct acrn_abi_regs *r)
{
	return r->cr3 < VM_GPA_LIMIT;
}

static bool cs_is_valid(const struct acrn_abi_regs *r)
{
	const u32 must = AR_P | AR_S;

	if ((r->cs_ar & must) != must || (r->cs_ar & (AR_DPL | AR_UNUSED)))
		return false;
	if (!(r->cr0 & CR0_PE))
		return true;
	if (is_long_mode(r) && (r->cs_ar & AR_L) && (r->cs_ar & AR_DB))
		return false;
	return (r->cs_ar & AR_CODE) != 0;
}

static bool rip_is_valid(const struct acrn_abi_regs *r)
{
	if (is_long_mode(r) && (r->cs_ar & AR_L))
		return is_canonical(r->rip);
	return r->rip <= 0xffffffffU;
}

static bool rflags_is_valid(const struct acrn_abi_regs *r)
{
	return !(r->rflags & RFLAGS_RESERVED);
}

static bool bases_are_valid(const struct acrn_abi_regs *r)
{
	return is_canonical(r->gdt.base) && is_canonical(r->idt.base) &&
	       r->cs_base <= 0xffffffffU;
}

static const struct {
	bool (*is_valid)(const struct acrn_abi_regs *r);
	const char *name;
} regs_rules[] = {
	{ cr0_is_valid, "CR0" },       { efer_is_valid, "EFER" },
	{ cr4_is_valid, "CR4" },       { cr3_is_valid, "CR3" },
	{ cs_is_valid, "CS" },         { rip_is_valid, "RIP" },
	{ rflags_is_valid, "RFLAGS" }, { bases_are_valid, "a base" },
};

static int regs_check(const struct acrn_abi_vcpu_regs *v)
{
	if (!reserved_is_zero(v)) {
		log_guest("vcpu regs: a reserved field is not 0");
		return -EINVAL;
	}
	for (u32 i = 0; i < ARRAY_SIZE(regs_rules); i++) {
		if (regs_rules[i].is_valid(&v->regs))
			continue;
		log_guest("vcpu regs: %s is not valid", regs_rules[i].name);
		return -EINVAL;
	}
	return 0;
}

/** VMX keeps four reserved bits between the two halves, guest_seg does not. */
static u16 attr_pack(u32 ar)
{
	return (u16)((ar & 0xff) | ((ar >> 4) & 0xf00));
}

static void segs_build(const struct acrn_abi_regs *r, struct guest_sregs *s)
{
	const bool protected = (r->cr0 & CR0_PE) != 0;
	const struct {
		enum guest_segno no;
		u16 sel;
	} data[] = {
		{ SEG_SS, r->ss_sel }, { SEG_DS, r->ds_sel },
		{ SEG_ES, r->es_sel }, { SEG_FS, r->fs_sel },
		{ SEG_GS, r->gs_sel },
	};

	for (u32 i = 0; i < ARRAY_SIZE(data); i++)
		s->seg[data[i].no] = (struct guest_seg){
			.sel = data[i].sel,
			.attr = attr_pack(protected ? DATA_AR_PROTECTED
						    : DATA_AR_REAL),
			.limit = protected ? DATA_LIMIT_FLAT : DATA_LIMIT_REAL,
		};
	/* Code in use has been accessed: VM entry wants to see that. */
	s->seg[SEG_CS] = (struct guest_seg){ r->cs_sel, attr_pack(r->cs_ar | 1),
					     r->cs_limit, r->cs_base };
	s->seg[SEG_LDTR] = (struct guest_seg){ r->ldt_sel, attr_pack(LDT_AR),
					       SYSTEM_SEGMENT_LIMIT, 0 };
	s->seg[SEG_TR] = (struct guest_seg){ r->tr_sel, attr_pack(TSS_AR),
					     SYSTEM_SEGMENT_LIMIT, 0 };
	s->seg[SEG_GDTR].limit = r->gdt.limit;
	s->seg[SEG_GDTR].base = r->gdt.base;
	s->seg[SEG_IDTR].limit = r->idt.limit;
	s->seg[SEG_IDTR].base = r->idt.base;
}

static void state_build(const struct acrn_abi_vcpu_regs *v,
			struct hc_vcpu_state *out)
{
	const struct acrn_abi_regs *r = &v->regs;

	memset(out, 0, sizeof(*out));
	out->vcpu_id = v->vcpu_id;
	_Static_assert(sizeof(out->regs.gpr) == sizeof(r->gprs), "order");
	memcpy(out->regs.gpr, &r->gprs, sizeof(out->regs.gpr));
	out->regs.rip = r->rip;
	out->regs.rflags = r->rflags | RFLAGS_FIXED;
	out->sregs.cr0 = r->cr0 | CR0_ET;
	out->sregs.cr3 = r->cr3;
	out->sregs.cr4 = r->cr4;
	out->sregs.efer = r->efer;
	out->sregs.pat = PAT_POWER_ON;
	segs_build(r, &out->sregs);
}

int hc_decode_vcpu_regs(struct hc_call *call)
{
	struct acrn_abi_vcpu_regs v;
	int rc = hc_read(call, call->arg2, &v, sizeof(v));

	if (rc == 0)
		rc = regs_check(&v);
	if (rc == 0)
		state_build(&v, &call->u.vcpu);
	return rc;
}

s64 hc_act_vcpu_regs(struct hc_call *call)
{
	const struct hc_vcpu_state *in = &call->u.vcpu;
	struct vm *vm = call->vm;
	struct vcpu *vcpu;

	if (vm->state == VM_STATE_RUNNING || vm->state == VM_STATE_DYING)
		return -EPERM;
	if (in->vcpu_id >= vm->nvcpus)
		return -EINVAL;
	/* A VM that is OFF may still be on its way to a stop. */
	vm_park_all(hc_locked(call));
	vcpu = vm->vcpu[in->vcpu_id];
	vcpu->hw.regs = in->regs;
	backend->vcpu_set_sregs(&vcpu->hw, &in->sregs);
	guest_vcpu_restart(vcpu);
	if (vcpu->state == VCPU_STATE_HALTED)
		vcpu_state_set(vcpu, VCPU_STATE_RUNNABLE);
	return 0;
}

s64 hc_act_create_vcpu(struct hc_call *call)
{
	(void)call;
	return 0;
}
