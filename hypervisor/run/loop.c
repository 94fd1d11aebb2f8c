/* SPDX-License-Identifier: BSD-2-Clause */
#include "run/loop.h"

#include "arch/x86/halt.h"
#include "arch/x86/lapic.h"
#include "arch/x86/mitigate.h"
#include "arch/x86/trap.h"
#include "core/log.h"
#include "core/percpu.h"
#include "guest/x86/guest.h"
#include "run/note.h"
#include "run/run.h"
#include "vm/sched.h"

static bool is_direct(const struct vcpu *v)
{
	return v->hw.vm->direct;
}

/*
 * On a direct CPU interrupts stay for the guest; only while it waits for its
 * SIPI has it none, and what is left over from before may go.
 */
static void idle(struct cpu *cpu, const struct vcpu *v)
{
	bool open = !v || !is_direct(v) || v->state == VCPU_STATE_WAIT_SIPI;
	u32 who = v ? vcpu_who(v) : TRACE_NOBODY;

	trace(HOLM_TRACE_IDLE, who, v ? v->state : 0, 0, 0);
	arch_idle(&cpu->kick, open);
	trace(HOLM_TRACE_WAKE, who, v ? v->state : 0, 0, 0);
}

static void clear_kick(struct cpu *cpu)
{
	__atomic_store_n(&cpu->kick, 0, __ATOMIC_SEQ_CST);
	cpu_map_look(cpu);
}

/* Stay out of the guest until told otherwise, or until @v is taken away. */
static void stay_parked(struct cpu *cpu, struct vcpu *v)
{
	backend->vcpu_put(&v->hw);
	__atomic_store_n(&v->parked, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&cpu->vcpu, __ATOMIC_SEQ_CST) == v) {
		if (!vcpu_should_stop(v)) {
			__atomic_store_n(&v->parked, 0, __ATOMIC_SEQ_CST);
			run_forget_memory(v);
			return;
		}
		idle(cpu, v);
		clear_kick(cpu);
	}
}

/* Something was asked of this CPU; false if @v does not run for now. */
static bool attend(struct cpu *cpu, struct vcpu *v)
{
	clear_kick(cpu);
	if (__atomic_load_n(&cpu->vcpu, __ATOMIC_SEQ_CST) != v)
		return false;
	/*
	 * A vCPU comes here parked. If stop is gone by then, parked must go
	 * too, or who parks it next believes that it is out already.
	 */
	if (vcpu_should_stop(v) ||
	    __atomic_load_n(&v->parked, __ATOMIC_SEQ_CST)) {
		stay_parked(cpu, v);
		return false;
	}
	if (!__atomic_load_n(&v->requests, __ATOMIC_ACQUIRE))
		return true;
	return run_requests(v);
}

bool run_wait(struct vcpu *v)
{
	struct cpu *cpu = v->cpu;

	if (vcpu_should_stop(v))
		return false;
	arch_idle(&cpu->kick, !is_direct(v));
	clear_kick(cpu);
	v->attention = true;
	return !vcpu_should_stop(v);
}

static void wait_for_event(struct cpu *cpu, struct vcpu *v)
{
	if (!is_direct(v)) {
		run_timer_outside(v);
		run_prepare_mediated(v);
		if (v->state == VCPU_STATE_RUNNABLE)
			return;
	}
	idle(cpu, v);
}

/* A foreign NMI is the guest's whose machine this is, no User VM's. */
static void prepare_direct(struct percpu *p, struct vcpu *v)
{
	if (p->nmi_for_guest) {
		p->nmi_for_guest = false;
		v->nmi_pending = true;
	}
	if (v->nmi_pending)
		run_inject_nmi(v);
	v->attention |= v->nmi_pending;
}

/* Whether somebody wants this CPU or this vCPU to do something else. */
static bool wanted(const struct cpu *cpu, const struct vcpu *v)
{
	return __atomic_load_n(&cpu->kick, __ATOMIC_ACQUIRE) |
	       __atomic_load_n(&v->requests, __ATOMIC_RELAXED) |
	       __atomic_load_n(&v->stop, __ATOMIC_RELAXED);
}

