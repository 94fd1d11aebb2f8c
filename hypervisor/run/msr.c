/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Model-specific registers. The table in guest/x86/msr.c says which a guest
 * has and what most of them do; here are those that need the vCPU's state.
 */
#include "guest/x86/msr.h"

#include "arch/x86/asm.h"
#include "core/percpu.h"
#include "guest/x86/direct_apic.h"
#include "guest/x86/guest.h"
#include "guest/x86/pvclock.h"
#include "lib/errno.h"
#include "run/run.h"

static const struct run_opcode op_rdmsr = { 2, { 0x0f, 0x32 } };
static const struct run_opcode op_wrmsr = { 2, { 0x0f, 0x30 } };

#define EFER_GUEST_BITS (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE | BIT64(14))

static int tsc_read(struct vcpu *v, u32 msr, u64 *val)
{
	(void)msr;
	*val = time_now() + backend->vcpu_tsc_offset(&v->hw, NULL);
	return 0;
}

static void tsc_set_offset(struct vcpu *v, u64 offset)
{
	backend->vcpu_tsc_offset(&v->hw, &offset);
	pvclock_update(v);
	if (v->vm->kind == VM_USER)
		vlapic_set_tsc_offset(&v->guest->lapic, offset);
}

static int tsc_write(struct vcpu *v, u32 msr, u64 val)
{
	(void)msr;
	tsc_set_offset(v, val - time_now());
	return 0;
}

/* The offset is what IA32_TSC_ADJUST means where nobody else moves the TSC. */
static int tsc_adjust_read(struct vcpu *v, u32 msr, u64 *val)
{
	(void)msr;
	*val = backend->vcpu_tsc_offset(&v->hw, NULL);
	return 0;
}

static int tsc_adjust_write(struct vcpu *v, u32 msr, u64 val)
{
	(void)msr;
	tsc_set_offset(v, val);
	return 0;
}

static int apic_base_read(struct vcpu *v, u32 msr, u64 *val)
{
	(void)msr;
	if (v->vm->kind == VM_USER)
		*val = vlapic_base_read(&v->guest->lapic);
	else
		*val = direct_apic_base_read(v);
	return 0;
}

static int apic_base_write(struct vcpu *v, u32 msr, u64 val)
{
	(void)msr;
	v->attention = true;
	if (v->vm->kind == VM_USER) {
		int rc = vlapic_base_write(&v->guest->lapic, val);

		guest_apic_follow(v);
		return rc;
	}
	return direct_apic_base_write(v, val);
}

static int backend_read(struct vcpu *v, u32 msr, u64 *val)
{
	bool known;

	*val = backend->vcpu_msr(&v->hw, msr, NULL, &known);
	return known ? 0 : -EINVAL;
}

static int pat_write(struct vcpu *v, u32 msr, u64 val)
{
	bool known;

	if (!msr_pat_valid(val))
		return -EINVAL;
	backend->vcpu_msr(&v->hw, msr, &val, &known);
	return known ? 0 : -EINVAL;
}

/* LMA follows the mode; LME may not change under paging. */
static int efer_write(struct vcpu *v, u32 msr, u64 val)
{
	struct guest_sregs s;
	bool known;

	backend->vcpu_get_sregs(&v->hw, &s);
	if (val & ~EFER_GUEST_BITS)
		return -EINVAL;
	if ((s.cr0 & CR0_PG) && ((val ^ s.efer) & EFER_LME))
		return -EINVAL;
	val = (val & ~EFER_LMA) | (s.efer & EFER_LMA);
	backend->vcpu_msr(&v->hw, msr, &val, &known);
	return 0;
}

static int deadline_read(struct vcpu *v, u32 msr, u64 *val)
{
	(void)msr;
	*val = vlapic_tsc_deadline_read(&v->guest->lapic);
	return 0;
}

static int deadline_write(struct vcpu *v, u32 msr, u64 val)
{
	(void)msr;
	vlapic_tsc_deadline_write(&v->guest->lapic, val);
	return 0;
}

static int x2apic_read(struct vcpu *v, u32 msr, u64 *val)
{
	if (v->vm->kind == VM_USER) {
		run_sync_tpr(v);
		return vlapic_msr_read(&v->guest->lapic, msr, val);
	}
	return x86_rdmsr_safe(msr, val) ? 0 : -EINVAL;
}

static __rare int tpr_write(struct vcpu *v, u64 val)
{
	int rc = vlapic_msr_write(&v->guest->lapic, VLAPIC_MSR_TPR, val);

	backend->vcpu_set_tpr(&v->hw, vlapic_get_tpr(&v->guest->lapic));
	return rc;
}

static inline int x2apic_write(struct vcpu *v, u32 msr, u64 val)
{
	if (v->vm->kind != VM_USER)
		return direct_apic_msr_write(v, msr, val);
	v->attention = true;
	if (unlikely(msr == VLAPIC_MSR_TPR))
		return tpr_write(v, val);
	return vlapic_msr_write(&v->guest->lapic, msr, val);
}

static int hardware_read(struct vcpu *v, u32 msr, u64 *val)
{
	(void)v;
	return x86_rdmsr_safe(msr, val) ? 0 : -EINVAL;
}

