/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest is given at its next entry, and when it can take it. */
#include "arch/x86/asm.h"
#include "arch/x86/vmx/vmx.h"

#define VECTOR_GP 13
/* Exceptions that push an error code: SDM vol 3, table 6-1. */
#define ERROR_CODE_VECTORS                                          \
	(BIT32(8) | BIT32(10) | BIT32(11) | BIT32(12) | BIT32(13) | \
	 BIT32(14) | BIT32(17))
#define VAPIC_TPR 0x80

void vmx_set_primary(struct vmx_vcpu *s, u32 bits, bool on)
{
	u32 v = on ? s->primary | bits : s->primary & ~bits;

	if (v == s->primary)
		return;
	s->primary = v;
	vmcs_write(VMCS_PRIMARY_CONTROLS, v);
}

u32 vmx_interruptibility(struct vmx_vcpu *s)
{
	if (!(s->cached & CACHED_INTERRUPTIBILITY)) {
		s->interruptibility = (u32)vmcs_read(VMCS_INTERRUPTIBILITY);
		s->cached |= CACHED_INTERRUPTIBILITY;
	}
	return s->interruptibility;
}

void vmx_set_interruptibility(struct vmx_vcpu *s, u32 v)
{
	s->interruptibility = v;
	s->cached |= CACHED_INTERRUPTIBILITY;
	vmcs_write(VMCS_INTERRUPTIBILITY, v);
}

/* In real mode no exception pushes an error code; SDM vol 3, 27.2.1.3. */
static bool pushes_error(u8 vector)
{
	return vector < 32 && (ERROR_CODE_VECTORS & BIT32(vector)) &&
	       (vmcs_read(VMCS_GUEST_CR0) & CR0_PE);
}

static void inject_exception(const struct guest_event *ev)
{
	u32 event = EVENT_VALID | EVENT_TYPE_EXCEPTION | ev->vector;

	if (pushes_error(ev->vector)) {
		event |= EVENT_ERROR_VALID;
		vmcs_write(VMCS_ENTRY_ERROR_CODE,
			   ev->has_error ? ev->error_code : 0);
	}
	/* A guest that sleeps takes no exception: it is awake with it. */
	vmcs_write(VMCS_ACTIVITY, ACTIVITY_ACTIVE);
	vmcs_write(VMCS_ENTRY_EVENT, event);
}

void vmx_vcpu_inject(struct hw_vcpu *v, const struct guest_event *ev)
{
	struct vmx_vcpu *s = vmx_of(v);
	struct vmx_vcpu *before = vmx_borrow(s);
	u32 blocked;

	s->injected = true;
	switch (ev->type) {
	case EVENT_EXCEPTION:
		inject_exception(ev);
		break;
	case EVENT_NMI:
		blocked = vmx_interruptibility(s);
		if (blocked & BLOCKED_BY_NMI)
			vmx_set_interruptibility(s, blocked & ~BLOCKED_BY_NMI);
		vmcs_write(VMCS_ENTRY_EVENT,
			   EVENT_VALID | EVENT_TYPE_NMI | ev->vector);
		break;
	case EVENT_INTR:
		vmcs_write(VMCS_ENTRY_EVENT,
			   EVENT_VALID | EVENT_TYPE_INTR | ev->vector);
		break;
	}
	vmx_return(s, before);
}

void vmx_inject_gp(struct hw_vcpu *v)
{
	const struct guest_event gp = { .type = EVENT_EXCEPTION,
					.vector = VECTOR_GP,
					.has_error = true };

	vmx_vcpu_inject(v, &gp);
}