/* Whatever @v or its CPU waits for; false if @v does not run for now. */
static bool make_ready(struct cpu *cpu, struct vcpu *v)
{
	do {
		v->attention = false;
		if (wanted(cpu, v) && !attend(cpu, v))
			return false;
		if (v->state != VCPU_STATE_RUNNABLE) {
			wait_for_event(cpu, v);
			v->attention = true;
		} else if (is_direct(v)) {
			prepare_direct(percpu_self(), v);
			return true;
		} else {
			run_prepare_mediated(v);
			return true;
		}
	} while (true);
}

/* Run @v until its CPU is wanted elsewhere. */
static void run_vcpu(struct cpu *cpu, struct vcpu *v)
{
	struct exit_info x;

	v->attention = true;
	for (;;) {
		if (unlikely(v->attention) && !make_ready(cpu, v))
			return;
		run_note_enter(v);
		if (!backend->vcpu_run(&v->hw, &cpu->kick, &x)) {
			v->attention = true;
			continue;
		}
		run_note_exit(v, &x);
		cpu->exits++;
		v->exits[x.reason]++;
		if (unlikely(x.interrupted))
			run_redeliver(v);
		run_exit_table[x.reason](v, &x);
	}
}

void run_renew_lapic(bool x2apic)
{
	lapic_set_mode(x2apic);
	lapic_clear();
	/* What is pending comes while nobody of a guest's listens. */
	arch_poll_interrupts();
	lapic_clear();
}

/* Its guest may have changed the mode of the LAPIC; INIT does not undo it. */
static void leave(struct vcpu *v)
{
	if (!v || !is_direct(v))
		return;
	v->guest->direct.x2apic = lapic_is_x2apic();
	v->guest->direct.left = true;
}

/*
 * Each finds the mode that it left; a new cell what RESET leaves, or x2APIC
 * mode where that cannot be left.
 */
static void take_up_lapic(const struct vcpu *v)
{
	/* Linux switches the LAPIC off on a CPU that it takes offline. */
	if (!is_direct(v))
		lapic_clear();
	else if (v->vm->kind == VM_CELL || v->guest->direct.left)
		run_renew_lapic(v->guest->direct.x2apic);
}

/* The CPU changed hands: nothing of the last guest may show. */
static void take_up(struct cpu *cpu, struct vcpu *v)
{
	struct percpu *p = percpu_self();

	trace(HOLM_TRACE_TAKE_UP, v ? vcpu_who(v) : TRACE_NOBODY, cpu->index, 0,
	      0);
	/* Requests and stop may be set already: look before the first entry. */
	__atomic_store_n(&cpu->kick, 1, __ATOMIC_SEQ_CST);
	if (!v)
		return;
	run_renew_cpu();
	mitigate_hand_over();
	run_forget_memory(v);
	take_up_lapic(v);
	p->timer_armed = 0;
	p->timer_inside = false;
	p->nmi_for_guest = false;
}

/*
 * Say which vCPU this CPU looks at from now on. cpu_detach() takes one away
 * and then waits until it is looked at no more, so what is said is looked at
 * again: a vCPU that was taken away before may be gone already.
 */
static struct vcpu *look(struct cpu *cpu)
{
	struct vcpu *v = __atomic_load_n(&cpu->vcpu, __ATOMIC_SEQ_CST);

	if (v == cpu->current)
		return v;
	leave(cpu->current);
	__atomic_store_n(&cpu->current, v, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&cpu->vcpu, __ATOMIC_SEQ_CST) != v) {
		__atomic_store_n(&cpu->current, NULL, __ATOMIC_SEQ_CST);
		return NULL;
	}
	take_up(cpu, v);
	return v;
}

void run_cpu_loop(void)
{
	struct cpu *cpu = cpu_self();

	for (;;) {
		struct vcpu *v = look(cpu);

		if (v) {
			run_vcpu(cpu, v);
			continue;
		}
		idle(cpu, NULL);
		clear_kick(cpu);
	}
}

void run_interrupt(u8 vector)
{
	struct vcpu *v = cpu_self()->current;

	if (v)
		v->attention = true;
	if (vector == VECTOR_SPURIOUS)
		return;
	if (vector == VECTOR_TIMER)
		percpu_self()->timer_armed = 0;
	lapic_eoi();
}
