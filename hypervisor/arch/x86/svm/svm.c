/* SPDX-License-Identifier: BSD-2-Clause */
/* The SVM backend: enabling the extension, entering, injecting. */
#include "arch/x86/svm/svm.h"

#include "arch/x86/asm.h"
#include "arch/x86/features.h"
#include "lib/errno.h"
#include "lib/string.h"

#define MSR_VM_CR       0xc0010114
#define MSR_VM_HSAVE_PA 0xc0010117
#define VM_CR_SVMDIS    BIT64(4)
#define CPUID_SVM_LEAF  0x8000000a
#define CPUID_SVM_NPT   BIT32(0)

u64 *svm_host_hpa;

static const char absent[] = "the CPU has no SVM (AMD-V)";

/* What of SVM can be taken for absent. */
static const char without_1g[] = "npt-1g";
static bool pages_1g;

static const char *find_missing(void)
{
	u64 vm_cr;

	if (x86_cpuid(0x80000000, 0).eax < CPUID_SVM_LEAF ||
	    !(x86_cpuid(0x80000001, 0).ecx & BIT32(2)))
		return absent;
	if (!(x86_cpuid(CPUID_SVM_LEAF, 0).edx & CPUID_SVM_NPT))
		return "the CPU has SVM but no nested paging";
	if (x86_rdmsr(MSR_EFER) & EFER_SVME)
		return "another hypervisor has SVM in use";
	vm_cr = x86_rdmsr(MSR_VM_CR);
	if (vm_cr & VM_CR_SVMDIS)
		return "SVM is disabled in the firmware's set-up";
	return NULL;
}

static const char *svm_probe(const char *without)
{
	const char *missing = find_missing();

	pages_1g = features_get()->pages_1g && strcmp(without, without_1g);
	if (!missing && *without && strcmp(without, without_1g))
		return BACKEND_WITHOUT_WHAT;
	return missing;
}

static void cpu_disable(void)
{
	x86_wrmsr(MSR_VM_HSAVE_PA, 0);
	x86_wrmsr(MSR_EFER, x86_rdmsr(MSR_EFER) & ~EFER_SVME);
}

static int svm_cpu_enable(void *save_area, hpa_t hpa)
{
	u64 host = (u64)(uintptr_t)save_area + PAGE_SIZE;

	if (!save_area) {
		cpu_disable();
		return 0;
	}
	if (find_missing())
		return -ENODEV;
	x86_wrmsr(MSR_EFER, x86_rdmsr(MSR_EFER) | EFER_SVME);
	x86_wrmsr(MSR_VM_HSAVE_PA, hpa.v);
	svm_host_hpa = (u64 *)(uintptr_t)host;
	*svm_host_hpa = hpa.v + PAGE_SIZE;
	__asm__ volatile("vmsave %0" : : "a"(hpa.v + PAGE_SIZE) : "memory");
	return 0;
}

static const struct pt_format *svm_s2_format(u8 *leaf_levels)
{
	*leaf_levels = pages_1g ? PT_LEAF_ALL : PT_LEAF_4K | PT_LEAF_2M;
	return &pt_format_npt;
}

static void svm_vcpu_inject(struct hw_vcpu *v, const struct guest_event *ev)
{
	static const u64 type[] = {
		[EVENT_INTR] = EVENT_TYPE_INTR,
		[EVENT_NMI] = EVENT_TYPE_NMI,
		[EVENT_EXCEPTION] = EVENT_TYPE_EXCEPTION,
	};
	struct svm_vcpu *s = svm_of(v);
	u64 inj = EVENT_VALID | type[ev->type] | ev->vector;

	if (ev->has_error)
		inj |= EVENT_ERROR_VALID | ((u64)ev->error_code << 32);
	s->vmcb->event_inj = inj;
	if (ev->type != EVENT_NMI)
		return;
	s->nmi_masked = true;
	s->vmcb->misc1 |= SVM_IRET;
}

static bool svm_vcpu_interrupted(struct hw_vcpu *v, struct guest_event *ev)
{
	u64 info = vmcb_of(v)->exit_int_info;

	if (likely(!(info & EVENT_VALID)))
		return false;
	/* A software interrupt runs again by itself: RIP is still on it. */
	if ((info & EVENT_TYPE_MASK) == EVENT_TYPE_SOFT)
		return false;
	ev->vector = (u8)info;
	ev->has_error = info & EVENT_ERROR_VALID;
	ev->error_code = (u32)(info >> 32);
	ev->type = EVENT_EXCEPTION;
	if ((info & EVENT_TYPE_MASK) == EVENT_TYPE_INTR)
		ev->type = EVENT_INTR;
	if ((info & EVENT_TYPE_MASK) == EVENT_TYPE_NMI)
		ev->type = EVENT_NMI;
	vmcb_of(v)->exit_int_info = 0;
	return true;
}

static bool svm_vcpu_irq_ready(struct hw_vcpu *v)
{
	struct vmcb *vmcb = vmcb_of(v);

	return (v->regs.rflags & RFLAGS_IF) &&
	       !(vmcb->shadow & SHADOW_INTERRUPT) &&
	       !(vmcb->event_inj & EVENT_VALID);
}

