/* SPDX-License-Identifier: BSD-2-Clause */
/* A vCPU's VMCS: what traps, what it starts with. */
#include "arch/x86/vmx/vmx.h"

#include "arch/x86/asm.h"
#include "arch/x86/desc.h"
#include "arch/x86/reset_state.h"
#include "arch/x86/trap.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/pages.h"

#define EXCEPTION_DB BIT32(1)
#define EXCEPTION_UD BIT32(6)
#define EXCEPTION_AC BIT32(17)

/*
 * #UD: AMD's VMMCALL is undefined here and still means a hypercall. #DB and
 * #AC: a guest could loop in their delivery for ever, out of reach of any
 * NMI (CVE-2015-5307, CVE-2015-8104).
 */
#define TRAP_EXCEPTIONS (EXCEPTION_DB | EXCEPTION_UD | EXCEPTION_AC)

#define LINK_NONE      (~(u64)0)
#define BASIC_REVISION GENMASK64(30, 0)

/*
 * One tag for all guests: a CPU runs one at a time, and who loads a VMCS
 * flushes what the tables of its VM left behind.
 */
#define GUEST_VPID 1

static void write_controls(struct hw_vcpu *v, struct vmx_vcpu *s)
{
	const struct trap_maps *vm = v->vm->priv;
	struct vmx_controls c;

	vmx_controls_build(vmx_caps_get(), v->vm->direct, &c);
	s->primary = c.word[WORD_PRIMARY];
	s->pin = c.word[WORD_PIN];
	vmcs_write(VMCS_PIN_CONTROLS, s->pin);
	vmx_vcpu_timer(v, VCPU_TIMER_OFF);
	vmcs_write(VMCS_PRIMARY_CONTROLS, s->primary);
	s->secondary = c.word[WORD_SECONDARY];
	vmcs_write(VMCS_SECONDARY_CONTROLS, s->secondary);
	vmcs_write(VMCS_EXIT_CONTROLS, c.word[WORD_EXIT]);
	vmcs_write(VMCS_ENTRY_CONTROLS, c.word[WORD_ENTRY]);
	vmcs_write(VMCS_EXCEPTION_BITMAP, TRAP_EXCEPTIONS);
	vmcs_write(VMCS_IO_BITMAP_A, vm->io_hpa.v);
	vmcs_write(VMCS_IO_BITMAP_B, vm->io_hpa.v + PAGE_SIZE);
	vmcs_write(VMCS_MSR_BITMAP, vm->msr_hpa.v);
	vmcs_write(VMCS_EPT_POINTER, s->eptp);
	vmcs_write(VMCS_VAPIC_PAGE, pages_hpa(s->vapic).v);
	vmcs_write(VMCS_LINK_POINTER, LINK_NONE);
	vmcs_write(VMCS_CR0_MASK, vmx_owned_cr0());
	vmcs_write(VMCS_CR4_MASK, vmx_owned_cr4());
	if (vmx_caps_have(vmx_caps_get(), WORD_PIN, PIN_POSTED_INTERRUPTS)) {
		vmcs_write(VMCS_POSTED_VECTOR, VECTOR_POSTED);
		vmcs_write(VMCS_POSTED_DESC, pages_hpa(&s->pi).v);
	}
	if (c.word[WORD_SECONDARY] & SECONDARY_VPID)
		vmcs_write(VMCS_VPID, GUEST_VPID);
	if (c.word[WORD_SECONDARY] & SECONDARY_XSAVES)
		vmcs_write(VMCS_XSS_EXIT_BITMAP, 0);
}

/* What of the host's state is the same on all CPUs. */
static void write_host(void)
{
	vmcs_write(VMCS_HOST_CS_SEL, DESC_CODE);
	vmcs_write(VMCS_HOST_SS_SEL, DESC_DATA);
	vmcs_write(VMCS_HOST_DS_SEL, DESC_DATA);
	vmcs_write(VMCS_HOST_ES_SEL, DESC_DATA);
	vmcs_write(VMCS_HOST_TR_SEL, DESC_TSS);
	vmcs_write(VMCS_HOST_IDTR_BASE, trap_idt_base());
	vmcs_write(VMCS_HOST_PAT, x86_rdmsr(MSR_PAT));
	vmcs_write(VMCS_HOST_EFER, x86_rdmsr(MSR_EFER));
	vmcs_write(VMCS_HOST_RIP, (u64)(uintptr_t)vmx_exit);
}

