/* SPDX-License-Identifier: BSD-2-Clause */
/* What CPUID tells a guest: built once for a VM, looked up at each exit. */
#ifndef GUEST_X86_CPUID_H
#define GUEST_X86_CPUID_H

#include "guest/x86/msr.h"

struct cpuid_regs {
	u32 eax;
	u32 ebx;
	u32 ecx;
	u32 edx;
};

/** Executes CPUID on this CPU. */
typedef void (*cpuid_native_fn)(u32 leaf, u32 sub, struct cpuid_regs *out);

/** What a VM's answers are computed from. */
struct cpuid_env {
	enum guest_kind kind;
	cpuid_native_fn native;
	u32 tsc_khz;
	u32 nvcpus;
	u32 max_lapic_id; /* highest LAPIC id of the VM's vCPUs */
};

/** What differs between vCPUs and from moment to moment. */
struct cpuid_vcpu {
	u32 vcpu_id;
	u32 lapic_id;
	u64 xcr0; /* 0 counts as reset's value, 1 */
	u64 cr4;
	bool apic_enabled; /* APIC_BASE.EN */
};

#define CPUID_ENTRIES_MAX  96
#define CPUID_CLASS_LEAVES 48

struct cpuid_entry {
	u32 sub;
	struct cpuid_regs regs;
	u8 fix;       /* enum cpuid_fix: how regs depend on the vCPU */
	bool live;    /* regs is a mask for what this CPU answers */
	bool any_sub; /* the leaf ignores ECX */
	bool more;    /* the next entry is of the same leaf */
};

/** One VM's answers; opaque but for its size. */
struct cpuid_table {
	cpuid_native_fn native;
	bool passes;   /* leaves without an entry are the CPU's own */
	bool amd;      /* vendor is AMD or Hygon */
	u8 topo_shift; /* LAPIC id bits below the package */
	u32 count;
	u32 nvcpus;
	u64 xcr0_valid; /* XCR0 bits the guest may set */
	/* By class: highest native leaf; Intel CPUs answer beyond, too. */
	u32 max_leaf[4];
	/* Entry number + 1 by leaf, of leaves 0.., 4000_0000.., 8000_0000.. */
	u8 first[3][CPUID_CLASS_LEAVES];
	struct cpuid_entry entry[CPUID_ENTRIES_MAX];
};

/** Highest of the hypervisor leaves, and the TSC frequency's. */
#define CPUID_HV_MAX 0x40000010U

/** Compute all answers. Return 0, -EINVAL (env) or -ENOSPC. */
int cpuid_table_build(struct cpuid_table *t, const struct cpuid_env *env);

/** Answer leaf @leaf, subleaf @sub. What does not exist reads as zeros. */
void cpuid_table_lookup(const struct cpuid_table *t,
			const struct cpuid_vcpu *vcpu, u32 leaf, u32 sub,
			struct cpuid_regs *out);

#endif
