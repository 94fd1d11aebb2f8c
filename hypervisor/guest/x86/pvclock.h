/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A paravirtual clock for User VMs and cells, with the interface that Linux
 * calls kvmclock (kernel documentation, virt/kvm/x86/cpuid.rst and msr.rst): a
 * stock kernel learns the TSC's exact frequency and the time of day without
 * timing an emulated timer, which it cannot do well where exits are slow; and
 * it stays in x2APIC mode without interrupt remapping.
 *
 * It is offered beside ACRN's leaves, at 0x40000100, as that document allows.
 */
#ifndef GUEST_X86_PVCLOCK_H
#define GUEST_X86_PVCLOCK_H

#include "guest/x86/cpuid.h"
#include "lib/types.h"

struct vcpu;

#define PVCLOCK_CPUID_BASE 0x40000100U
#define PVCLOCK_CPUID_LAST 0x40000101U
#define PVCLOCK_MSR_WALL   0x4b564d00U
#define PVCLOCK_MSR_SYSTEM 0x4b564d01U

/** Answer leaf PVCLOCK_CPUID_BASE or _LAST; @clock: the MSRs exist. */
void pvclock_cpuid(u32 leaf, bool clock, struct cpuid_regs *out);

/** The MSRs. -EINVAL: #GP(0), also if the address is not guest RAM. */
int pvclock_msr_read(struct vcpu *v, u32 msr, u64 *val);
int pvclock_msr_write(struct vcpu *v, u32 msr, u64 val);

/** The vCPU's TSC offset changed. */
void pvclock_update(struct vcpu *v);

/** Time of day in seconds since 1970 at host TSC @tsc; once, at start. */
void pvclock_set_wall(u64 seconds, u64 tsc);

#endif