/* Nothing may stay as the memory was: only the CPU knows its layout. */
static const u16 unused[] = {
	VMCS_PF_MASK,          VMCS_PF_MATCH,          VMCS_CR3_TARGETS,
	VMCS_EXIT_STORE_COUNT, VMCS_EXIT_LOAD_COUNT,   VMCS_ENTRY_LOAD_COUNT,
	VMCS_ENTRY_ERROR_CODE, VMCS_ENTRY_INSN_LEN,    VMCS_TPR_THRESHOLD,
	VMCS_TSC_OFFSET,       VMCS_GUEST_SMBASE,      VMCS_HOST_FS_SEL,
	VMCS_HOST_GS_SEL,      VMCS_HOST_FS_BASE,      VMCS_HOST_GS_BASE,
	VMCS_HOST_SYSENTER_CS, VMCS_HOST_SYSENTER_ESP, VMCS_HOST_SYSENTER_EIP,
};

static void write_unused(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(unused); i++)
		vmcs_write((enum vmcs_field)unused[i], 0);
	for (u32 i = 0; i < 4; i++)
		vmcs_write(vmcs_nth(VMCS_GUEST_PDPTE, i), 0);
}

static int alloc(struct vmx_vcpu *s)
{
	s->vmcs = pages_alloc(1);
	s->vapic = pages_alloc(1);
	if (!s->vmcs || !s->vapic)
		return -ENOMEM;
	s->vmcs_hpa = pages_hpa(s->vmcs);
	s->vmcs->revision = (u32)(vmx_caps_get()->basic & BASIC_REVISION);
	return vmcs_clear(s->vmcs_hpa) ? 0 : -EIO;
}

int vmx_vcpu_init(struct hw_vcpu *v, struct hw_vm *vm)
{
	struct vmx_vcpu *s = pages_alloc(1);
	struct vmx_vcpu *before;
	int rc;

	if (!s)
		return -ENOMEM;
	v->vm = vm;
	v->priv = s;
	rc = alloc(s);
	if (rc) {
		vmx_vcpu_free(v);
		return rc;
	}
	pi_suspend(&s->pi);
	s->eptp = vm->s2_root.v | EPTP_WB | EPTP_LEVELS;
	/* The tables have them set everywhere: no walk writes an entry. */
	if (vmx_caps_get()->ept & EPT_ACCESSED_DIRTY)
		s->eptp |= EPTP_AD;
	before = vmx_borrow(s);
	write_unused();
	write_controls(v, s);
	write_host();
	vmx_return(s, before);
	vmx_vcpu_reset(v, VCPU_RESET_POWER_ON);
	return 0;
}

void vmx_vcpu_free(struct hw_vcpu *v)
{
	struct vmx_vcpu *s = v->priv;

	if (!s)
		return;
	pages_free(s->vmcs, 1);
	pages_free(s->vapic, 1);
	pages_free(s, 1);
	v->priv = NULL;
}

void vmx_vcpu_put(struct hw_vcpu *v)
{
	vmx_unload(vmx_of(v));
}

static void reset_events(struct vmx_vcpu *s)
{
	vmcs_write(VMCS_ENTRY_EVENT, 0);
	vmcs_write(VMCS_PENDING_DEBUG, 0);
	vmcs_write(VMCS_ACTIVITY, ACTIVITY_ACTIVE);
	vmx_set_interruptibility(s, 0);
	vmx_set_primary(s, PRIMARY_INTR_WINDOW | PRIMARY_NMI_WINDOW, false);
	vmcs_write(VMCS_TPR_THRESHOLD, 0);
	s->injected = false;
	s->watch_tpr = false;
	vmx_apic_reset(s);
}

static void reset_regs(struct hw_vcpu *v, struct vmx_vcpu *s)
{
	reset_state_regs(&v->regs);
	s->rsp = 0;
	s->rip = v->regs.rip;
	s->rflags = v->regs.rflags;
	vmcs_write(VMCS_GUEST_RSP, s->rsp);
	vmcs_write(VMCS_GUEST_RIP, s->rip);
	vmcs_write(VMCS_GUEST_RFLAGS, s->rflags);
}

void vmx_vcpu_reset(struct hw_vcpu *v, enum vcpu_reset how)
{
	struct vmx_vcpu *s = vmx_of(v);
	struct vmx_vcpu *before;
	struct guest_sregs r;
	const u64 zero = 0;
	bool known;

	reset_state_sregs(&r, how);
	vmx_vcpu_set_sregs(v, &r);
	for (u32 msr = 0x174; msr <= 0x176; msr++)
		vmx_vcpu_msr(v, msr, &zero, &known);
	before = vmx_borrow(s);
	reset_events(s);
	reset_regs(v, s);
	vmcs_write(VMCS_GUEST_DR7, RESET_DR7);
	vmcs_write(VMCS_GUEST_DEBUGCTL, 0);
	/* As if it were nowhere: it is loaded anew with what stands here. */
	if (before == s)
		vmx_unload(s);
	else
		vmx_return(s, before);
	memset(s->msr, 0, sizeof(s->msr));
	s->cr2 = 0;
	if (how == VCPU_RESET_POWER_ON)
		s->spec_ctrl = 0;
	s->dr6 = RESET_DR6;
}