/*
 * A virtual interrupt of the highest priority: it exits, instead of being
 * delivered, as soon as the guest would take one. Writes to CR8 trap in the
 * meantime, since QEMU 10.0 cannot stand one that makes it deliverable.
 */
static void watch_irq(struct hw_vcpu *v, bool on)
{
	struct vmcb *vmcb = vmcb_of(v);
	const u64 bits = V_IRQ | V_INTR_PRIO_MAX | V_IGN_TPR;

	if (on) {
		vmcb->v_intr |= bits;
		vmcb->misc1 |= SVM_VINTR;
		vmcb->cr_write |= SVM_CR8;
	} else {
		vmcb->v_intr &= ~bits;
		vmcb->misc1 &= ~SVM_VINTR;
		vmcb->cr_write = (u16)(vmcb->cr_write & ~SVM_CR8);
	}
}

static void svm_vcpu_watch(struct hw_vcpu *v, enum vcpu_watch what, bool on)
{
	struct vmcb *vmcb = vmcb_of(v);

	if (what == VCPU_WATCH_IRQ)
		watch_irq(v, on);
	else if (on)
		vmcb->cr_write |= SVM_CR8;
	else
		vmcb->cr_write = (u16)(vmcb->cr_write & ~SVM_CR8);
}

static bool svm_vcpu_nmi_ready(struct hw_vcpu *v)
{
	struct svm_vcpu *s = svm_of(v);

	if (s->nmi_masked) {
		svm_nmi_step(v);
		return false;
	}
	return !(s->vmcb->event_inj & EVENT_VALID) &&
	       !(s->vmcb->shadow & SHADOW_INTERRUPT);
}

static void svm_vcpu_skip(struct hw_vcpu *v, u32 len)
{
	v->regs.rip += len;
	vmcb_of(v)->shadow &= ~SHADOW_INTERRUPT;
}

static u8 svm_vcpu_get_tpr(struct hw_vcpu *v)
{
	return (u8)(vmcb_of(v)->v_intr << 4);
}

static void svm_vcpu_set_tpr(struct hw_vcpu *v, u8 tpr)
{
	struct vmcb *vmcb = vmcb_of(v);

	vmcb->v_intr = (vmcb->v_intr & ~V_TPR_MASK) | (tpr >> 4);
}

/* AVIC would; Holm does not use it. */
static bool svm_vcpu_apic_own(struct hw_vcpu *v, bool by_cpu,
			      struct apic_vectors *s)
{
	(void)v;
	(void)by_cpu;
	(void)s;
	return false;
}

static bool svm_vcpu_apic_post(struct hw_vcpu *v, const struct apic_vectors *s)
{
	(void)v;
	(void)s;
	return false;
}

static bool svm_vcpu_apic_send(struct hw_vcpu *v, u8 vector)
{
	(void)v;
	(void)vector;
	return false;
}

static bool svm_vcpu_timer(struct hw_vcpu *v, u64 tsc)
{
	(void)v;
	(void)tsc;
	return false;
}

static void svm_vcpu_flush(struct hw_vcpu *v)
{
	vmcb_of(v)->tlb_control = TLB_FLUSH_ALL;
}

static u64 svm_vcpu_tsc_offset(struct hw_vcpu *v, const u64 *set)
{
	if (set)
		vmcb_of(v)->tsc_offset = *set;
	return vmcb_of(v)->tsc_offset;
}

/* MSRs whose guest value lives in the VMCB. */
static u64 *vmcb_msr(struct vmcb *vmcb, u32 msr)
{
	const struct {
		u32 msr;
		u64 *field;
	} map[] = {
		{ MSR_PAT, &vmcb->g_pat },
		{ MSR_FS_BASE, &vmcb->fs.base },
		{ MSR_GS_BASE, &vmcb->gs.base },
		{ 0xc0000102, &vmcb->kernel_gs_base },
		{ 0xc0000081, &vmcb->star },
		{ 0xc0000082, &vmcb->lstar },
		{ 0xc0000083, &vmcb->cstar },
		{ 0xc0000084, &vmcb->sfmask },
		{ 0x174, &vmcb->sysenter_cs },
		{ 0x175, &vmcb->sysenter_esp },
		{ 0x176, &vmcb->sysenter_eip },
		{ 0x1d9, &vmcb->debugctl },
	};

	for (u32 i = 0; i < ARRAY_SIZE(map); i++) {
		if (map[i].msr == msr)
			return map[i].field;
	}
	return NULL;
}

static u64 svm_vcpu_msr(struct hw_vcpu *v, u32 msr, const u64 *set, bool *known)
{
	struct vmcb *vmcb = vmcb_of(v);
	u64 *field = vmcb_msr(vmcb, msr);

	*known = field || msr == MSR_EFER;
	if (msr == MSR_EFER) {
		if (set)
			vmcb->efer = *set | EFER_SVME;
		return vmcb->efer & ~EFER_SVME;
	}
	if (!field)
		return 0;
	if (set)
		*field = *set;
	return *field;
}

#define SVM_OP(ret, op, args) .op = svm_##op,
const struct backend svm_backend = {
	.name = "AMD SVM", .id = 0, .absent = absent, BACKEND_OPS(SVM_OP)
};
