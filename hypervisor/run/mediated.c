/* SPDX-License-Identifier: BSD-2-Clause */
/* What other CPUs asked of a vCPU, and a mediated vCPU's interrupts. */
#include "run/run.h"

#include "arch/x86/asm.h"
#include "arch/x86/fpu.h"
#include "arch/x86/lapic.h"
#include "core/log.h"
#include "core/percpu.h"
#include "guest/x86/guest.h"
#include "guest/x86/vlapic_hw.h"
#include "io/ioreq.h"
#include "run/note.h"

static void reset(struct vcpu *v)
{
	backend->vcpu_reset(&v->hw, VCPU_RESET_INIT);
	v->guest->window = false;
}

static void take_init(struct vcpu *v)
{
	reset(v);
	if (v->vm->kind == VM_USER)
		guest_vcpu_init(v);
	else
		lapic_clear();
	if (v->state != VCPU_STATE_WAIT_SIPI)
		vcpu_state_set(v, VCPU_STATE_WAIT_SIPI);
}

/* SDM vol 3, 9.4.4: CS selector is the vector << 8, IP is 0. */
static void take_sipi(struct vcpu *v)
{
	u8 vector = __atomic_load_n(&v->sipi_vector, __ATOMIC_ACQUIRE);
	struct guest_sregs s;

	if (v->state != VCPU_STATE_WAIT_SIPI)
		return;
	reset(v);
	backend->vcpu_get_sregs(&v->hw, &s);
	s.seg[SEG_CS].sel = (u16)(vector << 8);
	s.seg[SEG_CS].base = (u64)vector << 12;
	backend->vcpu_set_sregs(&v->hw, &s);
	v->hw.regs.rip = 0;
	vcpu_state_set(v, VCPU_STATE_RUNNABLE);
}

static void take_nmi(struct vcpu *v)
{
	if (v->state == VCPU_STATE_WAIT_SIPI)
		return;
	if (v->state == VCPU_STATE_HALTED)
		vcpu_state_set(v, VCPU_STATE_RUNNABLE);
	v->nmi_pending = true;
}

void run_renew_cpu(void)
{
	fpu_reset();
	x86_clear_breakpoints();
	run_reset_shared_msrs();
}

/* The registers of a CPU that no control block holds, as after RESET. */
static void renew(const struct vcpu *v)
{
	run_renew_cpu();
	if (v->vm->kind == VM_CELL)
		run_renew_lapic(false);
}

bool run_requests(struct vcpu *v)
{
	u32 req = __atomic_exchange_n(&v->requests, 0, __ATOMIC_SEQ_CST);

	if (req & VCPU_REQ_RENEW)
		renew(v);
	if (req & VCPU_REQ_INIT)
		take_init(v);
	if (req & VCPU_REQ_SIPI)
		take_sipi(v);
	if (req & VCPU_REQ_NMI)
		take_nmi(v);
	if (req & VCPU_REQ_FLUSH)
		run_forget_memory(v);
	if (!(req & VCPU_REQ_EXIT_OFF))
		return true;
	vm_shutdown_self(v);
	return false;
}

/*
 * Look at @v's timers at TSC @when. If the CPU can stop its guest at a time,
 * that is used while it runs; else, and while it sleeps, an interrupt.
 */
static void set_timer(struct vcpu *v, u64 when)
{
	struct percpu *p = percpu_self();
	bool by_lapic = p->timer_armed && !p->timer_inside;
	u64 now;

	p->timer_armed = when;
	p->timer_inside = v->state == VCPU_STATE_RUNNABLE &&
			  backend->vcpu_timer(&v->hw, when);
	if (p->timer_inside) {
		if (by_lapic)
			lapic_timer_stop();
		return;
	}
	now = time_now();
	lapic_timer_arm(when > now ? when - now : 0);
}

void run_timer_over(struct vcpu *v)
{
	percpu_self()->timer_armed = 0;
	v->attention = true;
}

void run_timer_outside(struct vcpu *v)
{
	struct percpu *p = percpu_self();

	if (!p->timer_inside)
		return;
	backend->vcpu_timer(&v->hw, VCPU_TIMER_OFF);
	p->timer_inside = false;
	p->timer_armed = 0;
}

static void arm_timer(struct vcpu *v)
{
	u64 deadline = guest_next_deadline(v);

	if (deadline != percpu_self()->timer_armed &&
	    deadline != GUEST_NO_DEADLINE)
		set_timer(v, deadline);
}

static __rare void timers_moved(struct vcpu *v)
{
	if (guest_next_deadline(v) <= time_now())
		guest_timers_expire(v, time_now());
	arm_timer(v);
}

static inline void expire_timers(struct vcpu *v)
{
	u64 deadline = guest_next_deadline(v);

	/* While the CPU's timer is set for it, it has not come. */
	if (unlikely(deadline != percpu_self()->timer_armed &&
		     deadline != GUEST_NO_DEADLINE))
		timers_moved(v);
}

