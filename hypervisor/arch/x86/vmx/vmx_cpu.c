/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMX on a physical CPU: switching it on, and whose VMCS the CPU holds. A
 * vCPU's VMCS is loaded on the CPU that runs it, from its first entry until
 * the CPU lets go of it; meanwhile the MSRs that no VMCS holds are the
 * guest's too. Whoever asks about it then borrows it for a few accesses.
 */
#include "arch/x86/vmx/vmx.h"

#include "arch/x86/asm.h"
#include "arch/x86/desc.h"
#include "arch/x86/lapic.h"
#include "arch/x86/trap.h"
#include "core/log.h"
#include "lib/errno.h"
#include "lib/string.h"

#define MSR_FEATURE_CONTROL 0x3a
#define FEATURE_LOCKED      BIT64(0)
#define FEATURE_VMX         BIT64(2)
#define BASIC_REVISION      GENMASK64(30, 0)
#define CPUID_VMX           BIT32(5)
#define MSR_STAR            0xc0000081
#define MSR_LSTAR           0xc0000082
#define MSR_CSTAR           0xc0000083
#define MSR_SFMASK          0xc0000084
#define MSR_KERNEL_GS_BASE  0xc0000102

/* Holm itself has no system calls and no use for SWAPGS. */
static const u32 swapped[VMX_SWAPPED_MSRS] = {
	MSR_STAR, MSR_LSTAR, MSR_CSTAR, MSR_SFMASK, MSR_KERNEL_GS_BASE,
};

/* At the same private address on every CPU. */
static struct vmx_cpu *cpu_page;

struct vmx_cpu *vmx_cpu(void)
{
	return cpu_page;
}

_Static_assert(sizeof(struct vmx_cpu) <= PAGE_SIZE, "the CPU's second page");

int vmx_swapped_index(u32 msr)
{
	for (u32 i = 0; i < VMX_SWAPPED_MSRS; i++) {
		if (swapped[i] == msr)
			return (int)i;
	}
	return -1;
}

/* Firmware that left the lock open leaves the choice to us. */
static bool feature_control(void)
{
	const u64 want = FEATURE_LOCKED | FEATURE_VMX;
	u64 v = x86_rdmsr(MSR_FEATURE_CONTROL);

	if (!(v & FEATURE_LOCKED))
		x86_wrmsr_safe(MSR_FEATURE_CONTROL, v | want);
	return (x86_rdmsr(MSR_FEATURE_CONTROL) & want) == want;
}

/* A CPU that is not as the boot CPU cannot run what that one prepared. */
static bool same_as_boot_cpu(void)
{
	struct vmx_caps own;

	if (!(x86_cpuid(1, 0).ecx & CPUID_VMX))
		return false;
	vmx_caps_read_own(&own);
	return !memcmp(&own, vmx_caps_get(), sizeof(own));
}

static void cpu_disable(void)
{
	if (vmx_cpu()->loaded)
		vmx_unload(vmx_cpu()->loaded);
	vmx_off();
	x86_write_cr4(x86_read_cr4() & ~CR4_VMXE);
}

int vmx_cpu_enable(void *save_area, hpa_t hpa)
{
	struct vmcs *region = save_area;

	if (!save_area) {
		cpu_disable();
		return 0;
	}
	if (!same_as_boot_cpu() || !feature_control())
		return -ENODEV;
	region->revision = (u32)(vmx_caps_get()->basic & BASIC_REVISION);
	cpu_page = (struct vmx_cpu *)(void *)((u8 *)save_area + PAGE_SIZE);
	*cpu_page = (struct vmx_cpu){ .region = hpa };
	x86_write_cr4(x86_read_cr4() | CR4_VMXE);
	if (vmx_on(hpa))
		return 0;
	x86_write_cr4(x86_read_cr4() & ~CR4_VMXE);
	return -EIO;
}

static inline u64 read_dr6(void)
{
	u64 v;

	__asm__ volatile("mov %%dr6, %0" : "=r"(v));
	return v;
}

/* What of the host's state is another on each CPU. */
static void write_host(struct vmx_vcpu *s)
{
	vmcs_write(VMCS_HOST_CR0, x86_read_cr0());
	vmcs_write(VMCS_HOST_CR3, x86_read_cr3());
	vmcs_write(VMCS_HOST_CR4, x86_read_cr4());
	vmcs_write(VMCS_HOST_TR_BASE, desc_tss_base());
	vmcs_write(VMCS_HOST_GDTR_BASE, desc_gdt_base());
	s->host_rsp = 0;
}

static void swap_in(struct vmx_vcpu *s)
{
	for (u32 i = 0; i < VMX_SWAPPED_MSRS; i++)
		x86_wrmsr(swapped[i], s->msr[i]);
	x86_write_cr2(s->cr2);
	__asm__ volatile("mov %0, %%dr6" : : "r"(s->dr6));
}

static void swap_out(struct vmx_vcpu *s)
{
	for (u32 i = 0; i < VMX_SWAPPED_MSRS; i++)
		s->msr[i] = x86_rdmsr(swapped[i]);
	s->cr2 = x86_read_cr2();
	s->dr6 = read_dr6();
}

void vmx_load(struct vmx_vcpu *s)
{
	struct vmx_cpu *cpu = vmx_cpu();

	if (cpu->loaded)
		vmx_unload(cpu->loaded);
	CHECK(vmcs_load(s->vmcs_hpa));
	cpu->loaded = s;
	s->cached = 0;
	s->flush = true;
	pi_resume(&s->pi, lapic_id(), VECTOR_POSTED);
	write_host(s);
	swap_in(s);
}

/* This CPU may soon be a guest's own, which must not get a notification. */
static void stop_notifying(struct vmx_vcpu *s)
{
	pi_suspend(&s->pi);
	while (__atomic_load_n(&s->senders, __ATOMIC_SEQ_CST))
		x86_pause();
}

void vmx_unload(struct vmx_vcpu *s)
{
	struct vmx_cpu *cpu = vmx_cpu();

	if (cpu->loaded != s)
		return;
	stop_notifying(s);
	swap_out(s);
	CHECK(vmcs_clear(s->vmcs_hpa));
	s->launched = false;
	s->cached = 0;
	cpu->loaded = NULL;
}

struct vmx_vcpu *vmx_borrow(struct vmx_vcpu *s)
{
	struct vmx_vcpu *before = vmx_cpu()->loaded;

	if (likely(before == s))
		return s;
	CHECK(vmcs_load(s->vmcs_hpa));
	s->cached = 0;
	return before;
}

void vmx_return(struct vmx_vcpu *s, struct vmx_vcpu *before)
{
	if (likely(before == s))
		return;
	CHECK(vmcs_clear(s->vmcs_hpa));
	s->launched = false;
	s->cached = 0;
	if (before)
		CHECK(vmcs_load(before->vmcs_hpa));
}
