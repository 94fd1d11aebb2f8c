/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moves to control registers that exit: those that change a bit of CR0 or
 * CR4 that the guest has in its shadow only, and all of CR8 where the CPU
 * keeps no TPR for us.
 */
#include "arch/x86/vmx/vmx.h"

#include "arch/x86/asm.h"

/* Qualification, SDM vol 3, table 28-3. */
#define CR_NUMBER(q)   ((q)&15)
#define CR_TYPE(q)     (((q) >> 4) & 3)
#define CR_GPR(q)      (((q) >> 8) & 15)
#define TYPE_MOV_TO    0
#define TYPE_MOV_FROM  1
#define CR8_CLASS_MASK 0xfULL

/* Cache control and NE may be as the guest likes: it sees no effect. */
static bool cr0_allowed(u64 v)
{
	return (v & CR0_CD) || !(v & CR0_NW);
}

/*
 * The shadow takes what the guest wants of the bits that are not its own;
 * then the instruction runs again. Now it changes none of them, so it does
 * not exit, and the CPU does the rest: checks, mode switches, page table
 * pointers.
 */
static bool shadow_takes(enum vmcs_field field, u64 want, u64 own, u64 allowed)
{
	u64 shadow = vmcs_read(field);

	if ((want & own) & ~allowed)
		return false;
	vmcs_write(field, (shadow & ~own) | (want & own));
	return true;
}

static bool write_cr0(u64 v)
{
	return cr0_allowed(v) &&
	       shadow_takes(VMCS_CR0_SHADOW, v, vmx_owned_cr0(),
			    CR0_NE | CR0_CD | CR0_NW | CR0_ET);
}

/* Every owned bit but those that VMX wants is hidden: it cannot be set. */
static bool write_cr4(u64 v)
{
	return shadow_takes(VMCS_CR4_SHADOW, v, vmx_owned_cr4(),
			    vmx_caps_get()->cr4_fixed0 & ~CR4_VMXE);
}

static bool write_cr8(struct hw_vcpu *v, u64 val, struct exit_info *x)
{
	if (val & ~CR8_CLASS_MASK)
		return false;
	vmx_vcpu_set_tpr(v, (u8)(val << 4));
	vmx_vcpu_skip(v, x->insn_len);
	return true;
}

static void read_cr8(struct hw_vcpu *v, u32 gpr, const struct exit_info *x)
{
	v->regs.gpr[gpr] = vmx_vcpu_get_tpr(v) >> 4;
	vmx_vcpu_skip(v, x->insn_len);
}

/* Outside 64-bit code only half of the register takes part. */
static u64 operand(struct hw_vcpu *v, u32 gpr)
{
	struct guest_code c;

	vmx_vcpu_get_code(v, &c);
	return c.long4 ? v->regs.gpr[gpr] : (u32)v->regs.gpr[gpr];
}

static bool move_to(struct hw_vcpu *v, u64 q, struct exit_info *x)
{
	u64 val = operand(v, (u32)CR_GPR(q));

	switch (CR_NUMBER(q)) {
	case 0:
		return write_cr0(val);
	case 4:
		return write_cr4(val);
	case 8:
		return write_cr8(v, val, x);
	default:
		return false;
	}
}

void vmx_exit_cr(struct hw_vcpu *v, struct exit_info *x)
{
	u64 q = vmcs_read(VMCS_QUALIFICATION);

	x->cr_done = true;
	if (CR_TYPE(q) == TYPE_MOV_TO) {
		if (!move_to(v, q, x))
			vmx_inject_gp(v);
		return;
	}
	if (CR_TYPE(q) == TYPE_MOV_FROM && CR_NUMBER(q) == 8) {
		read_cr8(v, (u32)CR_GPR(q), x);
		return;
	}
	/* CLTS and LMSW touch no bit that exits. */
	x->cr_done = false;
}