static void inject_irq(struct vcpu *v)
{
	struct guest_event ev = { .type = EVENT_INTR };
	int vector = guest_irq_ack(v);

	if (vector < 0)
		return;
	ev.vector = (u8)vector;
	run_inject(v, &ev);
}

void run_inject_nmi(struct vcpu *v)
{
	const struct guest_event ev = { .type = EVENT_NMI, .vector = 2 };

	if (!backend->vcpu_nmi_ready(&v->hw))
		return;
	v->nmi_pending = false;
	run_inject(v, &ev);
}

/*
 * An interrupt waits for nothing but a lower priority: CR8 is watched while
 * it does. Where that trap is not to be relied on (QEMU 10 looks at CR0's
 * bit for all of them), a look each millisecond keeps it from being lost.
 */
static void watch_priority(struct vcpu *v)
{
	bool watch = vlapic_masked_by_tpr(&v->guest->lapic);
	struct percpu *p = percpu_self();
	u64 look = time_now() + time_khz();

	backend->vcpu_watch(&v->hw, VCPU_WATCH_TPR, watch);
	v->guest->tpr_watched = watch;
	if (!watch || (p->timer_armed && p->timer_armed <= look))
		return;
	set_timer(v, look);
}

void run_irq_window(struct vcpu *v, bool on)
{
	v->guest->window = on;
	backend->vcpu_watch(&v->hw, VCPU_WATCH_IRQ, on);
}

/* An interrupt waits that @v could take as far as priorities go. */
static void inject_or_watch(struct vcpu *v)
{
	if (v->state == VCPU_STATE_HALTED) {
		if (!(v->hw.regs.rflags & BIT64(9)))
			return;
		vcpu_state_set(v, VCPU_STATE_RUNNABLE);
	}
	if (backend->vcpu_irq_ready(&v->hw)) {
		inject_irq(v);
		if (guest_irq_pending(v) < 0)
			return;
	}
	if (!v->guest->window)
		run_irq_window(v, true);
}

static __rare void inject_pending(struct vcpu *v)
{
	if (unlikely(v->nmi_pending))
		run_inject_nmi(v);
	if (guest_irq_pending(v) >= 0)
		inject_or_watch(v);
	else if (unlikely(v->guest->tpr_watched ||
			  vlapic_masked_by_tpr(&v->guest->lapic)))
		watch_priority(v);
}

void run_sync_tpr(struct vcpu *v)
{
	struct vlapic *lapic = &v->guest->lapic;
	u8 tpr = backend->vcpu_get_tpr(&v->hw);

	if ((tpr ^ vlapic_get_tpr(lapic)) & 0xf0)
		vlapic_set_tpr(lapic, tpr);
}

static bool may_wake(const struct vcpu *v)
{
	return v->state == VCPU_STATE_HALTED && (v->hw.regs.rflags & RFLAGS_IF);
}

/* The 8259s' interrupts pass by the local APIC: they are injected. */
static __rare void inject_pic(struct vcpu *v)
{
	v->attention = true;
	if (may_wake(v))
		vcpu_state_set(v, VCPU_STATE_RUNNABLE);
	if (v->state != VCPU_STATE_RUNNABLE)
		return;
	if (backend->vcpu_irq_ready(&v->hw))
		inject_irq(v);
	if (guest_pic_pending(v) >= 0 && !v->guest->window)
		run_irq_window(v, true);
}

/* The CPU delivers what it is told of here, when the guest can take it. */
static __noinline void feed_cpu(struct vcpu *v)
{
	struct apic_vectors s;

	if (unlikely(v->nmi_pending)) {
		run_inject_nmi(v);
		v->attention |= v->nmi_pending;
	}
	if (vlapic_drain(&v->guest->lapic, &s))
		backend->vcpu_apic_post(&v->hw, &s);
	if (may_wake(v) && backend->vcpu_apic_post(&v->hw, NULL))
		vcpu_state_set(v, VCPU_STATE_RUNNABLE);
	if (unlikely(v->id == 0 && guest_pic_pending(v) >= 0))
		inject_pic(v);
}

void run_prepare_mediated(struct vcpu *v)
{
	run_sync_tpr(v);
	expire_timers(v);
	/* A waiting request must be asked again before anything else. */
	if (unlikely(ioreq_outstanding(v))) {
		v->attention = true;
		return;
	}
	if (v->guest->apic_by_cpu) {
		feed_cpu(v);
		return;
	}
	if (likely(!v->nmi_pending && !v->guest->tpr_watched &&
		   !guest_irq_any(v)))
		return;
	v->attention = true;
	/* While it waits for the window, nothing else can come of it. */
	if (!v->guest->window || v->nmi_pending ||
	    backend->vcpu_irq_ready(&v->hw))
		inject_pending(v);
}
