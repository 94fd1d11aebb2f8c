/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine a guest sees: which devices it is made of, how they are wired
 * to each other and to the CPUs. Registered with vm/ by guest_setup().
 *
 * A User VM has a local APIC for each vCPU, an I/O APIC, two 8259s, an 8254
 * and an ACPI timer. The Service VM runs on the machine's own: it has an
 * empty I/O space, MSR state and CPUID answers, its struct virq is unused.
 */
#ifndef GUEST_X86_GUEST_H
#define GUEST_X86_GUEST_H

#include "guest/x86/cpuid.h"
#include "guest/x86/direct_apic.h"
#include "guest/x86/direct_ioapic.h"
#include "guest/x86/emulate.h"
#include "guest/x86/insncache.h"
#include "guest/x86/msr.h"
#include "guest/x86/virq.h"
#include "guest/x86/vlapic.h"
#include "guest/x86/vpci.h"
#include "guest/x86/vpit.h"
#include "guest/x86/vpmtimer.h"
#include "lib/types.h"
#include "mem/s2cache.h"
#include "vm/vm.h"

/** No timer of the vCPU is running. */
#define GUEST_NO_DEADLINE (~(u64)0)

struct vm_guest {
	struct virq virq;
	struct lapic_bus bus;
	struct vlapic *lapic[VM_MAX_VCPUS];
	struct vpit pit;
	struct vpmtimer pmtimer;
	u64 pit_deadline; /* host TSC; atomic: any CPU may move it */
	struct cpuid_table cpuid;
	/*
	 * Show a Service VM KVM's leaf, without any of its features: that is
	 * how a stock kernel learns that x2APIC needs no interrupt remapping
	 * here. A kernel built for ACRN must not see it.
	 */
	bool x2apic_leaf;
	struct vpci vpci;        /* not of a User VM: its device model has it */
	struct ivshmem *ivshmem; /* its ends of shared-memory links */
	struct ioapic_view ioapic[ACPI_MAX_IOAPICS]; /* of a cell */
};

struct vcpu_guest {
	struct vlapic lapic;
	struct guest_msrs msrs;
	u64 timer_deadline;        /* of the local APIC, host TSC */
	struct cpuid_vcpu cpuid;   /* the run loop keeps cr4, xcr0, ... */
	struct direct_apic direct; /* of a VM that owns its CPUs' APICs */
	bool tpr_watched;          /* an interrupt waits for a lower priority */
	bool apic_by_cpu;          /* the CPU delivers interrupts by itself */
	bool window; /* an exit comes when an interrupt can be taken */
	u64 pvclock; /* MSR_KVM_SYSTEM_TIME_NEW as written */
	struct insncache insns;
	struct s2_cache s2_cache; /* for the fetch of instructions */
	struct emu_log emu_log; /* of an instruction that waits for a device */
};

/** Which policies apply to @vm. */
static inline enum guest_kind guest_kind_of(const struct vm *vm)
{
	static const enum guest_kind kinds[] = {
		[VM_SERVICE] = GUEST_SERVICE,
		[VM_USER] = GUEST_USER,
		[VM_CELL] = GUEST_CELL,
	};

	return kinds[vm->kind];
}

/** The operations vm_setup() wants. */
extern const struct guest_ops guest_machine_ops;

/**
 * Host TSC at which guest_timers_expire() is due, GUEST_NO_DEADLINE if
 * never. For the CPU that runs @vcpu; vCPU 0 serves the VM's PIT as well.
 */
static inline u64 guest_next_deadline(struct vcpu *vcpu)
{
	u64 own = vcpu->guest->timer_deadline;
	u64 pit = GUEST_NO_DEADLINE;

	if (vcpu->id == 0)
		pit = __atomic_load_n(&vcpu->vm->guest->pit_deadline,
				      __ATOMIC_RELAXED);
	return MIN(own, pit);
}

/** Let the timers fire whose deadline is not after @now. */
void guest_timers_expire(struct vcpu *vcpu, u64 now);

/** The vector of the 8259s that waits for @vcpu, or -1. */
int guest_pic_pending(struct vcpu *vcpu);

/**
 * The vector that would be injected into @vcpu next, or -1. Changes
 * nothing. Entry path.
 */
static inline int guest_irq_pending(struct vcpu *vcpu)
{
	if (vcpu->id == 0 &&
	    unlikely(vpic_has_intr(&vcpu->vm->guest->virq.pic))) {
		int vector = guest_pic_pending(vcpu);

		if (vector >= 0)
			return vector;
	}
	return vlapic_pending(&vcpu->guest->lapic);
}

/** Whether any interrupt waits for @vcpu, deliverable now or not. */
static inline bool guest_irq_any(const struct vcpu *vcpu)
{
	if (vlapic_has_pending_raw(&vcpu->guest->lapic))
		return true;
	return vcpu->id == 0 && vpic_has_intr(&vcpu->vm->guest->virq.pic);
}

/**
 * Take the interrupt: the vector to inject now, which counts as delivered,
 * or -1 if it went away since guest_irq_pending().
 */
int guest_irq_ack(struct vcpu *vcpu);

/** The mode of @vcpu's local APIC may have changed: who delivers follows. */
void guest_apic_follow(struct vcpu *vcpu);

/**
 * @vcpu, parked, was given other registers: an instruction that waits for
 * its device will not be finished.
 */
static inline void guest_vcpu_restart(struct vcpu *vcpu)
{
	vcpu->guest->emu_log = (struct emu_log){ 0 };
}

/**
 * Let @vcpu, just reset, begin at @entry, below 4 GiB: in real mode, or, if
 * @start32, in protected mode with flat 32-bit segments.
 */
void guest_set_entry(struct vcpu *vcpu, u64 entry, bool start32);

/** INIT was taken by @vcpu: its local APIC and timers start over. */
void guest_vcpu_init(struct vcpu *vcpu);

#endif