static int hardware_write(struct vcpu *v, u32 msr, u64 val)
{
	(void)v;
	return x86_wrmsr_safe(msr, val) ? 0 : -EINVAL;
}

struct msr_ops {
	int (*read)(struct vcpu *v, u32 msr, u64 *val);
	int (*write)(struct vcpu *v, u32 msr, u64 val);
};

/* clang-format off */
static const struct msr_ops ops[MSR_H_COUNT] = {
	[MSR_H_NONE]		= { hardware_read,	hardware_write },
	[MSR_H_TSC]		= { tsc_read,		tsc_write },
	[MSR_H_APIC_BASE]	= { apic_base_read,	apic_base_write },
	[MSR_H_TSC_ADJUST]	= { tsc_adjust_read,	tsc_adjust_write },
	[MSR_H_PAT]		= { backend_read,	pat_write },
	[MSR_H_TSC_DEADLINE]	= { deadline_read,	deadline_write },
	[MSR_H_X2APIC]		= { x2apic_read,	x2apic_write },
	[MSR_H_EFER]		= { backend_read,	efer_write },
	[MSR_H_PVCLOCK]		= { pvclock_msr_read,	pvclock_msr_write },
};
/* clang-format on */

static int filtered_write(u32 msr, u64 val, u64 mask)
{
	u64 old;

	if (!x86_rdmsr_safe(msr, &old))
		return -EINVAL;
	return x86_wrmsr_safe(msr, (old & ~mask) | (val & mask)) ? 0 : -EINVAL;
}

/*
 * What is written most, past the table: the APIC of a User VM, and of the
 * Service VM's what the table always traps.
 */
static bool is_apic_write(const struct vcpu *v, u32 msr)
{
	return msr == MSR_X2APIC_ICR ||
	       (msr - VLAPIC_MSR_FIRST <= VLAPIC_MSR_LAST - VLAPIC_MSR_FIRST &&
		v->vm->kind == VM_USER);
}

static int msr_read(struct vcpu *v, u32 msr, u64 *val)
{
	const struct msr_rule *rule = NULL;
	int todo = msr_guest_read(guest_kind_of(v->vm), &v->guest->msrs, msr,
				  val, &rule);

	if (todo == MSR_DO_HANDLER)
		return ops[rule->handler].read(v, msr, val);
	if (todo == MSR_DO_HARDWARE)
		return hardware_read(v, msr, val);
	return todo == MSR_DONE ? 0 : -EINVAL;
}

static __rare int msr_write(struct vcpu *v, u32 msr, u64 val)
{
	const struct msr_rule *rule = NULL;
	int todo = msr_guest_write(guest_kind_of(v->vm), &v->guest->msrs, msr,
				   val, &rule);

	if (todo == MSR_DO_HANDLER)
		return ops[rule->handler].write(v, msr, val);
	if (todo == MSR_DO_HARDWARE)
		return hardware_write(v, msr, val);
	if (todo == MSR_DO_FILTER)
		return filtered_write(msr, val, rule->filter);
	return todo == MSR_DONE ? 0 : -EINVAL;
}

/*
 * Registers that guests reach directly and no control block holds: whoever
 * takes the CPU up finds them as after RESET. A vCPU keeps its CPU while it
 * lives, and a Service VM's starts over by INIT, so none need be kept.
 */
void run_reset_shared_msrs(void)
{
	const struct msr_rule *rule;

	for (u32 i = 0; (rule = msr_policy_row(i)); i++) {
		for (u32 msr = rule->first;
		     (rule->flags & MSR_F_SWAP) && msr <= rule->last; msr++)
			x86_wrmsr_safe(msr, 0);
	}
}

static u32 insn_len(struct vcpu *v, const struct exit_info *x,
		    const struct run_opcode *op)
{
	struct guest_code c;

	backend->vcpu_get_code(&v->hw, &c);
	return run_insn_len(v, x, &c, op);
}

void run_exit_rdmsr(struct vcpu *v, const struct exit_info *x)
{
	u64 *gpr = v->hw.regs.gpr;
	u32 len = insn_len(v, x, &op_rdmsr);
	u64 val = 0;

	if (!len)
		return;
	if (msr_read(v, (u32)gpr[GPR_RCX], &val)) {
		vm_deny(v, HOLM_CELL_DENY_MSR, (u32)gpr[GPR_RCX]);
		run_inject_gp(v);
		return;
	}
	gpr[GPR_RAX] = (u32)val;
	gpr[GPR_RDX] = val >> 32;
	backend->vcpu_skip(&v->hw, len);
}

void run_exit_wrmsr(struct vcpu *v, const struct exit_info *x)
{
	const u64 *gpr = v->hw.regs.gpr;
	u32 len = insn_len(v, x, &op_wrmsr);
	u64 val = (gpr[GPR_RDX] << 32) | (u32)gpr[GPR_RAX];
	u32 msr = (u32)gpr[GPR_RCX];
	int rc;

	if (!len)
		return;
	rc = is_apic_write(v, msr) ? x2apic_write(v, msr, val)
				   : msr_write(v, msr, val);
	if (unlikely(rc)) {
		vm_deny(v, HOLM_CELL_DENY_MSR, msr);
		run_inject_gp(v);
		return;
	}
	backend->vcpu_skip(&v->hw, len);
}
