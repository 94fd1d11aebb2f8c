/* SPDX-License-Identifier: BSD-2-Clause */
/* Single instructions as functions, and the numbers they take. */
#ifndef ARCH_X86_ASM_H
#define ARCH_X86_ASM_H

#include "lib/types.h"

#define CR0_PE       BIT64(0)
#define CR0_MP       BIT64(1)
#define CR0_EM       BIT64(2)
#define CR0_TS       BIT64(3)
#define CR0_ET       BIT64(4)
#define CR0_NE       BIT64(5)
#define CR0_WP       BIT64(16)
#define CR0_AM       BIT64(18)
#define CR0_NW       BIT64(29)
#define CR0_CD       BIT64(30)
#define CR0_PG       BIT64(31)
#define CR4_PAE      BIT64(5)
#define CR4_MCE      BIT64(6)
#define CR4_PGE      BIT64(7)
#define CR4_OSFXSR   BIT64(9)
#define CR4_LA57     BIT64(12)
#define CR4_VMXE     BIT64(13)
#define CR4_OSXSAVE  BIT64(18)
#define CR4_SMEP     BIT64(20)
#define CR4_SMAP     BIT64(21)
#define EFER_SCE     BIT64(0)
#define EFER_LME     BIT64(8)
#define EFER_LMA     BIT64(10)
#define EFER_NXE     BIT64(11)
#define EFER_SVME    BIT64(12)
#define RFLAGS_FIXED BIT64(1)
#define RFLAGS_TF    BIT64(8)
#define RFLAGS_IF    BIT64(9)
#define RFLAGS_VM    BIT64(17)
#define RFLAGS_RF    BIT64(16)
#define RFLAGS_AC    BIT64(18)

#define MSR_TSC         0x10
#define MSR_APIC_BASE   0x1b
#define MSR_PAT         0x277
#define MSR_X2APIC_BASE 0x800
#define MSR_X2APIC_ICR  0x830
#define MSR_EFER        0xc0000080
#define MSR_FS_BASE     0xc0000100
#define MSR_GS_BASE     0xc0000101
#define MSR_TSC_AUX     0xc0000103

struct cpuid_out {
	u32 eax, ebx, ecx, edx;
};

static inline struct cpuid_out x86_cpuid(u32 leaf, u32 sub)
{
	struct cpuid_out r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(sub));
	return r;
}

static inline u64 x86_rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return ((u64)hi << 32) | lo;
}

static inline void x86_wrmsr(u32 msr, u64 v)
{
	__asm__ volatile("wrmsr"
			 :
			 : "c"(msr), "a"((u32)v), "d"((u32)(v >> 32))
			 : "memory");
}

/** RDMSR that survives #GP: false if the CPU refused. */
bool x86_rdmsr_safe(u32 msr, u64 *v);

/** WRMSR that survives #GP: false if the CPU refused. */
bool x86_wrmsr_safe(u32 msr, u64 v);

/** XSETBV that survives #GP: false if the CPU refused. */
bool x86_xsetbv_safe(u32 xcr, u64 v);

static inline u64 x86_rdtsc(void)
{
	u32 lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return ((u64)hi << 32) | lo;
}

static inline void x86_outb(u16 port, u8 v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static inline void x86_outw(u16 port, u16 v)
{
	__asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port));
}

static inline void x86_outl(u16 port, u32 v)
{
	__asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port));
}

static inline u8 x86_inb(u16 port)
{
	u8 v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline u16 x86_inw(u16 port)
{
	u16 v;

	__asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline u32 x86_inl(u16 port)
{
	u32 v;

	__asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

#define X86_CR_ACCESSORS(n)                                                \
	static inline u64 x86_read_cr##n(void)                             \
	{                                                                  \
		u64 v;                                                     \
		__asm__ volatile("mov %%cr" #n ", %0" : "=r"(v));          \
		return v;                                                  \
	}                                                                  \
	static inline void x86_write_cr##n(u64 v)                          \
	{                                                                  \
		__asm__ volatile("mov %0, %%cr" #n : : "r"(v) : "memory"); \
	}
X86_CR_ACCESSORS(0)
X86_CR_ACCESSORS(2)
X86_CR_ACCESSORS(3)
X86_CR_ACCESSORS(4)

static inline void x86_invlpg(const void *va)
{
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

/** DR0..DR3, which no control block holds; DR6 and DR7 are switched. */
static inline void x86_clear_breakpoints(void)
{
	__asm__ volatile("mov %0, %%dr0\n\t"
			 "mov %0, %%dr1\n\t"
			 "mov %0, %%dr2\n\t"
			 "mov %0, %%dr3"
			 :
			 : "r"((u64)0));
}

static inline void x86_pause(void)
{
	__asm__ volatile("pause" : : : "memory");
}

static inline void x86_wbinvd(void)
{
	__asm__ volatile("wbinvd" : : : "memory");
}

static inline void x86_stac(void)
{
	__asm__ volatile("stac" : : : "memory", "cc");
}

static inline void x86_clac(void)
{
	__asm__ volatile("clac" : : : "memory", "cc");
}

#endif
