/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/pvclock.h"

#include "core/cpu.h"
#include "guest/x86/guest.h"
#include "lib/errno.h"
#include "mem/guestmem.h"
#include "vm/vm.h"

#define FEATURE_CLOCKSOURCE2 BIT32(3)
#define FEATURE_CLOCK_STABLE BIT32(24)
#define MSR_ENABLE           BIT64(0)
#define FLAG_TSC_STABLE      1
#define NS_PER_SEC           1000000000ULL

/* msr.rst, MSR_KVM_SYSTEM_TIME_NEW and MSR_KVM_WALL_CLOCK_NEW. */
struct pvclock_time {
	u32 version; /* odd while being written */
	u32 pad0;
	u64 tsc_timestamp;
	u64 system_time; /* ns at tsc_timestamp */
	u32 tsc_to_system_mul;
	signed char tsc_shift;
	u8 flags;
	u8 pad[2];
} __packed;

struct pvclock_wall {
	u32 version;
	u32 sec;
	u32 nsec;
} __packed;

_Static_assert(sizeof(struct pvclock_time) == 32, "msr.rst");

static struct {
	u64 seconds;
	u64 tsc;
} wall;

void pvclock_set_wall(u64 seconds, u64 tsc)
{
	wall.seconds = seconds;
	wall.tsc = tsc;
}

void pvclock_cpuid(u32 leaf, bool clock, struct cpuid_regs *out)
{
	*out = (struct cpuid_regs){ 0 };
	if (leaf == PVCLOCK_CPUID_BASE) {
		out->eax = PVCLOCK_CPUID_LAST;
		out->ebx = 0x4b4d564b; /* "KVMKVMKVM" */
		out->ecx = 0x564b4d56;
		out->edx = 0x0000004d;
	} else if (clock) {
		out->eax = FEATURE_CLOCKSOURCE2 | FEATURE_CLOCK_STABLE;
	}
}

/* ns = ((tsc << shift) * mul) >> 32, mul as large as it can be. */
static void set_scale(struct pvclock_time *t)
{
	u64 hz = time_khz() * 1000;

	for (; hz > NS_PER_SEC * 2; hz >>= 1)
		t->tsc_shift--;
	for (; hz <= NS_PER_SEC; hz <<= 1)
		t->tsc_shift++;
	t->tsc_to_system_mul = (u32)((NS_PER_SEC << 32) / hz);
}

/*
 * Time 0 is host TSC 0 on every vCPU, so all agree. Nothing moves it later:
 * it is written once, by the vCPU's own CPU, while the vCPU is in here.
 */
static int write_time(struct vcpu *v, u64 gpa)
{
	struct pvclock_time t = {
		.version = 2,
		.tsc_timestamp = backend->vcpu_tsc_offset(&v->hw, NULL),
		.flags = FLAG_TSC_STABLE,
	};

	set_scale(&t);
	return guestmem_write(&v->vm->s2, GPA(gpa), &t, sizeof(t)) ? -EINVAL
								   : 0;
}

/* The time of day at time 0 of the clock above. */
static int write_wall(struct vcpu *v, u64 gpa)
{
	u64 khz = time_khz();
	u64 ms = wall.seconds * 1000 - wall.tsc / khz;
	struct pvclock_wall w = {
		.version = 2,
		.sec = (u32)(ms / 1000),
		.nsec = (u32)(ms % 1000) * 1000000,
	};

	return guestmem_write(&v->vm->s2, GPA(gpa), &w, sizeof(w)) ? -EINVAL
								   : 0;
}

int pvclock_msr_read(struct vcpu *v, u32 msr, u64 *val)
{
	*val = msr == PVCLOCK_MSR_SYSTEM ? v->guest->pvclock : 0;
	return 0;
}

int pvclock_msr_write(struct vcpu *v, u32 msr, u64 val)
{
	int rc = 0;

	if (msr == PVCLOCK_MSR_WALL)
		return write_wall(v, val & ~(u64)3);
	if (val & MSR_ENABLE)
		rc = write_time(v, val & ~MSR_ENABLE);
	if (!rc)
		v->guest->pvclock = val;
	return rc;
}

void pvclock_update(struct vcpu *v)
{
	if (v->guest->pvclock & MSR_ENABLE)
		write_time(v, v->guest->pvclock & ~MSR_ENABLE);
}