/* SDM vol 3, 25.9.3: how an event was raised decides how it is again. */
bool vmx_vcpu_interrupted(struct hw_vcpu *v, struct guest_event *ev)
{
	struct vmx_vcpu *s = vmx_of(v);
	struct vmx_vcpu *before = vmx_borrow(s);
	u32 info = (u32)vmcs_read(VMCS_VECTORING_EVENT);
	bool again = true;

	ev->vector = (u8)info;
	ev->has_error = info & EVENT_ERROR_VALID;
	ev->error_code = (u32)vmcs_read(VMCS_VECTORING_ERROR_CODE);
	vmx_return(s, before);
	switch (info & EVENT_TYPE_MASK) {
	case EVENT_TYPE_INTR:
		ev->type = EVENT_INTR;
		break;
	case EVENT_TYPE_NMI:
		ev->type = EVENT_NMI;
		break;
	case EVENT_TYPE_EXCEPTION:
		ev->type = EVENT_EXCEPTION;
		break;
	default:
		/* An instruction raised it and runs again: RIP is on it. */
		again = false;
		break;
	}
	return again && (info & EVENT_VALID);
}

bool vmx_vcpu_irq_ready(struct hw_vcpu *v)
{
	struct vmx_vcpu *s = vmx_of(v);
	struct vmx_vcpu *before;
	bool ready;

	if (!(v->regs.rflags & RFLAGS_IF) || s->injected)
		return false;
	before = vmx_borrow(s);
	ready = !(vmx_interruptibility(s) &
		  (BLOCKED_BY_STI | BLOCKED_BY_MOV_SS));
	vmx_return(s, before);
	return ready;
}

static void watch_irq(struct vmx_vcpu *s, bool on)
{
	struct vmx_vcpu *before = vmx_borrow(s);

	vmx_set_primary(s, PRIMARY_INTR_WINDOW, on);
	vmx_return(s, before);
}

/* An exit comes as soon as it can take one, if not now. */
bool vmx_vcpu_nmi_ready(struct hw_vcpu *v)
{
	struct vmx_vcpu *s = vmx_of(v);
	struct vmx_vcpu *before = vmx_borrow(s);
	bool ready = !s->injected &&
		     !(vmx_interruptibility(s) &
		       (BLOCKED_BY_NMI | BLOCKED_BY_STI | BLOCKED_BY_MOV_SS));

	if (!ready)
		vmx_set_primary(s, PRIMARY_NMI_WINDOW, true);
	vmx_return(s, before);
	return ready;
}

void vmx_vcpu_skip(struct hw_vcpu *v, u32 len)
{
	const u32 shadow = BLOCKED_BY_STI | BLOCKED_BY_MOV_SS;
	struct vmx_vcpu *s = vmx_of(v);
	struct vmx_vcpu *before = vmx_borrow(s);
	u32 blocked = vmx_interruptibility(s);

	v->regs.rip += len;
	if (blocked & shadow)
		vmx_set_interruptibility(s, blocked & ~shadow);
	vmx_return(s, before);
}

u8 vmx_vcpu_get_tpr(struct hw_vcpu *v)
{
	return vmx_of(v)->vapic[VAPIC_TPR];
}

/*
 * Exit when the guest goes below the class it has now: what waits is of this
 * class at most.
 */
static void write_threshold(struct vmx_vcpu *s)
{
	struct vmx_vcpu *before;

	if (!(s->primary & PRIMARY_TPR_SHADOW))
		return;
	before = vmx_borrow(s);
	vmcs_write(VMCS_TPR_THRESHOLD,
		   s->watch_tpr ? s->vapic[VAPIC_TPR] >> 4 : 0);
	vmx_return(s, before);
}

void vmx_vcpu_set_tpr(struct hw_vcpu *v, u8 tpr)
{
	struct vmx_vcpu *s = vmx_of(v);

	s->vapic[VAPIC_TPR] = tpr;
	if (s->watch_tpr)
		write_threshold(s);
}

static void watch_tpr(struct vmx_vcpu *s, bool on)
{
	if (!on && !s->watch_tpr)
		return;
	s->watch_tpr = on;
	write_threshold(s);
}

void vmx_vcpu_watch(struct hw_vcpu *v, enum vcpu_watch what, bool on)
{
	if (what == VCPU_WATCH_IRQ)
		watch_irq(vmx_of(v), on);
	else
		watch_tpr(vmx_of(v), on);
}
