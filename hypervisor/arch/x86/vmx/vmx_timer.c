/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An exit at a time, without an interrupt: what a guest's next deadline costs
 * is then an exit, and neither the programming of the local APIC nor an
 * interrupt's way through it. The timer counts in guests only, and what is
 * left is loaded anew at each entry.
 */
#include "arch/x86/vmx/timer.h"

#include "arch/x86/asm.h"
#include "arch/x86/vmx/vmx.h"

bool vmx_vcpu_timer(struct hw_vcpu *v, u64 tsc)
{
	struct vmx_vcpu *s = vmx_of(v);

	if (!(s->pin & PIN_PREEMPTION_TIMER))
		return false;
	s->timer_shift = (u8)vmx_timer_shift(vmx_caps_get()->misc);
	s->timer_end = tsc == VCPU_TIMER_OFF
			       ? VMX_TIMER_NEVER
			       : vmx_timer_end(tsc, s->timer_shift);
	s->timer_on = true;
	return true;
}

/* Off is as far away as it counts: the exit that comes then does no harm. */
void vmx_timer_load(struct vmx_vcpu *s)
{
	s->timer_on = s->timer_end != VMX_TIMER_NEVER;
	vmcs_write(VMCS_PREEMPTION_TIMER,
		   vmx_timer_count(x86_rdtsc(), s->timer_end, s->timer_shift));
}
